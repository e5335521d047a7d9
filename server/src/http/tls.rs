//! TLS 1.3: the operator's certificate, or one of our own for a venue network without a domain name.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};

use crate::seal::{is_open_to_others, write_private};

const OWN_CERTIFICATE: &str = "tls-certificate.pem";
const OWN_KEY: &str = "tls-key.pem";

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("cannot read or write {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path} does not hold what it should in PEM form")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// Others may read the key.
    #[error("others may read the key in {path}: run `chmod 600 {path}`")]
    TooOpen {
        /// The file.
        path: PathBuf,
    },
    /// The certificate could not be made.
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
    /// The certificate and the key do not go together.
    #[error("the certificate and the key cannot be used")]
    Use(#[from] rustls::Error),
}

/// A certificate with its key, ready to serve.
#[derive(Clone, Debug)]
pub struct Tls {
    /// What connections are accepted with.
    pub config: Arc<ServerConfig>,
    /// SHA-256 of the certificate's DER bytes.
    pub fingerprint: [u8; 32],
}

impl Tls {
    /// Reads the operator's certificate chain and key, which nobody else may read.
    ///
    /// # Errors
    ///
    /// [`TlsError`].
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let is_open = is_open_to_others(key).map_err(|source| TlsError::File { path: key.to_owned(), source })?;
        if is_open {
            return Err(TlsError::TooOpen { path: key.to_owned() });
        }
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|source| TlsError::Pem { path: certificate.to_owned(), source })?;
        let key_der =
            PrivateKeyDer::from_pem_file(key).map_err(|source| TlsError::Pem { path: key.to_owned(), source })?;
        let fingerprint = chain.first().map(|own| Sha256::digest(own).into()).unwrap_or_default();
        let mut config = ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS13])
            .with_no_client_auth()
            .with_single_cert(chain, key_der)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), fingerprint })
    }

    /// Reads the installation's own certificate from `folder`, made there the first time for `names`.
    ///
    /// # Errors
    ///
    /// [`TlsError`].
    pub fn own(folder: &Path, names: &[String]) -> Result<Self, TlsError> {
        let (certificate, key) = (folder.join(OWN_CERTIFICATE), folder.join(OWN_KEY));
        if !certificate.exists() {
            make(&certificate, &key, names)?;
        }
        Self::load(&certificate, &key)
    }
}

/// Makes a self-signed certificate. Terminals pin its fingerprint, so names and expiry matter only to
/// browsers.
fn make(certificate: &Path, key: &Path, names: &[String]) -> Result<(), TlsError> {
    let pair = KeyPair::generate()?;
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, "Usher server");
    for name in names {
        parameters.subject_alt_names.push(match name.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(name.as_str().try_into()?),
        });
    }
    let own = parameters.self_signed(&pair)?;
    // The key first: a certificate that is there vouches for a key that is there.
    let write = |path: &Path, text: String| {
        write_private(path, text.as_bytes()).map_err(|source| TlsError::File { path: path.to_owned(), source })
    };
    if key.exists() {
        // A start that broke off between the two files.
        std::fs::remove_file(key).map_err(|source| TlsError::File { path: key.to_owned(), source })?;
    }
    write(key, pair.serialize_pem())?;
    write(certificate, own.pem())
}
