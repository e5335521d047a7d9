//! Where the sample data lies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use harness::cluster::Cluster;
use harness::organiser::text;
use harness::process::program;
use serde_json::Value;
use tempfile::TempDir;

use super::{Kind, Load};

/// What everybody of the sample data logs in with.
pub(super) const PASSWORD: &str = "a long enough passphrase";
/// What the program said of the data that it made.
const TOLD: &str = "seeded.json";

/// A database full of sample data, and the data folder beside it.
pub(super) struct Place {
    folder: PathBuf,
    url: String,
    told: Value,
    /// Ended before its folder goes.
    _cluster: Option<Cluster>,
    _scratch: Option<TempDir>,
}

impl Place {
    /// Opens the data that was kept, or makes it.
    pub(super) fn open(kind: Kind, load: &Load) -> anyhow::Result<Self> {
        let (folder, scratch) = match &load.keep {
            Some(folder) => (folder.clone(), None),
            None => {
                let scratch = tempfile::tempdir().context("could not make a folder")?;
                (scratch.path().to_owned(), Some(scratch))
            }
        };
        let folder = folder.join(if kind == Kind::Sqlite { "sqlite" } else { "postgres" });
        fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
        let folder = folder.canonicalize()?;
        let cluster = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Cluster::start(&folder.join("cluster"))?),
        };
        let url = match &cluster {
            Some(cluster) => cluster.url(),
            None => format!("sqlite:{}", folder.join("usher.db").display()),
        };
        let told = folder.join(TOLD);
        if !told.exists() {
            let began = Instant::now();
            let said = seed(&folder, &url, load)?;
            eprintln!("{kind:?}: sample data made in {:.0} s", began.elapsed().as_secs_f64());
            fs::write(&told, said)?;
        }
        let told = serde_json::from_slice(&fs::read(&told)?).context("not what was said of the sample data")?;
        Ok(Self { folder, url, told, _cluster: cluster, _scratch: scratch })
    }

    pub(super) fn data_folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn database_url(&self) -> &str {
        &self.url
    }

    /// Returns what one of this kind logs in with.
    pub(super) fn login(&self, kind: &str) -> anyhow::Result<String> {
        let logins = self.told.get("logins").and_then(Value::as_array).context("there are log-ins")?;
        let login = logins.iter().find(|login| login.get("kind").and_then(Value::as_str) == Some(kind));
        text(login.with_context(|| format!("there is no {kind}"))?, "email")
    }

    /// Returns the largest event.
    pub(super) fn largest(&self) -> anyhow::Result<String> {
        text(&self.told, "largest_event")
    }
}

/// Has the program make sample data, and returns what it says of them.
fn seed(folder: &Path, url: &str, load: &Load) -> anyhow::Result<Vec<u8>> {
    let mut command = Command::new(program("usher-server")?);
    command.args(["--log", "warn", "seed", "--json"]);
    let sizes = [("organisations", load.organisations), ("events", load.events), ("registrations", load.registrations)];
    for (name, number) in sizes {
        command.arg(format!("--{name}")).arg(number.to_string());
    }
    command.env("USHER_DATA_DIR", folder).env("USHER_DATABASE_URL", url).env("USHER_PASSWORD", PASSWORD);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the sample data were not made: {}", output.status);
    Ok(output.stdout)
}
