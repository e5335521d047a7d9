//! The words of ticket documents.

use crate::language::Language;

/// What a ticket's documents say beside its own facts.
pub(super) struct Words {
    pub(super) ticket: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) unpaid: &'static str,
    pub(super) hint: &'static str,
    pub(super) boxes: &'static str,
}

pub(super) const fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &Words {
            ticket: "Ticket",
            name: "Name",
            kind: "Ticket type",
            unpaid: "Not paid yet",
            hint: "Show this code at the entrance, on paper or on your phone. It admits whoever shows it first: \
                   keep it to yourself.",
            boxes: "Letters shown as boxes cannot be printed here. The code is right all the same.",
        },
        Language::German => &Words {
            ticket: "Ticket",
            name: "Name",
            kind: "Art des Tickets",
            unpaid: "Noch nicht bezahlt",
            hint: "Zeigen Sie diesen Code am Eingang, auf Papier oder auf dem Telefon. Er lässt ein, wer ihn zuerst \
                   zeigt: Geben Sie ihn nicht weiter.",
            boxes: "Buchstaben, die hier nicht gedruckt werden können, sind Kästchen. Der Code stimmt trotzdem.",
        },
    }
}
