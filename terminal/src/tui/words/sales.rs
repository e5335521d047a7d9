//! What cash-up says.

use sync_protocol::journal::walk_in::Payment;

use super::keys::Keys;
use super::walk_in::{TICKET_KEYS, amount, paid, payment};
use super::{Names, clean};
use crate::app::screen::sales::Sales;
use crate::walk_in::Sold;
use crate::walk_in::till::Taking;

/// Returns the keys that work.
pub fn keys(screen: &Sales) -> Keys {
    match screen.ticket() {
        Some(_) => TICKET_KEYS,
        None => &[("↑ ↓", "keys-choose"), ("Enter", "sales-key-show"), ("Esc", "keys-back")],
    }
}

/// Returns the cells of a taking: who, how, how many, how much, how many were taken back.
pub fn taking(taking: &Taking, names: &Names<'_>) -> [String; 5] {
    let undone = match taking.undone {
        0 => String::new(),
        count => names.say_with("sales-undone", &[("count", count.into())]),
    };
    [
        taking.operator.as_deref().map_or_else(|| names.say("sales-nobody"), clean),
        names.say(payment(taking.payment)),
        names.say_with("sales-count", &[("count", taking.sales.into())]),
        // What was free has no currency.
        if taking.payment == Payment::Free { String::new() } else { amount(taking.minor, taking.currency, names) },
        undone,
    ]
}

/// Returns the cells of a total: as [`taking`], for everybody.
pub fn total(total: &Taking, names: &Names<'_>) -> [String; 5] {
    let [_, how, count, much, undone] = taking(total, names);
    [names.say("sales-total"), how, count, much, undone]
}

/// Returns the cells of a sale: when, to whom, what for, what was paid.
pub fn sale(sold: &Sold, names: &Names<'_>) -> [String; 4] {
    let name = match clean(sold.name()) {
        name if name.is_empty() => sold.ticket.to_string(),
        name => name,
    };
    let class = names.policy().and_then(|policy| policy.class(sold.class));
    let class = class.map_or_else(String::new, |class| clean(&class.name));
    let paid = if sold.is_undone { names.say("sales-taken-back") } else { paid(sold, names) };
    [names.clock().minutes(sold.at), name, class, paid]
}
