//! A PostgreSQL of one's own that keeps its promises: unlike the one that tests share, it forces every commit to the
//! disk, and it may be killed.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

const START_DEADLINE: Duration = Duration::from_secs(60);
const STOP_DEADLINE: Duration = Duration::from_secs(60);

/// As it is installed, but that nobody else can reach it, and that it has some memory to work with.
const SETTINGS: &str = "
listen_addresses = ''
unix_socket_permissions = 0700
shared_buffers = '512MB'
max_wal_size = '4GB'
log_checkpoints = off
";

/// A running cluster. Stopped when dropped.
#[derive(Debug)]
pub struct Cluster {
    server: Child,
    folder: PathBuf,
}

impl Cluster {
    /// Starts the cluster in `folder`, made if it is not there.
    ///
    /// # Errors
    ///
    /// If PostgreSQL isn't installed or doesn't start.
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        let data = folder.join("data");
        let is_new = !data.join("PG_VERSION").exists();
        fs::create_dir_all(folder)?;
        let is_root = fs::metadata("/proc/self")?.uid() == 0;
        if is_root {
            // PostgreSQL refuses to run as root, and reads each folder on the way.
            run(Command::new("chown").arg("postgres:").arg(folder))?;
            for above in folder.ancestors().skip(1).filter(|above| above.starts_with(std::env::temp_dir())) {
                run(Command::new("chmod").arg("o+x").arg(above))?;
            }
        }
        if is_new {
            let mut initialise = command("initdb")?;
            initialise.arg("-D").arg(&data).args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"]);
            run(initialise.current_dir(folder))?;
            let settings = data.join("postgresql.conf");
            let given = fs::read_to_string(&settings)?;
            let sockets = format!("unix_socket_directories = '{}'\n", folder.display());
            fs::write(&settings, given + SETTINGS + &sockets)?;
        }
        Ok(Self { server: launch(folder)?, folder: folder.to_owned() })
    }

    /// Ends it as a power cut would (SIGKILL), with everything that it started.
    ///
    /// # Errors
    ///
    /// If the system doesn't let this process wait for it.
    pub fn kill9(&mut self) -> anyhow::Result<()> {
        let children = children(self.server.id());
        self.server.kill().context("could not kill PostgreSQL")?;
        // Those that have noticed and gone are no longer there to be killed.
        let _ = Command::new("kill").arg("-KILL").args(&children).stderr(Stdio::null()).status();
        self.server.wait().context("could not wait for PostgreSQL")?;
        // Whoever still holds its shared memory keeps it from starting again.
        let deadline = Instant::now() + STOP_DEADLINE;
        while children.iter().any(|child| is_alive(child)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Starts it again on what it left, after [`kill9`](Self::kill9).
    ///
    /// # Errors
    ///
    /// If it doesn't start.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.server = launch(&self.folder)?;
        Ok(())
    }

    /// Returns the socket that it listens on.
    pub fn socket(&self) -> PathBuf {
        socket(&self.folder)
    }

    /// Returns the URL of its one database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder.display())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT has it end every session and then itself, in good order.
        let _ = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        let deadline = Instant::now() + STOP_DEADLINE;
        while matches!(self.server.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(50));
        }
        let _ = self.server.kill();
    }
}

/// Starts the server in `folder` and waits until it takes connections.
fn launch(folder: &Path) -> anyhow::Result<Child> {
    let mut start = command("postgres")?;
    start.arg("-D").arg(folder.join("data")).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    let mut server = start.spawn().context("could not start PostgreSQL")?;
    let deadline = Instant::now() + START_DEADLINE;
    while UnixStream::connect(socket(folder)).is_err() {
        if let Some(status) = server.try_wait()? {
            bail!("PostgreSQL did not start: {status}");
        }
        ensure!(Instant::now() < deadline, "PostgreSQL did not start within {START_DEADLINE:?}");
        thread::sleep(Duration::from_millis(50));
    }
    Ok(server)
}

fn socket(folder: &Path) -> PathBuf {
    folder.join(".s.PGSQL.5432")
}

/// Returns a command of one of PostgreSQL's programs, which refuse to run as root.
fn command(name: &str) -> anyhow::Result<Command> {
    let program = programs()?.join(name);
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    Ok(command)
}

/// Returns the ids of the processes that this one started.
fn children(id: u32) -> Vec<String> {
    let parent = format!("PPid:\t{id}");
    let is_child = |entry: &fs::DirEntry| {
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        status.lines().any(|line| line == parent)
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter(is_child).map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Whether a process is there, and not only its exit code.
fn is_alive(process: &str) -> bool {
    fs::read_to_string(format!("/proc/{process}/status")).is_ok_and(|status| !status.contains("\nState:\tZ"))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Returns the folder with `initdb` and `postgres`: Debian's newest.
fn programs() -> anyhow::Result<PathBuf> {
    let folders = fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    let version = |folder: &fs::DirEntry| folder.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
    let newest = folders.flatten().filter_map(|folder| Some((version(&folder)?, folder.path()))).max();
    let (_, folder) = newest.context("PostgreSQL is not installed; install it with: apt-get install postgresql")?;
    Ok(folder.join("bin"))
}
