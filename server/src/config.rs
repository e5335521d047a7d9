//! Settings: raw from flags and the environment, then checked.

mod master_key;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use zeroize::Zeroizing;

pub use self::master_key::{LostKeyArgs, MasterKeyCommand, ReplaceKeyArgs};
use crate::http::rates::RateSettings;
use crate::language::Language;
use crate::logs::Format;
use crate::mails::sending::Post;
use crate::mails::transport::{self, SmtpUrlError};
use crate::seal::{MasterKey, MasterKeyError};

const DATABASE_FILE: &str = "usher.db";
const MASTER_KEY_FILE: &str = "master.key";
/// Where letters lie, in the data folder, if no mail server takes them.
pub const OUTBOX_FOLDER: &str = "outbox";
/// Whom letters are from if nobody says; only files may be, because no mail server takes them from there.
const FROM_DEFAULT: &str = "Usher <usher@localhost>";

/// Usher's server: events, tickets, and what the terminals at the doors report.
#[derive(Debug, Parser)]
#[command(name = "usher-server", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How the log on standard error is written.
    #[arg(long, global = true, value_enum, default_value_t, env = "USHER_LOG_FORMAT")]
    pub log_format: Format,
    /// What the log holds, such as `warn` or `info,usher_server=debug`.
    #[arg(long, global = true, default_value = "info", env = "USHER_LOG")]
    pub log: String,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves the interface to organisers and terminals.
    #[command(after_help = "Examples:\n  \
        usher-server serve\n  \
        usher-server serve --listen 0.0.0.0:8443 --tls-self-signed\n  \
        usher-server serve --listen 10.0.0.5:8080 --behind-proxy --public-url https://usher.example.org\n  \
        usher-server serve --database-url postgres://usher@db.example.org/usher")]
    Serve(ServeArgs),
    /// Brings the database's schema up to date, and ends. `serve` does so as well when it starts.
    #[command(after_help = "Example:\n  usher-server migrate --database-url postgres://usher@db.example.org/usher")]
    Migrate(StorageArgs),
    /// Copies a database in a file while servers use it, as it is at one moment. The master key is not in it: keep a
    /// copy of that elsewhere.
    #[command(after_help = "Example:\n  usher-server backup /var/backups/usher-$(date +%F).db\n\n\
        PostgreSQL is copied with its own pg_dump.")]
    Backup(BackupArgs),
    /// Puts a copy back: checks it, moves the present database aside, and begins every event's feed anew, so that
    /// no terminal takes it for the one that it knew.
    #[command(after_help = "Example:\n  usher-server restore /var/backups/usher-2026-11-20.db")]
    Restore(RestoreArgs),
    /// Does what must be done once after a database was put back by other means, such as pg_restore: begins every
    /// event's feed anew. Stop all servers first.
    #[command(after_help = "Example:\n  \
        pg_restore --clean --if-exists --dbname usher usher.dump\n  \
        usher-server restored --database-url postgres://usher@db.example.org/usher")]
    Restored(StorageArgs),
    /// Makes accounts for organisers.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Looks after the key that secrets in the database are sealed under.
    #[command(subcommand)]
    MasterKey(MasterKeyCommand),
    /// Makes sample data: organisations, events, and people who come to them, all made up. For development, for
    /// trying things out, and for measuring.
    #[command(after_help = "What it makes is what the interface would have made: tickets are signed, doors can \
        enrol and sync, and the log-ins that it prints work. The first event has begun: half of its attendees are \
        in. The same --seed makes the same people, events and outcomes, told from the present; ids, keys and the \
        password are new each time. No letter is written, and every address is one that receives none.\n\n\
        Examples:\n  \
        usher-server seed\n  \
        usher-server seed --organisations 1000 --events 10000 --registrations 1000000\n  \
        USHER_PASSWORD='correct horse' usher-server seed --data-dir /tmp/sample --json\n  \
        usher-server seed --more --seed 2")]
    Seed(SeedArgs),
    /// Prints a completion script for a shell.
    #[command(after_help = "Example:\n  usher-server completions bash > /etc/bash_completion.d/usher-server")]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Writes a manual page for each command.
    #[command(after_help = "Example:\n  usher-server man --output ~/.local/share/man/man1")]
    Man {
        /// The folder to write them into; it is made if it is not there.
        #[arg(long, short, value_name = "FOLDER")]
        output: PathBuf,
    },
    /// Prints the table of who may do what (Markdown), as it stands in the server's README.
    #[command(after_help = "Example:\n  usher-server access")]
    Access,
    /// Prints the description of the interface (OpenAPI, JSON).
    #[command(after_help = "Example:\n  usher-server openapi > openapi.json")]
    Openapi,
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Makes an organiser's account. Asks for the password unless it is given otherwise.
    #[command(after_help = "Examples:\n  \
        usher-server account create --email ada@example.org --name 'Ada Lovelace' --organisation 'Analytical Engines'\n  \
        usher-server account create --email root@example.org --admin\n  \
        pass show usher | usher-server account create --email ada@example.org --password-stdin --json")]
    Create(CreateAccountArgs),
    /// Sets the password of somebody who is locked out, and ends all their sessions. Asks for it unless it is given
    /// otherwise.
    #[command(after_help = "Examples:\n  \
        usher-server account reset-password --email ada@example.org\n  \
        usher-server account reset-password --email ada@example.org --turn-off-second-factor")]
    ResetPassword(ResetPasswordArgs),
}

/// Where things are kept.
#[derive(Args, Clone, Debug)]
pub struct StorageArgs {
    /// The database: `sqlite:PATH` or `postgres://…`. Without it, `usher.db` in the data folder. PostgreSQL on another
    /// machine is spoken to over TLS and its certificate is checked, as `sslmode=verify-full` says; `sslrootcert=FILE`
    /// names an authority of your own. `statement-cache-capacity=0` is for poolers that need it.
    #[arg(long, value_name = "URL", env = "USHER_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// The data folder, made if it is not there.
    #[arg(long, value_name = "FOLDER", default_value = "./usher-data", env = "USHER_DATA_DIR")]
    pub data_dir: PathBuf,
    /// The file with the master key (64 hexadecimal digits), which secrets in the database are sealed
    /// under. Without it, and without USHER_MASTER_KEY, `master.key` in the data folder, made at the
    /// first start. Keep a copy apart from the database's: without it, tickets cannot be signed.
    #[arg(long, value_name = "FILE", env = "USHER_MASTER_KEY_FILE")]
    pub master_key_file: Option<PathBuf>,
}

/// How to serve.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Where things are kept.
    #[command(flatten)]
    pub storage: StorageArgs,
    /// The address to listen on. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080", env = "USHER_LISTEN")]
    pub listen: SocketAddr,
    /// Where terminals and browsers reach the server, if not at the address it listens on.
    #[arg(long, value_name = "URL", env = "USHER_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// The certificate chain, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with = "tls_self_signed", env = "USHER_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key, PEM, which nobody else may read (mode 0600).
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "USHER_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// Serves TLS with a certificate of our own, kept in the data folder. Terminals learn its
    /// fingerprint from the enrolment code.
    #[arg(long, env = "USHER_TLS_SELF_SIGNED")]
    pub tls_self_signed: bool,
    /// Requests per second that one address may make for long; five seconds' worth at once. 0 is any number.
    #[arg(long, value_name = "PER_SECOND", default_value_t = 100, env = "USHER_RATE_PER_ADDRESS")]
    pub rate_per_address: u32,
    /// Requests per second that one account may make for long, wherever it calls from. 0 is any number.
    #[arg(long, value_name = "PER_SECOND", default_value_t = 100, env = "USHER_RATE_PER_ACCOUNT")]
    pub rate_per_account: u32,
    /// A site whose pages may speak to the server, such as `https://tickets.example.org`. Repeat it for more.
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', env = "USHER_CORS_ORIGIN")]
    pub cors_origin: Vec<String>,
    /// A proxy on the way does TLS and sets X-Forwarded-For: allows plain HTTP on any address.
    #[arg(long, env = "USHER_BEHIND_PROXY")]
    pub behind_proxy: bool,
    /// Lets webhooks lead to this machine and its own network, and over plain HTTP: whoever may make one can then
    /// reach what only the server should.
    #[arg(long, env = "USHER_ALLOW_PRIVATE_WEBHOOKS")]
    pub allow_private_webhooks: bool,
    /// Serves metrics (OpenMetrics) at `/metrics` of this address, such as `127.0.0.1:9464`, to whoever reaches it:
    /// nobody logs in, so it is never to be one that the public reaches. Without it, none are served.
    #[arg(long, value_name = "ADDRESS:PORT", env = "USHER_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// Sends traces to a collector of OpenTelemetry (OTLP over HTTP, JSON), such as `http://127.0.0.1:4318`: what each
    /// request came to by its route, and what its transactions took. Without it, none are made.
    #[arg(long, value_name = "URL", env = "USHER_OTLP_ENDPOINT", hide_env_values = true)]
    pub otlp_endpoint: Option<String>,
    /// How letters are sent.
    #[command(flatten)]
    pub mail: MailArgs,
}

/// How letters are sent.
#[derive(Args, Clone, Debug)]
pub struct MailArgs {
    /// The mail server: `smtps://USER:PASSWORD@HOST:465`, or `smtp://…:587` with STARTTLS. Without one, letters are
    /// written as files into `outbox` in the data folder. The password may stand in USHER_SMTP_PASSWORD instead.
    #[arg(long, value_name = "URL", requires = "mail_from", env = "USHER_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// The file with the mail server's password, its line end aside.
    #[arg(long, value_name = "FILE", requires = "smtp_url", env = "USHER_SMTP_PASSWORD_FILE")]
    pub smtp_password_file: Option<PathBuf>,
    /// The mail server's password. Only from the environment: a flag would show in the list of processes.
    #[arg(skip = std::env::var("USHER_SMTP_PASSWORD").ok().map(Zeroizing::new))]
    pub smtp_password: Option<Zeroizing<String>>,
    /// Whom letters are from, such as `Usher <tickets@example.org>`.
    #[arg(long, value_name = "ADDRESS", env = "USHER_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// What letters and ticket documents are written in.
    #[arg(long, value_enum, default_value_t, env = "USHER_LANGUAGE")]
    pub language: Language,
}

impl MailArgs {
    /// Decides how letters leave and whom they are from; without a mail server, they are files in `data_dir`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn post(&self, data_dir: &Path) -> Result<Post, ConfigError> {
        let from = self.mail_from.as_deref().unwrap_or(FROM_DEFAULT);
        let from = transport::sender(from).ok_or_else(|| ConfigError::MailFrom(from.to_owned()))?;
        let transport = match &self.smtp_url {
            None => transport::Transport::Outbox(data_dir.join(OUTBOX_FOLDER)),
            Some(url) => transport::Transport::smtp(url, self.password()?)?,
        };
        Ok(Post::new(transport, from))
    }

    fn password(&self) -> Result<Option<Zeroizing<String>>, ConfigError> {
        let Some(path) = &self.smtp_password_file else { return Ok(self.smtp_password.clone()) };
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::SmtpPassword { path: path.clone(), source })?;
        let text = Zeroizing::new(text);
        Ok(Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())))
    }
}

/// The account to make.
#[derive(Args, Clone, Debug)]
pub struct CreateAccountArgs {
    /// Where things are kept.
    #[command(flatten)]
    pub storage: StorageArgs,
    /// What the organiser logs in with.
    #[arg(long, value_name = "ADDRESS", env = "USHER_EMAIL")]
    pub email: String,
    /// The organiser's name.
    #[arg(long, default_value = "", env = "USHER_NAME")]
    pub name: String,
    /// The organisation, made if there is none of this name.
    #[arg(long, value_name = "NAME", default_value = "Default", env = "USHER_ORGANISATION")]
    pub organisation: String,
    /// Lets the account run the whole installation: it is an owner of every organisation.
    #[arg(long, env = "USHER_ADMIN")]
    pub admin: bool,
    /// The password.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// Prints the account as JSON.
    #[arg(long, env = "USHER_JSON")]
    pub json: bool,
}

/// The account whose password to set.
#[derive(Args, Clone, Debug)]
pub struct ResetPasswordArgs {
    /// Where things are kept.
    #[command(flatten)]
    pub storage: StorageArgs,
    /// What its holder logs in with.
    #[arg(long, value_name = "ADDRESS", env = "USHER_EMAIL")]
    pub email: String,
    /// Turns the account's second factor off as well: its app and its recovery codes are lost.
    #[arg(long, env = "USHER_TURN_OFF_SECOND_FACTOR")]
    pub turn_off_second_factor: bool,
    /// The password.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// Where a new password comes from, if nobody is to be asked.
#[derive(Args, Clone, Debug)]
pub struct PasswordArgs {
    /// Reads the password from standard input, without its line end.
    #[arg(long, env = "USHER_PASSWORD_STDIN")]
    pub password_stdin: bool,
    /// The password. Only from the environment: a flag would show in the list of processes.
    #[arg(skip = std::env::var("USHER_PASSWORD").ok())]
    pub password: Option<String>,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Plain HTTP where others could listen.
    #[error(
        "plain HTTP on {0} would show passwords and names to the network: \
         add --tls-self-signed, or --tls-cert and --tls-key, or --behind-proxy if a proxy does TLS"
    )]
    PlainHttp(SocketAddr),
    /// Not a URL to print on a ticket.
    #[error("the public URL must begin with http:// or https:// and have no query: {0}")]
    PublicUrl(String),
    /// Not a site's origin.
    #[error("an origin is https:// and a host, without a path: {0}")]
    CorsOrigin(String),
    /// The data folder cannot be made.
    #[error("cannot make the data folder {path}")]
    DataFolder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The folder's name cannot stand in a database URL.
    #[error("the data folder's name is not UTF-8: {0}")]
    DataFolderName(PathBuf),
    /// Not whom a letter can be from.
    #[error("letters cannot be from this: {0}")]
    MailFrom(String),
    /// The mail server's address cannot be used.
    #[error("cannot use the mail server")]
    SmtpUrl(#[from] SmtpUrlError),
    /// The mail server's password cannot be read.
    #[error("cannot read the mail server's password in {path}")]
    SmtpPassword {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// No master key.
    #[error("no master key")]
    MasterKey(#[from] MasterKeyError),
}

/// Where things are kept, checked.
#[derive(Debug)]
pub struct Storage {
    /// The database.
    pub database_url: String,
    /// The data folder; it exists.
    pub data_dir: PathBuf,
    /// What secrets are sealed under.
    pub master_key: MasterKey,
    /// The file that it was read from; nothing if the environment has it.
    pub key_file: Option<PathBuf>,
}

impl Storage {
    /// Returns the file beside which a new master key lies until it is in place.
    pub fn key_place(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| self.data_dir.join(MASTER_KEY_FILE))
    }
}

impl StorageArgs {
    /// Makes the data folder and the master key if need be.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn check(self) -> Result<Storage, ConfigError> {
        let database_url = self.database_url()?;
        let (master_key, key_file) = match (self.master_key_file, std::env::var("USHER_MASTER_KEY").ok()) {
            (Some(path), _) => (MasterKey::load(&path)?, Some(path)),
            (None, Some(text)) => (MasterKey::from_hex(&zeroize::Zeroizing::new(text))?, None),
            (None, None) => {
                let path = self.data_dir.join(MASTER_KEY_FILE);
                (MasterKey::load_or_make(&path)?, Some(path))
            }
        };
        Ok(Storage { database_url, data_dir: self.data_dir, master_key, key_file })
    }

    /// Returns the database's URL, and makes the data folder.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn database_url(&self) -> Result<String, ConfigError> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.data_dir)
            .map_err(|source| ConfigError::DataFolder { path: self.data_dir.clone(), source })?;
        if let Some(url) = &self.database_url {
            return Ok(url.clone());
        }
        sqlite_url(&self.data_dir.join(DATABASE_FILE)).ok_or_else(|| ConfigError::DataFolderName(self.data_dir.clone()))
    }

    /// Returns the file that the database lies in; nothing if it is in none of ours.
    pub fn database_file(&self) -> Option<PathBuf> {
        match &self.database_url {
            None => Some(self.data_dir.join(DATABASE_FILE)),
            Some(url) => {
                let path = url.strip_prefix("sqlite:")?.split('?').next()?;
                Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
            }
        }
    }
}

/// Returns the URL of a database in a file; nothing if its name is not UTF-8.
pub fn sqlite_url(path: &Path) -> Option<String> {
    // The three characters that mean something in such a URL.
    let path = path.to_str()?.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    Some(format!("sqlite:{path}"))
}

/// The sample data to make.
#[derive(Args, Clone, Debug)]
pub struct SeedArgs {
    /// Where things are kept.
    #[command(flatten)]
    pub storage: StorageArgs,
    /// How many organisations to make. A quarter of all events are the first one's.
    #[arg(long, value_name = "NUMBER", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub organisations: u32,
    /// How many events to make in all. From twenty on, there are some in every state.
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub events: u32,
    /// How many registrations to make in all. A few events have many of them, most have few.
    #[arg(long, value_name = "NUMBER", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub registrations: u32,
    /// Decides who comes where and what becomes of them.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// Adds to what there is: without it, a server that has organisations is left alone.
    #[arg(long)]
    pub more: bool,
    /// What everybody logs in with: a random one, if none is given.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// Prints what was made as JSON.
    #[arg(long, env = "USHER_JSON")]
    pub json: bool,
}

/// The copy to write.
#[derive(Args, Clone, Debug)]
pub struct BackupArgs {
    /// Where things are kept.
    #[command(flatten)]
    pub storage: StorageArgs,
    /// The file to write; it must not be there yet.
    #[arg(value_name = "FILE")]
    pub to: PathBuf,
}

/// The copy to put back.
#[derive(Args, Clone, Debug)]
pub struct RestoreArgs {
    /// Where things are kept.
    #[command(flatten)]
    pub storage: StorageArgs,
    /// The copy, as `usher-server backup` wrote it.
    #[arg(value_name = "FILE")]
    pub from: PathBuf,
}

/// How connections are accepted, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Transport {
    /// Plain HTTP, on loopback or behind a proxy.
    Plain,
    /// TLS with the operator's certificate chain and key.
    Tls {
        /// The chain, PEM.
        certificate: PathBuf,
        /// The key, PEM.
        key: PathBuf,
    },
    /// TLS with a certificate of our own.
    SelfSigned,
}

impl ServeArgs {
    /// Decides how connections are accepted.
    ///
    /// # Errors
    ///
    /// [`ConfigError::PlainHttp`].
    pub fn transport(&self) -> Result<Transport, ConfigError> {
        match (&self.tls_cert, &self.tls_key, self.tls_self_signed) {
            (Some(certificate), Some(key), _) => {
                Ok(Transport::Tls { certificate: certificate.clone(), key: key.clone() })
            }
            (_, _, true) => Ok(Transport::SelfSigned),
            _ if self.listen.ip().is_loopback() || self.behind_proxy => Ok(Transport::Plain),
            _ => Err(ConfigError::PlainHttp(self.listen)),
        }
    }

    /// Returns where the server, listening at `bound`, is reached.
    ///
    /// # Errors
    ///
    /// [`ConfigError::PublicUrl`].
    pub fn public_url(&self, bound: SocketAddr) -> Result<String, ConfigError> {
        let Some(url) = &self.public_url else {
            let is_plain = self.transport()? == Transport::Plain;
            return Ok(format!("{}://{bound}", if is_plain { "http" } else { "https" }));
        };
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let is_fine = host.is_some_and(|host| {
            !host.is_empty() && !host.starts_with('/') && !url.contains(['?', '#', ' ']) && url.is_ascii()
        });
        if is_fine { Ok(url.trim_end_matches('/').to_owned()) } else { Err(ConfigError::PublicUrl(url.clone())) }
    }

    /// Returns how many requests one caller may make.
    pub fn rates(&self) -> RateSettings {
        RateSettings {
            per_address: NonZeroU32::new(self.rate_per_address),
            per_account: NonZeroU32::new(self.rate_per_account),
        }
    }

    /// Returns the sites whose pages may speak to the server.
    ///
    /// # Errors
    ///
    /// [`ConfigError::CorsOrigin`].
    pub fn cors_origins(&self) -> Result<Vec<String>, ConfigError> {
        let checked = |origin: &String| {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
            let is_fine = host.is_some_and(|host| !host.is_empty() && host.chars().all(is_plain));
            if is_fine { Ok(origin.clone()) } else { Err(ConfigError::CorsOrigin(origin.clone())) }
        };
        self.cors_origin.iter().map(checked).collect()
    }

    /// Returns the names that a certificate of our own is made for.
    pub fn certificate_names(&self) -> Vec<String> {
        let mut names = vec!["localhost".to_owned(), IpAddr::from([127, 0, 0, 1]).to_string()];
        if !self.listen.ip().is_unspecified() && !self.listen.ip().is_loopback() {
            names.push(self.listen.ip().to_string());
        }
        let host = self.public_url.as_deref().and_then(|url| url.split("://").nth(1));
        let host = host.and_then(|rest| rest.split('/').next()).map(|host| {
            if host.starts_with('[') {
                host.trim_start_matches('[').split(']').next().unwrap_or_default()
            } else {
                host.split(':').next().unwrap_or_default()
            }
        });
        names.extend(host.filter(|host| !host.is_empty()).map(str::to_owned));
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve(flags: &[&str]) -> ServeArgs {
        let line = ["usher-server", "serve"].iter().chain(flags).copied();
        match Cli::try_parse_from(line).unwrap().command {
            Command::Serve(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn plain_http_is_only_for_loopback_or_behind_a_proxy() {
        assert_eq!(serve(&[]).transport().unwrap(), Transport::Plain);
        assert_eq!(serve(&["--listen", "[::1]:0"]).transport().unwrap(), Transport::Plain);
        assert!(matches!(serve(&["--listen", "0.0.0.0:80"]).transport(), Err(ConfigError::PlainHttp(_))));
        assert_eq!(serve(&["--listen", "0.0.0.0:80", "--behind-proxy"]).transport().unwrap(), Transport::Plain);
        assert_eq!(serve(&["--listen", "0.0.0.0:80", "--tls-self-signed"]).transport().unwrap(), Transport::SelfSigned);
    }

    #[test]
    fn the_public_url_is_the_address_unless_given() {
        let bound = SocketAddr::from(([127, 0, 0, 1], 8080));
        assert_eq!(serve(&[]).public_url(bound).unwrap(), "http://127.0.0.1:8080");
        assert_eq!(serve(&["--public-url", "https://u.example/"]).public_url(bound).unwrap(), "https://u.example");
        for bad in ["u.example", "https://", "https://u.example/?a", "ftp://u.example"] {
            assert!(serve(&["--public-url", bad]).public_url(bound).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_certificate_of_our_own_is_made_for_the_public_name() {
        let names = serve(&["--public-url", "https://door.lan:8443", "--tls-self-signed"]).certificate_names();
        assert_eq!(names, ["localhost", "127.0.0.1", "door.lan"]);
    }
}
