//! Signed requests to one server: bounded in size and time, over TLS or on this machine.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Url, redirect};
use sync_protocol::hash::Hash;
use sync_protocol::http_signature::{self, Parts};
use sync_protocol::id::DeviceId;
use sync_protocol::problem::ProblemCode;
use sync_protocol::sync::message::{PREFIX, Problem};
use sync_protocol::time::UnixMillis;

use super::packing;
use super::pinned;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take beyond what the request asks the server to wait.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer as it travels; a snapshot's chunk is the longest there is.
const ANSWER_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The longest answer once unpacked.
const UNPACKED_BYTES_MAX: usize = 9 * 1024 * 1024;

/// A server that cannot be spoken to as it was named.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// Not `https://host[:port]` or `http://host[:port]`.
    #[error("{0} is not a server's address; it looks like https://usher.example.org or https://10.0.0.5:8443")]
    Form(String),
    /// Plain HTTP to another machine.
    #[error(
        "{0} is not encrypted: plain http is for a server on this machine. \
         Start the server with --tls-self-signed or a certificate, and use its https address"
    )]
    Plain(String),
    /// The TLS or HTTP machinery cannot be set up.
    #[error("cannot set up encrypted connections")]
    Tls(#[from] rustls::Error),
    /// The TLS or HTTP machinery cannot be set up.
    #[error("cannot set up connections")]
    Client(#[from] reqwest::Error),
}

/// Why a request has no useful answer.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// No connection, no answer in time, or one that broke off.
    #[error("the server cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// An answer over its bounds, or that cannot be unpacked.
    #[error("the server's answer cannot be read")]
    Unreadable,
    /// The server names a problem.
    #[error("the server says: {}", problem.detail)]
    Problem {
        /// Its HTTP status.
        status: u16,
        /// Its code, where it is one that both sides know.
        code: Option<ProblemCode>,
        /// What it says.
        problem: Box<Problem>,
        /// When to come back, in ms from now.
        retry_after_ms: Option<u64>,
    },
}

impl RequestError {
    /// Returns the signature of the order to erase this terminal, where a refusal holds one; nobody
    /// has checked it.
    pub fn wipe_order(&self) -> Option<&str> {
        match self {
            Self::Problem { code: Some(ProblemCode::DeviceRevoked), problem, .. } => problem.wipe.as_deref(),
            _ => None,
        }
    }
}

/// An answer with a status of success.
#[derive(Debug)]
pub struct Answer {
    /// Its HTTP status.
    pub status: u16,
    /// Its body, unpacked.
    pub body: Vec<u8>,
}

/// Who signs requests.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The device.
    pub device: DeviceId,
    /// D.sign.
    pub key: SigningKey,
}

/// What a request sends.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Nothing: a GET.
    None,
    /// JSON: a POST.
    Json(&'a [u8]),
    /// Packed bytes: a POST.
    Packed(&'a [u8]),
}

/// A connection to one server.
#[derive(Clone, Debug)]
pub struct Transport {
    client: Client,
    base: Url,
}

impl Transport {
    /// Returns a connection to the server at `address`, which must present the certificate with
    /// this fingerprint where one is given.
    ///
    /// # Errors
    ///
    /// [`AddressError`] if the address is none, or would send tickets over a network in clear.
    pub fn new(address: &str, tls_fingerprint: Option<Hash>) -> Result<Self, AddressError> {
        let form = || AddressError::Form(address.to_owned());
        let base = Url::parse(address).map_err(|_| form())?;
        let is_bare = base.path() == "/" && base.query().is_none() && base.fragment().is_none();
        if !is_bare || base.host_str().is_none() || !base.username().is_empty() {
            return Err(form());
        }
        match base.scheme() {
            "https" => {}
            "http" if is_loopback(&base) => {}
            "http" => return Err(AddressError::Plain(address.to_owned())),
            _ => return Err(form()),
        }
        let builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
            .tcp_nodelay(true);
        let builder = match tls_fingerprint {
            Some(fingerprint) => builder.tls_backend_preconfigured(pinned::client_config(fingerprint)?),
            None => builder,
        };
        Ok(Self { client: builder.build()?, base })
    }

    /// Sends a request below `/sync/v1` and returns its answer.
    ///
    /// `target` is the path after the prefix, with its query. `wait` is how long the request asks
    /// the server to wait before it answers. `now` is the best estimate of the server's time.
    ///
    /// # Errors
    ///
    /// [`RequestError`] for everything but a status of success.
    pub async fn send(
        &self,
        target: &str,
        body: Body<'_>,
        signer: Option<&Signer>,
        now: UnixMillis,
        wait: Duration,
    ) -> Result<Answer, RequestError> {
        let url = self.base.join(&format!("{PREFIX}{target}")).map_err(|_| RequestError::Unreadable)?;
        let (method, bytes) = match body {
            Body::None => (Method::GET, None),
            Body::Json(bytes) | Body::Packed(bytes) => (Method::POST, Some(bytes)),
        };
        let mut request = self.client.request(method.clone(), url.clone()).timeout(ANSWER_TIMEOUT + wait);
        request = request.header("accept-encoding", "zstd");
        match body {
            Body::None => {}
            Body::Json(_) => request = request.header(CONTENT_TYPE, "application/json"),
            Body::Packed(_) => {
                request = request.header(CONTENT_TYPE, "application/octet-stream").header(CONTENT_ENCODING, "zstd");
            }
        }
        if let Some(signer) = signer {
            request = request.headers(signed_headers(&url, &method, bytes, signer, now)?);
        }
        if let Some(bytes) = bytes {
            request = request.body(bytes.to_vec());
        }
        let response = request.send().await.map_err(RequestError::Unreachable)?;
        let status = response.status().as_u16();
        let is_success = response.status().is_success();
        let retry_after_ms = retry_after(response.headers());
        let is_packed = response.headers().get(CONTENT_ENCODING).is_some_and(|value| value == "zstd");
        let bytes = read(response).await?;
        let body = if is_packed {
            packing::unpack(&bytes, UNPACKED_BYTES_MAX).map_err(|_| RequestError::Unreadable)?
        } else {
            bytes
        };
        if is_success {
            return Ok(Answer { status, body });
        }
        let problem: Problem = serde_json::from_slice(&body).unwrap_or_default();
        let code = ProblemCode::from_name(&problem.code);
        Err(RequestError::Problem { status, code, problem: Box::new(problem), retry_after_ms })
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

fn signed_headers(
    url: &Url,
    method: &Method,
    body: Option<&[u8]>,
    signer: &Signer,
    now: UnixMillis,
) -> Result<HeaderMap, RequestError> {
    let host = url.host_str().unwrap_or_default();
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let parts = Parts {
        method: method.as_str(),
        authority: &authority,
        path: url.path(),
        query: url.query().unwrap_or_default(),
        body,
    };
    let nonce = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
    let signed = http_signature::sign(&parts, signer.device, now.0 / 1_000, &nonce, &signer.key);
    let mut headers = HeaderMap::new();
    let mut insert = |name, value: &str| {
        let value = HeaderValue::from_str(value).map_err(|_| RequestError::Unreadable)?;
        headers.insert(name, value);
        Ok::<(), RequestError>(())
    };
    insert("signature-input", &signed.signature_input)?;
    insert("signature", &signed.signature)?;
    if let Some(digest) = &signed.content_digest {
        insert("content-digest", digest)?;
    }
    Ok(headers)
}

/// `Retry-After` in seconds, the form that the server uses.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(seconds.saturating_mul(1_000))
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, RequestError> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(RequestError::Unreachable)? {
        if bytes.len() + piece.len() > ANSWER_BYTES_MAX {
            return Err(RequestError::Unreadable);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(address: &str) -> bool {
        Transport::new(address, Some([0; 32])).is_err()
    }

    #[test]
    fn tickets_never_travel_in_clear_between_machines() {
        assert!(!refused("https://10.0.0.5:8443"));
        assert!(!refused("http://127.0.0.1:8080"));
        assert!(!refused("http://[::1]:8080"));
        assert!(!refused("http://localhost:8080"));
        assert!(matches!(Transport::new("http://10.0.0.5:8080", None), Err(AddressError::Plain(_))));
        assert!(refused("http://127.0.0.1.example.org"));
        assert!(refused("ftp://10.0.0.5"));
        assert!(refused("https://user@10.0.0.5"));
        assert!(refused("https://10.0.0.5/path"));
        assert!(refused("10.0.0.5:8443"));
    }
}
