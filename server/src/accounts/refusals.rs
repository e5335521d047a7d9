//! Log-ins that failed, for the holder of the account and for those who run the installation.
//!
//! They stand in the record of changes, without what was typed. Tries that have to wait are not looked at, so there are
//! no more of these than the brake lets through. What fails at an account that does not exist is nobody's.

use std::net::IpAddr;

use serde_json::{Value, json};
use sync_protocol::time::UnixMillis;

use super::AccountId;
use crate::audit::{self, By, Change, Record};
use crate::db::{StoreError, Tx};
use crate::http::peer::Peer;

/// What they are recorded as.
const ACTION: &str = "session.refuse";

/// Why a log-in failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// The password was wrong, or the account is locked.
    Password,
    /// The password was right, and the code of the second factor was not.
    SecondFactor,
}

impl Reason {
    /// Returns what it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::SecondFactor => "second_factor",
        }
    }
}

/// Records that a log-in to an account failed. Of where it came from, the network is kept.
pub(super) async fn note(
    tx: &mut Tx,
    account: AccountId,
    address: IpAddr,
    reason: Reason,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let by = By { address: Some(Peer(address).network()), ..By::default() };
    let after = json!({ "reason": reason.name() });
    let subject = account.to_string();
    let change = Change { action: ACTION, event: None, subject: &subject, before: Value::Null, after };
    audit::note(tx, by, &change, now).await
}

/// Returns up to `limit` log-ins to an account that failed, the newest first, from before `cursor` on.
///
/// # Errors
///
/// [`StoreError`].
pub async fn list(
    tx: &mut Tx,
    account: AccountId,
    cursor: Option<[u8; 16]>,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    audit::of_action(tx, &account.to_string(), ACTION, cursor, limit).await
}
