//! May this terminal sell this ticket now (section 7)?

use sync_protocol::certificate::{Capabilities, Certificate};
use sync_protocol::id::ClassId;
use sync_protocol::journal::walk_in::{Lease, Right};
use sync_protocol::policy::{Policy, WalkIn};
use sync_protocol::time::UnixMillis;

use super::Book;
use crate::door::PinRefused;

/// Why a ticket is not sold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// The terminal may not decide anything now.
    NotReady,
    /// This terminal does not sell, or not this ticket type.
    NotSoldHere,
    /// None is left, and nobody at the door may sell more.
    NoneLeft,
    /// The right ended at this time, and nobody at the door may sell more.
    Expired(UnixMillis),
    /// None is left; a supervisor may sell one more.
    AskSupervisor,
    /// None is left, and the supervisor is not believed.
    Pin(PinRefused),
    /// None is left, and as many were sold beyond that as this terminal may.
    OverflowSpent(u32),
    /// The name or the e-mail address cannot be written down as they are.
    Guest,
}

/// What a decision about a sale rests on.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What this terminal may do.
    pub certificate: &'a Certificate,
    /// The event's rules.
    pub policy: &'a Policy,
    /// What this terminal sold so far.
    pub book: &'a Book,
    /// The right to sell this ticket type, if there ever was one.
    pub lease: Option<Lease>,
    /// The ticket type.
    pub class: ClassId,
    /// When the sale would be written down.
    pub at: UnixMillis,
}

/// Says under which right a ticket is sold. Where that takes a supervisor, it says so: who asks then
/// checks one.
///
/// # Errors
///
/// [`Refusal`] says why it is not.
pub fn decide(question: &Question<'_>) -> Result<Right, Refusal> {
    if !sells(question.certificate, question.class) || question.policy.class(question.class).is_none() {
        return Err(Refusal::NotSoldHere);
    }
    if left(question.lease, question.book, question.class, question.at) > 0 {
        return Ok(Right::Lease);
    }
    match question.policy.switches.walk_in {
        WalkIn::Deny => Err(match question.lease {
            Some(lease) if question.at >= lease.expires => Refusal::Expired(lease.expires),
            _ => Refusal::NoneLeft,
        }),
        WalkIn::Supervisor => Err(Refusal::AskSupervisor),
        WalkIn::Overflow => {
            let cap = question.policy.limits.walk_in_overflow_cap;
            if question.book.overflowed() < cap { Ok(Right::Overflow) } else { Err(Refusal::OverflowSpent(cap)) }
        }
    }
}

/// Returns how many tickets of a type may still be sold under a lease.
pub fn left(lease: Option<Lease>, book: &Book, class: ClassId, at: UnixMillis) -> u32 {
    lease.map_or(0, |lease| lease.left(book.spent(class), at))
}

/// Whether a device may sell a ticket type at all.
pub fn sells(certificate: &Certificate, class: ClassId) -> bool {
    certificate.capabilities.has(Capabilities::WALK_IN) && certificate.walk_in_classes.contains(&class)
}

#[cfg(test)]
mod tests {
    use super::super::book::tests::sale;
    use super::*;
    use crate::app::samples;
    use sync_protocol::id::{DeviceId, DeviceNo, EventId};
    use sync_protocol::key::public_key;
    use sync_protocol::time::Window;

    const CLASS: ClassId = ClassId(1);
    const UNTIL: UnixMillis = UnixMillis(1_000);

    fn certificate() -> Certificate {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        Certificate {
            event: EventId([1; 16]),
            device: DeviceId([2; 16]),
            number: DeviceNo(3),
            sign_key: public_key(&key),
            tls_key: [0; 32],
            capabilities: Capabilities::SCAN.and(Capabilities::WALK_IN),
            validity: Window::new(UnixMillis(0), UnixMillis(9)).unwrap(),
            gates: vec![],
            walk_in_classes: vec![CLASS, ClassId(99)],
        }
    }

    fn ask(walk_in: WalkIn, sold: u64, count: Option<u32>, at: u64) -> Result<Right, Refusal> {
        let mut policy = (*samples::rules()).clone();
        policy.switches.walk_in = walk_in;
        policy.limits.walk_in_overflow_cap = 2;
        let mut book = Book::default();
        (1..=sold).for_each(|seq| book.note(&sale(seq, CLASS.0, Right::Lease), None));
        decide(&Question {
            certificate: &certificate(),
            policy: &policy,
            book: &book,
            lease: count.map(|count| Lease { count, expires: UNTIL }),
            class: CLASS,
            at: UnixMillis(at),
        })
    }

    #[test]
    fn a_right_is_spent_to_the_last_and_to_the_last_moment() {
        assert_eq!(ask(WalkIn::Deny, 4, Some(5), 999), Ok(Right::Lease));
        assert_eq!(ask(WalkIn::Deny, 5, Some(5), 999), Err(Refusal::NoneLeft));
        assert_eq!(ask(WalkIn::Deny, 4, Some(5), 1_000), Err(Refusal::Expired(UNTIL)));
        assert_eq!(ask(WalkIn::Deny, 0, None, 0), Err(Refusal::NoneLeft));
    }

    #[test]
    fn without_a_right_the_policy_says_who_may_sell() {
        assert_eq!(ask(WalkIn::Supervisor, 5, Some(5), 0), Err(Refusal::AskSupervisor));
        assert_eq!(ask(WalkIn::Supervisor, 4, Some(5), 0), Ok(Right::Lease), "a right goes first");
        assert_eq!(ask(WalkIn::Overflow, 5, Some(5), 0), Ok(Right::Overflow));
        assert_eq!(ask(WalkIn::Overflow, 0, None, 2_000), Ok(Right::Overflow));
    }

    #[test]
    fn overflow_ends_at_the_cap_of_the_device() {
        let mut policy = (*samples::rules()).clone();
        policy.switches.walk_in = WalkIn::Overflow;
        policy.limits.walk_in_overflow_cap = 2;
        let mut book = Book::default();
        book.note(&sale(1, CLASS.0, Right::Overflow), None);
        let certificate = certificate();
        let ask = |book: &Book, class| {
            decide(&Question {
                certificate: &certificate,
                policy: &policy,
                book,
                lease: None,
                class,
                at: UnixMillis(0),
            })
        };
        assert_eq!(ask(&book, CLASS), Ok(Right::Overflow));

        book.note(&sale(2, 99, Right::Overflow), None);

        assert_eq!(ask(&book, CLASS), Err(Refusal::OverflowSpent(2)), "the cap is for all types together");
        assert_eq!(ask(&book, ClassId(99)), Err(Refusal::NotSoldHere), "the rules do not have it");
        assert_eq!(ask(&book, ClassId(2)), Err(Refusal::NotSoldHere), "the certificate does not have it");
    }
}
