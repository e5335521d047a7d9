//! How far long work has come, in one line on standard error, for people who wait for it.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

/// Work that is done sooner needs no progress.
const PATIENCE: Duration = Duration::from_secs(1);

/// The least time between two lines.
const EVERY: Duration = Duration::from_millis(100);

/// What overwrites the line that was told last.
const CLEAR: &str = "\r\x1b[K";

/// Tells how far the work has come, where standard error is a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    told_to: Option<Told>,
    total: usize,
    done: usize,
    read: usize,
}

#[derive(Debug)]
struct Told {
    began: Instant,
    last: Instant,
    is_showing: bool,
}

impl Progress {
    /// Begins work on `total` pictures.
    pub(super) fn begin(total: usize) -> Self {
        let now = Instant::now();
        let told_to = io::stderr().is_terminal().then_some(Told { began: now, last: now, is_showing: false });
        Self { told_to, total, done: 0, read: 0 }
    }

    /// Makes room for a line on standard output.
    pub(super) fn clear(&mut self) {
        if let Some(told) = self.told_to.as_mut().filter(|told| told.is_showing) {
            told.is_showing = false;
            // Whoever can't be told of progress can still be told of results.
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    }

    /// Counts a picture, and tells if it is time.
    pub(super) fn step(&mut self, is_read: bool) {
        self.done += 1;
        self.read += usize::from(is_read);
        let Some(told) = &mut self.told_to else { return };
        let now = Instant::now();
        let spent = now.duration_since(told.began);
        if spent >= PATIENCE && now.duration_since(told.last) >= EVERY && self.done < self.total {
            told.last = now;
            told.is_showing = true;
            let _ = write!(io::stderr(), "{CLEAR}{}", line(self.done, self.total, self.read, spent));
        }
    }
}

fn line(done: usize, total: usize, read: usize, spent: Duration) -> String {
    let left = spent.as_secs_f64() / done.max(1) as f64 * total.saturating_sub(done) as f64;
    let left = match left.ceil() as u64 {
        seconds @ 0..=90 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    };
    format!("{done} of {total} pictures, {read} with a code, about {left} left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_as_people_tell_it() {
        let after = Duration::from_secs(10);

        assert_eq!(line(10, 20, 9, after), "10 of 20 pictures, 9 with a code, about 10 s left");
        assert_eq!(line(10, 1_010, 9, after), "10 of 1010 pictures, 9 with a code, about 17 min left");
        assert_eq!(line(0, 0, 0, Duration::ZERO), "0 of 0 pictures, 0 with a code, about 0 s left");
    }
}
