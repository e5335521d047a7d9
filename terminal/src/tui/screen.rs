//! The terminal emulator, taken over and given back: at the end, on an error, and on a panic.

use std::io::{self, IsTerminal as _, Stdout, Write as _};
use std::panic;
use std::sync::Arc;
use std::thread;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use ratatui::crossterm::{execute, queue};
use ratatui::{Frame, Terminal};

use crate::{hushed, logs};

type Hook = dyn Fn(&panic::PanicHookInfo<'_>) + Send + Sync;

/// The terminal emulator in our hands. Dropping it gives it back.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    _watch: PanicWatch,
}

impl Screen {
    /// Takes the terminal over, and its mouse with it if that is wanted.
    pub(super) fn open(mouse: bool) -> io::Result<Self> {
        if !io::stdout().is_terminal() {
            return Err(io::Error::other("standard output is not a terminal"));
        }
        enable_raw_mode()?;
        hushed::begin();
        let terminal = execute!(io::stdout(), EnterAlternateScreen)
            .and_then(|()| if mouse { execute!(io::stdout(), EnableMouseCapture) } else { Ok(()) })
            .and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())))
            .inspect_err(|_| give_back())?;
        Ok(Self { terminal, _watch: PanicWatch::begin(give_back) })
    }

    /// Draws one picture, and returns what `render` does.
    pub(super) fn draw<T: Default>(&mut self, render: impl FnOnce(&mut Frame<'_>) -> T) -> io::Result<T> {
        let mut drawn = T::default();
        // Emulators that know this show whole pictures only; the others pass over it.
        queue!(io::stdout(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| drawn = render(frame))?;
        execute!(io::stdout(), EndSynchronizedUpdate)?;
        Ok(drawn)
    }

    /// Writes past the cells. Called between pictures only, so that it splits no control sequence.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Rings the bell. Called between pictures only, so that it splits no control sequence.
    pub(super) fn ring(&mut self) -> io::Result<()> {
        self.write(b"\x07")
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back before a panic of this thread is printed. A panic of another thread is
/// logged and printed nowhere: the terminal is still in use. Ends when dropped.
pub(super) struct PanicWatch {
    previous: Arc<Hook>,
}

impl PanicWatch {
    /// Begins, with what gives the terminal back.
    pub(super) fn begin(give_back: fn()) -> Self {
        let previous: Arc<Hook> = Arc::from(panic::take_hook());
        let (using, before) = (thread::current().id(), Arc::clone(&previous));
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == using {
                give_back();
                before(info);
            } else {
                logs::note_panic(info);
            }
        }));
        Self { previous }
    }
}

impl Drop for PanicWatch {
    fn drop(&mut self) {
        // A panicking thread may not change the hook.
        if !thread::panicking() {
            let previous = Arc::clone(&self.previous);
            panic::set_hook(Box::new(move |info| previous(info)));
        }
    }
}

/// Does what can be done; nobody is left to tell of a failure.
fn give_back() {
    let _ = execute!(io::stdout(), EndSynchronizedUpdate, DisableMouseCapture, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
    hushed::end();
}
