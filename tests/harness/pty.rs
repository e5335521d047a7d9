//! A program in a terminal of a given size, and what a person would see there.

mod codes;
mod picture;

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::num::NonZero;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// Between a person's keys there is more time than this.
const BETWEEN_KEYS: Duration = Duration::from_millis(60);
/// How often it is looked whether something is right that may become so without any output.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A program and its screen. Killed when dropped.
pub struct Screen {
    shown: Arc<(Mutex<Shown>, Condvar)>,
    keys: Box<dyn Write + Send>,
    master: Master,
    child: Process,
}

struct Shown {
    parser: vt100::Parser<Bells>,
    /// Everything that was written, as it came.
    written: Vec<u8>,
    closed: bool,
}

#[derive(Default)]
struct Bells(usize);

impl vt100::Callbacks for Bells {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.0 += 1;
    }
}

impl Screen {
    /// Starts a command on a screen of so many columns and rows, as an `xterm-256color` with 24-bit colour.
    ///
    /// Takes the command's program, arguments, folder and environment; the rest of the environment is this process's.
    ///
    /// # Errors
    ///
    /// If the system gives no pseudo-terminal or the program can't be started.
    pub fn start(command: &Command, columns: u16, rows: u16) -> anyhow::Result<Self> {
        let (master, child) = open(command, columns, rows)?;
        let mut output = master.try_clone_reader().context("could not read the pseudo-terminal")?;
        let keys = master.take_writer().context("could not write to the pseudo-terminal")?;
        let parser = vt100::Parser::new_with_callbacks(at_least_one(rows), at_least_one(columns), 0, Bells::default());
        let shown = Arc::new((Mutex::new(Shown { parser, written: Vec::new(), closed: false }), Condvar::new()));
        let filled = Arc::clone(&shown);
        thread::spawn(move || {
            let (mut bytes, mut pictures) = ([0; 8192], Pictures::default());
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let bytes = bytes.get(..count).unwrap_or_default();
                let whole = pictures.take(bytes);
                let mut shown = lock(&filled.0);
                shown.written.extend_from_slice(bytes);
                shown.parser.process(&whole);
                drop(shown);
                filled.1.notify_all();
            }
            lock(&filled.0).closed = true;
            filled.1.notify_all();
        });
        Ok(Self { shown, keys, master, child })
    }

    /// Types text or control sequences, as [`key`] names them.
    ///
    /// # Errors
    ///
    /// If the program has gone.
    pub fn send(&mut self, keys: &str) -> anyhow::Result<()> {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).context("the program doesn't read keys")
    }

    /// Types text as a person does: with a pause before each key, or a program takes it for a hand scanner's.
    ///
    /// # Errors
    ///
    /// If the program has gone.
    pub fn type_slowly(&mut self, text: &str) -> anyhow::Result<()> {
        for letter in text.chars() {
            thread::sleep(BETWEEN_KEYS);
            self.send(letter.encode_utf8(&mut [0; 4]))?;
        }
        thread::sleep(BETWEEN_KEYS);
        Ok(())
    }

    /// Returns the program's process id, while the system knows it.
    pub fn id(&self) -> Option<u32> {
        self.child.process_id()
    }

    /// Changes the screen's size.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn resize(&mut self, columns: u16, rows: u16) -> anyhow::Result<()> {
        lock(&self.shown.0).parser.screen_mut().set_size(at_least_one(rows), at_least_one(columns));
        self.master.resize(size(columns, rows)).context("could not change the screen's size")
    }

    /// Returns the screen's text, a line per row, without spaces at the ends of lines.
    pub fn text(&self) -> String {
        text(lock(&self.shown.0).parser.screen())
    }

    /// Returns the screen's text with the colours and attributes of each stretch of cells below its row: for snapshots.
    pub fn styled(&self) -> String {
        styled(lock(&self.shown.0).parser.screen())
    }

    /// Returns what is seen as a picture (SVG).
    pub fn picture(&self) -> String {
        picture::svg(lock(&self.shown.0).parser.screen())
    }

    /// Returns everything that the program wrote, byte for byte.
    pub fn written(&self) -> Vec<u8> {
        lock(&self.shown.0).written.clone()
    }

    /// Returns how often the bell rang.
    pub fn bells(&self) -> usize {
        lock(&self.shown.0).parser.callbacks().0
    }

    /// Whether the terminal is as a shell expects it: the ordinary screen, a cursor, lines edited and echoed.
    pub fn is_given_back(&self) -> bool {
        let flags = self.master.get_termios().map(|terminal| terminal.local_flags.bits());
        let edits_lines = flags.is_some_and(|flags| flags & libc::ICANON != 0 && flags & libc::ECHO != 0);
        let shown = lock(&self.shown.0);
        let screen = shown.parser.screen();
        edits_lines && !screen.alternate_screen() && !screen.hide_cursor()
    }

    /// Sends a signal, unless the program has ended.
    pub fn signal(&mut self, signal: i32) {
        if let (Ok(None), Some(id)) = (self.child.try_wait(), self.child.process_id())
            && let Ok(id) = i32::try_from(id)
        {
            #[expect(unsafe_code, reason = "the standard library sends no signal but SIGKILL")]
            // SAFETY: `kill` touches no memory of ours, and the child hasn't been waited for, so the id is still its.
            unsafe {
                libc::kill(id, signal);
            }
        }
    }

    /// Waits until the screen shows `wanted`, and returns the whole text.
    ///
    /// # Errors
    ///
    /// With what it shows instead, if that takes longer than `patience` or the program ends.
    pub fn wait_for(&self, wanted: &str, patience: Duration) -> anyhow::Result<String> {
        self.wait_until(&format!("{wanted:?}"), patience, |screen| screen.contains(wanted))
    }

    /// Waits until the screen's text `is_right`, and returns it; `what` names that in the error.
    ///
    /// # Errors
    ///
    /// As [`wait_for`](Self::wait_for).
    pub fn wait_until(
        &self,
        what: &str,
        patience: Duration,
        is_right: impl Fn(&str) -> bool,
    ) -> anyhow::Result<String> {
        let deadline = Instant::now() + patience;
        let mut shown = lock(&self.shown.0);
        loop {
            let screen = text(shown.parser.screen());
            if is_right(&screen) {
                return Ok(screen);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if shown.closed || left.is_zero() {
                let why = if shown.closed { "the program ended".into() } else { format!("{patience:?} passed") };
                bail!("{why} before the screen showed {what}; it shows:\n{screen}");
            }
            shown = self.shown.1.wait_timeout(shown, left.min(LOOK_EVERY)).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for the program's end and the last of its output.
    ///
    /// # Errors
    ///
    /// With what the screen shows, if that takes longer than `patience`.
    pub fn wait(&mut self, patience: Duration) -> anyhow::Result<ExitStatus> {
        let deadline = Instant::now() + patience;
        loop {
            if lock(&self.shown.0).closed
                && let Some(status) = self.child.try_wait()?
            {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                bail!("the program didn't end within {patience:?}; it shows:\n{}", self.text());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Starts a command in a window of 80 by 24, closes the window once the program shows `text`, and waits for its end.
///
/// # Errors
///
/// If it can't be started, ends before, or hasn't ended within `patience` after the window was closed.
pub fn close_window(command: &Command, text: &str, patience: Duration) -> anyhow::Result<ExitStatus> {
    let (master, mut child) = open(command, 80, 24)?;
    let mut output = master.try_clone_reader().context("could not read the pseudo-terminal")?;
    let mut parser = vt100::Parser::new(at_least_one(24), at_least_one(80), 0);
    let mut bytes = [0; 8192];
    while !parser.screen().contents().contains(text) {
        match output.read(&mut bytes) {
            Ok(count @ 1..) => parser.process(bytes.get(..count).unwrap_or_default()),
            _ => bail!("it ended before it showed {text:?}:\n{}", parser.screen().contents()),
        }
    }
    drop((output, master));
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().context("could not end it")?;
    bail!("it went on for {patience:?} without a window")
}

/// Opens a pseudo-terminal with a program on it.
fn open(command: &Command, columns: u16, rows: u16) -> anyhow::Result<(Master, Process)> {
    let pair = native_pty_system().openpty(size(columns, rows)).context("could not open a pseudo-terminal")?;
    let mut builder = CommandBuilder::new(command.get_program());
    builder.args(command.get_args());
    builder.env("TERM", "xterm-256color");
    builder.env("COLORTERM", "truecolor");
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => builder.env(name, value),
            None => builder.env_remove(name),
        }
    }
    if let Some(folder) = command.get_current_dir() {
        builder.cwd(folder);
    } else if let Ok(folder) = std::env::current_dir() {
        builder.cwd(folder);
    }
    let child = pair.slave.spawn_command(builder).context("could not start the program")?;
    // The output ends only when nobody holds the program's side of the pseudo-terminal any more.
    drop(pair.slave);
    Ok((pair.master, child))
}

type Master = Box<dyn MasterPty + Send>;
type Process = Box<dyn Child + Send + Sync>;

/// Output that is held back until its picture is whole, as a good emulator does (DEC private mode 2026).
#[derive(Default)]
struct Pictures(Vec<u8>);

impl Pictures {
    /// Takes output, and returns what is to be shown of it and of what was held back.
    fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        const BEGIN: &[u8] = b"\x1b[?2026h";
        const END: &[u8] = b"\x1b[?2026l";
        let last = |held: &[u8], mark: &[u8]| held.windows(mark.len()).rposition(|bytes| bytes == mark);
        self.0.extend_from_slice(bytes);
        let whole = match (last(&self.0, BEGIN), last(&self.0, END)) {
            (Some(begin), end) if end.is_none_or(|end| end < begin) => begin,
            // The end of what came may be the beginning of the mark.
            _ => {
                let is_begun = |count: &usize| BEGIN.get(..*count).is_some_and(|begun| self.0.ends_with(begun));
                self.0.len() - (1..BEGIN.len()).rev().find(is_begun).unwrap_or(0)
            }
        };
        let rest = self.0.split_off(whole);
        std::mem::replace(&mut self.0, rest)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What some keys send.
pub mod key {
    /// Enter.
    pub const ENTER: &str = "\r";
    /// Escape.
    pub const ESCAPE: &str = "\x1b";
    /// Tabulator.
    pub const TAB: &str = "\t";
    /// Backspace.
    pub const BACKSPACE: &str = "\x7f";
    /// Control and C.
    pub const CTRL_C: &str = "\x03";
    /// Arrow up.
    pub const UP: &str = "\x1b[A";
    /// Arrow down.
    pub const DOWN: &str = "\x1b[B";
    /// Arrow right.
    pub const RIGHT: &str = "\x1b[C";
    /// Arrow left.
    pub const LEFT: &str = "\x1b[D";
    /// F1.
    pub const F1: &str = "\x1bOP";
    /// F2.
    pub const F2: &str = "\x1bOQ";
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn at_least_one(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap_or(NonZero::<u16>::MIN)
}

fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(screen: &vt100::Screen) -> String {
    let columns = screen.size().1.get();
    screen.rows(0, columns).map(|row| row.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn styled(screen: &vt100::Screen) -> String {
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let mut out = String::new();
    for (row, line) in (0..rows).zip(screen.rows(0, columns)) {
        out.push_str(line.trim_end());
        out.push('\n');
        let mut stretches: Vec<(u16, u16, String)> = Vec::new();
        for column in 0..columns {
            let style = screen.cell(row, column).map(style).unwrap_or_default();
            match stretches.last_mut() {
                Some((_, until, last)) if *last == style => *until = column + 1,
                _ => stretches.push((column, column + 1, style)),
            }
        }
        for (from, until, style) in stretches.iter().filter(|(_, _, style)| !style.is_empty()) {
            let _ = writeln!(out, "    {from}..{until}{style}");
        }
    }
    out
}

/// The cell's colours and attributes in words; empty for a plain one.
fn style(cell: &vt100::Cell) -> String {
    let mut out = String::new();
    let mut colour = |side: &str, colour: vt100::Color| match colour {
        vt100::Color::Default => {}
        vt100::Color::Idx(index) => {
            let _ = write!(out, " {side}={index}");
        }
        vt100::Color::Rgb(red, green, blue) => {
            let _ = write!(out, " {side}=#{red:02x}{green:02x}{blue:02x}");
        }
    };
    colour("fg", cell.fgcolor());
    colour("bg", cell.bgcolor());
    for (is_set, name) in [
        (cell.bold(), " bold"),
        (cell.dim(), " dim"),
        (cell.italic(), " italic"),
        (cell.underline(), " underline"),
        (cell.inverse(), " inverse"),
    ] {
        if is_set {
            out.push_str(name);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn shell(script: &str) -> Screen {
        Screen::start(Command::new("sh").args(["-c", script]), 20, 4).unwrap()
    }

    #[test]
    fn the_screen_shows_what_a_person_would_see() {
        let mut screen = shell("printf 'one\\033[2J\\033[2;3Htwo'; read key; printf ' %s' $key; printf '\\a'");

        screen.wait_for("two", PATIENCE).unwrap();
        screen.send("ok\r").unwrap();

        screen.wait_for("ok", PATIENCE).unwrap();
        assert!(screen.wait(PATIENCE).unwrap().success());
        assert!(!screen.text().contains("one"));
        assert_eq!(screen.bells(), 1);
    }

    #[test]
    fn colours_and_attributes_are_told() {
        let screen = shell("printf '\\033[1;32mgo\\033[0m \\033[48;2;255;0;16mno\\033[0m.'");

        screen.wait_for(".", PATIENCE).unwrap();

        assert_eq!(screen.styled(), "go no.\n    0..2 fg=2 bold\n    3..5 bg=#ff0010\n\n\n\n");
    }

    #[test]
    fn a_picture_has_the_letters_and_the_colours() {
        let screen = shell("printf '\\033[48;5;88;38;5;231mn<\\033[0m.'");
        screen.wait_for(".", PATIENCE).unwrap();

        let picture = screen.picture();

        assert!(
            picture.contains(r##"fill="#870000"/>"##) && picture.contains(r##"fill="#ffffff">n&lt;</text>"##),
            "{picture}"
        );
    }

    #[test]
    fn the_program_learns_of_a_new_size() {
        let mut screen = shell("trap 'stty size' WINCH; echo ready; while :; do read line; done");
        screen.wait_for("ready", PATIENCE).unwrap();

        screen.resize(33, 11).unwrap();

        screen.wait_for("11 33", PATIENCE).unwrap();
    }

    #[test]
    fn a_text_that_never_comes_is_an_error_that_shows_the_screen() {
        let screen = shell("echo something else; read key");
        screen.wait_for("else", PATIENCE).unwrap();

        let error = screen.wait_for("hello", Duration::from_millis(20)).unwrap_err().to_string();

        assert!(error.contains("something else"), "{error}");
    }
}
