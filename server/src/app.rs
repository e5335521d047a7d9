//! The application: what the features share, and the router made of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ed25519_dalek::SigningKey;
use tokio::sync::watch;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::accounts;
use crate::accounts::password::Passwords;
use crate::admissions::{self, claims::Claimants};
use crate::audit;
use crate::clock::Clock;
use crate::db::{Database, StoreError};
use crate::devices;
use crate::door;
use crate::events;
use crate::http::rates::{RateSettings, Rates};
use crate::http::{self, document, problem::Problem};
use crate::installation;
use crate::language::Language;
use crate::mails;
use crate::metrics::Metrics;
use crate::organisations;
use crate::pages;
use crate::people;
use crate::proposals;
use crate::registrations;
use crate::registrations::joining::Arrivals;
use crate::seal::{MasterKey, Sealer};
use crate::sync::{self, news::Lookout, snapshot};
use crate::tickets;
use crate::walk_ins;
use crate::webhooks;

/// What the operator chose, as far as the features need it.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where terminals and browsers reach the server, such as `https://usher.example.org`, without a
    /// slash at the end.
    pub public_url: String,
    /// Whether a proxy stands in front, whose `X-Forwarded-For` counts.
    pub is_behind_proxy: bool,
    /// SHA-256 of the certificate's DER bytes, where the certificate is our own.
    pub tls_fingerprint: Option<[u8; 32]>,
    /// What letters and ticket documents are written in.
    pub language: Language,
    /// Whether webhooks may lead to this machine and its own network, and over plain HTTP.
    pub allow_private_webhooks: bool,
    /// What says the time.
    pub clock: Clock,
    /// How many requests one caller may make.
    pub rates: RateSettings,
    /// The sites whose pages may speak to the server.
    pub cors_origins: Vec<String>,
}

/// The application. Cheap to clone. All lasting state is in the database, so any number of
/// processes may share one.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    settings: Settings,
    sealer: Sealer,
    server_key: SigningKey,
    passwords: Passwords,
    rates: Rates,
    snapshot_maker: snapshot::Maker,
    lookout: Lookout,
    arrivals: Arrivals,
    claimants: Claimants,
    desk: door::Desk,
    figures: door::statistics::Shared,
    metrics: Metrics,
    shutdown: watch::Sender<bool>,
}

impl App {
    /// Returns the application over a database whose schema is up to date.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; [`StoreError::Sealed`] if the database belongs to another master key.
    pub async fn open(database: Database, master_key: &MasterKey, settings: Settings) -> Result<Self, StoreError> {
        let sealer = Sealer::new(master_key);
        let server_key = installation::server_key(&database, &sealer, &settings.clock).await?;
        Ok(Self(Arc::new(Inner {
            metrics: Metrics::new(database.meters()),
            database,
            rates: Rates::new(settings.rates),
            settings,
            sealer,
            server_key,
            passwords: Passwords::default(),
            snapshot_maker: snapshot::Maker::default(),
            lookout: Lookout::default(),
            arrivals: Arrivals::default(),
            claimants: Claimants::default(),
            desk: door::Desk::default(),
            figures: door::statistics::Shared::default(),
            shutdown: watch::Sender::new(false),
        })))
    }

    /// Returns the database.
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// Returns what says the time.
    pub fn clock(&self) -> &Clock {
        &self.0.settings.clock
    }

    /// Returns what seals secrets under the master key.
    pub fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    /// Returns S, the server's signing key.
    pub fn server_key(&self) -> &SigningKey {
        &self.0.server_key
    }

    /// Returns what hashes passwords.
    pub fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// Returns what counts callers' requests.
    pub fn rates(&self) -> &Rates {
        &self.0.rates
    }

    /// Returns the sites whose pages may speak to the server.
    pub fn cors_origins(&self) -> &[String] {
        &self.0.settings.cors_origins
    }

    /// Returns what makes snapshots, one at a time.
    pub fn snapshot_maker(&self) -> &snapshot::Maker {
        &self.0.snapshot_maker
    }

    /// Returns who looks at the feeds in this process.
    pub fn lookout(&self) -> &Lookout {
        &self.0.lookout
    }

    /// Returns who registers at this process at the moment.
    pub fn arrivals(&self) -> &Arrivals {
        &self.0.arrivals
    }

    /// Returns who claims tickets at this process at the moment.
    pub fn claimants(&self) -> &Claimants {
        &self.0.claimants
    }

    /// Returns what this process keeps for the server's own door.
    pub fn desk(&self) -> &door::Desk {
        &self.0.desk
    }

    /// Returns the figures that this process is adding up.
    pub fn figures(&self) -> &door::statistics::Shared {
        &self.0.figures
    }

    /// Returns what is counted for whoever watches the server.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Returns where terminals and browsers reach the server, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.0.settings.public_url
    }

    /// Returns SHA-256 of the server's own certificate, which travels in enrolment codes; nothing if
    /// the certificate is of a public authority or there is none.
    pub fn tls_fingerprint(&self) -> Option<[u8; 32]> {
        self.0.settings.tls_fingerprint
    }

    /// Whether a proxy stands in front.
    pub fn is_behind_proxy(&self) -> bool {
        self.0.settings.is_behind_proxy
    }

    /// Returns what letters and ticket documents are written in.
    pub fn language(&self) -> Language {
        self.0.settings.language
    }

    /// Whether webhooks may lead to this machine and its own network, and over plain HTTP.
    pub fn allows_private_webhooks(&self) -> bool {
        self.0.settings.allow_private_webhooks
    }

    /// Tells every waiting request to end: the server is about to stop.
    pub fn begin_shutdown(&self) {
        self.0.shutdown.send_replace(true);
    }

    /// Resolves when the server is about to stop. Whatever waits longer than a moment (a long poll, a
    /// stream) also waits for this.
    pub fn shutdown(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut shutdown = self.0.shutdown.subscribe();
        async move {
            // An error means that the application is gone, which ends the wait as well.
            let _ = shutdown.wait_for(|is_stopping| *is_stopping).await;
        }
    }
}

/// Returns every feature's routes, with their description.
fn features() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(document::frame())
        .merge(accounts::routes::routes())
        .merge(organisations::routes::routes())
        .merge(audit::routes::routes())
        .merge(events::routes::routes())
        .merge(proposals::routes::routes())
        .merge(registrations::routes::routes())
        .merge(tickets::routes::routes())
        .merge(devices::routes::routes())
        .merge(admissions::routes::routes())
        .merge(walk_ins::routes::routes())
        .merge(door::routes::routes())
        .merge(people::routes::routes())
        .merge(mails::routes::routes())
        .merge(pages::routes::routes())
        .merge(webhooks::routes::routes())
        .merge(sync::routes::routes())
}

/// Returns the description of the interface.
pub fn openapi() -> OpenApi {
    document::complete(features().split_for_parts().1)
}

/// Returns the whole server as a router.
pub fn router(app: App) -> Router {
    let (api, openapi) = features().split_for_parts();
    let pages = document::pages(document::complete(openapi));
    let own = Router::new().route("/healthz", get(StatusCode::NO_CONTENT)).route("/readyz", get(ready));
    let router =
        api.merge(own).with_state(app.clone()).merge(pages).fallback(nowhere).method_not_allowed_fallback(wrong_method);
    http::wrap(router, &app)
}

async fn ready(State(app): State<App>) -> Response {
    if app.database().is_ready().await {
        ([(header::CACHE_CONTROL, "no-store")], StatusCode::NO_CONTENT).into_response()
    } else {
        Problem::of_status(StatusCode::SERVICE_UNAVAILABLE)
            .detail("The database does not answer, or its schema is not up to date.")
            .into_response()
    }
}

async fn nowhere() -> Problem {
    Problem::not_found("such address")
}

async fn wrong_method() -> Problem {
    Problem::of_status(StatusCode::METHOD_NOT_ALLOWED)
}
