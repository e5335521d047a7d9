//! A plain connection that is kept, on which one request follows the other: what a client costs that does nothing else.

use anyhow::{Context as _, ensure};
use harness::device::{Device, now};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What is read at once.
const READ_BYTES: usize = 64 * 1024;

/// A connection to a server.
pub(super) struct Line {
    stream: TcpStream,
    /// Read, and not yet part of an answer.
    read: Vec<u8>,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Returns the body, if the request was granted.
    pub(super) fn success(self) -> anyhow::Result<Vec<u8>> {
        ensure!(self.status == 200, "{}: {}", self.status, String::from_utf8_lossy(&self.body));
        Ok(self.body)
    }
}

impl Line {
    pub(super) async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("could not reach {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(READ_BYTES) })
    }

    /// Sends a request, and reads the whole answer.
    pub(super) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request).await?;
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_on().await?;
        };
        let head = String::from_utf8_lossy(self.read.get(..end).unwrap_or_default()).to_ascii_lowercase();
        let status = head.get(9..12).and_then(|status| status.parse().ok()).context("an answer has a status")?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(Ok(0), |length| length.trim().parse())?;
        ensure!(!head.contains("transfer-encoding"), "an answer comes in one piece: {head}");
        while self.read.len() < end + length {
            self.read_on().await?;
        }
        let body = self.read.drain(..end + length).skip(end).collect();
        Ok(Answer { status, body })
    }

    async fn read_on(&mut self) -> anyhow::Result<()> {
        self.read.reserve(READ_BYTES);
        ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the server hung up");
        Ok(())
    }
}

/// Returns the bytes of a request to a path below `/sync/v1` that a device signs now. Good for two minutes.
pub(super) fn signed(device: &Device, address: &str, method: Method, path: &str, body: Option<&[u8]>) -> Vec<u8> {
    let headers = device.sign(&method, path, body, now().0 / 1_000);
    let mut request = format!(
        "{method} /sync/v1{path} HTTP/1.1\r\nhost: {address}\r\nsignature-input: {}\r\nsignature: {}\r\n",
        headers.signature_input, headers.signature
    );
    if let Some(digest) = &headers.content_digest {
        request += &format!("content-digest: {digest}\r\n");
    }
    if let Some(body) = body {
        request += &format!("content-length: {}\r\n", body.len());
    }
    // Bodies of journals are packed, as terminals send them, and others are not.
    if body.is_some_and(|body| body.starts_with(&ZSTD_MAGIC)) {
        request += "content-encoding: zstd\r\n";
    }
    let mut bytes = (request + "\r\n").into_bytes();
    bytes.extend_from_slice(body.unwrap_or_default());
    bytes
}

/// What a zstd frame begins with (RFC 8878, section 3.1.1).
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
