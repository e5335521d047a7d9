//! A second factor: codes that an app computes from a secret and the time, and recovery codes for whoever lost it.

mod totp;

use sha2::{Digest as _, Sha256};
use sync_protocol::time::UnixMillis;

use self::totp::{SECRET_BYTES, base32};
use super::notices::{self, News};
use super::password::Password;
use super::proof::{self, ProofError, Proved};
use super::{AccountId, Caller, note, store};
use crate::app::App;
use crate::clock::random_bytes;
use crate::db::sealed::{Part, Sealed};
use crate::db::{StoreError, Tx};

/// Recovery codes of an account.
pub const RECOVERY_CODES: usize = 10;
/// Random bytes of one, shown as 16 letters and digits: too many to try all of, even with the database at hand.
const RECOVERY_BYTES: usize = 10;
/// Where the secret is sealed for; the row is the account's id.
const SECRET_PLACE: &str = "second_factors.secret";
/// What holds those secrets.
pub const SEALED: Sealed =
    Sealed { table: "second_factors", column: "secret", place: SECRET_PLACE, key: &[Part::Bytes("account_id")] };

/// How it stands with somebody's second factor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Status {
    /// Whether logging in takes a code.
    pub is_on: bool,
    /// Recovery codes that were not used.
    pub recovery_codes: u64,
}

/// A second factor that is not on yet: an app must show first that it has the secret.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The secret, in base 32, to be typed into an app.
    pub secret: String,
    /// The same as a link for apps, or to be drawn as a QR code.
    pub uri: String,
}

/// Why a second factor did not change.
#[derive(Debug, thiserror::Error)]
pub enum SecondFactorError {
    /// It is on already.
    #[error("the second factor is on already")]
    On,
    /// There is none to confirm, or to turn off.
    #[error("there is no second factor")]
    Off,
    /// The caller did not prove that the account is theirs.
    #[error("the caller is not the account's holder")]
    Proof(#[from] ProofError),
}

impl From<StoreError> for SecondFactorError {
    fn from(error: StoreError) -> Self {
        Self::Proof(ProofError::Store(error))
    }
}

/// Returns how it stands with the caller's second factor.
///
/// # Errors
///
/// [`StoreError`].
pub async fn status(app: &App, caller: &Caller) -> Result<Status, StoreError> {
    let mut tx = app.database().begin_read().await?;
    let is_on = is_on(&mut tx, caller.account).await?;
    Ok(Status { is_on, recovery_codes: store::second_factor::recovery_codes(&mut tx, caller.account).await? })
}

/// Whether logging in to an account takes a code.
pub(super) async fn is_on(tx: &mut Tx, account: AccountId) -> Result<bool, StoreError> {
    Ok(store::second_factor::held(tx, account).await?.is_some_and(|held| held.is_confirmed))
}

/// Makes a new secret for the caller. Nothing is asked for at log-in until [`confirm`].
///
/// # Errors
///
/// [`SecondFactorError`].
pub async fn begin(app: &App, caller: &Caller, password: Password) -> Result<Begun, SecondFactorError> {
    let Proved { mut tx, held } = proof::by_password(app, caller, password).await?;
    if is_on(&mut tx, caller.account).await? {
        return Err(SecondFactorError::On);
    }
    let secret = zeroize::Zeroizing::new(random_bytes::<SECRET_BYTES>());
    let sealed = app.sealer().seal(SECRET_PLACE, &caller.account.0, &*secret);
    store::second_factor::put(&mut tx, caller.account, &sealed).await?;
    note(&mut tx, caller, "account.begin_second_factor", caller.account, app.clock().now()).await?;
    tx.commit().await?;
    Ok(Begun { secret: base32(&*secret), uri: totp::uri(&held.email, &*secret) })
}

/// Turns the caller's second factor on: a code shows that their app has the secret. Returns the recovery codes.
///
/// # Errors
///
/// [`SecondFactorError`].
pub async fn confirm(app: &App, caller: &Caller, code: &str) -> Result<Vec<String>, SecondFactorError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    // Whoever changes a second factor holds the account.
    let account = store::lock_credentials(&mut tx, caller.account).await?.ok_or(SecondFactorError::Off)?;
    let held = store::second_factor::held(&mut tx, caller.account).await?.ok_or(SecondFactorError::Off)?;
    if held.is_confirmed {
        return Err(SecondFactorError::On);
    }
    if !accept_app(app, &mut tx, caller.account, &held, code, now).await? {
        return Err(ProofError::WrongCode.into());
    }
    store::second_factor::set_confirmed(&mut tx, caller.account, now).await?;
    let codes = make_recovery_codes(&mut tx, caller.account).await?;
    notices::post(&mut tx, app, &account.email, &News::SecondFactorOn).await?;
    note(&mut tx, caller, "account.turn_on_second_factor", caller.account, now).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Turns the caller's second factor off.
///
/// # Errors
///
/// [`SecondFactorError`].
pub async fn turn_off(app: &App, caller: &Caller, password: Password, code: &str) -> Result<(), SecondFactorError> {
    let Proved { mut tx, held } = prove(app, caller, password, code).await?;
    remove(&mut tx, caller.account).await?;
    notices::post(&mut tx, app, &held.email, &News::SecondFactorOff).await?;
    note(&mut tx, caller, "account.turn_off_second_factor", caller.account, app.clock().now()).await?;
    Ok(tx.commit().await?)
}

/// Makes new recovery codes for the caller; the old ones end.
///
/// # Errors
///
/// [`SecondFactorError`].
pub async fn renew_recovery_codes(
    app: &App,
    caller: &Caller,
    password: Password,
    code: &str,
) -> Result<Vec<String>, SecondFactorError> {
    let Proved { mut tx, held } = prove(app, caller, password, code).await?;
    notices::post(&mut tx, app, &held.email, &News::RecoveryCodesRenewed).await?;
    let codes = make_recovery_codes(&mut tx, caller.account).await?;
    note(&mut tx, caller, "account.renew_recovery_codes", caller.account, app.clock().now()).await?;
    tx.commit().await?;
    Ok(codes)
}

async fn prove(app: &App, caller: &Caller, password: Password, code: &str) -> Result<Proved, SecondFactorError> {
    let mut tx = app.database().begin_read().await?;
    if !is_on(&mut tx, caller.account).await? {
        return Err(SecondFactorError::Off);
    }
    drop(tx);
    Ok(proof::by_both(app, caller, password, code).await?)
}

/// Forgets an account's second factor, and its recovery codes with it.
pub(super) async fn remove(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    store::second_factor::delete(tx, account).await
}

/// Whether `code` is one that the account's app shows now, or a recovery code. It does not work again.
pub(super) async fn accept(app: &App, tx: &mut Tx, account: AccountId, code: &str) -> Result<bool, StoreError> {
    let Some(held) = store::second_factor::held(tx, account).await? else { return Ok(false) };
    if held.is_confirmed && accept_app(app, tx, account, &held, code, app.clock().now()).await? {
        return Ok(true);
    }
    let code = plain(code);
    if !held.is_confirmed || code.len() != RECOVERY_BYTES * 8 / 5 {
        return Ok(false);
    }
    store::second_factor::use_recovery_code(tx, account, recovery_hash(account, &code)).await
}

async fn accept_app(
    app: &App,
    tx: &mut Tx,
    account: AccountId,
    held: &store::second_factor::Held,
    code: &str,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let secret = app.sealer().open(SECRET_PLACE, &account.0, &held.secret)?;
    match totp::step_of(&secret, &plain(code), now) {
        Some(step) => store::second_factor::use_step(tx, account, step).await,
        None => Ok(false),
    }
}

/// Returns a code as it is compared: without what people put between its parts, in capitals.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).take(64).map(|c| c.to_ascii_uppercase()).collect()
}

async fn make_recovery_codes(tx: &mut Tx, account: AccountId) -> Result<Vec<String>, StoreError> {
    store::second_factor::delete_recovery_codes(tx, account).await?;
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| base32(&random_bytes::<RECOVERY_BYTES>())).collect();
    let hashes: Vec<[u8; 32]> = codes.iter().map(|code| recovery_hash(account, code)).collect();
    store::second_factor::insert_recovery_codes(tx, account, &hashes).await?;
    Ok(codes.iter().map(|code| in_fours(code)).collect())
}

fn recovery_hash(account: AccountId, code: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"usher:recovery1:").chain_update(account.0).chain_update(code).finalize().into()
}

/// Returns a code as people can read it out: with a hyphen after every four characters.
fn in_fours(code: &str) -> String {
    let mut shown = String::new();
    for (at, character) in code.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            shown.push('-');
        }
        shown.push(character);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        assert_eq!(in_fours("ABCDEFGH23456723"), "ABCD-EFGH-2345-6723");
        assert_eq!(plain(" abcd-EFGH 2345-6723\n"), "ABCDEFGH23456723");
        assert_eq!(plain("123 456"), "123456");
    }
}
