//! What browsers keep for the server, so that no script of a page ever holds a session's tokens.
//!
//! Every cookie stays with the pages of this site (`SameSite=Lax`), and travels over TLS alone unless the server
//! is reached on loopback; its name then says so (`__Host-`, or `__Secure-` where the server has but a folder of its
//! host), so that no other page, nor one of a name below or above, puts another in its place. Scripts may read one of them, whose value they send back in a header: that is what a page
//! of another site cannot do.

use axum::http::{HeaderMap, HeaderName, header};

use crate::accounts::{Token, sessions};
use crate::app::App;

/// The header in which a page shows that it can read [`Cookie::Csrf`].
pub static CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

/// A cookie of the server's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cookie {
    /// The access token.
    Session,
    /// The refresh token.
    Refresh,
    /// What a page sends back in [`CSRF_HEADER`].
    Csrf,
    /// What makes the browser a device that has logged in before.
    Device,
}

impl Cookie {
    const fn name(self) -> &'static str {
        match self {
            Self::Session => "usher_session",
            Self::Refresh => "usher_refresh",
            Self::Csrf => "usher_csrf",
            Self::Device => "usher_device",
        }
    }

    /// Where the browser sends it, unless its name says that it is the whole host's: what is only for sessions goes
    /// nowhere else.
    const fn path(self) -> &'static str {
        match self {
            Self::Session => "/api",
            Self::Refresh | Self::Device => "/api/v1/sessions",
            Self::Csrf => "/",
        }
    }

    const fn seconds(self) -> u64 {
        match self {
            Self::Session => sessions::ACCESS_MS / 1_000,
            Self::Refresh | Self::Csrf => sessions::SESSION_MS / 1_000,
            Self::Device => 366 * 24 * 3_600,
        }
    }

    /// Returns the header that has a browser keep it.
    pub fn keep(self, app: &App, value: &Token) -> (HeaderName, String) {
        (header::SET_COOKIE, self.text(app.public_url(), &value.reveal(), self.seconds()))
    }

    /// Returns the header that has a browser forget it.
    pub fn forget(self, app: &App) -> (HeaderName, String) {
        (header::SET_COOKIE, self.text(app.public_url(), "", 0))
    }

    fn text(self, public_url: &str, value: &str, seconds: u64) -> String {
        let (reach, name) = (Reach::of(public_url), self.name());
        let prefix = reach.prefix();
        let path = match reach {
            // Which is what the prefix asks for.
            Reach::Host => "/".to_owned(),
            Reach::Folder(folder) | Reach::Loopback(folder) => format!("{folder}{}", self.path()),
        };
        let secure = if matches!(reach, Reach::Loopback(_)) { "" } else { "; Secure" };
        let http_only = if self == Self::Csrf { "" } else { "; HttpOnly" };
        format!("{prefix}{name}={value}; Path={path}; Max-Age={seconds}; SameSite=Lax{secure}{http_only}")
    }

    /// Reads it from a request, by the name that the server gives it.
    pub fn read(self, app: &App, headers: &HeaderMap) -> Option<Token> {
        self.find(app.public_url(), headers)
    }

    fn find(self, public_url: &str, headers: &HeaderMap) -> Option<Token> {
        let prefix = Reach::of(public_url).prefix();
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let is_own = |name: &str| name.strip_prefix(prefix) == Some(self.name());
        pairs.find(|(name, _)| is_own(name)).and_then(|(_, value)| Token::parse(value))
    }
}

/// How browsers reach the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reach<'a> {
    /// Over TLS, at a host of its own.
    Host,
    /// Over TLS, in this folder of a host.
    Folder(&'a str),
    /// On this machine, in clear, in this folder.
    Loopback(&'a str),
}

impl<'a> Reach<'a> {
    fn of(public_url: &'a str) -> Self {
        let (host, folder) = host_and_folder(public_url);
        if public_url.starts_with("http://") && is_loopback(host) {
            Self::Loopback(folder)
        } else if folder.is_empty() {
            Self::Host
        } else {
            Self::Folder(folder)
        }
    }

    /// Returns what names of cookies begin with (RFC 6265bis, section 4.1.3).
    const fn prefix(self) -> &'static str {
        match self {
            Self::Host => "__Host-",
            Self::Folder(_) => "__Secure-",
            Self::Loopback(_) => "",
        }
    }
}

/// Reads [`CSRF_HEADER`].
pub fn csrf(headers: &HeaderMap) -> Option<Token> {
    Token::parse(headers.get(&CSRF_HEADER)?.to_str().ok()?)
}

/// Returns host (with port) and path of a URL that has no slash at its end.
fn host_and_folder(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or((rest, ""), |at| rest.split_at(at))
}

fn is_loopback(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next() == Some("::1");
    }
    let name = host.split(':').next().unwrap_or_default();
    name == "localhost" || name.parse().is_ok_and(|address: std::net::Ipv4Addr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_travel_over_tls_alone_unless_on_loopback() {
        for plain in ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost"] {
            assert!(!Cookie::Session.text(plain, "x", 1).contains("Secure"), "{plain}");
        }
        for other in ["https://127.0.0.1", "https://u.example", "http://u.example", "http://127.0.0.1.example", ""] {
            assert!(Cookie::Session.text(other, "x", 1).contains("; Secure"), "{other}");
        }
    }

    #[test]
    fn only_the_proof_of_the_page_is_for_scripts_and_a_folder_is_kept() {
        assert_eq!(
            Cookie::Refresh.text("https://u.example/usher", "x", 60),
            "__Secure-usher_refresh=x; Path=/usher/api/v1/sessions; Max-Age=60; SameSite=Lax; Secure; HttpOnly"
        );
        assert!(!Cookie::Csrf.text("https://u.example", "x", 60).contains("HttpOnly"));
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        let token = "ab".repeat(32);
        let line = format!("a=b; xusher_session=c; usher_session={token}");
        headers.append(header::COOKIE, "first=1".parse().unwrap());
        headers.append(header::COOKIE, line.parse().unwrap());

        assert_eq!(Cookie::Session.find("http://localhost", &headers).unwrap().reveal(), token);
        assert!(Cookie::Refresh.find("http://localhost", &headers).is_none());
    }

    #[test]
    fn a_cookie_that_another_page_could_have_set_is_not_looked_at() {
        let (own, other) = ("ab".repeat(32), "cd".repeat(32));
        let mut headers = HeaderMap::new();
        headers
            .append(header::COOKIE, format!("usher_session={other}; __Secure-usher_session={other}").parse().unwrap());
        assert!(Cookie::Session.find("https://u.example", &headers).is_none());

        headers.append(header::COOKIE, format!("__Host-usher_session={own}").parse().unwrap());

        assert_eq!(Cookie::Session.find("https://u.example", &headers).unwrap().reveal(), own);
        assert_eq!(
            Cookie::Session.text("https://u.example", "x", 60),
            "__Host-usher_session=x; Path=/; Max-Age=60; SameSite=Lax; Secure; HttpOnly"
        );
    }
}
