//! How letters leave: by SMTP, or as files in a folder where no mail server is known.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use reqwest::Url;
use zeroize::Zeroizing;

use crate::seal::write_private;

/// How long the mail server may take for each of its answers.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A mail server's address that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SmtpUrlError {
    /// Not such an address.
    #[error("the mail server is smtps://USER:PASSWORD@HOST:465 or smtp://USER:PASSWORD@HOST:587")]
    Malformed,
    /// Passwords and letters would be read by others.
    #[error("?tls=none is only for a mail server on this machine")]
    Plain,
    /// TLS cannot be set up.
    #[error("cannot set up TLS for the mail server")]
    Tls(#[source] lettre::transport::smtp::Error),
}

/// How letters leave.
#[derive(Clone, Debug)]
pub enum Transport {
    /// To a mail server.
    Smtp(Arc<AsyncSmtpTransport<Tokio1Executor>>),
    /// As files with the ending `.eml` in this folder, which every mail program opens.
    Outbox(PathBuf),
}

/// Why a letter did not leave.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Refused {
    /// It may a moment later.
    ForNow(String),
    /// It never will.
    ForGood(String),
}

/// How a mail server's address says that its connection is protected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Protection {
    /// TLS from the first byte.
    Wrapped,
    /// TLS after a plain greeting, or nothing is sent.
    StartTls,
    /// None.
    Plain,
}

#[derive(Debug)]
struct Server {
    host: String,
    port: u16,
    protection: Protection,
    user: Option<String>,
    password: Option<Zeroizing<String>>,
}

impl Server {
    /// Reads `smtps://…` (TLS from the first byte, port 465) or `smtp://…` (STARTTLS, port 587; plain, port 25, on
    /// this machine or with `?tls=none` there).
    fn parse(text: &str) -> Result<Self, SmtpUrlError> {
        let url = Url::parse(text).map_err(|_| SmtpUrlError::Malformed)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(SmtpUrlError::Malformed)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let protection = match (url.scheme(), url.query()) {
            ("smtps", None) => Protection::Wrapped,
            ("smtp", Some("tls=required")) => Protection::StartTls,
            ("smtp", None) if !is_here => Protection::StartTls,
            ("smtp", None | Some("tls=none")) if is_here => Protection::Plain,
            ("smtp", Some("tls=none")) => return Err(SmtpUrlError::Plain),
            _ => return Err(SmtpUrlError::Malformed),
        };
        let port = url.port().unwrap_or(match protection {
            Protection::Wrapped => 465,
            Protection::StartTls => 587,
            Protection::Plain => 25,
        });
        let decoded = |text: &str| percent_decoded(text).ok_or(SmtpUrlError::Malformed);
        let user = match url.username() {
            "" => None,
            user => Some(decoded(user)?),
        };
        let password = url.password().map(decoded).transpose()?.map(Zeroizing::new);
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SmtpUrlError::Malformed);
        }
        Ok(Self { host, port, protection, user, password })
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = after.get(..2)?;
            bytes.extend(hex::decode(digits).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

impl Transport {
    /// Returns the way to the mail server at `url`. `password` counts where the URL has none.
    ///
    /// # Errors
    ///
    /// [`SmtpUrlError`].
    pub fn smtp(url: &str, password: Option<Zeroizing<String>>) -> Result<Self, SmtpUrlError> {
        let server = Server::parse(url)?;
        let parameters = || TlsParameters::new(server.host.clone()).map_err(SmtpUrlError::Tls);
        let tls = match server.protection {
            Protection::Wrapped => Tls::Wrapper(parameters()?),
            Protection::StartTls => Tls::Required(parameters()?),
            Protection::Plain => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .timeout(Some(ANSWER_TIMEOUT))
            .tls(tls);
        if let Some(user) = server.user {
            let password = server.password.or(password).unwrap_or_default();
            builder = builder.credentials(Credentials::new(user, password.to_string()));
        }
        Ok(Self::Smtp(Arc::new(builder.build())))
    }

    /// Hands a letter over. `name` is what its file is called in an outbox.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub async fn deliver(&self, message: Message, name: &str) -> Result<(), Refused> {
        match self {
            Self::Smtp(server) => match server.send(message).await {
                Ok(_) => Ok(()),
                Err(error) => Err(refused(&error)),
            },
            Self::Outbox(folder) => {
                let (folder, path) = (folder.clone(), folder.join(format!("{name}.eml")));
                let written = tokio::task::spawn_blocking(move || {
                    std::fs::create_dir_all(&folder)?;
                    match write_private(&path, &message.formatted()) {
                        // It was written before the server that did so could note it.
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                        written => written,
                    }
                });
                match written.await {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => Err(Refused::ForNow(error.to_string())),
                    Err(error) => Err(Refused::ForNow(error.to_string())),
                }
            }
        }
    }
}

/// A mail server's no is for good if it is about the letter. One about us (530 to 538: who we are, whether TLS is on) is
/// mended by the operator, after which the letter goes.
fn refused(error: &lettre::transport::smtp::Error) -> Refused {
    let mut text = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        text = format!("{text}: {source}");
    }
    let is_about_us = error.status().is_some_and(|code| (530..=538).contains(&u16::from(code)));
    if error.is_permanent() && !is_about_us { Refused::ForGood(text) } else { Refused::ForNow(text) }
}

/// Reads whom letters are from, such as `Usher <tickets@example.org>`.
pub fn sender(text: &str) -> Option<Mailbox> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_travels_plain_to_another_machine() {
        let protection = |url: &str| Server::parse(url).map(|server| (server.protection, server.port)).ok();

        assert_eq!(protection("smtps://u:p@mx.example.org"), Some((Protection::Wrapped, 465)));
        assert_eq!(protection("smtp://u:p@mx.example.org"), Some((Protection::StartTls, 587)));
        assert_eq!(protection("smtp://mx.example.org:25?tls=required"), Some((Protection::StartTls, 25)));
        assert_eq!(protection("smtp://localhost:2525"), Some((Protection::Plain, 2525)));
        assert_eq!(protection("smtp://[::1]"), Some((Protection::Plain, 25)));
        for bad in [
            "smtp://mx.example.org?tls=none",
            "http://x",
            "mx.example.org",
            "smtp://",
            "smtps://x?tls=none",
            "smtp://x/y",
        ] {
            assert_eq!(protection(bad), None, "{bad}");
        }
    }

    #[test]
    fn user_and_password_may_hold_any_sign() {
        let server = Server::parse("smtps://ada%40example.org:p%3A%2F%25@mx.example.org").unwrap();

        assert_eq!(server.user.as_deref(), Some("ada@example.org"));
        assert_eq!(server.password.as_deref().map(String::as_str), Some("p:/%"));
    }
}
