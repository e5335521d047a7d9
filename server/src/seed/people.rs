//! People who do not exist.

use super::dice::Dice;
use crate::registrations::{Attendee, fold};

/// What sets people apart from the other things that a seed decides about.
const PEOPLE: u64 = 1 << 40;

const FIRST_NAMES: &[&str] = &[
    "Ada",
    "Agnieszka",
    "Aisha",
    "Alan",
    "Amélie",
    "Anders",
    "Anna",
    "Antonio",
    "Beatriz",
    "Björn",
    "Carlos",
    "Chen",
    "Chiara",
    "Chloë",
    "Daniel",
    "Elif",
    "Emma",
    "Fatima",
    "Felix",
    "Fiona",
    "François",
    "Grace",
    "Hana",
    "Hassan",
    "Helena",
    "Ivan",
    "Jana",
    "Jasper",
    "João",
    "Jürgen",
    "Kofi",
    "Lars",
    "Leila",
    "Liam",
    "Linus",
    "Lucía",
    "Maja",
    "Marek",
    "María",
    "Mateo",
    "Mei",
    "Mohammed",
    "Nadia",
    "Niamh",
    "Noah",
    "Oksana",
    "Olga",
    "Paul",
    "Priya",
    "Rosa",
    "Samuel",
    "Sanne",
    "Siobhán",
    "Sofia",
    "Tariq",
    "Thành",
    "Tomáš",
    "Uma",
    "Viktor",
    "Wanjiru",
    "Yuki",
    "Zara",
    "Zoë",
    "Žofia",
];
const LAST_NAMES: &[&str] = &[
    "Abebe",
    "Adeyemi",
    "Álvarez",
    "Andersson",
    "Bauer",
    "Becker",
    "Berg",
    "Bianchi",
    "Boateng",
    "Carvalho",
    "Chen",
    "Costa",
    "Dąbrowski",
    "de Vries",
    "Demir",
    "Dubois",
    "Eriksen",
    "Fernández",
    "Fischer",
    "Ford",
    "García",
    "Groß",
    "Haddad",
    "Hansen",
    "Hoffmann",
    "Horvat",
    "Ito",
    "Ivanova",
    "Jansen",
    "Johnson",
    "Kaya",
    "Khan",
    "Kim",
    "Klein",
    "Kovács",
    "Kowalska",
    "Lambert",
    "Lovelace",
    "Martin",
    "Meyer",
    "Moreau",
    "Müller",
    "Nakamura",
    "Ndiaye",
    "Nguyễn",
    "Novák",
    "O'Brien",
    "Okafor",
    "Olsen",
    "Papadopoulos",
    "Patel",
    "Peeters",
    "Petrov",
    "Popescu",
    "Rossi",
    "Sánchez",
    "Schmidt",
    "Silva",
    "Singh",
    "Smith",
    "Tanaka",
    "Turing",
    "Weber",
    "Yılmaz",
];

/// Somebody: the same for the same seed and number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Person {
    pub(super) name: String,
    /// Nobody else's. No letter reaches it (RFC 2606).
    pub(super) email: String,
    phone: Option<String>,
}

impl Person {
    pub(super) fn new(seed: u64, number: u64) -> Self {
        let mut dice = Dice::new(seed, PEOPLE + number);
        let name = format!("{} {}", dice.one_of(FIRST_NAMES), dice.one_of(LAST_NAMES));
        let local: String =
            fold(&name).replace(' ', ".").chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
        let phone = dice.happens(30).then(|| format!("+49 30 {:07}", dice.below(10_000_000)));
        Self { email: format!("{local}{number}@{}", host(seed)), name, phone }
    }

    /// Returns what an event knows of somebody.
    pub(super) fn attendee(self, order: Option<String>, note: &str) -> Attendee {
        let Self { name, email, phone } = self;
        Attendee { name, email: Some(email), phone, external_id: None, order, note: note.to_owned() }
    }
}

/// Returns where the people of a seed receive mail, which nobody does.
pub(super) fn host(seed: u64) -> String {
    format!("seed{seed}.example")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::accounts::parse_email;

    #[test]
    fn everybody_has_an_address_of_their_own_as_it_is_kept() {
        let people: Vec<Person> = (0..5_000).map(|number| Person::new(3, number)).collect();
        let addresses: BTreeSet<&str> = people.iter().map(|person| person.email.as_str()).collect();

        assert_eq!(addresses.len(), people.len());
        assert!(addresses.iter().all(|address| parse_email(address).as_deref() == Some(*address)));
        assert_eq!(people[17], Person::new(3, 17));
        assert_ne!(people[17], Person::new(4, 17));
    }
}
