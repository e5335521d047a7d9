//! Another master key: every secret in the database is sealed anew, in one transaction, while no server works on it.
//!
//! The new key is on the disk before anything is sealed under it, and the old one is moved aside only afterwards. So
//! whenever the program is killed, one of the two opens the database, and running it again finishes.

mod files;
pub mod lost;

use std::path::{Path, PathBuf};

pub use self::files::FileError;
use crate::db::sealed::Sealed;
use crate::db::{Database, StoreError};
use crate::seal::{MasterKey, MasterKeyError, Sealer};
use crate::{accounts, devices, door, events, installation, mails, once, sync, webhooks};

/// Every column that is sealed under the master key.
const SEALED: [Sealed; 10] = [
    installation::SEALED,
    events::keys::SEALED,
    sync::feed::SEALED,
    door::SEALED,
    devices::enrolment::SEALED,
    accounts::second_factor::SEALED,
    webhooks::SEALED,
    webhooks::SEALED_BEFORE,
    mails::SEALED,
    once::SEALED,
];

/// Why the master key was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// A server would go on sealing under the old key.
    #[error("a server is at work on this database: stop all of them first")]
    InUse,
    /// Neither the present key nor a new one that is at hand opens what is sealed.
    #[error("the database belongs to another master key")]
    OtherKey,
    /// A key's file failed.
    #[error("the new master key cannot be kept")]
    Key(#[from] MasterKeyError),
    /// A key's file could not be moved.
    #[error("the keys' files cannot be put in place")]
    File(#[from] FileError),
    /// The database failed. Nothing has changed.
    #[error("the secrets could not be sealed anew")]
    Store(#[from] StoreError),
}

/// What came of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Replaced {
    /// How many secrets were sealed anew; nothing where an earlier try had come so far.
    pub sealed: Option<u64>,
    /// The file of the new key.
    pub key: PathBuf,
    /// Where the old key was moved to; nothing if it lies in no file.
    pub before: Option<PathBuf>,
}

/// Where the master key comes from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// This file, which the new key takes the place of.
    File(&'a Path),
    /// The environment, which somebody else must change; the new key is left in a file beside this one.
    Environment(&'a Path),
}

/// Seals every secret of a database under a new key, and puts that in the place of the old one. `tell` hears how many
/// more were sealed.
///
/// # Errors
///
/// [`ReplaceError`]. Whatever it is, doing it again goes on from there.
pub async fn replace(
    database: &Database,
    old: &MasterKey,
    source: Source<'_>,
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<Replaced, ReplaceError> {
    let (Source::File(path) | Source::Environment(path)) = source;
    let next = files::next(path);
    let is_begun = next.exists();
    let (from, to) = (Sealer::new(old), Sealer::new(&MasterKey::load_or_make(&next)?));
    let mut tx = database.begin_alone().await?.ok_or(ReplaceError::InUse)?;
    let sealed = if installation::opens(&mut tx, &from).await? {
        let mut total = 0;
        for column in &SEALED {
            total += column.seal_anew(&mut tx, &from, &to, tell).await?;
        }
        tx.commit().await?;
        Some(total)
    } else if is_begun && installation::opens(&mut tx, &to).await? {
        None
    } else {
        if !is_begun {
            files::discard(&next)?;
        }
        return Err(ReplaceError::OtherKey);
    };
    Ok(match source {
        Source::File(path) => Replaced { sealed, before: Some(files::take_over(path)?), key: path.to_owned() },
        Source::Environment(_) => Replaced { sealed, before: None, key: next },
    })
}

/// Returns the file of a new key whose putting in place was cut short, if there is one beside `path`.
pub fn unfinished(path: &Path) -> Option<PathBuf> {
    Some(files::next(path)).filter(|next| next.exists())
}
