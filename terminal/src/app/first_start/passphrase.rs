//! Choosing a passphrase: the one that was made, or one's own, and typing it once more.

use zeroize::Zeroizing;

use crate::app::{Field, Key};
use crate::passphrase::{CHARS_MAX, TooWeak, check, normalise};

/// The form.
#[derive(Debug)]
pub struct PassphraseForm {
    made: Zeroizing<String>,
    sub: Sub,
    /// Whether what is typed is shown.
    is_shown: bool,
}

/// What is asked for.
#[derive(Debug)]
pub enum Sub {
    /// The one that was made is shown.
    Made,
    /// One's own is typed.
    Own {
        /// As it stands.
        field: Field,
        /// What is weak in it; nothing while it is empty, or once it is strong enough.
        weak: Option<TooWeak>,
    },
    /// It is typed once more, to see that it was written down.
    Again {
        /// As it stands.
        field: Field,
        /// What it should be.
        chosen: Zeroizing<String>,
        /// Whether it is one's own.
        is_own: bool,
        /// Whether the last try was something else.
        differs: bool,
    },
}

/// What came of a key.
pub(super) enum Pressed {
    Nothing,
    Another,
    Chosen(Zeroizing<String>),
}

impl PassphraseForm {
    pub(super) const fn new(made: Zeroizing<String>) -> Self {
        Self { made, sub: Sub::Made, is_shown: false }
    }

    /// Returns the one that was made.
    pub fn made(&self) -> &str {
        &self.made
    }

    /// Returns what is asked for.
    pub const fn sub(&self) -> &Sub {
        &self.sub
    }

    /// Whether what is typed is shown.
    pub const fn is_shown(&self) -> bool {
        self.is_shown
    }

    pub(super) fn offer(&mut self, made: Zeroizing<String>) {
        self.made = made;
    }

    pub(super) fn press(&mut self, key: Key) -> Pressed {
        if key == Key::Tab {
            self.is_shown = !self.is_shown;
            return Pressed::Nothing;
        }
        match (&mut self.sub, key) {
            (Sub::Made, Key::Enter) => self.sub = again(self.made.clone(), false),
            (Sub::Made, Key::Char('o' | 'O')) => self.sub = Sub::Own { field: Field::new(CHARS_MAX), weak: None },
            (Sub::Made, Key::Char('a' | 'A')) => return Pressed::Another,
            (Sub::Made, _) => {}
            (Sub::Own { .. }, Key::Escape) => self.sub = Sub::Made,
            (Sub::Own { field, weak }, Key::Enter) => match check(&field.text()) {
                Ok(()) => self.sub = again(normalise(&field.text()), true),
                Err(found) => *weak = Some(found),
            },
            (Sub::Own { field, weak }, key) => {
                field.press(key);
                *weak = check(&field.text()).err().filter(|_| !field.is_empty());
            }
            (Sub::Again { is_own, .. }, Key::Escape) => {
                self.sub = if *is_own { Sub::Own { field: Field::new(CHARS_MAX), weak: None } } else { Sub::Made };
            }
            (Sub::Again { field, chosen, differs, .. }, Key::Enter) => {
                if normalise(&field.text()) == *chosen {
                    return Pressed::Chosen(chosen.clone());
                }
                *differs = true;
                field.set("");
            }
            (Sub::Again { field, differs, .. }, key) => {
                *differs = false;
                field.press(key);
            }
        }
        Pressed::Nothing
    }
}

fn again(chosen: Zeroizing<String>, is_own: bool) -> Sub {
    Sub::Again { field: Field::new(CHARS_MAX), chosen, is_own, differs: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_is_weighed_as_it_is_typed() {
        let mut form = PassphraseForm::new("abacus abdomen abide ablaze".to_owned().into());
        form.press(Key::Char('o'));
        typed(&mut form, "password1234");
        assert!(matches!(form.sub(), Sub::Own { weak: Some(TooWeak::Common), .. }));
        form.press(Key::Enter);
        assert!(matches!(form.sub(), Sub::Own { .. }));

        typed(&mut form, " kelp toaster");
        assert!(matches!(form.sub(), Sub::Own { weak: None, .. }));
        form.press(Key::Enter);

        assert!(matches!(form.sub(), Sub::Again { is_own: true, .. }));
    }

    #[test]
    fn what_was_made_is_typed_once_more() {
        let mut form = PassphraseForm::new("abacus abdomen abide ablaze".to_owned().into());
        form.press(Key::Enter);
        typed(&mut form, "abacus");
        assert!(matches!(form.press(Key::Enter), Pressed::Nothing));
        assert!(matches!(form.sub(), Sub::Again { differs: true, .. }));

        typed(&mut form, " abacus  abdomen abide ablaze");

        assert!(matches!(form.press(Key::Enter), Pressed::Chosen(_)));
    }

    fn typed(form: &mut PassphraseForm, text: &str) {
        text.chars().for_each(|letter| _ = form.press(Key::Char(letter)));
    }
}
