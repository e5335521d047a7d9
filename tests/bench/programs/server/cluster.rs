//! A PostgreSQL of one's own that keeps its promises: unlike the tests', it forces every commit to the disk.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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
pub(super) struct Cluster {
    server: Child,
    sockets: PathBuf,
}

impl Cluster {
    /// Starts the cluster in `folder`, made if it is not there.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        let programs = programs()?;
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
        let command = |name: &str| {
            let program = programs.join(name);
            if !is_root {
                return Command::new(program);
            }
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        };
        if is_new {
            let mut initialise = command("initdb");
            initialise.arg("-D").arg(&data).args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"]);
            run(initialise.current_dir(folder))?;
            let settings = data.join("postgresql.conf");
            let given = fs::read_to_string(&settings)?;
            let sockets = format!("unix_socket_directories = '{}'\n", folder.display());
            fs::write(&settings, given + SETTINGS + &sockets)?;
        }
        let mut start = command("postgres");
        start.arg("-D").arg(&data).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = start.spawn().context("could not start PostgreSQL")?;
        let socket = folder.join(".s.PGSQL.5432");
        let deadline = Instant::now() + START_DEADLINE;
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            if let Some(status) = server.try_wait()? {
                bail!("PostgreSQL did not start: {status}");
            }
            ensure!(Instant::now() < deadline, "PostgreSQL did not start within {START_DEADLINE:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Self { server, sockets: folder.to_owned() })
    }

    /// Returns the URL of its one database.
    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.sockets.display())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT has it end every session and then itself, in good order.
        let _ = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        let deadline = Instant::now() + STOP_DEADLINE;
        while matches!(self.server.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.server.kill();
    }
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
