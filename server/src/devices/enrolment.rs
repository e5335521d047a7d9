//! Enrolment codes, and devices that use them.

use std::str::FromStr;

use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;
use sync_protocol::certificate::Capabilities;
use sync_protocol::enrol::{CODE_TRIES, CODE_VALID_MS, EnrolCode, Handshake, Invitation, TYPED_CODE_CHARS};
use sync_protocol::hash::sha256;
use sync_protocol::id::{DeviceId, EventId, FeedSeq, GateId};
use sync_protocol::journal::Link;
use sync_protocol::key::{PublicKey, Signature, public_key};
use sync_protocol::text;
use sync_protocol::time::UnixMillis;

use super::{ConfirmError, Device, NAME_BYTES_MAX, Standing, confirm, store};
use crate::accounts::Organiser;
use crate::app::App;
use crate::audit;
use crate::clock::random_bytes;
use crate::db::sealed::{Part, Sealed};
use crate::db::{StoreError, Tx};
use crate::events::{self, Over};
use crate::walk_ins::plan::Plan;

/// Where a scanned code is sealed for; the row is the code's id.
const SCANNED_PLACE: &str = "enrolment_codes.scanned_sealed";
/// What holds scanned codes.
pub const SEALED: Sealed =
    Sealed { table: "enrolment_codes", column: "scanned_sealed", place: SCANNED_PLACE, key: &[Part::Bytes("id")] };
/// How often a locator that is taken is made anew before giving up.
const MAKE_TRIES: usize = 20;

/// An enrolment code's id. Random.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CodeId(pub [u8; 16]);

impl FromStr for CodeId {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map(|()| Self(bytes))
    }
}

/// Which of a code's two texts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Spelling {
    /// For fingers.
    Typed,
    /// For cameras.
    Scanned,
}

/// What a device that uses a code will be.
#[derive(Clone, Debug)]
pub struct Role {
    /// What people call it; empty leaves it to the device.
    pub name: String,
    /// The gates it may stand at; none means any.
    pub gates: Vec<GateId>,
    /// What it may do.
    pub capabilities: Capabilities,
    /// Whether it needs no further confirmation.
    pub is_confirmed: bool,
    /// What it should be able to sell at the door.
    pub walk_in: Vec<Plan>,
    /// For how many days its certificate counts each time it is made.
    pub certificate_days: u16,
}

/// A code to be stored.
pub(super) struct NewCode<'a> {
    pub(super) id: CodeId,
    pub(super) event: EventId,
    pub(super) name: &'a str,
    pub(super) gates: &'a [GateId],
    pub(super) capabilities: Capabilities,
    pub(super) is_confirmed: bool,
    pub(super) typed: &'a EnrolCode,
    pub(super) scanned: &'a EnrolCode,
    pub(super) scanned_sealed: &'a [u8],
    pub(super) created_at: UnixMillis,
    pub(super) expires_at: UnixMillis,
    pub(super) walk_in: &'a [Plan],
    pub(super) certificate_days: u16,
}

/// A stored code.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) id: CodeId,
    pub(super) event: EventId,
    pub(super) name: String,
    pub(super) gates: Vec<GateId>,
    pub(super) capabilities: Capabilities,
    pub(super) is_confirmed: bool,
    pub(super) wrong_tries: u32,
    pub(super) expires_at: UnixMillis,
    pub(super) is_used: bool,
    pub(super) walk_in: Vec<Plan>,
    pub(super) certificate_days: u16,
}

/// A code that has just been made: its texts, to be shown this once.
#[derive(Clone, Debug)]
pub struct MadeCode {
    /// Its id.
    pub id: CodeId,
    /// For fingers.
    pub typed: EnrolCode,
    /// For cameras.
    pub invitation: Invitation,
    /// When it expires.
    pub expires_at: UnixMillis,
}

/// Makes a code.
///
/// # Errors
///
/// [`ConfirmError::Over`] or [`ConfirmError::Store`].
pub async fn make_code(app: &App, by: Organiser, event: EventId, role: &Role) -> Result<MadeCode, ConfirmError> {
    let now = app.clock().now();
    let expires_at = now.plus(CODE_VALID_MS);
    let mut tx = app.database().begin_write().await?;
    events::takes_changes(&mut tx, event).await??;
    store::retire_codes(&mut tx, now).await?;
    for _ in 0..MAKE_TRIES {
        let id = CodeId(random_bytes());
        let (typed, scanned) = (EnrolCode::typed(random_bytes()), EnrolCode::scanned(random_bytes()));
        let scanned_sealed = app.sealer().seal(SCANNED_PLACE, &id.0, scanned.as_str().as_bytes());
        let code = NewCode {
            id,
            event,
            name: &role.name,
            gates: &role.gates,
            capabilities: role.capabilities,
            is_confirmed: role.is_confirmed,
            typed: &typed,
            scanned: &scanned,
            scanned_sealed: &scanned_sealed,
            created_at: now,
            expires_at,
            walk_in: &role.walk_in,
            certificate_days: role.certificate_days,
        };
        if store::insert_code(&mut tx, &code).await? {
            let noted = audit::Change {
                action: "enrolment_code.create",
                event: Some(event),
                subject: &hex::encode(id.0),
                before: Value::Null,
                after: json!({ "name": role.name, "confirmed": role.is_confirmed, "expires": expires_at.0 }),
            };
            audit::note(&mut tx, by, &noted, now).await?;
            tx.commit().await?;
            return Ok(MadeCode { id, typed, invitation: invitation(app, scanned), expires_at });
        }
    }
    // A million locators, and every one of twenty was taken: something else is wrong.
    Err(StoreError::Corrupt("typed_locator").into())
}

/// Returns what a code's QR picture says, while the code can be used.
///
/// # Errors
///
/// [`StoreError`].
pub async fn invitation_of(
    app: &App,
    tx: &mut Tx,
    event: EventId,
    id: CodeId,
) -> Result<Option<Invitation>, StoreError> {
    let Some(sealed) = store::sealed_code(tx, event, id, app.clock().now()).await? else { return Ok(None) };
    let text = app.sealer().open(SCANNED_PLACE, &id.0, &sealed)?;
    let code = std::str::from_utf8(&text).ok().and_then(|text| EnrolCode::parse(text).ok());
    Ok(Some(invitation(app, code.ok_or(StoreError::Corrupt("scanned_sealed"))?)))
}

fn invitation(app: &App, code: EnrolCode) -> Invitation {
    Invitation {
        server: app.public_url().to_owned(),
        server_key_hash: sha256(&[&public_key(app.server_key()).to_bytes()]),
        tls_fingerprint: app.tls_fingerprint(),
        code,
    }
}

/// What a device sends in order to enrol.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The code as scanned or typed.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// D.sign.
    pub sign_key: [u8; 32],
    /// D.tls.
    pub tls_key: [u8; 32],
    /// The signature over the handshake.
    pub signature: Signature,
}

/// Why a device was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The code is unknown, used, too old or tried too often.
    #[error("the code is not valid")]
    CodeRefused,
    /// The event is closed or cancelled.
    #[error("nothing of the event changes any more")]
    Over(#[from] Over),
    /// The handshake is not signed by the key it names, or for this server.
    #[error("the handshake is not signed as it should be")]
    BadSignature,
    /// The name is too long or not plain.
    #[error("the name will not do")]
    Name,
    /// Confirmed in advance, and then not.
    #[error("could not confirm the device")]
    Confirm(#[from] ConfirmError),
    /// The database failed.
    #[error("could not store the device")]
    Store(#[from] StoreError),
}

/// Enrols a device: it waits for an organiser, unless its code was confirmed in advance.
///
/// The same request again gives the same device.
///
/// # Errors
///
/// [`EnrolError`].
pub async fn enrol(app: &App, asked: &Asked) -> Result<Device, EnrolError> {
    if asked.name.len() > NAME_BYTES_MAX {
        return Err(EnrolError::Name);
    }
    let typed = EnrolCode::parse(&asked.code).map_err(|_| EnrolError::CodeRefused)?;
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    let spelling = if typed.as_str().len() == TYPED_CODE_CHARS { Spelling::Typed } else { Spelling::Scanned };
    let found = store::lock_code(&mut tx, spelling, typed.locator()).await?;
    let Some((code, hash)) = found.filter(|(code, _)| code.expires_at > now && code.wrong_tries < CODE_TRIES) else {
        return Err(EnrolError::CodeRefused);
    };
    if !bool::from(hash.ct_eq(&typed.hash())) {
        store::count_wrong_try(&mut tx, code.id).await?;
        tx.commit().await?;
        return Err(EnrolError::CodeRefused);
    }

    let server_key = public_key(app.server_key()).to_bytes();
    let handshake = Handshake { code: hash, server_key, sign_key: asked.sign_key, tls_key: asked.tls_key };
    handshake.verify(&asked.signature).map_err(|_| EnrolError::BadSignature)?;
    let sign_key = PublicKey::import(&asked.sign_key).map_err(|_| EnrolError::BadSignature)?;
    if code.is_used {
        let held = store::device_of_code(&mut tx, code.id).await?;
        let is_same = |held: &Device| held.sign_key == sign_key && held.tls_key == asked.tls_key;
        return held.filter(is_same).ok_or(EnrolError::CodeRefused);
    }
    events::takes_changes(&mut tx, code.event).await??;

    let id = DeviceId(random_bytes());
    let name = if code.name.is_empty() { text::tidy(&asked.name, NAME_BYTES_MAX) } else { code.name };
    let device = Device {
        id,
        event: code.event,
        number: None,
        name,
        sign_key,
        tls_key: asked.tls_key,
        capabilities: code.capabilities,
        gates: code.gates,
        digits: handshake.digits(),
        standing: Standing::Pending,
        certificate: None,
        end: Link::empty(code.event, id),
        feed_seq: FeedSeq(0),
        enrolled_at: now,
        last_seen_at: None,
        cursor: None,
        walk_in: code.walk_in,
        certificate_days: code.certificate_days,
        session: None,
        drill: None,
    };
    store::use_code(&mut tx, code.id, now).await?;
    store::insert_device(&mut tx, &device, code.id).await?;
    let device = if code.is_confirmed { confirm(app, &mut tx, device).await? } else { device };
    tx.commit().await?;
    Ok(device)
}
