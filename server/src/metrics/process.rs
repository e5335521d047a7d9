//! The process itself: since when it runs, which version it is, what it holds.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::clock::Clock;

/// Registers what is known of this process.
pub(super) fn register(registry: &mut Registry) {
    let started: Gauge<f64, std::sync::atomic::AtomicU64> = Gauge::default();
    started.set(Clock::System.now().0 as f64 / 1_000.0);
    registry.register("process_start_time_seconds", "When the process began, in seconds since 1970", started);
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    registry.register("usher_build", "Which version of the server this is", Info::new(version));
    registry.register_collector(Box::new(Held));
}

/// What the process holds now.
#[derive(Debug)]
struct Held;

impl Collector for Held {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let said = [
            ("process_resident_memory_bytes", "Memory that the process holds, in bytes", resident_bytes()),
            ("process_open_fds", "Files and connections that the process has open", open_files()),
        ];
        for (name, help, value) in said {
            let Some(value) = value else { continue };
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

/// Where the system tells: Linux, in kilobytes.
fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1_024)
}

fn open_files() -> Option<u64> {
    fs::read_dir("/proc/self/fd").ok().map(|files| files.count() as u64)
}
