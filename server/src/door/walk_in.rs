//! Walk-ins at the server's own door: registered, given a ticket and let in at once, or not at all.

use serde_json::json;
use sync_protocol::journal::Flags;
use sync_protocol::journal::entry::Amount;
use sync_protocol::journal::walk_in::{NO_CURRENCY, Payment, Right};
use sync_protocol::policy::Price;
use sync_protocol::verdict::{Direction, Verdict};

use super::sitting::Locked;
use super::{Decided, DoorError, Shown, check_open};
use crate::accounts::Organiser;
use crate::app::App;
use crate::audit;
use crate::db::StoreError;
use crate::devices::own;
use crate::events::Event;
use crate::registrations::{self, NewRegistration, RegisterError, Registration};
use crate::tickets::{self, Ticket};
use crate::walk_ins::{self, Sale, Takings};

/// Somebody who is to be registered and let in.
#[derive(Clone, Debug)]
pub struct WalkIn {
    /// Who, and with which ticket.
    pub new: NewRegistration,
    /// The gate's name.
    pub gate: String,
    /// How it is paid. What costs nothing is free whatever this says.
    pub payment: Payment,
    /// Who sells.
    pub operator: String,
}

/// Somebody who came in with a new ticket.
#[derive(Clone, Debug)]
pub struct CameIn {
    /// Who.
    pub registration: Registration,
    /// Their ticket.
    pub ticket: Ticket,
    /// The text that its QR code holds.
    pub credential: String,
    /// What was taken.
    pub takings: Takings,
    /// The admission.
    pub decided: Decided,
}

/// Why nobody came in; nothing was registered then.
#[derive(Debug, thiserror::Error)]
pub enum WalkInError {
    /// They were not registered.
    #[error("the walk-in was not registered")]
    Register(#[from] RegisterError),
    /// The rules do not let them in here and now.
    #[error("the rules do not let the walk-in in")]
    NotAdmitted(Box<Decided>),
    /// Nothing was decided.
    #[error("nothing was decided")]
    Door(#[from] DoorError),
}

impl From<StoreError> for WalkInError {
    fn from(error: StoreError) -> Self {
        Self::Door(error.into())
    }
}

/// Registers somebody, gives them a valid ticket within the quota, and lets them in at a gate: all of it or nothing.
///
/// # Errors
///
/// [`WalkInError`].
pub async fn walk_in(app: &App, organiser: Organiser, event: &Event, walk_in: WalkIn) -> Result<CameIn, WalkInError> {
    check_open(event.state)?;
    let mut locked = Locked::begin(app, event.id).await?;
    let mut registered = registrations::register_within(&mut locked.tx, app, event, vec![walk_in.new]).await?;
    let (registration, ticket) = registered.pop().ok_or(StoreError::Corrupt("registrations"))?;
    let credential = tickets::credential(&mut locked.tx, app, event.id, &ticket).await?.to_text();
    let shown = Shown::Credential(credential.clone());
    let (mut sitting, presentations) = locked.sit(app, [&shown]).await?;
    let gate = sitting.facts.gate_named(&walk_in.gate)?;
    let presentation = presentations.first().ok_or(StoreError::Corrupt("presentation"))?;
    let (mut decided, entry) = sitting.facts.decide(presentation, gate, Direction::Entry);
    let Some(mut entry) = entry.filter(|_| decided.verdict.is_admit()) else {
        return Err(WalkInError::NotAdmitted(Box::new(decided)));
    };
    let price = decided.policy.class(ticket.row.class).and_then(|class| class.price.as_ref());
    let amount = amount(price, walk_in.payment);
    entry.flags = entry.flags.and(Flags::WALK_IN);
    entry.amount = Some(amount);
    entry.operator = Some(walk_in.operator.clone());
    sitting.write(entry)?;
    let now = sitting.facts.now;
    let (check_ins, mut tx) = sitting.store(app).await?;
    let check_in = check_ins.into_iter().next().ok_or(StoreError::Corrupt("check_ins"))?;
    if let Verdict::Admit { flags, .. } = &mut decided.verdict {
        *flags = flags.and(Flags::WALK_IN);
    }
    let takings = takings(&amount);
    let sale = Sale {
        device_no: own::NUMBER,
        seq: check_in.seq,
        entry_hash: check_in.entry_hash,
        ticket: ticket.id,
        class: ticket.row.class,
        gate,
        operator: walk_in.operator,
        takings: takings.clone(),
        // The server sells out of the quota itself.
        allowed_by: Right::Lease,
        is_over: false,
        at: check_in.hlc.millis(),
        is_undone: false,
    };
    walk_ins::keep(&mut tx, event.id, &sale, now).await?;
    let change = audit::Change {
        action: "registration.walk_in",
        event: Some(event.id),
        subject: &registration.id.to_string(),
        before: json!(null),
        after: json!({ "ticket": ticket.id.typed_code(), "check_in": check_in.number, "amount": takings.amount,
                       "currency": takings.currency, "payment": takings.payment }),
    };
    audit::note(&mut tx, organiser, &change, now).await?;
    tx.commit().await?;
    app.metrics().checked_in(std::slice::from_ref(&check_in));
    decided.recorded = Some(check_in);
    Ok(CameIn { registration, ticket, credential, takings, decided })
}

/// Returns what is taken: nothing for what costs nothing.
fn amount(price: Option<&Price>, payment: Payment) -> Amount {
    let currency = price.and_then(|price| price.currency.as_bytes().try_into().ok()).unwrap_or(NO_CURRENCY);
    match price.map_or(0, |price| price.amount) {
        minor if minor > 0 && payment != Payment::Free => Amount { minor, currency, method: payment as u8 },
        _ => Amount { minor: 0, currency, method: Payment::Free as u8 },
    }
}

fn takings(amount: &Amount) -> Takings {
    Takings {
        amount: amount.minor,
        currency: String::from_utf8_lossy(&amount.currency).into_owned(),
        payment: Payment::from_u8(amount.method).unwrap_or(Payment::Free),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_nothing_is_free_and_what_is_given_away_takes_nothing() {
        let price = Price { amount: 1_200, currency: "EUR".to_owned() };

        assert_eq!(takings(&amount(Some(&price), Payment::Card)).amount, 1_200);
        let given = takings(&amount(Some(&price), Payment::Free));
        assert_eq!((given.amount, given.currency.as_str(), given.payment), (0, "EUR", Payment::Free));
        let free = takings(&amount(None, Payment::Cash));
        assert_eq!(
            (free.amount, free.currency.as_str(), free.payment),
            (0, str::from_utf8(&NO_CURRENCY).unwrap(), Payment::Free)
        );
    }
}
