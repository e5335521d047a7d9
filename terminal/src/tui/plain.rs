//! The door as lines of text, for screen readers: no frames, no colours, nothing that moves the cursor.
//!
//! What changes is told once, in words; what merely goes by (times, ages, counts) is told when it is asked for.

mod paper;
mod teller;

use std::io::{self, IsTerminal as _, Stdout, stdout};

use ratatui::Frame;
use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::layout::Rect;
use sync_protocol::time::Uptime;

use super::screen::PanicWatch;
use super::view::spoken::{Layer, Spoken, rows};
use crate::catalogue::Catalogue;
use crate::hushed;

pub(super) use paper::Paper;
pub(super) use teller::Hand;
use teller::Teller;

/// The terminal emulator, written to line by line. Keys come one by one until it is dropped.
pub(super) struct Lines {
    paper: Paper<Stdout>,
    teller: Teller,
    _watch: PanicWatch,
}

impl Lines {
    /// Takes the keys.
    pub(super) fn open() -> io::Result<Self> {
        if !stdout().is_terminal() {
            return Err(io::Error::other("standard output is not a terminal"));
        }
        enable_raw_mode()?;
        hushed::begin();
        let teller = Teller::default();
        Ok(Self { paper: Paper::new(stdout()), teller, _watch: PanicWatch::begin(give_back) })
    }

    /// Tells what is news after what somebody has just done with a key.
    pub(super) fn tell(&mut self, spoken: &Spoken, catalogue: &Catalogue, now: Uptime, hand: Hand) -> io::Result<()> {
        let telling = self.teller.tell(spoken, catalogue, now, hand);
        self.paper.write(&telling.lines, telling.entry.as_deref())
    }

    /// Tells everything as if it was news.
    pub(super) fn forget(&mut self) {
        self.teller.forget();
    }

    /// Rings the bell.
    pub(super) fn ring(&mut self) -> io::Result<()> {
        self.paper.ring()
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // Nobody is left to tell of a failure.
        let _ = self.paper.write(&[], None);
        give_back();
    }
}

fn give_back() {
    let _ = disable_raw_mode();
    hushed::end();
}

/// Returns a whole picture as rows below its first.
pub(super) fn page(draw: impl FnOnce(&mut Frame<'_>)) -> Spoken {
    let (mut rows, entry) = rows(|frame, _: Rect| draw(frame));
    let title = if rows.is_empty() { String::new() } else { rows.remove(0).text };
    let keys = rows.pop().map(|row| row.text).unwrap_or_default();
    Spoken { facts: Vec::new(), layer: Some(Layer { title, rows, keys, entry }) }
}
