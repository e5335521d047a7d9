//! How PostgreSQL is connected to: what the operator's URL leaves open is settled here, on the safe side.

use std::net::IpAddr;
use std::str::FromStr as _;

use sqlx::any::AnyConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::OpenError;

/// Statements that each connection keeps ready: more than the program has.
const STATEMENTS_MAX: usize = 1_000;
/// What the URL may call the protection of the connection.
const SSL_MODE: [&str; 2] = ["sslmode", "ssl-mode"];
const STATEMENT_CACHE: &str = "statement-cache-capacity";

/// What an operator has chosen that somebody between the server and its database can make use of.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Risk {
    /// Nothing is encrypted, or only if the other side wishes.
    #[error("whoever is between the server and its database can read and change everything: names, addresses, hashes")]
    Clear,
    /// It is encrypted for whoever answers.
    #[error("whoever answers in the database's place is believed, and can read and change everything")]
    Unchecked,
    /// It is encrypted for whoever holds a certificate of the same authority.
    #[error("any machine with a certificate of the same authority is believed in the database's place")]
    AnyName,
}

/// How a database is connected to.
#[derive(Clone, Debug)]
pub(super) struct Connecting {
    pub(super) options: AnyConnectOptions,
    pub(super) risk: Option<Risk>,
}

/// Reads a `postgres:` URL.
///
/// A database on another machine is spoken to over TLS, and its certificate is checked for its name, unless the
/// operator says otherwise: by `sslmode` in the URL, or by `PGSSLMODE`. As many statements are kept ready as there are,
/// unless the URL says otherwise: some poolers need 0.
pub(super) fn postgres(url: &str) -> Result<Connecting, OpenError> {
    let mut options = AnyConnectOptions::from_str(url).map_err(OpenError::Connect)?;
    let read = PgConnectOptions::from_str(url).map_err(OpenError::Connect)?;
    let names = |key: &str| options.database_url.query_pairs().any(|(name, _)| name == key);
    // What is not said anywhere reads as `prefer`.
    let is_chosen = SSL_MODE.into_iter().any(names) || !matches!(read.get_ssl_mode(), PgSslMode::Prefer);
    let keeps_statements = !names(STATEMENT_CACHE);
    let mut risk = None;
    if !is_on_this_machine(&read) {
        if is_chosen {
            risk = risk_of(read.get_ssl_mode());
        } else {
            options.database_url.query_pairs_mut().append_pair("sslmode", "verify-full");
        }
    }
    if keeps_statements {
        options.database_url.query_pairs_mut().append_pair(STATEMENT_CACHE, &STATEMENTS_MAX.to_string());
    }
    Ok(Connecting { options, risk })
}

/// Whether what is sent never leaves the machine: by a socket, or by loopback.
fn is_on_this_machine(read: &PgConnectOptions) -> bool {
    let host = read.get_host();
    if read.get_socket().is_some() || host.starts_with('/') || host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.is_ok_and(|address| address.to_canonical().is_loopback())
}

const fn risk_of(mode: PgSslMode) -> Option<Risk> {
    match mode {
        PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => Some(Risk::Clear),
        PgSslMode::Require => Some(Risk::Unchecked),
        PgSslMode::VerifyCa => Some(Risk::AnyName),
        PgSslMode::VerifyFull => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_on_another_machine_is_checked_unless_the_url_says_otherwise() {
        for url in [
            "postgres://usher@db.example.org/usher",
            "postgresql://usher:secret@192.0.2.7:6432/usher?application_name=door",
            "postgres://usher@[2001:db8::7]/usher",
            "postgres://usher@localhost.example.org/usher",
            "postgres://usher@0.0.0.0/usher",
            "postgres://localhost/usher?host=db.example.org",
        ] {
            let read = mode(url);

            assert!(matches!(read, (PgSslMode::VerifyFull, None)), "{url}: {read:?}");
        }
    }

    #[test]
    fn what_stays_on_this_machine_is_left_as_it_is() {
        for url in [
            "postgres://usher@localhost/usher",
            "postgres://usher@127.0.0.1:6432/usher",
            "postgres://usher@[::1]/usher",
            "postgres://usher@%2Fvar%2Frun%2Fpostgresql/usher",
            "postgres://usher@localhost/usher?host=/var/run/postgresql",
        ] {
            let read = mode(url);

            assert!(matches!(read, (PgSslMode::Prefer, None)), "{url}: {read:?}");
        }
    }

    #[test]
    fn a_weaker_choice_is_taken_at_its_word_and_its_risk_is_known() {
        let on = |host: &str, name: &str| mode(&format!("postgres://usher@{host}/usher?{name}"));

        assert!(matches!(on("db.example.org", "sslmode=disable"), (PgSslMode::Disable, Some(Risk::Clear))));
        assert!(matches!(on("db.example.org", "ssl-mode=prefer"), (PgSslMode::Prefer, Some(Risk::Clear))));
        assert!(matches!(on("db.example.org", "sslmode=require"), (PgSslMode::Require, Some(Risk::Unchecked))));
        assert!(matches!(on("db.example.org", "sslmode=verify-ca"), (PgSslMode::VerifyCa, Some(Risk::AnyName))));
        assert!(matches!(on("db.example.org", "sslmode=verify-full"), (PgSslMode::VerifyFull, None)));
        assert!(matches!(on("127.0.0.1", "sslmode=disable"), (PgSslMode::Disable, None)));
    }

    #[test]
    fn statements_are_kept_ready_unless_the_url_says_how_many() {
        let kept = |url: &str| {
            let options = postgres(url).unwrap().options;
            let pairs = options.database_url.query_pairs();
            pairs.filter(|(name, _)| name == STATEMENT_CACHE).map(|(_, value)| value.into_owned()).collect::<Vec<_>>()
        };

        assert_eq!(kept("postgres://usher@localhost/usher"), ["1000"]);
        assert_eq!(kept("postgres://usher@localhost/usher?statement-cache-capacity=0"), ["0"]);
    }

    /// Returns how the connection is protected in the end, and what that risks.
    fn mode(url: &str) -> (PgSslMode, Option<Risk>) {
        let Connecting { options, risk } = postgres(url).unwrap();
        (PgConnectOptions::try_from(&options).unwrap().get_ssl_mode(), risk)
    }
}
