//! Every sentence for people at the door, in each language.
//!
//! The sentences lie in `terminal/locales/LANGUAGE/SUBJECT.ftl` (Fluent, <https://projectfluent.org>) and are part of
//! the program. A sentence is called by its id, which begins with its file's name: `walk-in-title` lies in
//! `walk_in.ftl`. Ids are written out in the sources, never put together, so that they can be searched for.
//!
//! Here are languages and sentences alone. How names, places and verdicts are told is the screen's business.

mod language;
mod texts;

use std::borrow::Cow;
use std::fmt;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::types::FluentNumber;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

pub use language::Language;

/// What a sentence is filled with: made of a text or a number by `into()`. Numbers choose the plural and are written
/// with thin spaces between thousands; a number that is not a count (a year, a ticket's number) goes in as a text.
pub type Value<'a> = FluentValue<'a>;

/// The sentences of one language, with English behind it.
pub struct Catalogue {
    language: Language,
    /// The language first, then those that stand in for it.
    bundles: Vec<FluentBundle<FluentResource>>,
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalogue").field("language", &self.language).finish_non_exhaustive()
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::new(Language::default())
    }
}

impl Catalogue {
    /// Returns the sentences of `language`.
    pub fn new(language: Language) -> Self {
        let mut bundles = vec![bundle(language)];
        if language != Language::English {
            bundles.push(bundle(Language::English));
        }
        Self { language, bundles }
    }

    /// Returns the language.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// Returns the sentence with this id.
    pub fn say(&self, id: &str) -> String {
        self.say_with(id, &[])
    }

    /// Returns the sentence with this id, filled with these values.
    ///
    /// An id without a sentence is returned itself; the project's tests find those before anybody reads one.
    pub fn say_with(&self, id: &str, values: &[(&str, Value<'_>)]) -> String {
        let found = self.bundles.iter().find_map(|bundle| Some((bundle, bundle.get_message(id)?.value()?)));
        debug_assert!(found.is_some(), "no sentence is called {id}");
        let Some((bundle, pattern)) = found else { return id.to_owned() };
        let arguments: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, value.clone())).collect();
        let mut mistakes = Vec::new();
        let sentence = bundle.format_pattern(pattern, Some(&arguments), &mut mistakes);
        debug_assert!(mistakes.is_empty(), "{id}: {mistakes:?}");
        sentence.into_owned()
    }
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![language.tag().parse().unwrap_or_default()]);
    // Marks around each value would take columns that nobody sees.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(|value, _| match value {
        FluentValue::Number(number) => whole(number).map(count),
        _ => None,
    }));
    for (name, text) in texts::of(language) {
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(resource, mistakes)| {
            debug_assert!(false, "{language:?} {name}: {mistakes:?}");
            resource
        });
        let added = bundle.add_resource(resource);
        debug_assert!(added.is_ok(), "{language:?} {name}: {added:?}");
    }
    bundle
}

/// The number, if it is a count.
fn whole(number: &FluentNumber) -> Option<u64> {
    // From 2^53 on not every whole number is one of these any more; nothing at a door is counted that far.
    (number.value >= 0.0 && number.value.fract() == 0.0).then_some(number.value as u64)
}

/// Returns `count` with thin spaces between thousands.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut spaced = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            spaced.push('\u{2009}');
        }
        spaced.push(digit);
    }
    spaced
}

/// Returns `text` as a value that is written as it is.
pub fn text<'a>(text: impl Into<Cow<'a, str>>) -> Value<'a> {
    Value::String(text.into())
}

/// Returns every word of `language`'s sentences, in small letters.
#[cfg(test)]
pub(crate) fn words(language: Language) -> std::collections::BTreeSet<String> {
    let sentences = texts::of(language).iter().flat_map(|(_, text)| tests::entries(text)).map(|(_, sentence)| sentence);
    sentences.flat_map(|sentence| words_of(&tests::without_values(&sentence))).collect()
}

/// Returns the words of `text`, in small letters.
#[cfg(test)]
pub(crate) fn words_of(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphabetic()).filter(|word| word.chars().count() > 1);
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn counts_have_thin_spaces() {
        assert_eq!(count(0), "0");
        assert_eq!(count(412), "412");
        assert_eq!(count(1_200), "1\u{2009}200");
        assert_eq!(count(1_234_567), "1\u{2009}234\u{2009}567");
    }

    #[test]
    fn a_sentence_is_filled_without_marks_around_its_values() {
        let (used, limit) = (Value::from(1_312), text("any number"));
        let values = [("used", used), ("limit", limit)];

        let english = Catalogue::new(Language::English).say_with("detail-uses-of", &values);
        let german = Catalogue::new(Language::German).say_with("detail-uses-of", &values);

        assert_eq!(english, "1\u{2009}312 of any number");
        assert_eq!(german, "1\u{2009}312 von any number");
    }

    #[test]
    fn a_number_chooses_the_plural() {
        let mut bundle = bundle(Language::German);
        let text = "x = { $n ->\n [0] keine\n [one] eine ({ $n })\n *[other] { $n } viele\n }\n";
        bundle.add_resource(FluentResource::try_new(text.into()).unwrap()).unwrap();
        let catalogue = Catalogue { language: Language::German, bundles: vec![bundle] };

        let said = [0, 1, 1_200].map(|n| catalogue.say_with("x", &[("n", n.into())]));

        assert_eq!(said, ["keine", "eine (1)", "1\u{2009}200 viele"]);
    }

    #[test]
    fn threads_may_share_a_catalogue() {
        fn is_shared<T: Send + Sync>(_: &T) {}
        is_shared(&Catalogue::default());
    }

    #[test]
    fn every_language_has_the_same_sentences_with_the_same_variables() {
        let english = sentences(Language::English);
        for language in Language::ALL {
            assert_eq!(sentences(language).keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>());
            for (id, sentence) in sentences(language) {
                assert_eq!(variables(&sentence), variables(&english[&id]), "{language:?} {id}");
            }
        }
    }

    #[test]
    fn every_sentence_can_be_said_with_numbers_and_with_texts() {
        for language in Language::ALL {
            let catalogue = Catalogue::new(language);
            for (id, sentence) in sentences(language) {
                let names = variables(&sentence);
                for value in [Value::from(0), Value::from(1), Value::from(2_000), text("x")] {
                    let values: Vec<_> = names.iter().map(|name| (name.as_str(), value.clone())).collect();

                    let said = catalogue.say_with(&id, &values);

                    assert!(!said.trim().is_empty() && !said.contains(['{', '}', '$']), "{language:?} {id}: {said}");
                }
            }
        }
    }

    #[test]
    fn an_id_begins_with_its_files_name_and_is_given_once() {
        for language in Language::ALL {
            let mut seen = BTreeSet::new();
            for (name, text) in texts::of(language) {
                for (id, _) in entries(text) {
                    assert!(id.starts_with(&format!("{}-", name.replace('_', "-"))), "{name}.ftl: {id}");
                    assert!(seen.insert(id.clone()), "{id} is given twice");
                }
            }
        }
    }

    #[test]
    fn every_file_of_sentences_is_part_of_the_program() {
        for language in Language::ALL {
            let folder = format!("{}/locales/{}", env!("CARGO_MANIFEST_DIR"), language.tag());
            let mut files: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap().replace(".ftl", ""))
                .collect();
            files.sort();
            assert_eq!(files, texts::of(language).iter().map(|(name, _)| *name).collect::<Vec<_>>());
        }
    }

    fn sentences(language: Language) -> BTreeMap<String, String> {
        texts::of(language).iter().flat_map(|(_, text)| entries(text)).collect()
    }

    /// Ids and what follows them, up to the next entry.
    pub(super) fn entries(text: &str) -> Vec<(String, String)> {
        let mut entries: Vec<(String, String)> = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
                let (id, rest) = line.split_once('=').unwrap();
                entries.push((id.trim().into(), rest.into()));
            } else if let Some((_, sentence)) = entries.last_mut() {
                sentence.push_str(line);
            }
        }
        entries
    }

    /// The sentence without what is filled in, and without the names of plurals.
    pub(super) fn without_values(sentence: &str) -> String {
        let mut rest = String::new();
        for word in sentence.split_whitespace() {
            let is_value = word.starts_with('$') || matches!(word, "[one]" | "*[other]");
            rest.push_str(if is_value { "" } else { word });
            rest.push(' ');
        }
        rest
    }

    fn variables(sentence: &str) -> BTreeSet<String> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let names = sentence.split('$').skip(1).map(|rest| rest.chars().take_while(|c| is_name(*c)).collect());
        names.collect()
    }
}
