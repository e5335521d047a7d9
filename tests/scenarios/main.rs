//! Plays scenarios: what is given, who shows what when, and what must come of it. `cargo xtask scenarios` builds and
//! runs this; `README.md` beside it describes the files.
//!
//! Each scenario is played by the pure function, by real terminals without a network, by a real server, and by real
//! terminals that are online, cut off, and send what they wrote later. What any of them says differently than expected
//! is a line of the output.

mod altered;
mod book;
mod differences;
mod door;
mod event;
mod format;
mod house;
mod play;
mod pure;
mod read;
mod server;
mod story;
mod terminal;
mod upload;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use anyhow::{Context as _, bail};
use clap::{Parser, ValueEnum};
use serde::Serialize;

use self::format::Change;
use self::house::{House, Kind};
use self::play::{Difference, Played, play};
use self::story::{Story, Way};

/// Plays scenarios and prints a line for each difference.
#[derive(Debug, Parser)]
#[command(name = "usher-scenarios", version)]
#[command(after_help = "Examples:
  cargo xtask scenarios                           the committed ones, on every way
  cargo xtask scenarios mine.json                 one's own
  cargo xtask scenarios mine.json --way server --database postgres --json")]
struct Arguments {
    /// Files of scenarios; those of tests/scenarios without
    files: Vec<PathBuf>,
    /// Play on this way alone; may be given several times
    #[arg(long)]
    way: Vec<Chosen>,
    /// What the server of the ways `server` and `upload` keeps its data in
    #[arg(long, value_enum, default_value_t)]
    database: Kind,
    /// Print a line of JSON for each difference, and one for the summary
    #[arg(long)]
    json: bool,
}

/// A way as people choose it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Chosen {
    /// The pure function, asked as the server asks it and as terminals do
    Pure,
    /// Real terminals without a network
    Terminal,
    /// A real server, over HTTP
    Server,
    /// Real terminals at a real server, which send what they wrote
    Upload,
}

impl Chosen {
    const fn ways(self) -> &'static [Way] {
        match self {
            Self::Pure => &[Way::PureAsServer, Way::PureAsTerminal],
            Self::Terminal => &[Way::Terminal],
            Self::Server => &[Way::Server],
            Self::Upload => &[Way::Upload],
        }
    }
}

/// How many stories are played at once: they wait for disks more than they work.
const LANES: usize = 4;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("usher-scenarios: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Returns whether everything was as expected.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let files = if arguments.files.is_empty() { committed()? } else { arguments.files.clone() };
    let chosen = |chosen: &&Chosen| arguments.way.is_empty() || arguments.way.contains(chosen);
    let ways = Chosen::value_variants().iter().filter(chosen).flat_map(|chosen| chosen.ways());
    let mut stories = Vec::new();
    for file in &files {
        stories.extend(stories_of(file)?.into_iter().map(|story| (file.as_path(), story)));
    }
    let mut summary = Summary::default();
    for &way in ways {
        for ((file, story), played) in stories.iter().zip(play_all(way, &stories, arguments.database)?) {
            summary.add(file, way, story, &played, arguments.json)?;
        }
    }
    summary.print(arguments.json)?;
    Ok(summary.differences == 0)
}

/// Plays every story on one way, a few at once, and returns what came of each.
fn play_all(way: Way, stories: &[(&Path, Story)], kind: Kind) -> anyhow::Result<Vec<Played>> {
    let lanes: Vec<anyhow::Result<Vec<(usize, Played)>>> = thread::scope(|scope| {
        let lane = |lane: usize| {
            let its_own = stories.iter().enumerate().skip(lane).step_by(LANES).map(|(at, (_, story))| (at, story));
            scope.spawn(move || play_lane(way, its_own, kind))
        };
        let lanes: Vec<_> = (0..LANES).map(lane).collect();
        let panicked = |_| Err(anyhow::anyhow!("a lane ended in a panic"));
        lanes.into_iter().map(|lane| lane.join().unwrap_or_else(panicked)).collect()
    });
    let mut played = Vec::with_capacity(stories.len());
    for lane in lanes {
        played.extend(lane?);
    }
    played.sort_by_key(|(at, _)| *at);
    Ok(played.into_iter().map(|(_, played)| played).collect())
}

/// Plays stories one after the other. Each lane has a server of its own, since a server has one clock.
fn play_lane<'a>(
    way: Way,
    stories: impl Iterator<Item = (usize, &'a Story)>,
    kind: Kind,
) -> anyhow::Result<Vec<(usize, Played)>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("could not start")?;
    let mut house = None;
    let played =
        stories.map(|(at, story)| Ok((at, runtime.block_on(play_on(way, story, &mut house, kind))?))).collect();
    // What the server still does ends within its runtime.
    let _within = runtime.enter();
    drop(house);
    played
}

/// Plays a story on one way. The server is opened once, for all stories of its lane.
async fn play_on(way: Way, story: &Story, house: &mut Option<House>, kind: Kind) -> anyhow::Result<Played> {
    if !is_playable(way, story) {
        return Ok(Played { left_out: story.steps.len(), ..Played::default() });
    }
    if matches!(way, Way::Server | Way::Upload) && house.is_none() {
        *house = Some(House::open(kind, story.begins()).await?);
    }
    match (way, house) {
        (Way::PureAsServer | Way::PureAsTerminal, _) => play(story, way, &mut pure::Pure::new(story, way)).await,
        (Way::Terminal, _) => play(story, way, &mut terminal::Terminals::new(story)?).await,
        (Way::Server, Some(house)) => play(story, way, &mut server::Server::new(story, house).await?).await,
        (Way::Upload, Some(house)) => play(story, way, &mut upload::Upload::new(story, house).await?).await,
        (Way::Server | Way::Upload, None) => bail!("the server did not open"),
    }
    .with_context(|| format!("{:?}, {}", story.name, way.name()))
}

/// Whether a way can play a story: a server's keys change their state by no request of the interface.
fn is_playable(way: Way, story: &Story) -> bool {
    let turns_keys = story.steps.iter().flat_map(|step| &step.before).any(|change| matches!(change, Change::Key(_)));
    !(turns_keys && matches!(way, Way::Server | Way::Upload))
}

/// Returns the files of this folder.
fn committed() -> anyhow::Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files = Vec::new();
    for entry in folder.read_dir().with_context(|| format!("could not look into {}", folder.display()))? {
        files.push(entry?.path());
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Ok(files)
}

fn stories_of(path: &Path) -> anyhow::Result<Vec<Story>> {
    let reading = || format!("could not read {}", path.display());
    let file = std::fs::File::open(path).with_context(reading)?;
    let mut text = String::new();
    file.take(read::FILE_BYTES_MAX + 1).read_to_string(&mut text).with_context(reading)?;
    if text.len() as u64 > read::FILE_BYTES_MAX {
        bail!("{} is longer than {} bytes", path.display(), read::FILE_BYTES_MAX);
    }
    read::read(&text).map_err(|wrongs| {
        let lines: Vec<String> = wrongs.iter().map(|wrong| format!("{}: {wrong}", path.display())).collect();
        anyhow::anyhow!("a file is not what it should be\n{}", lines.join("\n"))
    })
}

/// What came of everything.
#[derive(Debug, Default)]
struct Summary {
    scenarios: BTreeMap<Way, usize>,
    compared: BTreeMap<Way, usize>,
    left_out: BTreeMap<Way, usize>,
    differences: usize,
}

/// A line of JSON.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Difference {
        file: String,
        #[serde(flatten)]
        difference: &'a Difference,
    },
    Summary {
        way: Way,
        scenarios: usize,
        compared: usize,
        left_out: usize,
    },
}

impl Summary {
    fn add(&mut self, file: &Path, way: Way, story: &Story, played: &Played, is_json: bool) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        for difference in &played.differences {
            let file = file.display().to_string();
            if is_json {
                serde_json::to_writer(&mut out, &Line::Difference { file, difference })?;
                writeln!(out)?;
            } else {
                let Difference { scan, expected, got, .. } = difference;
                let place = scan.map_or_else(|| "as a whole".to_owned(), |scan| format!("scan {scan}"));
                let (name, way) = (&story.name, way.name());
                writeln!(out, "{file}: {name}, {place}: expected {expected}, got {got} ({way})")?;
            }
        }
        *self.scenarios.entry(way).or_default() += 1;
        *self.compared.entry(way).or_default() += played.compared;
        *self.left_out.entry(way).or_default() += played.left_out;
        self.differences += played.differences.len();
        Ok(())
    }

    fn print(&self, is_json: bool) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        for (&way, &scenarios) in &self.scenarios {
            let of = |counts: &BTreeMap<Way, usize>| counts.get(&way).copied().unwrap_or(0);
            let (compared, left_out) = (of(&self.compared), of(&self.left_out));
            if is_json {
                serde_json::to_writer(&mut out, &Line::Summary { way, scenarios, compared, left_out })?;
                writeln!(out)?;
            } else {
                let name = way.name();
                writeln!(out, "{name}: {scenarios} scenarios, {compared} verdicts compared, {left_out} left out")?;
            }
        }
        if !is_json {
            let count = self.differences;
            writeln!(
                out,
                "{}",
                if count == 0 { "No difference.".to_owned() } else { format!("{count} differences.") }
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }
}
