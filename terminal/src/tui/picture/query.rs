//! Asks the emulator what it draws, and reads the answer within a time limit.
//!
//! Only questions whose late answers do no harm are asked: whoever reads keys afterwards takes both
//! answers for control sequences, never for letters.

#![expect(unsafe_code, reason = "waiting for input with a time limit is reached through libc only")]

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, RawFd};
use std::time::{Duration, Instant};

use super::Cell;

/// First the size of a cell (xterm's window operation 16), then the primary device attributes, which
/// every emulator knows: their answer ends the waiting.
const QUESTIONS: &[u8] = b"\x1b[16t\x1b[c";
/// The longest time to wait. An emulator that draws sixels answers within a few milliseconds.
const PATIENCE: Duration = Duration::from_millis(150);
/// More bytes than this are no answer.
const ANSWER_BYTES_MAX: usize = 512;

/// What the emulator said.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Answer {
    /// Whether it draws sixels (attribute 4).
    pub(super) has_sixels: bool,
    /// The size of a cell.
    pub(super) cell: Option<Cell>,
}

/// Asks. Keys pressed meanwhile are lost.
pub(super) fn ask() -> Answer {
    let mut out = io::stdout();
    if out.write_all(QUESTIONS).and_then(|()| out.flush()).is_err() {
        return Answer::default();
    }
    let until = Instant::now() + PATIENCE;
    let mut heard = Vec::new();
    let mut input = io::stdin().lock();
    while heard.len() < ANSWER_BYTES_MAX && !is_complete(&heard) {
        if !is_ready(input.as_raw_fd(), until.saturating_duration_since(Instant::now())) {
            break;
        }
        let mut bytes = [0; 64];
        match input.read(&mut bytes) {
            Ok(count @ 1..) => heard.extend_from_slice(bytes.get(..count).unwrap_or_default()),
            Ok(_) | Err(_) => break,
        }
    }
    understood(&heard)
}

fn is_ready(input: RawFd, wait: Duration) -> bool {
    let milliseconds = libc::c_int::try_from(wait.as_millis()).unwrap_or(libc::c_int::MAX);
    let mut waited = libc::pollfd { fd: input, events: libc::POLLIN, revents: 0 };
    // SAFETY: `waited` is one valid descriptor record that outlives the call.
    unsafe { libc::poll(&mut waited, 1, milliseconds) == 1 && waited.revents & libc::POLLIN != 0 }
}

fn is_complete(heard: &[u8]) -> bool {
    sequences(heard).any(|(body, last)| last == b'c' && body.starts_with(b"?"))
}

fn understood(heard: &[u8]) -> Answer {
    let mut answer = Answer::default();
    for (body, last) in sequences(heard) {
        let body = body.strip_prefix(b"?").unwrap_or(body);
        let numbers = || body.split(|byte| *byte == b';').map(number);
        match last {
            b'c' => answer.has_sixels |= numbers().skip(1).any(|number| number == Some(4)),
            b't' => {
                let numbers: Vec<Option<u16>> = numbers().collect();
                if let [Some(6), Some(height @ 1..), Some(width @ 1..)] = *numbers {
                    answer.cell = Some(Cell { width, height });
                }
            }
            _ => {}
        }
    }
    answer
}

/// Returns what stands between each `ESC [` and its last letter, and that letter.
fn sequences(heard: &[u8]) -> impl Iterator<Item = (&[u8], u8)> {
    heard.split(|byte| *byte == 0x1b).filter_map(|piece| {
        let body = piece.strip_prefix(b"[")?;
        let end = body.iter().position(|byte| (0x40..=0x7e).contains(byte))?;
        let (body, rest) = body.split_at(end);
        Some((body, *rest.first()?))
    })
}

fn number(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xterm_with_sixels_says_so_and_its_cells() {
        let heard = b"\x1b[6;18;9t\x1b[?64;1;2;4;6;9;15;18;21;22;28c";

        assert!(is_complete(heard));
        assert_eq!(understood(heard), Answer { has_sixels: true, cell: Some(Cell { width: 9, height: 18 }) });
    }

    #[test]
    fn a_class_of_4_is_no_attribute_4() {
        assert_eq!(understood(b"\x1b[?4;6c"), Answer::default());
        assert!(understood(b"\x1b[?62;4c").has_sixels);
    }

    #[test]
    fn rubbish_is_no_answer() {
        for heard in
            [&b""[..], b"abc", b"\x1b", b"\x1b[", b"\x1b[;;t", b"\x1b[6;0;0t", b"\x1b[6;99999999;2t", b"\xff\x1b[\xff"]
        {
            assert_eq!(understood(heard), Answer::default());
            assert!(!is_complete(heard));
        }
    }
}
