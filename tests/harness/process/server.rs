//! `usher-server serve` on a free port with a scratch folder.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;

use super::{Finished, PATIENCE, Program, program};

/// How a server is to be started.
#[derive(Debug, Default)]
pub struct ServerOptions {
    database_url: Option<String>,
    data_folder: Option<PathBuf>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    tls: bool,
}

impl ServerOptions {
    /// Uses this database instead of a SQLite file in the data folder.
    #[must_use]
    pub fn database_url(mut self, url: impl Into<String>) -> Self {
        self.database_url = Some(url.into());
        self
    }

    /// Uses this data folder, and leaves it there, instead of a scratch folder that goes with the server.
    #[must_use]
    pub fn data_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data_folder = Some(folder.into());
        self
    }

    /// Adds an argument to `serve`.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn environment(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Serves over TLS with a certificate the server makes itself.
    #[must_use]
    pub fn self_signed(mut self) -> Self {
        self.tls = true;
        self.argument("--tls-self-signed")
    }

    /// Starts the server and waits until it is ready.
    ///
    /// # Errors
    ///
    /// With the server's log, if it ends or isn't ready within [`PATIENCE`].
    pub fn start(self) -> anyhow::Result<Server> {
        let mut server = self.begin()?;
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Starts the server and doesn't wait for it.
    ///
    /// # Errors
    ///
    /// If it can't be started.
    pub fn begin(self) -> anyhow::Result<Server> {
        let (folder, scratch) = match &self.data_folder {
            Some(folder) => (folder.clone(), None),
            None => {
                let scratch = tempfile::tempdir().context("could not make a data folder")?;
                (scratch.path().to_owned(), Some(scratch))
            }
        };
        let mut server = Server {
            options: self,
            folder,
            _scratch: scratch,
            port: Port::lease()?,
            process: None,
            ended_logs: String::new(),
        };
        server.begin()?;
        Ok(server)
    }
}

/// A running (or killed, and restartable) server.
#[derive(Debug)]
pub struct Server {
    options: ServerOptions,
    folder: PathBuf,
    port: Port,
    process: Option<Program>,
    ended_logs: String,
    _scratch: Option<TempDir>,
}

impl Server {
    /// Starts a server on a SQLite file of its own.
    ///
    /// # Errors
    ///
    /// As [`ServerOptions::start`].
    pub fn start() -> anyhow::Result<Self> {
        ServerOptions::default().start()
    }

    /// Returns the address as a URL without a slash at its end; it stays the same over restarts.
    pub fn url(&self) -> String {
        let scheme = if self.options.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.port.address())
    }

    /// Returns the data folder.
    pub fn data_folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the log so far, over all restarts.
    pub fn log(&self) -> String {
        let running = self.process.as_ref().map(|process| process.printed() + &process.log()).unwrap_or_default();
        format!("{}{running}", self.ended_logs)
    }

    /// Returns the log once it `holds` what is waited for: what a program says is read a moment after it said it.
    ///
    /// # Panics
    ///
    /// With the log, if it doesn't come within [`PATIENCE`].
    pub fn log_once(&self, holds: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = self.log();
            if holds(&log) {
                return log;
            }
            assert!(Instant::now() < deadline, "the log doesn't say it:\n{log}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns the process id while the server runs.
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Program::id)
    }

    /// Stops the server's time (SIGSTOP) until [`Server::go_on`]: connections are made and nothing is answered.
    pub fn stall(&mut self) {
        self.signal(libc::SIGSTOP);
    }

    /// Lets a stalled server go on (SIGCONT).
    pub fn go_on(&mut self) {
        self.signal(libc::SIGCONT);
    }

    fn signal(&mut self, signal: i32) {
        if let Some(process) = &mut self.process {
            process.signal(signal);
        }
    }

    /// Runs another command of the server's program (`account create`, …) on the same database and waits for its end.
    ///
    /// # Errors
    ///
    /// If it doesn't end, or with another exit code than 0.
    pub fn command(&self, arguments: &[&str], input: &str) -> anyhow::Result<Finished> {
        let mut command = self.base_command()?;
        command.args(arguments);
        super::run_command(&mut command, input, PATIENCE)?.success()
    }

    /// Stops the server as an administrator would (SIGTERM) and waits for its end.
    ///
    /// # Errors
    ///
    /// If it isn't running or doesn't end within [`PATIENCE`].
    pub fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        let mut process = self.process.take().context("the server isn't running")?;
        let status = process.stop();
        self.keep_log(&process);
        status
    }

    /// Ends the server as a power cut would (SIGKILL).
    ///
    /// # Errors
    ///
    /// If it isn't running.
    pub fn kill9(&mut self) -> anyhow::Result<()> {
        let mut process = self.process.take().context("the server isn't running")?;
        let killed = process.kill9();
        self.keep_log(&process);
        killed
    }

    /// Starts the server again at the same address and on the same database, stopping it first if it runs.
    ///
    /// # Errors
    ///
    /// As [`ServerOptions::start`].
    pub fn restart(&mut self) -> anyhow::Result<()> {
        if self.process.is_some() {
            self.stop()?;
        }
        self.begin()?;
        self.wait_until_ready()
    }

    /// Starts the server again, as [`restart`](Self::restart) does, and doesn't wait for it. It must not run.
    ///
    /// # Errors
    ///
    /// If it can't be started.
    pub fn begin(&mut self) -> anyhow::Result<()> {
        let mut command = self.base_command()?;
        command.arg("serve").arg("--listen").arg(self.port.address().to_string()).args(&self.options.arguments);
        self.process = Some(Program::start(&mut command)?);
        Ok(())
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let process = self.process.as_mut().context("the server isn't running")?;
        let deadline = Instant::now() + PATIENCE;
        while !is_ready(self.port.address(), self.options.tls) {
            if !process.is_running() {
                let status = process.wait(PATIENCE)?;
                bail!("the server ended ({status}); its log:\n{}", process.last_words());
            }
            ensure!(
                Instant::now() < deadline,
                "the server wasn't ready within {PATIENCE:?}; its log:\n{}{}",
                process.printed(),
                process.log()
            );
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// The program, its database and folder, so far without a command.
    ///
    /// Settings go through the environment, where every command finds them.
    fn base_command(&self) -> anyhow::Result<Command> {
        let mut command = Command::new(program("usher-server")?);
        command.env("USHER_DATA_DIR", &self.folder);
        // A test asks as fast as it can, all from one address.
        command.envs([("USHER_RATE_PER_ADDRESS", "0"), ("USHER_RATE_PER_ACCOUNT", "0")]);
        if let Some(url) = &self.options.database_url {
            command.env("USHER_DATABASE_URL", url);
        }
        command.envs(self.options.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    fn keep_log(&mut self, process: &Program) {
        self.ended_logs += &process.last_words();
    }
}

/// Asks `/readyz`. Over TLS it is enough that the port is open: the server opens it when it is ready.
fn is_ready(address: SocketAddr, tls: bool) -> bool {
    let Ok(mut connection) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else { return false };
    if tls {
        return true;
    }
    let mut ask = || -> std::io::Result<bool> {
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(connection, "GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        connection.read_exact(&mut status)?;
        Ok(status.starts_with(b"HTTP/1.1 2"))
    };
    ask().unwrap_or(false)
}

/// A loopback port nothing else uses, kept also while the server is down.
///
/// It lies below the range the system takes for outgoing connections, and a lock file per port keeps other test
/// processes from it.
#[derive(Debug)]
struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 10_000;

    fn lease() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join("usher-test-ports");
        fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
        // Starts at another place in each process, so that tests beside each other rarely try the same.
        let start = u16::try_from(std::process::id().wrapping_mul(7) % u32::from(Self::COUNT)).unwrap_or_default();
        for step in 0..Self::COUNT {
            let number = Self::FIRST + (start + step) % Self::COUNT;
            let lock = File::create(folder.join(number.to_string())).context("could not make a lock file")?;
            if lock.try_lock().is_ok() && TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Ok(Self { number, _lock: lock });
            }
        }
        bail!("no port is free")
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_was_killed_comes_back_at_the_same_address() {
        let mut server = Server::start().unwrap();
        let url = server.url();

        server.kill9().unwrap();
        assert!(!is_ready(server.port.address(), false));
        server.restart().unwrap();

        assert_eq!(server.url(), url);
        assert!(is_ready(server.port.address(), false));
        assert!(server.stop().unwrap().success(), "{}", server.log());
    }

    #[test]
    fn a_server_that_cannot_start_says_why() {
        let error = ServerOptions::default().argument("--no-such-flag").start().unwrap_err().to_string();

        assert!(error.contains("--no-such-flag"), "{error}");
    }

    #[test]
    fn a_self_signed_server_is_ready_too() {
        let server = ServerOptions::default().self_signed().start().unwrap();

        assert!(server.url().starts_with("https://"));
    }
}
