//! The real programs, run as a test's children: what they print is kept, and they end with the test.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

pub use server::{Server, ServerOptions};
pub use terminal::{Door, Terminal};

mod server;
mod terminal;

/// How long a program may take for what it is waited for, on a machine that is busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Finds a program of this workspace beside the running test.
///
/// # Errors
///
/// If cargo hasn't built it.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe().context("could not ask where this program lies")?;
    let path =
        test.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file()).with_context(
            || format!("the program {name} isn't built yet; build it with: cargo build --workspace --bins"),
        )?;
    Ok(path)
}

/// A running program whose two outputs are read as they come. Killed when dropped.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    stdout: Output,
    stderr: Output,
}

impl Program {
    /// Starts a command.
    ///
    /// # Errors
    ///
    /// If it can't be started.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {name}"))?;
        let stdout = Output::read(child.stdout.take().context("no stdout")?);
        let stderr = Output::read(child.stderr.take().context("no stderr")?);
        Ok(Self { name, input: child.stdin.take(), child, stdout, stderr })
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns everything printed to standard error so far.
    pub fn log(&self) -> String {
        self.stderr.text()
    }

    /// Returns everything printed to standard output so far, also what [`line`](Self::line) has given out.
    pub fn printed(&self) -> String {
        self.stdout.text()
    }

    /// Returns everything printed, for a program that has ended: first waits until all of it has been read.
    pub fn last_words(&self) -> String {
        let deadline = Instant::now() + Duration::from_secs(1);
        let read = |output: &Output| output.all(deadline).unwrap_or_else(|_| output.text());
        read(&self.stdout) + &read(&self.stderr)
    }

    /// Waits for the next line of standard output; `None` when the program has closed it.
    ///
    /// # Errors
    ///
    /// If none comes within `patience`.
    pub fn line(&self, patience: Duration) -> anyhow::Result<Option<String>> {
        self.stdout
            .line(Instant::now() + patience)
            .with_context(|| format!("{} printed no line within {patience:?}; its log:\n{}", self.name, self.log()))
    }

    /// Waits for the next line of standard output that is JSON, passing over others; `None` when the program has
    /// closed it.
    ///
    /// # Errors
    ///
    /// If none comes within `patience`.
    pub fn json(&self, patience: Duration) -> anyhow::Result<Option<serde_json::Value>> {
        let deadline = Instant::now() + patience;
        while let Some(line) = self.line(deadline.saturating_duration_since(Instant::now()))? {
            if let Ok(value) = serde_json::from_str(&line) {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Writes a line to the program's standard input.
    ///
    /// # Errors
    ///
    /// If the program doesn't read any more.
    pub fn write_line(&mut self, line: &str) -> anyhow::Result<()> {
        self.write(format!("{line}\n").as_bytes())
    }

    /// Writes any bytes to the program's standard input.
    ///
    /// # Errors
    ///
    /// If the program doesn't read any more.
    pub fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let input = self.input.as_mut().context("standard input is closed")?;
        input.write_all(bytes).and_then(|()| input.flush()).with_context(|| format!("{} doesn't read", self.name))
    }

    /// Closes the program's standard input.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Asks the program to end (SIGTERM) and waits until it has.
    ///
    /// # Errors
    ///
    /// If it hasn't ended within [`PATIENCE`].
    pub fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        self.signal(libc::SIGTERM);
        self.wait(PATIENCE)
    }

    /// Ends the program as a power cut would (SIGKILL).
    ///
    /// # Errors
    ///
    /// If the system doesn't let this process wait for it.
    pub fn kill9(&mut self) -> anyhow::Result<()> {
        self.child.kill().context("could not kill")?;
        self.child.wait().context("could not wait")?;
        Ok(())
    }

    /// Sends a signal, unless the program has ended.
    pub fn signal(&mut self, signal: i32) {
        if let (Ok(None), Ok(id)) = (self.child.try_wait(), i32::try_from(self.child.id())) {
            #[expect(unsafe_code, reason = "the standard library sends no signal but SIGKILL")]
            // SAFETY: `kill` touches no memory of ours, and the child hasn't been waited for, so the id is still its.
            unsafe {
                libc::kill(id, signal);
            }
        }
    }

    /// Waits for the program's end.
    ///
    /// # Errors
    ///
    /// If it hasn't ended within `patience`.
    pub fn wait(&mut self, patience: Duration) -> anyhow::Result<ExitStatus> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(
                Instant::now() < deadline,
                "{} didn't end within {patience:?}; its log:\n{}",
                self.name,
                self.log()
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Returns whether the program has not ended yet.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program that ended printed.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Finished {
    /// Returns itself if the exit code was 0.
    ///
    /// # Errors
    ///
    /// With both outputs otherwise.
    pub fn success(self) -> anyhow::Result<Self> {
        if self.status.success() {
            return Ok(self);
        }
        let end = match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("exit code {code}"),
            (None, signal) => format!("signal {}", signal.unwrap_or_default()),
        };
        bail!("the program ended with {end}\n--- standard output\n{}\n--- standard error\n{}", self.stdout, self.stderr)
    }

    /// Reads standard output as one JSON value.
    ///
    /// # Errors
    ///
    /// If it isn't.
    pub fn json(&self) -> anyhow::Result<serde_json::Value> {
        serde_json::from_str(&self.stdout).with_context(|| format!("not JSON: {}", self.stdout))
    }
}

/// Runs a program of this workspace to its end, with `input` as its standard input.
///
/// # Errors
///
/// If it isn't built, can't be started or doesn't end within [`PATIENCE`].
pub fn run<A: AsRef<OsStr>>(name: &str, arguments: &[A], input: &str) -> anyhow::Result<Finished> {
    run_command(Command::new(program(name)?).args(arguments), input, PATIENCE)
}

/// Runs a command to its end, with `input` as its standard input.
///
/// # Errors
///
/// If it can't be started or doesn't end within `patience`.
pub fn run_command(command: &mut Command, input: &str, patience: Duration) -> anyhow::Result<Finished> {
    let mut program = Program::start(command)?;
    if let Some(mut stdin) = program.input.take() {
        // A program that ends without reading all of its input closes the pipe; its exit code says the rest.
        let _ = stdin.write_all(input.as_bytes());
    }
    let status = program.wait(patience)?;
    let deadline = Instant::now() + PATIENCE;
    Ok(Finished { status, stdout: program.stdout.all(deadline)?, stderr: program.stderr.all(deadline)? })
}

/// One output of a program, read by a thread of its own so that the program never waits for the test.
#[derive(Clone, Debug)]
struct Output(Arc<(Mutex<Printed>, Condvar)>);

#[derive(Debug, Default)]
struct Printed {
    text: String,
    unread: VecDeque<String>,
    closed: bool,
}

impl Output {
    fn read(pipe: impl Read + Send + 'static) -> Self {
        let output = Self(Arc::default());
        let filled = output.clone();
        thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut bytes = Vec::new();
            while matches!(pipe.read_until(b'\n', &mut bytes), Ok(1..)) {
                let line = String::from_utf8_lossy(&bytes);
                let mut printed = filled.printed();
                printed.text.push_str(&line);
                printed.unread.push_back(line.trim_end_matches(['\r', '\n']).to_owned());
                drop(printed);
                filled.0.1.notify_all();
                bytes.clear();
            }
            filled.printed().closed = true;
            filled.0.1.notify_all();
        });
        output
    }

    fn printed(&self) -> MutexGuard<'_, Printed> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&self) -> String {
        self.printed().text.clone()
    }

    /// The next line, or `None` at the end; an error at the deadline.
    fn line(&self, deadline: Instant) -> anyhow::Result<Option<String>> {
        let mut printed = self.printed();
        loop {
            if let Some(line) = printed.unread.pop_front() {
                return Ok(Some(line));
            }
            if printed.closed {
                return Ok(None);
            }
            printed = self.wait(printed, deadline)?;
        }
    }

    /// The whole text, once the program has closed this output.
    fn all(&self, deadline: Instant) -> anyhow::Result<String> {
        let mut printed = self.printed();
        while !printed.closed {
            printed = self.wait(printed, deadline)?;
        }
        Ok(printed.text.clone())
    }

    fn wait<'a>(&self, printed: MutexGuard<'a, Printed>, deadline: Instant) -> anyhow::Result<MutexGuard<'a, Printed>> {
        let left = deadline.saturating_duration_since(Instant::now());
        ensure!(!left.is_zero(), "the deadline passed");
        Ok(self.0.1.wait_timeout(printed, left).unwrap_or_else(PoisonError::into_inner).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        Program::start(Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn lines_come_one_by_one_and_then_the_end() {
        let mut program = shell("echo one; read answer; echo $answer");

        assert_eq!(program.line(PATIENCE).unwrap().as_deref(), Some("one"));
        program.write_line("two").unwrap();
        assert_eq!(program.line(PATIENCE).unwrap().as_deref(), Some("two"));
        assert_eq!(program.line(PATIENCE).unwrap(), None);
        assert_eq!(program.printed(), "one\ntwo\n");
    }

    #[test]
    fn a_silent_program_is_not_waited_for_longer_than_said() {
        let program = shell("read nothing");

        assert!(program.line(Duration::from_millis(50)).is_err());
    }

    #[test]
    fn a_program_asked_to_stop_may_finish_first() {
        let mut program = shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do read line; done");
        program.line(PATIENCE).unwrap();

        program.close_input();
        let status = program.stop().unwrap();

        assert_eq!(status.code(), Some(7));
        assert_eq!(program.line(PATIENCE).unwrap().as_deref(), Some("bye"));
    }

    #[test]
    fn the_error_of_a_failed_program_shows_what_it_said() {
        let finished = run_command(Command::new("sh").args(["-c", "echo oh no >&2; exit 3"]), "", PATIENCE).unwrap();

        let error = finished.success().unwrap_err().to_string();

        assert!(error.contains("exit code 3") && error.contains("oh no"), "{error}");
    }
}
