//! Secrets at rest: private keys lie in the database encrypted under a master key that does not.

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize as _, Zeroizing};

use crate::clock::random_bytes;

const NONCE_BYTES: usize = 24;

/// A master key that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// Not 64 hexadecimal digits.
    #[error("the master key must be 32 bytes as 64 hexadecimal digits")]
    Malformed,
    /// Others may read the file.
    #[error("others may read the master key in {path}: run `chmod 600 {path}`")]
    TooOpen {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or made.
    #[error("cannot read or make the master key file {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// The key that every sealed secret of this installation is sealed under. Wiped from memory when
/// dropped, and never printed.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// Returns the key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads 64 hexadecimal digits, white space at the ends aside.
    ///
    /// # Errors
    ///
    /// [`MasterKeyError::Malformed`].
    pub fn from_hex(text: &str) -> Result<Self, MasterKeyError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| MasterKeyError::Malformed)?;
        let key = Self::new(bytes);
        bytes.zeroize();
        Ok(key)
    }

    /// Reads the key from `path`.
    ///
    /// # Errors
    ///
    /// [`MasterKeyError`]: the file is missing, malformed, or readable by others.
    pub fn load(path: &Path) -> Result<Self, MasterKeyError> {
        let file = |source| MasterKeyError::File { path: path.to_owned(), source };
        if is_open_to_others(path).map_err(file)? {
            return Err(MasterKeyError::TooOpen { path: path.to_owned() });
        }
        Self::from_hex(&Zeroizing::new(std::fs::read_to_string(path).map_err(file)?))
    }

    /// Reads the key from `path`, or makes one there that only its owner may read.
    ///
    /// # Errors
    ///
    /// [`MasterKeyError`]: as for [`MasterKey::load`], or the file cannot be made.
    pub fn load_or_make(path: &Path) -> Result<Self, MasterKeyError> {
        let text = Zeroizing::new(format!("{}\n", hex::encode(Zeroizing::new(random_bytes::<32>()))));
        match write_private(path, text.as_bytes()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(MasterKeyError::File { path: path.to_owned(), source }),
        }
        Self::load(path)
    }
}

/// Writes a new file that only its owner may read. It appears complete or not at all.
///
/// # Errors
///
/// `AlreadyExists` if there is one; else whatever the system says.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut draft_name = path.as_os_str().to_owned();
    draft_name.push(format!(".{}", hex::encode(random_bytes::<8>())));
    let draft = PathBuf::from(draft_name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    // A hard link, unlike a rename, refuses to replace what another process made meanwhile.
    let linked = written.and_then(|()| std::fs::hard_link(&draft, path));
    let removed = std::fs::remove_file(&draft);
    linked.and(removed)
}

/// Whether anyone but the owner may read or write `path`.
///
/// # Errors
///
/// The file's metadata cannot be read.
pub fn is_open_to_others(path: &Path) -> io::Result<bool> {
    let metadata = std::fs::metadata(path)?;
    #[cfg(unix)]
    {
        Ok(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        Ok(false)
    }
}

/// A sealed secret that does not open: another master key, another row, or changed bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a sealed secret does not open: it was sealed under another master key, or it was changed")]
pub struct SealBroken;

/// Seals and opens secrets under the master key.
#[derive(Clone)]
pub struct Sealer(XChaCha20Poly1305);

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

impl Sealer {
    /// Returns the sealer of `key`.
    pub fn new(key: &MasterKey) -> Self {
        Self(XChaCha20Poly1305::new(&Key::from(*key.0)))
    }

    /// Seals `secret` for one place: the column `place` (`table.column`) of the row `row`.
    pub fn seal(&self, place: &str, row: &[u8], secret: &[u8]) -> Vec<u8> {
        let nonce = random_bytes::<NONCE_BYTES>();
        let payload = Payload { msg: secret, aad: &context(place, row) };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).expect("a secret is far below the cipher's limit");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what [`Sealer::seal`] sealed for the same place.
    ///
    /// # Errors
    ///
    /// [`SealBroken`].
    pub fn open(&self, place: &str, row: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealBroken> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(SealBroken)?;
        let payload = Payload { msg: text, aad: &context(place, row) };
        self.0.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| SealBroken)
    }

    /// Opens a sealed secret of 32 bytes.
    ///
    /// # Errors
    ///
    /// [`SealBroken`], also for another length.
    pub fn open_key(&self, place: &str, row: &[u8], sealed: &[u8]) -> Result<Zeroizing<[u8; 32]>, SealBroken> {
        let secret = self.open(place, row, sealed)?;
        secret.as_slice().try_into().map(Zeroizing::new).map_err(|_| SealBroken)
    }
}

/// Names the place without ambiguity: a place's name holds no zero byte.
fn context(place: &str, row: &[u8]) -> Vec<u8> {
    [b"usher:seal1:".as_slice(), place.as_bytes(), &[0], row].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_in_its_own_place_under_its_own_key() {
        let sealer = Sealer::new(&MasterKey::new([7; 32]));
        let sealed = sealer.seal("event_keys.secret", b"row", b"secret");

        assert_eq!(sealer.open("event_keys.secret", b"row", &sealed).unwrap().as_slice(), b"secret");
        assert!(sealer.open("event_keys.secret", b"row2", &sealed).is_err());
        assert!(sealer.open("feeds.body_key", b"row", &sealed).is_err());
        assert!(Sealer::new(&MasterKey::new([8; 32])).open("event_keys.secret", b"row", &sealed).is_err());
        assert!(sealer.open("event_keys.secret", b"row", sealed.get(..10).unwrap()).is_err());
    }

    #[test]
    fn a_master_key_is_made_once_and_refused_when_others_may_read_it() {
        let folder = std::env::temp_dir().join(format!("usher-{}", hex::encode(random_bytes::<8>())));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("master.key");

        let made = MasterKey::load_or_make(&path).unwrap();
        assert_eq!(*MasterKey::load_or_make(&path).unwrap().0, *made.0);

        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            assert!(matches!(MasterKey::load(&path), Err(MasterKeyError::TooOpen { .. })));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
