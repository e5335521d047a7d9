//! Ticket numbers as they are typed: whole, or only how one begins or ends.

use sync_protocol::crockford;
use sync_protocol::id::TicketId;

/// A part of a number shorter than this says too little.
const PART_SYMBOLS_MIN: usize = 4;
/// 64 bits take at most 13 digits.
const DIGITS_MAX: usize = 13;
/// What only a check symbol may be, for remainders 32 to 36 (as in [`crockford`]).
const CHECK_ONLY: &str = "*~$=U";

/// Something typed that may be a ticket number, or a part of one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct CodePart {
    /// All symbols read as digits.
    digits: Option<Digits>,
    /// All but the last read as digits, and the last as the check symbol's remainder.
    checked: Option<(Digits, u64)>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Digits {
    value: u64,
    count: u32,
}

impl CodePart {
    /// Reads what may be a ticket number; hyphens and spaces count for nothing.
    pub(super) fn new(typed: &str) -> Option<Self> {
        let symbols: Vec<char> = typed.chars().filter(|symbol| !matches!(symbol, '-' | ' ')).collect();
        if symbols.len() > DIGITS_MAX + 1 {
            return None;
        }
        let digits = Digits::read(&symbols);
        let checked = symbols.split_last().and_then(|(last, front)| Some((Digits::read(front)?, remainder(*last)?)));
        (digits.is_some() || checked.is_some()).then_some(Self { digits, checked })
    }

    /// Whether this is long enough to be looked for as a part.
    pub(super) fn is_long(&self) -> bool {
        self.checked.is_some_and(|(digits, _)| digits.count as usize + 1 >= PART_SYMBOLS_MIN)
            || self.digits.is_some_and(|digits| digits.count as usize >= PART_SYMBOLS_MIN)
    }

    /// Whether this is all of a ticket's number, with or without its check symbol.
    pub(super) fn is_whole(&self, ticket: TicketId) -> bool {
        let is_checked = self.checked.is_some_and(|(digits, rest)| digits.value == ticket.0 && rest == ticket.0 % 37);
        is_checked || self.digits.is_some_and(|digits| digits.value == ticket.0)
    }

    /// Whether a ticket's number begins or ends with this.
    pub(super) fn is_part(&self, ticket: TicketId) -> bool {
        let is_long = |digits: &Digits, more| (digits.count + more) as usize >= PART_SYMBOLS_MIN;
        let ends_checked = |(digits, rest): (Digits, u64)| digits.ends(ticket.0) && rest == ticket.0 % 37;
        self.checked.filter(|(digits, _)| is_long(digits, 1)).is_some_and(ends_checked)
            || self
                .digits
                .filter(|digits| is_long(digits, 0))
                .is_some_and(|digits| digits.ends(ticket.0) || digits.begins(ticket.0))
    }
}

impl Digits {
    fn read(symbols: &[char]) -> Option<Self> {
        let typed: String = symbols.iter().collect();
        let value = crockford::normalise(&typed)
            .ok()?
            .chars()
            .try_fold(0_u64, |value, symbol| value.checked_mul(32)?.checked_add(u64::from(digit(symbol)?)))?;
        Some(Self { value, count: symbols.len() as u32 })
    }

    fn ends(self, number: u64) -> bool {
        let mask = 1_u64.checked_shl(5 * self.count).map_or(u64::MAX, |bit| bit - 1);
        number & mask == self.value && count(number) >= self.count
    }

    fn begins(self, number: u64) -> bool {
        count(number).checked_sub(self.count).is_some_and(|rest| number >> (5 * rest) == self.value)
    }
}

/// Returns how many digits a number has, without leading zeros.
const fn count(number: u64) -> u32 {
    let bits = u64::BITS - number.leading_zeros();
    if bits == 0 { 1 } else { bits.div_ceil(5) }
}

/// Returns the value of a digit in its usual form.
fn digit(symbol: char) -> Option<u8> {
    "0123456789ABCDEFGHJKMNPQRSTVWXYZ".find(symbol).map(|at| at as u8)
}

fn remainder(symbol: char) -> Option<u64> {
    let symbol = symbol.to_ascii_uppercase();
    if let Some(at) = CHECK_ONLY.find(symbol) {
        return Some(32 + at as u64);
    }
    Digits::read(&[symbol]).map(|digits| digits.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(typed: &str) -> CodePart {
        CodePart::new(typed).unwrap()
    }

    #[test]
    fn a_number_is_whole_with_or_without_its_check_symbol() {
        // 1234 is 16J, its check symbol D.
        let ticket = TicketId(1234);
        for typed in ["16jd", "16J", "1-6J-D", "i6j"] {
            assert!(part(typed).is_whole(ticket), "{typed}");
        }
        assert!(!part("16JE").is_whole(ticket));
        assert!(!part("6JD").is_whole(ticket));
    }

    #[test]
    fn three_symbols_are_no_part_and_a_word_is_no_number() {
        let ticket = TicketId(0x1234_5678_9abc);
        let code = ticket.typed_code();
        assert!(!part(&code[..3]).is_part(ticket));
        assert!(part(&code[..4]).is_part(ticket));
        assert_eq!(CodePart::new("Müller"), None);
        assert_eq!(CodePart::new(""), None);
        assert_eq!(CodePart::new("ZZZZZZZZZZZZZZZ"), None);
    }

    proptest! {
        #[test]
        fn every_number_is_found_whole_by_its_beginning_and_by_its_end(number: u64, from in 0_usize..14, to in 0_usize..14) {
            let ticket = TicketId(number);
            let code = ticket.typed_code().to_lowercase();
            prop_assert!(part(&code).is_whole(ticket));
            if code.len() > 1 {
                prop_assert!(part(&code[..code.len() - 1]).is_whole(ticket));
            }
            let (from, to) = (from.min(code.len()), to.min(code.len()));
            if code.len() - from >= 4 {
                prop_assert!(part(&code[from..]).is_part(ticket));
            }
            if to >= 4 && to < code.len() {
                prop_assert!(part(&code[..to]).is_part(ticket));
            }
        }

        #[test]
        fn nothing_typed_does_harm(typed in "\\PC{0,20}", number: u64) {
            if let Some(part) = CodePart::new(&typed) {
                let _ = (part.is_whole(TicketId(number)), part.is_part(TicketId(number)));
            }
        }
    }
}
