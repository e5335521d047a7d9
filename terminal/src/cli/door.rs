//! `usher` without a command: the door.

use std::io::{self, BufRead, IsTerminal as _, Read as _, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use sync_protocol::id::{EventId, GateId};
use sync_protocol::ticket::credential::CREDENTIAL_CHARS;
use sync_protocol::verdict::Direction;

use super::opening::gate_names;
use super::{Place, first_start, sync};
use crate::app::lock::Lock;
use crate::app::scanner;
use crate::cache::Store;
use crate::camera::device::{Choice, Device, Settings};
use crate::camera::replay::{AtEnd, Pace, Replay};
use crate::camera::viewfinder::Viewfinder;
use crate::catalogue::{Catalogue, Language};
use crate::clock::SystemClock;
use crate::decoder::Budget;
use crate::door::{CameraOrder, Notice, Request};
use crate::feedback;
use crate::gate::Source;
use crate::gate::desk::Desk;
use crate::headless::{self, Format};
use crate::print::printer::Printer;
use crate::print::shop::Outlets;
use crate::session::{Session, WhileLocked};
use crate::settings::{Memo, Memory};
use crate::tui::{
    self, Command, Ending, Options, picture,
    theme::{Ground, Palette, Theme},
};
use crate::working::{Cameras, Network, Seeing, Terminal};
use crate::{config, interrupt, logs};

/// How often it is looked whether the headless door should end.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The longest line that a hand scanner or a program may send.
const LINE_CHARS_MAX: usize = 4 * CREDENTIAL_CHARS;
/// The same with its end, in bytes.
const LINE_BYTES_MAX: u64 = LINE_CHARS_MAX as u64 + 1;

/// What stands at the door.
#[derive(Args, Debug)]
pub(super) struct DoorArgs {
    #[command(flatten)]
    pub(super) gate: GateChoice,
    /// Begin with people going out.
    #[arg(long, env = "USHER_EXIT")]
    exit: bool,
    /// The camera: its number, a part of its name, or `any`.
    #[arg(long, env = "USHER_CAMERA", value_name = "CAMERA", default_value = "any", conflicts_with = "replay")]
    camera: Choice,
    /// Frames of the camera, in pixels.
    #[arg(long, env = "USHER_RESOLUTION", value_name = "WIDTHxHEIGHT", default_value = "1280x720")]
    resolution: Resolution,
    /// No camera: a hand scanner or typed codes.
    #[arg(long, env = "USHER_NO_CAMERA", conflicts_with = "replay")]
    no_camera: bool,
    /// Look at pictures instead of a camera: files, or folders of them in the order of their names.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    replay: Vec<PathBuf>,
    /// Show so many pictures a second, like a video [default: as fast as they are read].
    #[arg(long, value_name = "N", requires = "replay")]
    fps: Option<f64>,
    /// Begin again after the last picture.
    #[arg(long, requires = "replay")]
    repeat: bool,
    /// Who is at the door; their name is written beside each check-in.
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
    /// Lock the screen after so many minutes without a key, once it has a PIN; 0 is never.
    #[arg(long, env = "USHER_LOCK_AFTER", value_name = "MINUTES", default_value_t = 10)]
    lock_after: u64,
    /// What goes on while the screen is locked.
    #[arg(long, env = "USHER_WHILE_LOCKED", value_name = "WHAT", value_enum, default_value = "scan")]
    while_locked: LockedDoor,
    /// How the camera's picture is drawn: auto, kitty, iterm, sixel or blocks; off begins without one.
    #[arg(long, env = "USHER_PICTURE", value_name = "HOW", default_value = "auto")]
    picture: picture::Choice,
    /// Never look for the server.
    #[arg(long, env = "USHER_OFFLINE")]
    offline: bool,
    /// What plays tones: the sound device or else the terminal's bell, one of them alone, or nothing.
    #[arg(long, env = "USHER_SOUND", value_name = "WHAT", value_enum, default_value = "auto")]
    pub(super) sound: feedback::Choice,
    /// Begin with tones off.
    #[arg(long, env = "USHER_MUTE")]
    mute: bool,
    /// The receipt printer for tickets sold at the door: tcp://HOST:9100, or a device such as
    /// /dev/usb/lp0.
    #[arg(long, env = "USHER_PRINTER", value_name = "tcp://HOST:9100")]
    printer: Option<Printer>,
    /// The folder for tickets sold at the door as PDF and PNG. They hold names, and whoever has one
    /// has the ticket.
    #[arg(long, env = "USHER_TICKETS_DIR", value_name = "FOLDER")]
    tickets_dir: Option<PathBuf>,
    /// The screen's ground; auto takes the terminal emulator's own.
    #[arg(long, env = "USHER_THEME", value_name = "THEME", default_value = "auto")]
    theme: ThemeChoice,
    /// Keys on the screen can be clicked and lists scrolled with the wheel; selecting text then needs Shift.
    #[arg(long, env = "USHER_MOUSE")]
    mouse: bool,
    /// No screen: a line for each verdict. Lines on standard input are presented as codes.
    #[arg(long)]
    headless: bool,
    /// With --headless: one JSON object a line.
    #[arg(long, requires = "headless")]
    json: bool,
    /// With --headless: end once every picture and line was decided. Else it goes on until it is
    /// interrupted, and keeps in step with the server.
    #[arg(long, requires = "headless")]
    end_with_input: bool,
}

/// What a locked door does.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum LockedDoor {
    /// Decide about what is scanned, and show nothing else.
    Scan,
    /// Decide nothing.
    Rest,
}

/// Which gate.
#[derive(Args, Debug)]
pub(super) struct GateChoice {
    /// The gate this terminal stands at, by name or number; needed where it could be several.
    #[arg(long, env = "USHER_GATE", value_name = "GATE")]
    gate: Option<String>,
}

/// Which ground.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ThemeChoice {
    Auto,
    Dark,
    Light,
}

impl ThemeChoice {
    fn ground(self, said: &config::Colours) -> Ground {
        match self {
            Self::Auto => Ground::of(said),
            Self::Dark => Ground::PaintedDark,
            Self::Light => Ground::PaintedLight,
        }
    }
}

/// A camera's frame size.
#[derive(Clone, Copy, Debug)]
struct Resolution(u32, u32);

impl std::str::FromStr for Resolution {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let size = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
        match size {
            Some((width @ 1..=16_384, height @ 1..=16_384)) => Ok(Self(width, height)),
            _ => Err("a resolution looks like 1280x720"),
        }
    }
}

pub(super) fn run(place: &Place, args: DoorArgs) -> anyhow::Result<ExitCode> {
    let has_screen = stdin().is_terminal() && stdout().is_terminal();
    if !args.headless && !has_screen {
        bail!("the door screen needs a terminal; without one, use --headless");
    }
    let (folder, memory) = (place.folder()?, place.memory()?);
    logs::to_folder(&folder);
    let (mut store, mut session) = if place.is_new(&folder) && !args.headless {
        let camera = (!args.no_camera).then(|| args.camera());
        match first_start::run(&folder, args.session(), camera, &place.catalogue(), args.look(), place.plain)? {
            Some(begun) => begun,
            None => return Ok(ExitCode::SUCCESS),
        }
    } else {
        (place.open()?, args.session())
    };
    if args.headless {
        interrupt::listen();
    }
    loop {
        let ending = open(place, &args, store, session, &memory)?;
        if ending == Ending::Quit {
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!("{}", Catalogue::new(place.language()).say("session-sealed"));
        (store, session) = (place.open_by_hand()?, args.session());
    }
}

/// Opens the door over `store` until it ends.
fn open(place: &Place, args: &DoorArgs, mut store: Store, session: Session, memory: &Memory) -> anyhow::Result<Ending> {
    if store.policy().is_none() && !args.offline {
        eprintln!("{}", place.catalogue().say("prompts-no-list"));
        store = sync::download(store, args.headless || place.plain, place.catalogue())?;
    }
    let gate = args.gate.resolve(&store)?;
    let viewfinder = (!args.headless && !place.plain).then(Arc::<Viewfinder>::default);
    let seeing = args.seeing(viewfinder.clone())?;
    let options = Options {
        lock: Lock::new(args.lock_after_ms(), args.while_locked(), session.has_pin()),
        plain: place.plain,
        operator: session.operator().map(str::to_owned),
        pictures: viewfinder.filter(|_| seeing.is_some()).map(|viewfinder| args.pictures(viewfinder)),
        ..args.options(place.language(), memory)
    };
    let network = if args.offline { Network::Unused } else { Network::Used };
    let (mut terminal, notices) = Terminal::open(
        store,
        Arc::new(SystemClock::new()),
        gate,
        session,
        seeing,
        network,
        args.outlets(place.language()),
    )
    .context("the terminal's threads could not be started")?;
    terminal.desk().set_direction(args.direction());
    if !args.headless {
        terminal.open_search().context("the search could not be started")?;
    }
    let result = if args.headless {
        args.headless(&terminal, notices, place.language())
    } else {
        args.screen(&terminal, notices, memory, options)
    };
    terminal.close();
    result
}

impl GateChoice {
    /// Returns the gate meant: the one named, the one the organiser meant, or the only one.
    pub(super) fn resolve(&self, store: &Store) -> anyhow::Result<GateId> {
        let Some((_, policy)) = store.policy() else {
            bail!("there is no ticket list yet; run `usher sync` where the server can be reached");
        };
        let allowed = &store.identity().certificate.gates;
        if let Some((event, gate)) = self.gate.as_deref().and_then(remembered) {
            // What was chosen for another event, or is not allowed any more, says nothing.
            let is_allowed = allowed.is_empty() || allowed.contains(&gate);
            if event == store.identity().event() && is_allowed && policy.gate(gate).is_some() {
                return Ok(gate);
            }
        } else if let Some(named) = &self.gate {
            let found = policy.gates.iter().find(|gate| gate.name == *named || gate.id.to_string() == *named);
            let Some(found) = found else { bail!("there is no gate {named:?}; there is {}", gate_names(&policy)) };
            if !allowed.is_empty() && !allowed.contains(&found.id) {
                bail!("this terminal was not enrolled for {:?}; ask the organiser", found.name);
            }
            return Ok(found.id);
        }
        let candidates: Vec<GateId> =
            if allowed.is_empty() { policy.gates.iter().map(|gate| gate.id).collect() } else { allowed.clone() };
        // Where it was enrolled for counts as long as it may stand there.
        match (store.identity().gate.filter(|gate| candidates.contains(gate)), candidates.as_slice()) {
            (Some(gate), _) => Ok(gate),
            (None, [gate]) => Ok(*gate),
            (None, _) => bail!("name the gate this terminal stands at with --gate; there is {}", gate_names(&policy)),
        }
    }
}

/// Reads a gate that was chosen on the screen: `EVENT/GATE`.
fn remembered(text: &str) -> Option<(EventId, GateId)> {
    let (event, gate) = text.split_once('/')?;
    Some((event.parse().ok()?, GateId(gate.parse().ok()?)))
}

impl DoorArgs {
    const fn direction(&self) -> Direction {
        if self.exit { Direction::Exit } else { Direction::Entry }
    }

    fn outlets(&self, language: Language) -> Outlets {
        Outlets { printer: self.printer.clone(), folder: self.tickets_dir.clone(), language }
    }

    /// Whether nothing is to leave this machine.
    pub(super) const fn is_offline(&self) -> bool {
        self.offline
    }

    /// How things look.
    fn look(&self) -> Theme {
        let said = config::colours();
        Theme::new(Palette::of(&said)).on(self.theme.ground(&said))
    }

    fn session(&self) -> Session {
        let mut session = Session::new(self.while_locked());
        session.set_operator(self.operator.as_deref().unwrap_or_default());
        session
    }

    fn lock_after_ms(&self) -> Option<u64> {
        (self.lock_after > 0).then(|| self.lock_after.saturating_mul(60_000))
    }

    fn while_locked(&self) -> WhileLocked {
        match self.while_locked {
            LockedDoor::Scan => WhileLocked::Scan,
            LockedDoor::Rest => WhileLocked::Rest,
        }
    }

    fn pictures(&self, viewfinder: Arc<Viewfinder>) -> picture::Setup {
        picture::Setup { viewfinder, choice: self.picture, emulator: config::emulator() }
    }

    fn camera(&self) -> Settings {
        let Resolution(width, height) = self.resolution;
        Settings { choice: self.camera.clone(), width, height }
    }

    /// Returns what to look at, leaving pictures for staff in `viewfinder`; nothing where no camera is
    /// wanted.
    pub(super) fn seeing(&self, viewfinder: Option<Arc<Viewfinder>>) -> anyhow::Result<Option<Seeing>> {
        if !self.replay.is_empty() {
            if let Some(missing) = self.replay.iter().find(|path| !path.exists()) {
                bail!("{} is not there", missing.display());
            }
            let pace = self.fps.map_or(Pace::AsAsked, Pace::per_second);
            let at_end = if self.repeat { AtEnd::Repeat } else { AtEnd::Stop };
            let source = Box::new(Replay::new(&self.replay, pace, at_end));
            let (name, budget) = ("pictures".to_owned(), Budget::live());
            return Ok(Some(Seeing { source, switch: None, name, budget, viewfinder }));
        }
        if self.no_camera {
            return Ok(None);
        }
        let source = Device::open(self.camera()).context("the camera's threads could not be started")?;
        let switch = Some(source.switch());
        let (name, budget) = ("camera".to_owned(), Budget::live());
        Ok(Some(Seeing { source: Box::new(source), switch, name, budget, viewfinder }))
    }

    fn options(&self, language: Language, memory: &Memory) -> Options {
        Options {
            mute: self.mute,
            sound: self.sound,
            theme: self.look(),
            mouse: self.mouse,
            language,
            direction: self.direction(),
            scanner: scanner::remembered(&memory.scanner()),
            ..Options::default()
        }
    }

    fn screen(
        &self,
        terminal: &Terminal,
        notices: Receiver<Notice>,
        memory: &Memory,
        options: Options,
    ) -> anyhow::Result<Ending> {
        let (commands, asked) = mpsc::channel();
        let ears = Ears {
            desk: terminal.desk().clone(),
            cameras: terminal.cameras().clone(),
            frames: self.resolution,
            memory: memory.clone(),
        };
        let obeying = thread::Builder::new().name("commands".into()).spawn(move || ears.obey(&asked))?;
        let outcome = tui::run(notices, commands, options);
        // The last thing chosen is remembered before the program ends.
        let _ = obeying.join();
        outcome
    }

    fn headless(&self, terminal: &Terminal, notices: Receiver<Notice>, language: Language) -> anyhow::Result<Ending> {
        let format = if self.json { Format::Json } else { Format::Text };
        let teller = thread::Builder::new()
            .name("lines".into())
            .spawn(move || headless::run(notices, stdout(), format, language))?;
        let desk = terminal.desk().clone();
        // Not joined: reading from standard input cannot be interrupted.
        let reader = thread::Builder::new().name("input".into()).spawn(move || present_lines(&desk))?;
        let is_over = || self.end_with_input && terminal.has_seen_all() && reader.is_finished();
        while !interrupt::happened() && !is_over() && !teller.is_finished() {
            thread::sleep(LOOK_EVERY);
        }
        Ok(Ending::Quit)
    }
}

/// Hears what the screen asks for.
struct Ears {
    desk: Desk,
    cameras: Cameras,
    /// The size of frames that the camera is asked for.
    frames: Resolution,
    memory: Memory,
}

impl Ears {
    /// Does what the screen asks for until it closes.
    fn obey(mut self, asked: &Receiver<Command>) {
        for command in asked {
            match command {
                Command::Present { text, .. } => self.desk.present(text, Source::Typed),
                Command::Ask(request) => {
                    if let Request::StandAt(gate) = request {
                        self.remember_gate(gate);
                    }
                    self.desk.ask(request);
                }
                Command::SetDirection(direction) => self.desk.set_direction(direction),
                Command::Camera(CameraOrder::Look) => self.cameras.look(),
                Command::Camera(CameraOrder::Take { camera, size }) => self.take_camera(camera, size),
                Command::Remember(memo) => remember(memo, &self.memory),
                Command::SetPurpose(purpose) => self.desk.set_purpose(purpose),
                Command::Quit => return,
            }
        }
    }

    fn take_camera(&mut self, camera: String, size: Option<(u32, u32)>) {
        if let Some((width, height)) = size {
            self.frames = Resolution(width, height);
            remember(Memo::Resolution { width, height }, &self.memory);
        }
        let Resolution(width, height) = self.frames;
        let choice = camera.parse().unwrap_or_else(|never| match never {});
        self.cameras.take(Settings { choice, width, height });
        remember(Memo::Camera(camera), &self.memory);
    }

    fn remember_gate(&self, gate: GateId) {
        if let Ok(event) = self.desk.call(|gate| gate.store().identity().event()) {
            remember(Memo::Gate(event, gate), &self.memory);
        }
    }
}

fn remember(memo: Memo, memory: &Memory) {
    if let Err(error) = memory.keep(memo) {
        tracing::warn!(%error, "what was chosen could not be remembered");
    }
}

/// Presents each line of standard input, as a hand scanner would.
fn present_lines(desk: &Desk) {
    let mut input = stdin().lock();
    while let Ok(Some(line)) = next_line(&mut input) {
        if !line.is_empty() {
            desk.present_in_turn(line, Source::Typed);
        }
    }
}

/// Reads a line, or nothing at the end. A line that is too long is empty, and what is not UTF-8 in
/// it is replaced: whatever a scanner sends, it can go on.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') && line.len() as u64 == LINE_BYTES_MAX {
        line.clear();
        input.skip_until(b'\n')?;
    }
    let line = String::from_utf8_lossy(&line);
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_any_bytes_and_length_does_not_end_the_input() {
        let long = "A".repeat(3 * LINE_CHARS_MAX);
        let input = [b"one\r\n\n\xff\xfe two\n", long.as_bytes(), b"\nthree"].concat();
        let mut input = io::Cursor::new(input);

        let lines: Vec<String> = std::iter::from_fn(|| next_line(&mut input).unwrap()).collect();

        assert_eq!(lines, ["one", "", "\u{fffd}\u{fffd} two", "", "three"]);
    }

    #[test]
    fn the_longest_line_is_read() {
        let line = "B".repeat(LINE_CHARS_MAX);
        let mut input = io::Cursor::new(format!("{line}\n{line}B\nC"));

        assert_eq!(next_line(&mut input).unwrap(), Some(line));
        assert_eq!(next_line(&mut input).unwrap().as_deref(), Some(""));
        assert_eq!(next_line(&mut input).unwrap().as_deref(), Some("C"));
        assert_eq!(next_line(&mut input).unwrap(), None);
    }
}
