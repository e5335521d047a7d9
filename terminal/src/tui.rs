//! The door screen's shell: brings keys, notices and time to the state, draws it, and carries out
//! what follows.
//!
//! One thread draws and folds events. Three more only wait: for keys, for notices, for signals.

pub mod first_start;
mod inputs;
pub mod keymap;
pub mod picture;
mod plain;
pub mod prompt;
mod screen;
#[cfg(test)]
mod snapshot_tests;
pub mod theme;
pub mod view;
pub mod words;

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use ratatui::layout::Rect;
use sync_protocol::time::Uptime;
use sync_protocol::verdict::Direction;

use crate::app::lock::Lock;
use crate::app::scanner::Layout;
use crate::app::{Effect, Event, Key, State, update};
use crate::catalogue::{Catalogue, Language};
use crate::door::{CameraOrder, Notice, Purpose, Request};
use crate::feedback::{self, Player, Report};
use crate::settings::Memo;
use inputs::Input;
use picture::{Pictures, Setup};
use plain::{Hand, Lines};
use screen::Screen;
use theme::Theme;

/// The longest time between two pictures, in ms.
const TICK_MS: u64 = 250;
/// How many waiting inputs are folded before the next picture.
const INPUTS_PER_PICTURE_MAX: usize = 256;

/// After a key that does something, a change of counts is news for so long, in ms.
const ACTED_MS: u64 = 2_000;

/// What the screen asks of the threads behind it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Command {
    /// Decide about this text.
    Present {
        /// What was typed, or what a hand scanner read.
        text: String,
        /// Whether it is the code that people read and type (its check symbol is right), rather
        /// than what a QR code holds.
        is_typed: bool,
    },
    /// Decide for this direction from now on.
    SetDirection(Direction),
    /// Present codes for this purpose from now on.
    SetPurpose(Purpose),
    /// Answer a screen's question.
    Ask(Request),
    /// See about the camera.
    Camera(CameraOrder),
    /// Choose this again at the next start.
    Remember(Memo),
    /// The screen is closing: finish what was begun.
    Quit,
}

/// How the screen behaves.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether tones are off at first.
    pub mute: bool,
    /// How things look.
    pub theme: Theme,
    /// Whether keys on the screen can be clicked.
    pub mouse: bool,
    /// Whether everything is told as lines of text, for screen readers.
    pub plain: bool,
    /// The language of every sentence.
    pub language: Language,
    /// Which way people go at first.
    pub direction: Direction,
    /// What the hand scanner's keys mean on this keyboard.
    pub scanner: Layout,
    /// How the screen locks.
    pub lock: Lock,
    /// What plays tones.
    pub sound: feedback::Choice,
    /// Who is at the door.
    pub operator: Option<String>,
    /// The camera's pictures, where there is a camera.
    pub pictures: Option<Setup>,
}

/// How the door screen ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// Somebody quit, or the program was asked to end.
    Quit,
    /// Too many wrong PINs: the passphrase is to be asked for.
    Sealed,
}

/// Runs the door screen until somebody quits or the program is asked to end.
///
/// Sends [`Command::Quit`] before it returns. When every sender of `notices` is gone, the screen
/// says that nothing is decided any more, and stays.
///
/// # Errors
///
/// If standard input or output is no terminal, or drawing fails. The terminal is restored first.
pub fn run(notices: Receiver<Notice>, commands: Sender<Command>, options: Options) -> anyhow::Result<Ending> {
    let mut face = Face::open(&options).context("the door screen needs a terminal; without one, use --headless")?;
    let mut state = State::new(options.mute).facing(options.direction);
    state.set_scanner(options.scanner);
    state.set_session(options.lock, options.operator);
    if options.pictures.as_ref().is_some_and(|setup| setup.choice == picture::Choice::Off) {
        state = state.without_picture();
    }
    // Before anybody else reads keys: the emulator may be asked what it can draw.
    let (pictures, drawing) = Pictures::start(options.pictures, options.theme.palette());
    let inputs = inputs::start(notices, Input::Notice).context("could not start the door screen")?;
    let to_screen = inputs.sender.clone();
    let tell = move |report| _ = to_screen.send(Input::Sound(report));
    let mut door = Door {
        began: inputs.began,
        state,
        player: Player::start(options.sound, tell),
        theme: options.theme.with_pictures(drawing),
        hints: Vec::new(),
        pictures,
        view_waits: None,
        catalogue: Catalogue::new(options.language),
        commands,
        hand: (Uptime(0), Hand::Still),
        is_done: false,
        tells_again: false,
        ending: Ending::Quit,
    };
    let outcome = door.run(&mut face, &inputs.queue);
    if let (Face::Picture(screen), Some(bytes)) = (&mut face, door.pictures.end()) {
        // The screen is given back in any case.
        let _ = screen.write(&bytes);
    }
    // Whoever waits behind the screen may be gone; then there is nobody to tell.
    let _ = door.commands.send(Command::Quit);
    outcome.map(|()| door.ending)
}

/// How the state is shown.
enum Face {
    /// As a picture.
    Picture(Screen),
    /// As lines of text.
    Lines(Box<Lines>),
}

impl Face {
    fn open(options: &Options) -> io::Result<Self> {
        if options.plain {
            return Ok(Self::Lines(Box::new(Lines::open()?)));
        }
        Ok(Self::Picture(Screen::open(options.mouse)?))
    }

    fn ring(&mut self) -> io::Result<()> {
        match self {
            Self::Picture(screen) => screen.ring(),
            Self::Lines(lines) => lines.ring(),
        }
    }
}

struct Door {
    began: Instant,
    state: State,
    player: Player,
    theme: Theme,
    /// Keys that are written on the screen, and where.
    hints: Vec<(Rect, Key)>,
    catalogue: Catalogue,
    pictures: Pictures,
    /// A picture that came before the screen has rested from the last one.
    view_waits: Option<Notice>,
    commands: Sender<Command>,
    /// When somebody last pressed a key, and what for.
    hand: (Uptime, Hand),
    is_done: bool,
    tells_again: bool,
    ending: Ending,
}

impl Door {
    fn run(&mut self, face: &mut Face, queue: &Receiver<Input>) -> anyhow::Result<()> {
        self.fold(Event::Sounds(self.player.means()));
        while !self.is_done {
            self.show(face).context("could not draw the screen")?;
            let means = self.player.means();
            if self.player.take_ring(self.now()) {
                face.ring().context("could not ring the bell")?;
            }
            if self.player.means() != means {
                self.fold(Event::Sounds(self.player.means()));
            }
            match queue.recv_timeout(self.patience()) {
                Ok(input) => {
                    self.take(input);
                    queue.try_iter().take(INPUTS_PER_PICTURE_MAX).for_each(|input| self.take(input));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.fold(Event::Tick(self.now()));
            if self.pictures.not_before() <= self.now()
                && let Some(view) = self.view_waits.take()
            {
                self.fold(Event::Notice(view));
            }
        }
        Ok(())
    }

    fn show(&mut self, face: &mut Face) -> io::Result<()> {
        match face {
            Face::Picture(screen) => self.draw(screen),
            Face::Lines(lines) => {
                if std::mem::take(&mut self.tells_again) {
                    lines.forget();
                }
                let now = self.now();
                let (pressed, hand) = self.hand;
                let is_news = now.0.saturating_sub(pressed.0) < ACTED_MS;
                let hand = if is_news { hand } else { Hand::Still };
                lines.tell(&view::speak(&self.state, &self.catalogue), &self.catalogue, now, hand)
            }
        }
    }

    fn draw(&mut self, screen: &mut Screen) -> io::Result<()> {
        let began = Instant::now();
        let (drawn, pixels) = screen.draw(|frame| {
            let drawn = view::view(&self.state, self.theme, &self.catalogue, frame);
            (drawn, self.pictures.step(&self.state, frame))
        })?;
        if let Some(pixels) = pixels {
            screen.write(&pixels)?;
        }
        self.pictures.drawn(began.elapsed(), self.now());
        self.hints = drawn.hints;
        self.fold(Event::Drawn(drawn.hidden));
        Ok(())
    }

    fn now(&self) -> Uptime {
        inputs::uptime(self.began)
    }

    /// How long nothing needs to be drawn or rung.
    fn patience(&self) -> Duration {
        let now = self.now();
        let view_due = self.view_waits.is_some().then_some(self.pictures.not_before());
        let waits = [self.state.deadline(), self.player.next_due(), view_due].into_iter().flatten();
        let soonest = waits.map(|due| due.0.saturating_sub(now.0)).min().unwrap_or(TICK_MS);
        Duration::from_millis(soonest.clamp(1, TICK_MS))
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Keys(keys, at) => {
                for key in keys {
                    self.hand = (at, Hand::of(key));
                    self.fold(Event::Tick(at));
                    self.fold(Event::Key(key));
                }
            }
            Input::Click(place, at) => {
                if let Some((_, key)) = self.hints.iter().find(|(hint, _)| hint.contains(place)) {
                    self.take(Input::Keys(vec![*key], at));
                }
            }
            Input::Notice(view @ Notice::View(_)) => self.view_waits = Some(view),
            Input::Notice(notice) => {
                self.fold(Event::Tick(self.now()));
                self.fold(Event::Notice(notice));
            }
            Input::Sound(report) => self.hear(report),
            Input::Stopped => self.fold(Event::Stopped),
            // Only the first start has news of this kind.
            Input::News(_) => {}
            Input::Redraw => self.pictures.forget(),
            Input::End => self.is_done = true,
        }
    }

    fn fold(&mut self, event: Event) {
        match update(&mut self.state, event) {
            Some(Effect::Sound(tone)) => self.player.play(tone, self.now()),
            Some(Effect::Present(line)) => self.send(Command::Present { text: line.text, is_typed: line.is_typed }),
            Some(Effect::SetDirection(direction)) => self.send(Command::SetDirection(direction)),
            Some(Effect::SetPurpose(purpose)) => self.send(Command::SetPurpose(purpose)),
            Some(Effect::Ask(request)) => self.send(Command::Ask(request)),
            Some(Effect::Camera(order)) => self.send(Command::Camera(order)),
            Some(Effect::Remember(memo)) => self.send(Command::Remember(memo)),
            Some(Effect::Tell) => self.tells_again = true,
            Some(Effect::Seal) => (self.is_done, self.ending) = (true, Ending::Sealed),
            Some(Effect::Quit) => self.is_done = true,
            None => {}
        }
    }

    fn hear(&mut self, report: Report) {
        // The ready check is told after each tone, whether or not it is by the same means.
        self.player.hear(report, self.now());
        self.fold(Event::Sounds(self.player.means()));
    }

    fn send(&mut self, command: Command) {
        if self.commands.send(command).is_err() {
            update(&mut self.state, Event::Stopped);
        }
    }
}
