//! The readers as programs: a path in, a line of JSON out.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::Picture;

/// A reader that has not answered by then is stopped, and has not read the picture.
const PATIENCE: Duration = Duration::from_secs(20);

/// A reader.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    program: Program,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Program {
    /// `usher decode`, with these arguments.
    Usher(&'static [&'static str]),
    Rust,
    Python,
}

/// All readers, ours first.
pub(super) const READERS: [Reader; 9] = [
    Reader { name: "usher", what: "usher decode", program: Program::Usher(&[]) },
    Reader { name: "usher-live", what: "usher decode --live, as for a camera", program: Program::Usher(&["--live"]) },
    Reader { name: "zxing-cpp", what: "3.1.1, harder, smaller, inverted", program: Program::Python },
    Reader { name: "zxing-cpp-cascade", what: "half-size, smoothed, then full picture", program: Program::Python },
    Reader { name: "wechat", what: "OpenCV's WeChat reader, with its networks", program: Program::Python },
    Reader { name: "rxing", what: "0.9.3, filtered, harder", program: Program::Rust },
    Reader { name: "zbar", what: "by pyzbar", program: Program::Python },
    Reader { name: "quircs", what: "quirc in Rust, 0.10.3", program: Program::Rust },
    Reader { name: "rqrr", what: "0.11.0 alone", program: Program::Rust },
];

/// What a reader said of a picture.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Read {
    pub(super) texts: Vec<String>,
    /// What the processor worked, in milliseconds.
    #[serde(alias = "cpu_ms")]
    pub(super) ms: f64,
}

/// One of our own lines, which has both times.
#[derive(Debug, Deserialize)]
struct OwnRead {
    texts: Vec<String>,
    cpu_ms: f64,
}

/// Where the readers lie.
#[derive(Clone, Debug)]
pub(super) struct Installed {
    pub(super) usher: PathBuf,
    pub(super) rust: PathBuf,
    pub(super) python: PathBuf,
    pub(super) script: PathBuf,
}

impl Installed {
    /// Has `reader` read the pictures, one after the other.
    pub(super) fn read(&self, reader: &Reader, pictures: &[Picture]) -> Result<Vec<Read>> {
        if let Program::Usher(arguments) = reader.program {
            return self.read_with_usher(arguments, pictures);
        }
        let mut running: Option<Running> = None;
        let mut answers = Vec::with_capacity(pictures.len());
        for picture in pictures {
            let mut program = match running.take() {
                Some(program) => program,
                None => Running::start(&mut self.command(reader))?,
            };
            match program.ask(&picture.file)? {
                Some(read) => {
                    answers.push(read);
                    running = Some(program);
                }
                None => {
                    println!("   gave up on {}", picture.file.display());
                    answers.push(Read { texts: Vec::new(), ms: PATIENCE.as_secs_f64() * 1e3 });
                    program.stop();
                }
            }
        }
        if let Some(program) = running {
            program.stop();
        }
        Ok(answers)
    }

    fn command(&self, reader: &Reader) -> Command {
        let mut command = match reader.program {
            Program::Python => {
                let mut command = Command::new(&self.python);
                command.arg(&self.script);
                command
            }
            Program::Rust | Program::Usher(_) => Command::new(&self.rust),
        };
        command.arg(reader.name);
        command
    }

    /// Reads all pictures in one go: our own reader is bounded by itself.
    fn read_with_usher(&self, arguments: &[&str], pictures: &[Picture]) -> Result<Vec<Read>> {
        let mut answers = Vec::with_capacity(pictures.len());
        for some in pictures.chunks(256) {
            let mut command = Command::new(&self.usher);
            command.args(["decode", "--json"]).args(arguments).args(some.iter().map(|picture| &picture.file));
            let output = command.stderr(Stdio::inherit()).output().context("could not run usher")?;
            for line in output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                let OwnRead { texts, cpu_ms: ms } =
                    serde_json::from_slice(line).context("usher's answer is no JSON")?;
                answers.push(Read { texts, ms });
            }
        }
        if answers.len() != pictures.len() {
            bail!("usher answered {} of {} pictures", answers.len(), pictures.len());
        }
        Ok(answers)
    }
}

/// A reader that waits for the next path.
struct Running {
    child: Child,
    paths: ChildStdin,
    answers: Receiver<std::io::Result<String>>,
    answered: usize,
}

impl Running {
    fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not run {}", command.get_program().to_string_lossy()))?;
        let paths = child.stdin.take().context("the reader takes no paths")?;
        let lines = BufReader::new(child.stdout.take().context("the reader gives no answers")?).lines();
        let (told, answers) = mpsc::channel();
        thread::spawn(move || lines.into_iter().try_for_each(|line| told.send(line)));
        Ok(Self { child, paths, answers, answered: 0 })
    }

    /// Returns the answer, or none if it takes too long or the reader ends over it.
    fn ask(&mut self, file: &Path) -> Result<Option<Read>> {
        // One that has ended is noticed by its silence.
        let _ = writeln!(self.paths, "{}", file.display());
        let line = match self.answers.recv_timeout(PATIENCE) {
            Ok(line) => line.context("the reader's answer can't be read")?,
            Err(RecvTimeoutError::Disconnected) if self.answered == 0 => {
                bail!("the reader can't begin; what it said stands above")
            }
            Err(_) => return Ok(None),
        };
        self.answered += 1;
        Ok(Some(serde_json::from_str(&line).with_context(|| format!("the reader's answer is no JSON: {line}"))?))
    }

    fn stop(mut self) {
        drop(self.paths);
        // One that is done ends by itself; one that hangs does not.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
