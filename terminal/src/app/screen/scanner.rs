//! The hand scanner's test: one known code on the screen, and what came of scanning it.

use super::Outcome;
use crate::app::Key;
use crate::app::scanner::{Layout, NotLearned};

/// The code is shown, and what was learned from it.
#[derive(Clone, Debug, Default)]
pub struct ScannerTest {
    learned: Option<Result<Layout, NotLearned>>,
}

impl ScannerTest {
    /// Returns what was learned, once something was scanned.
    pub fn learned(&self) -> Option<Result<&Layout, NotLearned>> {
        self.learned.as_ref().map(|learned| learned.as_ref().map_err(|error| *error))
    }

    pub(in crate::app) const fn press(key: Key) -> Outcome {
        match key {
            Key::Escape | Key::Enter => Outcome::Close,
            _ => Outcome::Stay,
        }
    }

    /// Takes what a hand scanner pressed. Returns the layout, if it is one.
    pub(in crate::app) fn scanned(&mut self, arrived: &str) -> Option<Layout> {
        let learned = Layout::learn(arrived);
        self.learned = Some(learned.clone());
        learned.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::scanner::test_code;

    #[test]
    fn the_code_teaches_and_another_one_is_named_as_such() {
        let mut screen = ScannerTest::default();
        assert_eq!(screen.learned(), None);

        assert_eq!(screen.scanned("https://example.org"), None);
        assert_eq!(screen.learned(), Some(Err(NotLearned::OtherCode)));
        let layout = screen.scanned(&test_code()).unwrap();
        assert!(layout.is_plain());
        assert_eq!(screen.learned(), Some(Ok(&layout)));
    }
}
