//! Which addresses may be called: none within the server's own network, where its calls could do what callers from
//! outside cannot. Names are checked once they are resolved, and what was checked is what is called.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The longest address.
pub const URL_CHARS_MAX: usize = 2_000;

/// Where webhooks may lead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    /// To public addresses, over TLS.
    Public,
    /// Anywhere.
    Anywhere,
}

/// Why an address may not be called.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AddressError {
    /// Not a web address.
    #[error("is not a web address")]
    Malformed,
    /// Not over TLS.
    #[error("must begin with https://")]
    Plain,
    /// Holds a name and password, or a fragment.
    #[error("must have neither a user nor a fragment")]
    Extras,
    /// In the server's own network.
    #[error("must lead to a public address")]
    Private,
}

impl Reach {
    /// Returns the reach that the operator chose.
    pub const fn of(allows_private: bool) -> Self {
        if allows_private { Self::Anywhere } else { Self::Public }
    }

    /// Checks all that an address shows by itself.
    ///
    /// # Errors
    ///
    /// [`AddressError`].
    pub fn check(self, text: &str) -> Result<Url, AddressError> {
        let url = Url::parse(text).map_err(|_| AddressError::Malformed)?;
        match (url.scheme(), self) {
            ("https", _) | ("http", Self::Anywhere) => {}
            ("http", Self::Public) => return Err(AddressError::Plain),
            _ => return Err(AddressError::Malformed),
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(AddressError::Extras);
        }
        let host = url.host_str().ok_or(AddressError::Malformed)?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let is_allowed = match (self, bare.parse::<IpAddr>()) {
            (Self::Anywhere, _) => true,
            (Self::Public, Ok(address)) => is_public(address),
            (Self::Public, Err(_)) => !is_local_name(bare),
        };
        if is_allowed { Ok(url) } else { Err(AddressError::Private) }
    }
}

/// Names that never lead outside (RFC 6761, RFC 6762, RFC 8375).
fn is_local_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    !host.contains('.')
        || [".localhost", ".local", ".internal", ".home.arpa", ".lan"].iter().any(|end| host.ends_with(end))
}

/// Resolves names to those of their addresses that may be called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolver(pub(super) Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|address| reach == Reach::Anywhere || is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::other(AddressError::Private).into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an address is one of the public Internet (IANA's special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = a == 0
        || a >= 240
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        // Shared by the customers of a provider, protocol assignments, relays, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b, c, d, e, f) {
        // Addresses that lead to one of version 4: mapped, translated, and through a relay.
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => v4(g, h),
        (0x2002, high, low, ..) => v4(high, low),
        // Tunnels, benchmarks and the like, and documentation.
        (0x2001, 0..=0x1ff | 0xdb8, ..) | (0x3fff, 0..=0xfff, ..) => false,
        // All others that lie outside are in 2000::/3.
        _ => (0x2000..0x4000).contains(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_over_tls_are_called() {
        for good in [
            "https://example.org/hook?a=1",
            "https://example.org:8443",
            "https://93.184.216.34/",
            "https://[2606:2800:220:1::1]/",
        ] {
            assert!(Reach::Public.check(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("http://example.org", AddressError::Plain),
            ("ftp://example.org", AddressError::Malformed),
            ("example.org", AddressError::Malformed),
            ("https://u:p@example.org", AddressError::Extras),
            ("https://example.org/#a", AddressError::Extras),
        ] {
            assert_eq!(Reach::Public.check(bad).unwrap_err(), why, "{bad}");
        }
        for private in [
            "localhost",
            "LOCALHOST.",
            "db",
            "printer.local",
            "metadata.google.internal",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[fe80::1]",
            "[fd00::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[2001:db8::1]",
            "[ff02::1]",
        ] {
            let refused = Reach::Public.check(&format!("https://{private}/x"));
            assert_eq!(refused.unwrap_err(), AddressError::Private, "{private}");
        }
        assert!(Reach::Anywhere.check("http://127.0.0.1:9/").is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused_once_it_is_resolved() {
        let resolve = async |reach| Resolver(reach).resolve("localhost".parse().unwrap()).await.map(Iterator::count);

        assert!(resolve(Reach::Public).await.is_err());
        assert!(resolve(Reach::Anywhere).await.unwrap() > 0);
    }
}
