//! Why somebody is not let in, in words.

use sync_protocol::verdict::Code;

/// Returns what a finding means, as a sentence for people.
pub(super) const fn meaning(code: Code) -> &'static str {
    match code {
        Code::TerminalNotReady => "The door may not decide at the moment.",
        Code::NotATicket => "This is no ticket.",
        Code::UnsupportedFormat => "The ticket has a format that this server does not know.",
        Code::UnknownKey => "No known key has signed this ticket.",
        Code::OtherEvent => "The ticket is for another event.",
        Code::KeyRejected => "The key that signed this ticket is refused.",
        Code::DelegationInvalid => "The terminal that sold this ticket may not have sold it.",
        Code::BadSignature => "The ticket is forged or damaged.",
        Code::Cancelled => "The ticket is cancelled.",
        Code::Superseded => "A newer ticket was issued in its place.",
        Code::Blocked => "The ticket is blocked.",
        Code::NotInList => "The ticket is not in the list.",
        Code::IssueMismatch => "The ticket is newer than the list says it can be.",
        Code::JustScanned => "The ticket was let in just now.",
        Code::AlreadyIn => "The ticket is inside already.",
        Code::AlreadyUsed => "The ticket was used already.",
        Code::UsesExhausted => "The ticket has no uses left for now.",
        Code::Unpaid => "The ticket is not paid.",
        Code::ClassUnknown => "The ticket's type is unknown.",
        Code::WrongGate => "The ticket does not open this gate.",
        Code::WrongZone => "The ticket does not open this zone.",
        Code::TooLate => "The ticket's time is over.",
        Code::TooEarly => "The ticket's time has not come.",
        Code::ClockUnsure => "The time is not sure enough for this ticket's type.",
        Code::Unlisted => "The ticket is newer than the list, and the rules want listed ones.",
        Code::CacheTooOld => "The list is too old to let anybody in.",
        Code::HomeGateOnly => "Without a network the ticket enters at its home gate alone.",
        Code::ZoneFull => "No place is left inside.",
        Code::ManualNotAllowed => "Naming a ticket without its code takes a supervisor here.",
    }
}
