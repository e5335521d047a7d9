//! Cash-up: what was taken, by person, way of paying and currency.

use std::collections::BTreeMap;

use sync_protocol::journal::walk_in::Payment;

use super::Sold;

/// What was taken by one person in one way and one currency.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Taking {
    /// Who stood at the terminal; nothing where nobody had said.
    pub operator: Option<String>,
    /// ISO 4217.
    pub currency: [u8; 3],
    /// How it was paid.
    pub payment: Payment,
    /// How many sales, without those taken back.
    pub sales: u32,
    /// How much, in the currency's minor unit, without what was taken back.
    pub minor: u64,
    /// How many sales were taken back.
    pub undone: u32,
}

/// Adds sales up, by person, then currency, then way of paying.
pub fn takings<'a>(sales: impl IntoIterator<Item = &'a Sold>) -> Vec<Taking> {
    add_up(sales, |sold| sold.operator.clone())
}

/// Adds sales up for everybody together, by currency, then way of paying.
pub fn totals<'a>(sales: impl IntoIterator<Item = &'a Sold>) -> Vec<Taking> {
    add_up(sales, |_| None)
}

fn add_up<'a>(sales: impl IntoIterator<Item = &'a Sold>, who: impl Fn(&Sold) -> Option<String>) -> Vec<Taking> {
    let mut takings: BTreeMap<(Option<String>, [u8; 3], Payment), Taking> = BTreeMap::new();
    for sold in sales {
        let operator = who(sold);
        let taking = takings.entry((operator.clone(), sold.currency, sold.payment)).or_insert_with(|| Taking {
            operator,
            currency: sold.currency,
            payment: sold.payment,
            sales: 0,
            minor: 0,
            undone: 0,
        });
        if sold.is_undone {
            taking.undone += 1;
        } else {
            taking.sales += 1;
            taking.minor = taking.minor.saturating_add(u64::from(sold.minor));
        }
    }
    takings.into_values().collect()
}

/// Returns how many digits of a currency's amount stand behind the point (ISO 4217, list one,
/// "minor units", as of 2026).
pub fn decimals(currency: [u8; 3]) -> usize {
    const NONE: [&[u8; 3]; 17] = [
        b"BIF", b"CLP", b"DJF", b"GNF", b"ISK", b"JPY", b"KMF", b"KRW", b"PYG", b"RWF", b"UGX", b"UYI", b"VND", b"VUV",
        b"XAF", b"XOF", b"XPF",
    ];
    const THREE: [&[u8; 3]; 7] = [b"BHD", b"IQD", b"JOD", b"KWD", b"LYD", b"OMR", b"TND"];
    const FOUR: [&[u8; 3]; 2] = [b"CLF", b"UYW"];
    match &currency {
        currency if NONE.contains(&currency) => 0,
        currency if THREE.contains(&currency) => 3,
        currency if FOUR.contains(&currency) => 4,
        _ => 2,
    }
}

/// Writes an amount of a currency's minor unit with the given point: `12.00 EUR`, `1 200 JPY`.
pub fn amount(minor: u64, currency: [u8; 3], point: char) -> String {
    let decimals = decimals(currency);
    let digits = format!("{minor:0width$}", width = decimals + 1);
    let (whole, part) = digits.split_at_checked(digits.len() - decimals).unwrap_or((&digits, ""));
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 && whole.len() > 3 {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    if !part.is_empty() {
        text.push(point);
        text.push_str(part);
    }
    text.push(' ');
    text.push_str(&String::from_utf8_lossy(&currency));
    text
}

#[cfg(test)]
mod tests {
    use super::super::Book;
    use super::super::book::tests::sale;
    use super::*;
    use sync_protocol::journal::entry::Amount;
    use sync_protocol::journal::walk_in::Right;
    use sync_protocol::journal::{Entry, EntryKind};

    fn sales() -> Book {
        let mut book = Book::default();
        let paid = |seq, minor, currency, payment, operator: Option<&str>| {
            let mut entry = sale(seq, 0, Right::Lease);
            entry.amount = Some(Amount { minor, currency, method: payment as u8 });
            entry.operator = operator.map(str::to_owned);
            entry
        };
        let last = paid(6, 1_200, *b"EUR", Payment::Cash, Some("Grace"));
        for entry in [
            &paid(1, 1_200, *b"EUR", Payment::Cash, Some("Ada")),
            &paid(2, 800, *b"EUR", Payment::Cash, Some("Ada")),
            &paid(3, 1_200, *b"EUR", Payment::Card, Some("Ada")),
            &paid(4, 1_500, *b"CHF", Payment::Cash, None),
            &paid(5, 0, *b"EUR", Payment::Free, Some("Grace")),
            &last,
        ] {
            book.note(entry, None);
        }
        let mut undo = Entry::new(EntryKind::Undo, last.device, sync_protocol::id::Seq(7), [0; 32]);
        (undo.undo_target, undo.ticket) = (Some(last.seq), last.ticket);
        book.note(&undo, None);
        book
    }

    #[test]
    fn money_is_added_up_by_person_currency_and_way_of_paying() {
        let book = sales();
        let short = |taking: &Taking| {
            let who = taking.operator.clone().unwrap_or_default();
            (who, taking.currency, taking.payment, taking.sales, taking.minor, taking.undone)
        };
        let rows: Vec<_> = takings(book.sales()).iter().map(short).collect();
        assert_eq!(
            rows,
            [
                (String::new(), *b"CHF", Payment::Cash, 1, 1_500, 0),
                ("Ada".into(), *b"EUR", Payment::Cash, 2, 2_000, 0),
                ("Ada".into(), *b"EUR", Payment::Card, 1, 1_200, 0),
                ("Grace".into(), *b"EUR", Payment::Cash, 0, 0, 1),
                ("Grace".into(), *b"EUR", Payment::Free, 1, 0, 0),
            ]
        );
        let all: Vec<_> = totals(book.sales()).iter().map(short).collect();
        assert_eq!(all.len(), 4);
        assert_eq!(all[1], (String::new(), *b"EUR", Payment::Cash, 2, 2_000, 1));
    }

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        assert_eq!(amount(1_200, *b"EUR", '.'), "12.00 EUR");
        assert_eq!(amount(5, *b"EUR", ','), "0,05 EUR");
        assert_eq!(amount(0, *b"EUR", '.'), "0.00 EUR");
        assert_eq!(amount(1_200, *b"JPY", '.'), "1\u{2009}200 JPY");
        assert_eq!(amount(1_234_567, *b"KWD", '.'), "1\u{2009}234.567 KWD");
        assert_eq!(amount(u64::MAX, *b"USD", '.'), "184\u{2009}467\u{2009}440\u{2009}737\u{2009}095\u{2009}516.15 USD");
    }
}
