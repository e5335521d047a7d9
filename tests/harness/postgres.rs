//! Throw-away databases on a throw-away PostgreSQL cluster.
//!
//! The first test that asks starts a private cluster (no port, a socket only its user may open, nothing forced to
//! disk); tests running beside it and after it share that cluster, also from other test processes. Each process holds
//! a lease on it, a lock the kernel takes back however the process ends. A small supervisor stops the cluster and
//! removes it once nobody has held a lease for a minute.
//!
//! `USHER_TEST_POSTGRES` may name another server to use instead, as a `postgres://` URL without a database name whose
//! user may create databases.

pub mod elsewhere;

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

const SUPERVISOR: &str = include_str!("postgres/supervise.sh");
const START_DEADLINE: Duration = Duration::from_secs(60);
const NAME_PREFIX: &str = "usher_test_";

/// An empty PostgreSQL database of one test's own, dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    /// The URL that opens it.
    pub url: String,
    name: String,
    cluster: &'static Cluster,
}

/// Creates an empty database, starting the shared cluster if it isn't running.
///
/// # Panics
///
/// If PostgreSQL isn't installed or doesn't start: the tests that need it never pass without it.
pub fn database() -> TestDatabase {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);

    let cluster = CLUSTER.get_or_init(|| match Cluster::find_or_start() {
        Ok(cluster) => cluster,
        Err(error) => panic!("no PostgreSQL to test on: {error:#}"),
    });
    let name = format!("{NAME_PREFIX}{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let create = [
        format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        format!("CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy"),
    ];
    if let Err(error) = cluster.execute(&create) {
        panic!("could not create the test database {name}: {error:#}");
    }
    TestDatabase { url: cluster.url(&name), name, cluster }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A database that stays behind goes with the cluster.
        let _ = self.cluster.execute(&[format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)]);
    }
}

#[derive(Debug)]
enum Cluster {
    /// Ours; the lock on the lease file keeps it from being stopped while this process lives.
    Shared { sockets: PathBuf, _lease: File },
    /// A server somebody else runs.
    Given { url: String },
}

impl Cluster {
    fn find_or_start() -> anyhow::Result<Self> {
        if let Ok(url) = env::var("USHER_TEST_POSTGRES") {
            return Ok(Self::Given { url: url.trim_end_matches('/').to_owned() });
        }
        let state = state_folder()?;
        let starting = open_lock(&state.join("start.lock"))?;
        starting.lock().context("could not wait for the cluster's start lock")?;
        let lease = open_lock(&state.join("lease"))?;
        lease.lock_shared().context("could not take a lease on the cluster")?;

        let sockets = match running(&state)? {
            Some(sockets) => sockets,
            None => start(&state)?,
        };
        let cluster = Self::Shared { sockets, _lease: lease };
        cluster.drop_leftovers()?;
        Ok(cluster)
    }

    fn url(&self, database: &str) -> String {
        match self {
            Self::Shared { sockets, .. } => {
                format!("postgres://postgres@localhost/{database}?host={}", sockets.display())
            }
            Self::Given { url } => format!("{url}/{database}"),
        }
    }

    /// Runs statements one after another on the maintenance database.
    fn execute(&self, statements: &[String]) -> anyhow::Result<()> {
        self.with_connection(async |connection| {
            for statement in statements {
                sqlx::raw_sql(AssertSqlSafe(statement.as_str())).execute(&mut *connection).await?;
            }
            Ok(())
        })
    }

    /// Drops the databases of test processes that were killed before they could.
    fn drop_leftovers(&self) -> anyhow::Result<()> {
        self.with_connection(async |connection| {
            let rows = sqlx::query("SELECT datname::text FROM pg_database WHERE starts_with(datname, $1)")
                .bind(NAME_PREFIX)
                .fetch_all(&mut *connection)
                .await?;
            for row in rows {
                let name: String = row.get(0);
                let process = name.trim_start_matches(NAME_PREFIX).split('_').next().unwrap_or_default();
                if !Path::new("/proc").join(process).exists() {
                    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                    sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *connection).await?;
                }
            }
            Ok(())
        })
    }

    /// Opens the maintenance database in a thread and runtime of its own, so that tests may ask from anywhere, in
    /// async code or not, and from `Drop`.
    fn with_connection<T: Send>(
        &self,
        run: impl AsyncFnOnce(&mut PgConnection) -> anyhow::Result<T> + Send,
    ) -> anyhow::Result<T> {
        let url = self.url("postgres");
        thread::scope(|scope| {
            let work = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(async {
                    let mut connection = connect(&url).await?;
                    let answer = run(&mut connection).await?;
                    connection.close().await?;
                    Ok(answer)
                })
            });
            work.join().unwrap_or_else(|_| bail!("the thread that spoke to PostgreSQL panicked"))
        })
    }
}

/// Connects, waiting for a cluster that answers already and is still starting up.
async fn connect(url: &str) -> anyhow::Result<PgConnection> {
    /// `cannot_connect_now`.
    const STARTING_UP: &str = "57P03";
    let deadline = Instant::now() + START_DEADLINE;
    loop {
        match PgConnection::connect(url).await {
            Err(sqlx::Error::Database(error))
                if error.code().as_deref() == Some(STARTING_UP) && Instant::now() < deadline =>
            {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            connected => return Ok(connected?),
        }
    }
}

/// Where the cluster's locks and log lie: one folder per user of this machine.
fn state_folder() -> anyhow::Result<PathBuf> {
    let user = fs::metadata("/proc/self").context("could not ask who this process belongs to")?.uid();
    let folder = env::temp_dir().join(format!("usher-test-postgres-{user}"));
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .with_context(|| format!("could not make {}", folder.display()))?;
    ensure!(fs::metadata(&folder)?.uid() == user, "{} belongs to somebody else", folder.display());
    Ok(folder)
}

fn open_lock(path: &Path) -> anyhow::Result<File> {
    File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .with_context(|| format!("could not open {}", path.display()))
}

/// Returns the socket folder of the running cluster. To be called with the start lock held.
fn running(state: &Path) -> anyhow::Result<Option<PathBuf>> {
    // The supervisor holds this lock as long as it looks after a cluster.
    if open_lock(&state.join("supervisor.lock"))?.try_lock().is_ok() {
        return Ok(None);
    }
    let Ok(folder) = fs::read_to_string(state.join("cluster")) else { return Ok(None) };
    let sockets = PathBuf::from(folder.trim_end());
    Ok(answers(&sockets).then_some(sockets))
}

fn answers(sockets: &Path) -> bool {
    UnixStream::connect(sockets.join(".s.PGSQL.5432")).is_ok()
}

/// Starts a cluster and the supervisor that ends it. To be called with the start lock held.
fn start(state: &Path) -> anyhow::Result<PathBuf> {
    let programs = programs()?;
    let log = state.join("log");
    let output = File::create(&log).with_context(|| format!("could not write {}", log.display()))?;
    let script = state.join("supervise.sh");
    // Moved into place: a supervisor that is still leaving keeps reading the file it began with.
    let fresh = state.join("supervise.sh.new");
    fs::write(&fresh, SUPERVISOR).with_context(|| format!("could not write {}", fresh.display()))?;
    fs::rename(&fresh, &script).with_context(|| format!("could not write {}", script.display()))?;
    // A session of its own: what ends this test's processes must not end the other tests' cluster.
    let mut supervisor = Command::new("setsid")
        .arg("sh")
        .arg(&script)
        .arg(state)
        .arg(&programs)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .context("could not run setsid (Debian package util-linux)")?;

    let deadline = Instant::now() + START_DEADLINE;
    loop {
        if let Some(sockets) = running(state)? {
            return Ok(sockets);
        }
        if let Some(status) = supervisor.try_wait()? {
            bail!("PostgreSQL did not start ({status}):\n{}", fs::read_to_string(&log).unwrap_or_default());
        }
        ensure!(
            Instant::now() < deadline,
            "PostgreSQL did not start within {START_DEADLINE:?}:\n{}",
            fs::read_to_string(&log).unwrap_or_default()
        );
        thread::sleep(Duration::from_millis(20));
    }
}

/// Returns the folder with `initdb` and `postgres`: Debian's newest, else what `pg_config` says.
fn programs() -> anyhow::Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    found.sort();
    if let Some((_, programs)) = found.pop() {
        return Ok(programs);
    }
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        let programs = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end());
        if programs.join("initdb").exists() {
            return Ok(programs);
        }
    }
    bail!("PostgreSQL is not installed; install it with: apt-get install postgresql")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_test_gets_an_empty_database_of_its_own() {
        let one = database();
        let other = database();

        let mut connection = PgConnection::connect(&one.url).await.unwrap();
        sqlx::raw_sql("CREATE TABLE guest (name TEXT)").execute(&mut connection).await.unwrap();
        let mut connection = PgConnection::connect(&other.url).await.unwrap();

        assert!(sqlx::query("SELECT name FROM guest").fetch_all(&mut connection).await.is_err());
    }

    #[tokio::test]
    async fn a_database_is_dropped_although_a_connection_is_still_open() {
        let gone = database();
        let url = gone.url.clone();
        let _open = PgConnection::connect(&url).await.unwrap();

        drop(gone);

        assert!(PgConnection::connect(&url).await.is_err());
    }
}
