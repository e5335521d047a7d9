//! The words of letters. `{name}` and the like stand for what a letter is about.

use crate::language::Language;

/// What the letters say, each sentence once in every language.
pub(super) struct Words {
    pub(super) greeting: &'static str,
    pub(super) greeting_to: &'static str,
    pub(super) when: &'static str,
    pub(super) place: &'static str,
    pub(super) ticket_type: &'static str,
    pub(super) number: &'static str,
    pub(super) sent_by: &'static str,
    pub(super) code: &'static str,
    pub(super) verify_subject: &'static str,
    pub(super) verify: &'static str,
    pub(super) verify_link: &'static str,
    pub(super) verify_else: &'static str,
    pub(super) reset_subject: &'static str,
    pub(super) reset: &'static str,
    pub(super) reset_link: &'static str,
    pub(super) reset_else: &'static str,
    pub(super) invite_subject: &'static str,
    pub(super) invite: &'static str,
    pub(super) invite_link: &'static str,
    pub(super) invite_else: &'static str,
    pub(super) ticket_subject: &'static str,
    pub(super) ticket: &'static str,
    pub(super) ticket_unpaid: &'static str,
    pub(super) ticket_keep: &'static str,
    pub(super) changed_subject: &'static str,
    pub(super) changed: &'static str,
    pub(super) cancelled_subject: &'static str,
    pub(super) cancelled: &'static str,
    pub(super) cancelled_why: &'static str,
    pub(super) registration_link: &'static str,
    pub(super) moved_up: [&'static str; 2],
    pub(super) received: [&'static str; 2],
    pub(super) registered: [&'static str; 2],
    pub(super) unpaid: &'static str,
    pub(super) pending: [&'static str; 2],
    pub(super) waiting: [&'static str; 2],
    pub(super) registration_cancelled: [&'static str; 2],
    pub(super) rejected: [&'static str; 2],
    pub(super) given_away: [&'static str; 2],
    pub(super) given_away_code: &'static str,
    roles: [&'static str; 4],
}

impl Words {
    /// Returns what a role is called.
    pub(super) fn role<'a>(&self, name: &'a str) -> &'a str
    where
        Self: 'a,
    {
        let [promoter, staff, manager, owner] = self.roles;
        match name {
            "promoter" => promoter,
            "staff" => staff,
            "manager" => manager,
            "owner" => owner,
            other => other,
        }
    }
}

pub(super) const fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
    }
}

const ENGLISH: Words = Words {
    greeting: "Hello,",
    greeting_to: "Hello {name},",
    when: "When",
    place: "Where",
    ticket_type: "Ticket type",
    number: "Number",
    sent_by: "This letter was sent by Usher at {url}.",
    code: "If the link does not open, this is its code:",
    verify_subject: "Confirm your e-mail address",
    verify: "Somebody, probably you, has made an account with this e-mail address. Please confirm that you read it.",
    verify_link: "Confirm the address",
    verify_else: "If it was not you, there is nothing to do.",
    reset_subject: "Choose another password",
    reset: "Somebody, probably you, wants to choose another password for your account.",
    reset_link: "Choose a password",
    reset_else: "If it was not you, there is nothing to do: your password stays as it is.",
    invite_subject: "{inviter} invites you to {organisation}",
    invite: "{inviter} asks you to join {organisation} as {role}.",
    invite_link: "See the invitation",
    invite_else: "If you don't know what this is about, there is nothing to do.",
    ticket_subject: "Your ticket for {event}",
    ticket: "This is your ticket for {event}. It is attached to this letter as well, to be printed or kept on your phone.",
    ticket_unpaid: "It is not paid yet.",
    ticket_keep: "Show the code at the entrance. It admits whoever shows it first: keep it to yourself.",
    changed_subject: "{event} has changed",
    changed: "Something about {event} has changed:",
    cancelled_subject: "{event} will not take place",
    cancelled: "We are sorry: {event} will not take place.",
    cancelled_why: "The reason: {reason}",
    registration_link: "See or cancel the registration",
    moved_up: ["{event}: a place is free", "A place for {name} became free: {ticket_type}, {event}."],
    received: ["{event}: you have a ticket", "A ticket was transferred to {name}: {ticket_type}, {event}."],
    registered: ["{event}: you are registered", "{name} is registered: {ticket_type}, {event}."],
    unpaid: "It is still to be paid{price}. The ticket follows once it is.",
    pending: [
        "{event}: your registration waits for an answer",
        "The organisers of {event} have the registration of {name} and will say yes or no.",
    ],
    waiting: [
        "{event}: you are on the waiting list",
        "All places are taken. {name} waits for one ({ticket_type}) and moves up as soon as one is free.",
    ],
    registration_cancelled: [
        "{event}: your registration is cancelled",
        "The registration of {name} for {event} is cancelled.",
    ],
    rejected: [
        "{event}: your registration was not accepted",
        "The organisers of {event} could not accept the registration of {name}.",
    ],
    given_away: ["{event}: your ticket has a new holder", "Your ticket for {event} was transferred to {name}."],
    given_away_code: "The code that you have lets nobody in any more.",
    roles: ["a promoter", "a member of its staff", "a manager", "an owner"],
};

const GERMAN: Words = Words {
    greeting: "Guten Tag,",
    greeting_to: "Guten Tag {name},",
    when: "Wann",
    place: "Wo",
    ticket_type: "Art des Tickets",
    number: "Nummer",
    sent_by: "Diesen Brief hat Usher auf {url} verschickt.",
    code: "Falls sich der Link nicht öffnet, ist dies sein Code:",
    verify_subject: "Bestätigen Sie Ihre E-Mail-Adresse",
    verify: "Jemand, vermutlich Sie, hat mit dieser E-Mail-Adresse ein Konto angelegt. Bitte bestätigen Sie, dass Sie \
             hier lesen.",
    verify_link: "Adresse bestätigen",
    verify_else: "Waren Sie es nicht, brauchen Sie nichts zu tun.",
    reset_subject: "Wählen Sie ein anderes Passwort",
    reset: "Jemand, vermutlich Sie, möchte für Ihr Konto ein anderes Passwort wählen.",
    reset_link: "Passwort wählen",
    reset_else: "Waren Sie es nicht, brauchen Sie nichts zu tun: Ihr Passwort bleibt, wie es ist.",
    invite_subject: "{inviter} lädt Sie zu {organisation} ein",
    invite: "{inviter} bittet Sie, {organisation} beizutreten: {role}.",
    invite_link: "Einladung ansehen",
    invite_else: "Wissen Sie nicht, worum es geht, brauchen Sie nichts zu tun.",
    ticket_subject: "Ihr Ticket für {event}",
    ticket: "Dies ist Ihr Ticket für {event}. Es liegt diesem Brief auch bei, zum Drucken oder für Ihr Telefon.",
    ticket_unpaid: "Es ist noch nicht bezahlt.",
    ticket_keep: "Zeigen Sie den Code am Eingang. Er lässt ein, wer ihn zuerst zeigt: Geben Sie ihn nicht weiter.",
    changed_subject: "{event}: etwas hat sich geändert",
    changed: "Bei {event} hat sich etwas geändert:",
    cancelled_subject: "{event} findet nicht statt",
    cancelled: "Es tut uns leid: {event} findet nicht statt.",
    cancelled_why: "Der Grund: {reason}",
    registration_link: "Anmeldung ansehen oder stornieren",
    moved_up: ["{event}: ein Platz ist frei", "Für {name} ist ein Platz frei geworden: {ticket_type}, {event}."],
    received: ["{event}: Sie haben ein Ticket", "Ein Ticket wurde auf {name} übertragen: {ticket_type}, {event}."],
    registered: ["{event}: Sie sind angemeldet", "{name} ist angemeldet: {ticket_type}, {event}."],
    unpaid: "Es ist noch zu bezahlen{price}. Das Ticket folgt, sobald das geschehen ist.",
    pending: [
        "{event}: Ihre Anmeldung wartet auf eine Antwort",
        "Die Veranstalter von {event} haben die Anmeldung von {name} und werden zu- oder absagen.",
    ],
    waiting: [
        "{event}: Sie stehen auf der Warteliste",
        "Alle Plätze sind vergeben. {name} wartet auf einen ({ticket_type}) und rückt nach, sobald einer frei ist.",
    ],
    registration_cancelled: [
        "{event}: Ihre Anmeldung ist storniert",
        "Die Anmeldung von {name} für {event} ist storniert.",
    ],
    rejected: [
        "{event}: Ihre Anmeldung wurde nicht angenommen",
        "Die Veranstalter von {event} konnten die Anmeldung von {name} nicht annehmen.",
    ],
    given_away: ["{event}: Ihr Ticket gehört jemand anderem", "Ihr Ticket für {event} wurde auf {name} übertragen."],
    given_away_code: "Mit dem Code, den Sie haben, kommt niemand mehr hinein.",
    roles: ["als Veranstalter", "als Mitarbeiter", "als Leitung", "als Inhaber"],
};
