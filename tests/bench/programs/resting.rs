//! What the door screen takes of the machine while nobody comes: memory with a long list, and the
//! processor.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use harness::process::{PATIENCE, Terminal};
use harness::pty::Screen;

use crate::Figure;

/// How long the screen is left alone before it is measured: what it does after it opens is over by then.
const SETTLE: Duration = Duration::from_secs(10);
/// How long it is measured.
const MEASURE: Duration = Duration::from_secs(20);

/// The screen over a list of `tickets`, with its network and without a camera.
pub(crate) fn screen(terminal: &Terminal, tickets: u32) -> anyhow::Result<Vec<Figure>> {
    let mut command = terminal.command()?;
    command.arg("--no-camera");
    let door = Screen::start(&command, 80, 24)?;
    door.wait_for("Ready for the next guest", PATIENCE)?;
    let id = door.id().context("the screen is a process")?;
    std::thread::sleep(SETTLE);
    let used = Use::begin(id)?;
    std::thread::sleep(MEASURE);
    let share = used.share()?;
    let resident = resident_kib(id)?;
    Ok(vec![
        Figure::new(
            format!("door screen with {tickets} tickets: resident memory"),
            format!("{} MiB", resident / 1_024),
            "≤ 200 MB",
        ),
        Figure::new("the same while nobody comes, without camera: of one core", format!("{share:.1} %"), "< 3 %"),
    ])
}

/// A process's use of the processor from a moment on.
pub(crate) struct Use {
    id: u32,
    began: Instant,
    before: Duration,
}

impl Use {
    pub(crate) fn begin(id: u32) -> anyhow::Result<Self> {
        Ok(Self { id, began: Instant::now(), before: processor(id)? })
    }

    /// Returns how much of one core it took since, in percent.
    pub(crate) fn share(&self) -> anyhow::Result<f64> {
        let used = processor(self.id)?.saturating_sub(self.before);
        Ok(used.as_secs_f64() / self.began.elapsed().as_secs_f64() * 100.0)
    }
}

fn resident_kib(id: u32) -> anyhow::Result<u64> {
    memory_kib(id, "VmRSS:")
}

/// Returns the most memory that a process ever held.
pub(crate) fn peak_resident_kib(id: u32) -> anyhow::Result<u64> {
    memory_kib(id, "VmHWM:")
}

fn memory_kib(id: u32, field: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).context("the kernel tells")?;
    Ok(line.split_whitespace().next().context("the kernel tells")?.parse()?)
}

/// How long the process has run on any core, its threads included.
#[expect(unsafe_code, reason = "only the kernel knows its own unit of time")]
fn processor(id: u32) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name stands in parentheses and may hold anything.
    let (_, rest) = stat.rsplit_once(')').context("the kernel tells")?;
    let ticks: Vec<u64> = rest.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    // SAFETY: the call takes a number and returns one.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    let per_second = u32::try_from(per_second).ok().filter(|ticks| *ticks > 0).context("the kernel tells")?;
    Ok(Duration::from_secs(ticks.iter().sum()) / per_second)
}
