//! Any number of different attendees, the same on every machine: a few names that many have, many
//! that few have, accents, e-mails and orders of one to four tickets.

/// The given names, the frequent ones first.
const GIVEN: [&str; 48] = [
    "Maria",
    "Anna",
    "Thomas",
    "Michael",
    "Andreas",
    "Peter",
    "Sarah",
    "Julia",
    "Daniel",
    "Martin",
    "Laura",
    "Jan",
    "Lukas",
    "Sophie",
    "Ada",
    "Grace",
    "Alan",
    "José",
    "Zoë",
    "Jürgen",
    "Søren",
    "Élodie",
    "Łukasz",
    "Işıl",
    "Björn",
    "Chloé",
    "Mehmet",
    "Aleksandra",
    "Jean-Luc",
    "Anne-Marie",
    "Siobhán",
    "Nguyễn",
    "Priya",
    "Fatima",
    "Yusuf",
    "Chidi",
    "Ingrid",
    "Matteo",
    "Giulia",
    "Håkon",
    "Ximena",
    "Dmitri",
    "Olena",
    "Wei",
    "太郎",
    "花子",
    "Oğuz",
    "Renée",
];
/// What family names are made of.
const SYLLABLES: [&str; 32] = [
    "ber", "man", "sen", "son", "mül", "ler", "fi", "scher", "we", "ner", "hoff", "berg", "stein", "ko", "wal", "ski",
    "ova", "mar", "ti", "nez", "ro", "dri", "guez", "ha", "ri", "gar", "cía", "ta", "na", "ka", "mo", "ri",
];
/// Where e-mails are.
const HOSTS: [&str; 6] =
    ["gmail.com", "example.org", "example.com", "mail.example.net", "verein.example", "uni.example"];

/// An attendee.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Person {
    /// Given and family name.
    pub name: String,
    /// The e-mail.
    pub email: String,
    /// The order's reference.
    pub group: String,
}

/// Returns attendee number `number`.
pub fn person(number: u64) -> Person {
    let mut bits = mixed(number);
    // The square of an even chance makes the first ones frequent.
    let chance = (bits % 1_000) as usize;
    let given = pick(&GIVEN, chance * chance * GIVEN.len() / 1_000_000);
    let mut family = String::new();
    for _ in 0..2 + (bits >> 20) % 3 {
        bits = mixed(bits);
        family.push_str(pick(&SYLLABLES, bits as usize % SYLLABLES.len()));
    }
    let mut letters = family.chars();
    let family: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let host = pick(&HOSTS, (bits >> 30) as usize % HOSTS.len());
    let local = if bits.is_multiple_of(3) { format!("{given}{number}") } else { format!("{given}.{family}") };
    Person {
        name: format!("{given} {family}"),
        email: format!("{}@{host}", local.to_lowercase()),
        group: format!("R{:05}", mixed(number / (1 + number % 4)) % 100_000),
    }
}

fn pick<'a>(list: &[&'a str], at: usize) -> &'a str {
    list.get(at).copied().unwrap_or_default()
}

/// SplitMix64's mixing (Steele, Lea, Flood 2014).
const fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
