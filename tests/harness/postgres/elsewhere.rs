//! A PostgreSQL server of one test's own, reached as if it were another machine's: with a certificate that no authority
//! signed, or without TLS.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rcgen::{CertificateParams, KeyPair, SanType};
use tempfile::TempDir;

use super::{START_DEADLINE, programs};

const SCRIPT: &str = include_str!("elsewhere.sh");
/// This machine, by an address that is not loopback's.
const HOST: [u8; 4] = [0, 0, 0, 0];

/// A running server, which ends with this value.
#[derive(Debug)]
pub struct Elsewhere {
    /// The URL that opens its database, without a word on protection.
    pub url: String,
    /// Its certificate.
    pub certificate: PathBuf,
    server: Child,
    _folder: TempDir,
}

impl Elsewhere {
    /// Makes a certificate and starts a server that shows it.
    ///
    /// # Errors
    ///
    /// If PostgreSQL isn't installed or doesn't start.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_with("on")
    }

    /// Starts a server that speaks no TLS.
    ///
    /// # Errors
    ///
    /// As [`Elsewhere::start`].
    pub fn start_in_the_clear() -> anyhow::Result<Self> {
        Self::start_with("off")
    }

    fn start_with(tls: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let pair = KeyPair::generate()?;
        let mut parameters = CertificateParams::new(Vec::new())?;
        parameters.subject_alt_names.push(SanType::IpAddress(HOST.into()));
        let certificate = folder.path().join("server.crt");
        fs::write(&certificate, parameters.self_signed(&pair)?.pem())?;
        fs::write(folder.path().join("server.key"), pair.serialize_pem())?;
        let script = folder.path().join("elsewhere.sh");
        fs::write(&script, SCRIPT)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = folder.path().join("log");
        let output = fs::File::create(&log)?;
        let server = Command::new("sh")
            .arg(&script)
            .arg(folder.path())
            .arg(programs()?)
            .arg(port.to_string())
            .arg(tls)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("could not run sh")?;
        let url = format!("postgres://postgres@0.0.0.0:{port}/postgres");
        let mut started = Self { url, certificate, server, _folder: folder };
        let deadline = Instant::now() + START_DEADLINE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let said = || fs::read_to_string(&log).unwrap_or_default();
            if let Some(status) = started.server.try_wait()? {
                bail!("PostgreSQL did not start ({status}):\n{}", said());
            }
            ensure!(Instant::now() < deadline, "PostgreSQL did not start within {START_DEADLINE:?}:\n{}", said());
            thread::sleep(Duration::from_millis(20));
        }
        Ok(started)
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        // Its number is another process's as soon as it has ended and was asked about.
        if matches!(self.server.try_wait(), Ok(None)) {
            // At once, with all that belongs to it; its files go with the folder.
            let _ = Command::new("kill").args(["-QUIT", &self.server.id().to_string()]).status();
            let _ = self.server.wait();
        }
    }
}
