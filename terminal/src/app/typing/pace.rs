//! Tells a hand scanner from a person by the pace of the keys.
//!
//! A hand scanner is a keyboard that types very fast. Its first character may be that of a command,
//! or a field may be open that waits for a name; so no character goes anywhere before it is known
//! to whom it belongs. That takes [`BURST_GAP_MS`], which nobody feels.

use std::collections::VecDeque;

use sync_protocol::time::Uptime;

use super::Key;

/// Keys closer together than this come from a hand scanner, in ms. People don't type two different
/// keys that fast for long; a held key repeats the same one.
pub const BURST_GAP_MS: u64 = 40;
/// So many different keys without a gap are no person's.
pub const SCAN_KEYS_MIN: usize = 8;
/// A burst of so many keys is over after this time without one, in ms.
pub const SCAN_PAUSE_MS: u64 = 80;
/// The longest burst that is kept, in characters. A ticket has 122; what is longer is none.
pub const RUN_CHARS_MAX: usize = 512;

/// What the keys amount to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Heard {
    /// A key that stood alone.
    Key(Key),
    /// One letter so many times without a gap: a key that was held down.
    Repeat(char, usize),
    /// Different characters without a gap.
    Run(Run),
}

/// Different characters without a gap.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Run {
    /// What they say, as the keyboard's layout has it.
    pub text: String,
    /// Whether Enter followed, without a gap.
    pub is_entered: bool,
}

impl Run {
    /// Whether it is too long to be a person's.
    pub fn is_long(&self) -> bool {
        self.text.chars().nth(SCAN_KEYS_MIN - 1).is_some()
    }
}

/// The keys that wait.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    run: String,
    chars: usize,
    last_key: Uptime,
    /// Whether the last thing heard was a run with its Enter: some scanners send two.
    has_just_entered: bool,
    heard: VecDeque<Heard>,
}

impl Pace {
    /// Takes a key.
    pub fn handle_key(&mut self, key: Key, now: Uptime) {
        self.handle_time(now);
        let is_fast = now.0.saturating_sub(self.last_key.0) < BURST_GAP_MS;
        self.last_key = now;
        match key {
            Key::Char(letter) => {
                self.has_just_entered = false;
                if self.chars < RUN_CHARS_MAX {
                    self.run.push(letter);
                    self.chars += 1;
                }
            }
            Key::Enter | Key::Tab if self.has_just_entered && is_fast => {}
            Key::Enter => self.settle(true),
            // Some scanners end with a tabulator.
            Key::Tab if self.is_scan() => self.settle(true),
            key => {
                self.settle(false);
                self.heard.push_back(Heard::Key(key));
            }
        }
    }

    /// Lets time pass.
    pub fn handle_time(&mut self, now: Uptime) {
        if self.due().is_some_and(|due| due <= now) {
            self.settle(false);
        }
    }

    /// Returns the next thing that was heard.
    pub fn poll(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    /// Puts these keys before everything else that waits, as if a person had pressed them.
    pub fn put_back(&mut self, keys: impl DoubleEndedIterator<Item = Key>) {
        keys.rev().for_each(|key| self.heard.push_front(Heard::Key(key)));
    }

    /// Returns when [`Pace::handle_time`] should be called and [`Pace::poll`] asked again.
    pub fn deadline(&self) -> Option<Uptime> {
        if self.heard.is_empty() { self.due() } else { Some(self.last_key) }
    }

    fn due(&self) -> Option<Uptime> {
        let patience = if self.is_scan() { SCAN_PAUSE_MS } else { BURST_GAP_MS };
        (self.chars > 0).then(|| self.last_key.plus(patience))
    }

    /// Whether what waits is too long to be a person's.
    fn is_scan(&self) -> bool {
        let is_uniform = |first| self.run.chars().all(|letter| letter == first);
        self.chars >= SCAN_KEYS_MIN && !self.run.chars().next().is_some_and(is_uniform)
    }

    fn settle(&mut self, is_entered: bool) {
        let (text, chars) = (std::mem::take(&mut self.run), std::mem::take(&mut self.chars));
        let first = text.chars().next();
        self.has_just_entered = is_entered && first.is_some();
        match first {
            Some(first) if text.chars().all(|letter| letter == first) => {
                self.heard.push_back(if chars == 1 {
                    Heard::Key(Key::Char(first))
                } else {
                    Heard::Repeat(first, chars)
                });
                if is_entered {
                    self.heard.push_back(Heard::Key(Key::Enter));
                }
            }
            Some(_) => self.heard.push_back(Heard::Run(Run { text, is_entered })),
            None if is_entered => self.heard.push_back(Heard::Key(Key::Enter)),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_with_enter_is_one_run_whatever_it_begins_with() {
        let mut pace = Pace::default();

        burst(&mut pace, "e:US5E Q$*8E:UI1", 5, 1_000);
        pace.handle_key(Key::Enter, Uptime(1_080));

        assert_eq!(heard(&mut pace), [run("e:US5E Q$*8E:UI1", true)]);
    }

    #[test]
    fn a_burst_without_enter_is_a_run_after_its_pause() {
        let mut pace = Pace::default();
        burst(&mut pace, "US5E Q$*8E", 5, 1_000);

        pace.handle_time(Uptime(1_045 + SCAN_PAUSE_MS - 1));
        assert_eq!(heard(&mut pace), []);

        pace.handle_time(Uptime(1_045 + SCAN_PAUSE_MS));
        assert_eq!(heard(&mut pace), [run("US5E Q$*8E", false)]);
    }

    #[test]
    fn a_long_burst_outlives_a_short_hitch() {
        let mut pace = Pace::default();
        burst(&mut pace, "US5E Q$*8E", 5, 1_000);
        burst(&mut pace, "UI1", 5, 1_045 + SCAN_PAUSE_MS - 1);
        pace.handle_key(Key::Enter, Uptime(1_200));

        assert_eq!(heard(&mut pace), [run("US5E Q$*8EUI1", true)]);
    }

    #[test]
    fn a_persons_keys_come_one_by_one_after_the_gap() {
        let mut pace = Pace::default();
        burst(&mut pace, "ada", 120, 1_000);

        assert_eq!(heard(&mut pace), [key('a'), key('d')]);
        pace.handle_time(Uptime(1_240 + BURST_GAP_MS - 1));
        assert_eq!(heard(&mut pace), []);
        assert_eq!(pace.deadline(), Some(Uptime(1_240 + BURST_GAP_MS)));
        pace.handle_time(Uptime(1_240 + BURST_GAP_MS));
        assert_eq!(heard(&mut pace), [key('a')]);
        assert_eq!(pace.deadline(), None);
    }

    #[test]
    fn enter_and_other_keys_wait_for_nobody() {
        let mut pace = Pace::default();
        pace.handle_key(Key::Char('4'), Uptime(1_000));
        pace.handle_key(Key::Enter, Uptime(1_010));
        pace.handle_key(Key::Char('5'), Uptime(2_000));
        pace.handle_key(Key::Backspace, Uptime(2_010));

        let keys = [Key::Char('4'), Key::Enter, Key::Char('5'), Key::Backspace];
        assert_eq!(heard(&mut pace), keys.map(Heard::Key));
    }

    #[test]
    fn a_key_that_is_held_down_is_a_repeat_and_no_run() {
        let mut pace = Pace::default();
        burst(&mut pace, &"e".repeat(20), 30, 1_000);
        pace.handle_time(Uptime(5_000));

        assert_eq!(heard(&mut pace), [Heard::Repeat('e', 20)]);
    }

    #[test]
    fn the_second_enter_of_a_scanner_is_dropped_and_a_persons_is_not() {
        let mut pace = Pace::default();
        burst(&mut pace, "4006381333931", 2, 1_000);
        pace.handle_key(Key::Enter, Uptime(1_026));
        pace.handle_key(Key::Enter, Uptime(1_028));
        assert_eq!(heard(&mut pace), [run("4006381333931", true)]);

        pace.handle_key(Key::Enter, Uptime(1_500));
        assert_eq!(heard(&mut pace), [Heard::Key(Key::Enter)]);
    }

    #[test]
    fn a_tabulator_ends_a_scanners_burst_and_is_a_persons_key_else() {
        let mut pace = Pace::default();
        burst(&mut pace, "4006381333931", 2, 1_000);
        pace.handle_key(Key::Tab, Uptime(1_026));
        burst(&mut pace, "ab", 2, 2_000);
        pace.handle_key(Key::Tab, Uptime(2_004));

        assert_eq!(heard(&mut pace), [run("4006381333931", true), run("ab", false), Heard::Key(Key::Tab)]);
    }

    #[test]
    fn an_endless_burst_is_cut() {
        let mut pace = Pace::default();
        burst(&mut pace, &"70".repeat(10_000), 1, 1_000);
        pace.handle_key(Key::Enter, Uptime(21_000));

        let heard = heard(&mut pace);
        assert!(matches!(heard.as_slice(), [Heard::Run(run)] if run.text.len() == RUN_CHARS_MAX));
    }

    #[test]
    fn what_is_put_back_comes_first_and_at_once() {
        let mut pace = Pace::default();
        pace.handle_key(Key::Escape, Uptime(1_000));

        pace.put_back("ab".chars().map(Key::Char));

        assert_eq!(pace.deadline(), Some(Uptime(1_000)));
        assert_eq!(heard(&mut pace), [key('a'), key('b'), Heard::Key(Key::Escape)]);
    }

    fn burst(pace: &mut Pace, text: &str, gap_ms: u64, from_ms: u64) {
        for (at, letter) in (0..).zip(text.chars()) {
            pace.handle_key(Key::Char(letter), Uptime(from_ms + at * gap_ms));
        }
    }

    fn heard(pace: &mut Pace) -> Vec<Heard> {
        std::iter::from_fn(|| pace.poll()).collect()
    }

    fn key(letter: char) -> Heard {
        Heard::Key(Key::Char(letter))
    }

    fn run(text: &str, is_entered: bool) -> Heard {
        Heard::Run(Run { text: text.into(), is_entered })
    }
}
