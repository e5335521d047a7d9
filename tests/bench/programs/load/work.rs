//! Whose work the processor did.

use std::fs;

use anyhow::Context as _;

use super::venue::Venue;
use crate::resting::Use;

/// What the processor does from a moment on.
pub(super) struct Work {
    own: Use,
    servers: Vec<Use>,
    machine: (u64, u64),
}

impl Work {
    pub(super) fn begin(venue: &Venue) -> anyhow::Result<Self> {
        let servers = venue.processes()?.into_iter().map(Use::begin).collect::<anyhow::Result<_>>()?;
        Ok(Self { own: Use::begin(std::process::id())?, servers, machine: machine()? })
    }

    /// Returns what part of the processor was whose since, in per cent of all cores.
    pub(super) fn shares(&self) -> anyhow::Result<Shares> {
        let cores = std::thread::available_parallelism()?.get() as f64;
        let own = self.own.share()? / cores;
        let mut servers = 0.0;
        for server in &self.servers {
            servers += server.share()? / cores;
        }
        let (busy, all) = machine()?;
        let (busy, all) = (busy.saturating_sub(self.machine.0), all.saturating_sub(self.machine.1).max(1));
        let rest = (busy as f64 / all as f64 * 100.0 - own - servers).max(0.0);
        Ok(Shares { servers, own, rest })
    }

    /// Returns the same in words.
    pub(super) fn words(&self) -> anyhow::Result<String> {
        let Shares { servers, own, rest } = self.shares()?;
        Ok(format!("of the processor: servers {servers:.0} %, this program {own:.0} %, all else {rest:.0} %"))
    }
}

/// Whose work the processor did.
pub(super) struct Shares {
    pub(super) servers: f64,
    pub(super) own: f64,
    /// The database's, and that of whatever else runs.
    pub(super) rest: f64,
}

/// Returns the time for which all cores have worked, and all time, in the kernel's own unit.
fn machine() -> anyhow::Result<(u64, u64)> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("the kernel tells")?;
    // user, nice, system, idle, iowait, irq, softirq, steal; what follows is part of these (proc(5)).
    let times: Vec<u64> = line.split_whitespace().skip(1).take(8).filter_map(|time| time.parse().ok()).collect();
    let idle: u64 = times.iter().skip(3).take(2).sum();
    let all: u64 = times.iter().sum();
    Ok((all - idle, all))
}
