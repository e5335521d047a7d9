//! A real server on a port of this machine, whose clock is set by hand, and the organiser who uses it.

use std::net::TcpListener;

use anyhow::Context as _;
use harness::organiser::Organiser;
use harness::postgres::{self, TestDatabase};
use sync_protocol::time::UnixMillis;
use tempfile::TempDir;
use usher_server::accounts::{self, password::Password};
use usher_server::app::{App, Settings};
use usher_server::clock::Clock;
use usher_server::db::Database;
use usher_server::http::serve::serve;
use usher_server::seal::MasterKey;

const EMAIL: &str = "olga@example.org";
const PASSWORD: &str = "a long enough passphrase";
/// How long a session is used before the organiser logs in anew, in ms: sessions that rest end after 30 days.
const SESSION_MS: u64 = 10 * 86_400_000;

/// Which database the server has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// A file.
    #[default]
    Sqlite,
    /// A server of its own, which is started for this.
    Postgres,
}

/// What the database lies in: held so that it goes with the server.
type Place = (Option<TempDir>, Option<TestDatabase>);

/// A server that ends with its plays.
pub(crate) struct House {
    app: App,
    pub(crate) url: String,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
    organiser: Organiser,
    logged_in_at: UnixMillis,
    _place: Place,
}

impl Drop for House {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl House {
    /// Opens a server over an empty database, where it is `now`.
    ///
    /// # Errors
    ///
    /// If there is no database, or no port.
    pub(crate) async fn open(kind: Kind, now: UnixMillis) -> anyhow::Result<Self> {
        let (place, url): (Place, String) = match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir()?;
                let url = format!("sqlite:{}", folder.path().join("usher.db").display());
                ((Some(folder), None), url)
            }
            Kind::Postgres => {
                let database = postgres::database();
                let url = database.url.clone();
                ((None, Some(database)), url)
            }
        };
        // Whoever was first, the provider is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let database = Database::open(&url).await?;
        database.migrate().await?;
        let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
        let url = format!("http://{}", listener.local_addr()?);
        let settings = Settings { public_url: url.clone(), clock: Clock::fixed(now), ..Settings::default() };
        let app = App::open(database, &MasterKey::new([7; 32]), settings).await?;
        let task = tokio::spawn(serve(app.clone(), listener, None));
        let password = Password::new(PASSWORD.to_owned());
        accounts::create(&app, EMAIL, "Olga", "Example", password).await?;
        let organiser = Organiser::log_in(&url, EMAIL, PASSWORD).await?;
        Ok(Self { app, url, task, organiser, logged_in_at: now, _place: place })
    }

    /// Lets it be `now`.
    ///
    /// # Errors
    ///
    /// If the organiser can't log in any more.
    pub(crate) async fn come(&mut self, now: UnixMillis) -> anyhow::Result<()> {
        self.app.clock().set(now);
        if now.0.abs_diff(self.logged_in_at.0) > SESSION_MS {
            self.organiser = Organiser::log_in(&self.url, EMAIL, PASSWORD).await?;
            self.logged_in_at = now;
        }
        Ok(())
    }

    /// Returns the organiser.
    pub(crate) const fn organiser(&self) -> &Organiser {
        &self.organiser
    }
}
