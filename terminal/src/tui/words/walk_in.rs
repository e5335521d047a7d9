//! What selling says.

use sync_protocol::journal::walk_in::Payment;
use sync_protocol::policy::Price;

use super::decision::pin_refused;
use super::keys::Keys;
use super::{Names, clean};
use crate::app::screen::walk_in::{Problem, Stage, WalkIn};
use crate::catalogue::text;
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
        Stage::Form if screen.wares().is_none_or(<[Ware]>::is_empty) => &[("Esc", "keys-back")],
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

/// Returns an amount as people write it: `12.00 €`, in German `12,00 €`.
pub fn amount(minor: u64, currency: [u8; 3], names: &Names<'_>) -> String {
    let amount = till::amount(minor, currency, names.catalogue().language().point());
    match &currency {
        b"EUR" => amount.replace("EUR", "€"),
        b"GBP" => amount.replace("GBP", "£"),
        b"USD" => amount.replace("USD", "$"),
        _ => amount,
    }
}

/// Returns a price as people write it, if its currency is one.
pub fn money(price: &Price, names: &Names<'_>) -> Option<String> {
    let currency = price.currency.as_bytes().try_into().ok()?;
    Some(amount(u64::from(price.amount), currency, names))
}

/// Returns a ticket type with its price and how many are left.
pub fn ware(ware: &Ware, names: &Names<'_>) -> String {
    let price = ware.price.as_ref().filter(|price| price.amount > 0).and_then(|price| money(price, names));
    let price = price.unwrap_or_else(|| names.say("walk-in-costs-nothing"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, Language};
    use crate::tui::words::Clockface;

    #[test]
    fn money_is_written_as_its_currency_and_the_language_have_it() {
        let price = |language, amount, currency: &str| {
            let catalogue = Catalogue::new(language);
            let names = Names::new(&catalogue, None, Clockface::default());
            money(&Price { amount, currency: currency.into() }, &names)
        };

        for (amount, currency, english, german) in [
            (1_200, "EUR", "12.00 €", "12,00 €"),
            (5, "CHF", "0.05 CHF", "0,05 CHF"),
            (123_456, "GBP", "1\u{2009}234.56 £", "1\u{2009}234,56 £"),
            (150_000, "JPY", "150\u{2009}000 JPY", "150\u{2009}000 JPY"),
        ] {
            assert_eq!(price(Language::English, amount, currency).as_deref(), Some(english));
            assert_eq!(price(Language::German, amount, currency).as_deref(), Some(german));
        }
    }
}
