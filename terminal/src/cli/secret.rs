//! Where the passphrase comes from: a file, the environment, or a person.

use std::fs;
use std::io::{IsTerminal as _, stdin};

use anyhow::{Context as _, bail};
use zeroize::Zeroizing;

use super::Place;
use crate::catalogue::Catalogue;
use crate::config::{self, PASSPHRASE_VARIABLE};
use crate::passphrase;
use crate::tui::{prompt, words};

impl Place {
    /// Asks a person for the passphrase.
    pub(super) fn typed_passphrase(&self) -> anyhow::Result<Zeroizing<String>> {
        self.ask(&self.catalogue(), "prompts-passphrase").context("the passphrase could not be read")
    }

    /// Returns the passphrase that opens a store, unless a person is to be asked for it.
    pub(super) fn known_passphrase(&self) -> anyhow::Result<Option<Zeroizing<String>>> {
        let given = self.given()?;
        if given.is_none() && !stdin().is_terminal() {
            bail!("the passphrase is needed: name a file with --passphrase-file, or set {PASSPHRASE_VARIABLE}");
        }
        Ok(given)
    }

    /// Returns the passphrase for a new store, and whether a person must be shown it because it was
    /// made here.
    pub(super) fn new_passphrase(&self) -> anyhow::Result<(Zeroizing<String>, bool)> {
        if let Some(given) = self.given()? {
            passphrase::check(&given).context("this passphrase is too easy to guess")?;
            return Ok((given, false));
        }
        if !stdin().is_terminal() {
            return Ok((passphrase::generate(), true));
        }
        let catalogue = self.catalogue();
        loop {
            let typed = self.ask(&catalogue, "prompts-new").context("the passphrase could not be read")?;
            if typed.is_empty() {
                return Ok((passphrase::generate(), true));
            }
            if let Err(weak) = passphrase::check(&typed) {
                eprintln!("{}", catalogue.say(words::weakness(weak)));
                continue;
            }
            let again = self.ask(&catalogue, "prompts-again")?;
            if again == typed {
                return Ok((typed, false));
            }
            eprintln!("{}", catalogue.say("prompts-differ"));
        }
    }

    /// Asks a person for a line that is shown on demand only.
    fn ask(&self, catalogue: &Catalogue, question: &str) -> std::io::Result<Zeroizing<String>> {
        eprintln!("{}", catalogue.say("prompts-tab"));
        prompt::passphrase(&catalogue.say(question), self.plain)
    }

    fn given(&self) -> anyhow::Result<Option<Zeroizing<String>>> {
        if let Some(path) = &self.passphrase_file {
            let text = fs::read_to_string(path)
                .with_context(|| format!("the passphrase file {} cannot be read", path.display()))?;
            let text = Zeroizing::new(text);
            let line = text.lines().next().unwrap_or_default().trim();
            if line.is_empty() {
                bail!("the first line of {} is empty; it should be the passphrase", path.display());
            }
            return Ok(Some(Zeroizing::new(line.to_owned())));
        }
        Ok(config::passphrase())
    }
}
