//! The languages there are.

/// A language of the screen.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Language {
    /// English, which stands in for whatever another language lacks.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Returns the language's tag (BCP 47): `en`, `de`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Returns the language with this tag.
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// Returns what stands before the cents of an amount.
    pub const fn point(self) -> char {
        match self {
            Self::English => '.',
            Self::German => ',',
        }
    }

    /// Returns the language of a POSIX locale, such as `de_AT.UTF-8`; English where there is none of it.
    pub fn of_locale(locale: &str) -> Self {
        locale.split(['_', '-', '.', '@']).next().and_then(Self::of_tag).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_its_language_first() {
        assert_eq!(Language::of_locale("de_AT.UTF-8"), Language::German);
        assert_eq!(Language::of_locale("de"), Language::German);
        assert_eq!(Language::of_locale("DE-ch"), Language::German);
        assert_eq!(Language::of_locale("en_GB.UTF-8"), Language::English);
    }

    #[test]
    fn a_locale_without_a_translation_is_english() {
        for locale in ["", "C", "C.UTF-8", "POSIX", "fr_FR.UTF-8", "den_XX", "_de"] {
            assert_eq!(Language::of_locale(locale), Language::English, "{locale}");
        }
    }
}
