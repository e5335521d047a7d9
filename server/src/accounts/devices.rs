//! Devices that have logged in to an account before, by a token that they keep: strangers who guess do not slow
//! them down. See [`throttle`](super::throttle).

use sync_protocol::time::UnixMillis;

use super::{AccountId, Token, store};
use crate::db::{StoreError, Tx};

/// A device that was not used for so long is a stranger again.
pub(super) const FORGET_AFTER_MS: u64 = 366 * 24 * 3_600_000;
/// Devices of one account.
const DEVICES_MAX: u32 = 20;

/// Whether the device that shows `token` has logged in to the account before.
pub(super) async fn is_known(
    tx: &mut Tx,
    account: AccountId,
    token: &Token,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    store::devices::is_known(tx, account, token.hash(), now.minus(FORGET_AFTER_MS)).await
}

/// Whether any device has logged in to the account before, as far as that is remembered.
pub(super) async fn are_known(tx: &mut Tx, account: AccountId) -> Result<bool, StoreError> {
    store::devices::are_known(tx, account).await
}

/// Remembers that a device with this token was used.
pub(super) async fn remember(
    tx: &mut Tx,
    account: AccountId,
    token: &Token,
    now: UnixMillis,
) -> Result<(), StoreError> {
    store::devices::put(tx, account, token.hash(), now).await?;
    store::devices::keep_newest(tx, account, DEVICES_MAX).await
}

/// Forgets all devices of an account.
pub(super) async fn forget_all(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    store::devices::keep_newest(tx, account, 0).await
}
