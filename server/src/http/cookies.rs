//! What browsers keep for the server, so that no script of a page ever holds a session's tokens.
//!
//! Every cookie stays with the pages of this site (`SameSite=Lax`), and travels over TLS alone unless the server
//! is reached on loopback. Scripts may read one of them, whose value they send back in a header: that is what a page
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

    /// Where the browser sends it: what is only for sessions goes nowhere else.
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
            Self::Refresh | Self::Csrf => sessions::REFRESH_MS / 1_000,
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
        let (host, folder) = host_and_folder(public_url);
        let is_plain_loopback = public_url.starts_with("http://") && is_loopback(host);
        let secure = if is_plain_loopback { "" } else { "; Secure" };
        let http_only = if self == Self::Csrf { "" } else { "; HttpOnly" };
        let (name, path) = (self.name(), self.path());
        format!("{name}={value}; Path={folder}{path}; Max-Age={seconds}; SameSite=Lax{secure}{http_only}")
    }

    /// Reads it from a request.
    pub fn read(self, headers: &HeaderMap) -> Option<Token> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name()).and_then(|(_, value)| Token::parse(value))
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
            "usher_refresh=x; Path=/usher/api/v1/sessions; Max-Age=60; SameSite=Lax; Secure; HttpOnly"
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

        assert_eq!(Cookie::Session.read(&headers).unwrap().reveal(), token);
        assert!(Cookie::Refresh.read(&headers).is_none());
    }
}
