//! The link in an attendee's letters: who has it sees the registration, and cancels it while there is time.
//!
//! It is made of the registration and of the address that its letters go to, so it ends when the place becomes somebody
//! else's. Nothing of it is stored.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use sync_protocol::id::{EventId, RegistrationId};
use zeroize::Zeroizing;

use super::actions::{ActionError, Actor};
use super::mine::{self, Mine, MineError};
use super::{Registration, joining, store};
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::events;
use crate::sync::feed;

const MAC_BYTES: usize = 16;

/// Returns what the link in a registration's letters carries: 64 letters, digits, `-` and `_`. Nothing where no letters
/// go.
pub fn token(app: &App, event: EventId, registration: &Registration) -> Option<String> {
    let mac = mac(app, event, registration.id, registration.recipient()?);
    Some(URL_SAFE_NO_PAD.encode([event.0, registration.id.0, mac].concat()))
}

/// Returns the registration that a token was made for.
///
/// # Errors
///
/// [`StoreError`].
pub async fn open(tx: &mut Tx, app: &App, token: &str) -> Result<Option<Mine>, StoreError> {
    let Some((event, id, shown)) = parse(token) else { return Ok(None) };
    let Some((registration, ticket)) = store::find(tx, event, id).await? else { return Ok(None) };
    let is_its = registration.recipient().is_some_and(|to| mac(app, event, id, to).ct_eq(&shown).into());
    if !is_its {
        return Ok(None);
    }
    let event = events::get(tx, event).await?;
    let position = joining::position(tx, event.id, &registration).await?;
    Ok(Some(Mine { event, registration, ticket, position }))
}

/// Cancels the registration that a token was made for, while there is time. Doing it again changes nothing.
///
/// # Errors
///
/// [`MineError`].
pub async fn cancel(app: &App, token: &str, address: IpAddr) -> Result<Mine, MineError> {
    let mut tx = app.database().begin_write().await?;
    let seen = open(&mut tx, app, token).await?.ok_or(MineError::Unknown)?;
    feed::lock(&mut tx, app.sealer(), seen.event.id).await?;
    events::takes_changes(&mut tx, seen.event.id).await?.map_err(ActionError::Over)?;
    let mine = open(&mut tx, app, token).await?.ok_or(MineError::Unknown)?;
    let organisation = events::organisation_of(&mut tx, mine.event.id).await?.ok_or(MineError::Unknown)?;
    mine::cancel_as(tx, app, mine, Actor { account: None, organisation, address }).await
}

fn parse(token: &str) -> Option<(EventId, RegistrationId, [u8; MAC_BYTES])> {
    let bytes: [u8; 48] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
    let (event, rest) = bytes.split_first_chunk::<16>()?;
    let (registration, mac) = rest.split_first_chunk::<16>()?;
    Some((EventId(*event), RegistrationId(*registration), mac.try_into().ok()?))
}

/// Half of HMAC-SHA256 (RFC 2104, section 5), under a key that is made of the server's own and for nothing else.
fn mac(app: &App, event: EventId, registration: RegistrationId, recipient: &str) -> [u8; MAC_BYTES] {
    let secret = Zeroizing::new(app.server_key().to_bytes());
    let key = Zeroizing::new(<[u8; 32]>::from(
        Sha256::new_with_prefix(b"usher:attendee-link1:").chain_update(*secret).finalize(),
    ));
    let mut mac = Hmac::<Sha256>::new_from_slice(&*key).expect("HMAC takes any key");
    mac.update(&event.0);
    mac.update(&registration.0);
    mac.update(recipient.as_bytes());
    let whole: [u8; 32] = mac.finalize().into_bytes().into();
    let mut half = [0; MAC_BYTES];
    half.iter_mut().zip(whole).for_each(|(byte, made)| *byte = made);
    half
}
