//! What selling says.

use sync_protocol::journal::walk_in::Payment;

use super::decision::pin_refused;
use super::keys::Keys;
use super::{Names, clean};
use crate::app::screen::walk_in::{Problem, Stage, WalkIn};
use crate::catalogue::{Language, text};
use crate::print::shop::Done;
use crate::walk_in::form::{EmailMistake, NameMistake};
use crate::walk_in::{Receipt, Refusal, Sold, Ware, till};

/// The keys of a ticket that fills the screen.
pub const TICKET_KEYS: Keys = &[
    ("p", "walk-in-key-print"),
    ("f", "walk-in-key-file"),
    ("Enter", "walk-in-key-next"),
    ("Esc", "walk-in-key-done"),
];

/// Returns the keys that work while selling.
pub fn keys(screen: &WalkIn) -> Keys {
    match screen.stage() {
        Stage::Form => {
            &[("Tab", "walk-in-key-field"), ("← →", "keys-choose"), ("Enter", "walk-in-key-sell"), ("Esc", "keys-back")]
        }
        Stage::AskToDrop => &[("y", "keys-drop"), ("n", "walk-in-key-keep")],
        Stage::Supervisor => {
            &[("↑ ↓", "keys-choose"), ("0–9", "decision-key-pin"), ("Enter", "walk-in-key-sell"), ("Esc", "keys-back")]
        }
        Stage::Selling => &[],
        Stage::Ticket(_) => TICKET_KEYS,
    }
}

/// Returns an amount as people write it: `12.00 €`.
pub fn amount(minor: u64, currency: [u8; 3], names: &Names<'_>) -> String {
    let point = match names.catalogue().language() {
        Language::English => '.',
        Language::German => ',',
    };
    let amount = till::amount(minor, currency, point);
    match &currency {
        b"EUR" => amount.replace("EUR", "€"),
        b"GBP" => amount.replace("GBP", "£"),
        b"USD" => amount.replace("USD", "$"),
        _ => amount,
    }
}

/// Returns a ticket type with its price and how many are left.
pub fn ware(ware: &Ware, names: &Names<'_>) -> String {
    let price = ware.price.as_ref().filter(|price| price.amount > 0);
    let price = price.and_then(|price| Some((price.amount, price.currency.as_bytes().try_into().ok()?)));
    let price = match price {
        Some((minor, currency)) => amount(u64::from(minor), currency, names),
        None => names.say("walk-in-costs-nothing"),
    };
    let left = names.say_with("walk-in-left", &[("count", ware.left.into())]);
    format!("{} · {price} · {left}", clean(&ware.name))
}

/// Returns the id of a way to pay.
pub const fn payment(payment: Payment) -> &'static str {
    match payment {
        Payment::Cash => "walk-in-cash",
        Payment::Card => "walk-in-card",
        Payment::Free => "walk-in-free",
    }
}

/// Returns what was paid, and how.
pub fn paid(sold: &Sold, names: &Names<'_>) -> String {
    match sold.payment {
        Payment::Free => names.say("walk-in-free"),
        how => format!("{} · {}", amount(u64::from(sold.minor), sold.currency, names), names.say(payment(how))),
    }
}

/// Returns the id of what is wrong with a name.
pub const fn name_mistake(mistake: NameMistake) -> &'static str {
    match mistake {
        NameMistake::Missing => "walk-in-name-missing",
        NameMistake::TooLong => "walk-in-name-too-long",
    }
}

/// Returns the id of what is wrong with an e-mail address.
pub const fn email_mistake(mistake: EmailMistake) -> &'static str {
    match mistake {
        EmailMistake::TooLong => "walk-in-email-too-long",
        EmailMistake::NoAddress => "walk-in-email-none",
    }
}

/// Returns why nothing is sold.
pub fn problem(problem: Problem, names: &Names<'_>) -> String {
    match problem {
        Problem::Fault => names.say("walk-in-fault"),
        Problem::Refused(refusal) => match refusal {
            Refusal::NotReady => names.say("walk-in-not-ready"),
            Refusal::NotSoldHere => names.say("walk-in-not-sold-here"),
            Refusal::NoneLeft => names.say("walk-in-none-left"),
            Refusal::Expired(at) => names.say_with("walk-in-expired", &[("time", text(names.clock().minutes(at)))]),
            Refusal::AskSupervisor => names.say("walk-in-ask-supervisor"),
            Refusal::Pin(refused) => pin_refused(refused, names),
            Refusal::OverflowSpent(count) => names.say_with("walk-in-overflow-spent", &[("count", count.into())]),
            Refusal::Guest => names.say("walk-in-guest"),
        },
    }
}

/// Returns that a ticket was sold.
pub fn sold(receipt: &Receipt, names: &Names<'_>) -> String {
    let name = match clean(receipt.sold.name()) {
        name if name.is_empty() => receipt.sold.ticket.to_string(),
        name => name,
    };
    names.say_with("walk-in-sold", &[("name", text(name))])
}

/// Returns what came of printing, if there is something to say.
pub fn done(done: &Done, names: &Names<'_>) -> Option<String> {
    Some(match done {
        Done::Begun => return None,
        Done::Printed => names.say("walk-in-printed"),
        Done::Saved(path) => names.say_with("walk-in-saved", &[("path", text(clean(&path.display().to_string())))]),
        Done::NotPrinted(_) => names.say("walk-in-not-printed"),
        Done::NotSaved(_) => names.say("walk-in-not-saved"),
        Done::Busy => names.say("walk-in-busy"),
        Done::NoPrinter => names.say("walk-in-no-printer"),
        Done::NoFolder => names.say("walk-in-no-folder"),
    })
}
