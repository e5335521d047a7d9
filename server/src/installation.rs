//! The installation itself: S, the key that the server signs heads, acknowledgements and device
//! certificates with.

mod store;

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use crate::clock::{Clock, random_bytes};
use crate::db::sealed::Sealed;
use crate::db::{Database, StoreError, Tx};
use crate::seal::Sealer;

const PLACE: &str = "installation.server_key";
/// What holds S.
pub const SEALED: Sealed = Sealed { table: "installation", column: "server_key", place: PLACE, key: &[] };

/// Returns S, made at the first start. Servers that start at once on one database agree on it.
///
/// # Errors
///
/// [`StoreError`]; [`StoreError::Sealed`] under another master key than the one it was made under.
pub async fn server_key(database: &Database, sealer: &Sealer, clock: &Clock) -> Result<SigningKey, StoreError> {
    let mut tx = database.begin_write().await?;
    let fresh = sealer.seal(PLACE, &[], Zeroizing::new(random_bytes::<32>()).as_slice());
    let sealed = store::ensure(&mut tx, &fresh, clock.now()).await?;
    tx.commit().await?;
    Ok(SigningKey::from_bytes(&*sealer.open_key(PLACE, &[], &sealed)?))
}

/// Whether `sealer` opens S, or there is none yet.
///
/// # Errors
///
/// [`StoreError`].
pub async fn opens(tx: &mut Tx, sealer: &Sealer) -> Result<bool, StoreError> {
    Ok(store::find(tx).await?.is_none_or(|sealed| sealer.open_key(PLACE, &[], &sealed).is_ok()))
}

/// Has everybody else wait who starts to work on the database, until the transaction ends.
///
/// # Errors
///
/// [`StoreError`].
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    store::lock(tx).await
}

/// Puts a new S in the place of one that nobody can open any more, and returns it.
///
/// # Errors
///
/// [`StoreError`].
pub async fn renew(tx: &mut Tx, sealer: &Sealer) -> Result<SigningKey, StoreError> {
    let secret = Zeroizing::new(random_bytes::<32>());
    store::replace(tx, &sealer.seal(PLACE, &[], secret.as_slice())).await?;
    Ok(SigningKey::from_bytes(&secret))
}
