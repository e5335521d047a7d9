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
    roles: ["als Veranstalter", "als Mitarbeiter", "als Leitung", "als Inhaber"],
};

/// Puts values in the places of their names, each once: what a value says is never taken for a name.
pub(super) fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        filled.push_str(values.iter().find(|(held, _)| *held == name).map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_taken_for_a_name() {
        let values = [("event", "{reason} {"), ("reason", "rain")];
        assert_eq!(fill("{event}: {reason}", &values), "{reason} {: rain");
        assert_eq!(fill("no names", &values), "no names");
    }
}
