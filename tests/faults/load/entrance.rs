//! A real terminal that is online: it never waits for the server, and everything it shows arrives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use harness::process::Terminal;
use serde_json::Value;

use crate::doors::{ask, number, word};
use crate::findings::Findings;
use crate::shown::Shown;

/// Between two guests.
const BETWEEN_GUESTS: Duration = Duration::from_millis(25);

/// The terminal, and everything that it reported.
pub(crate) struct Entrance {
    terminal: Terminal,
    is_over: Arc<AtomicBool>,
    presenting: Option<JoinHandle<anyhow::Result<Vec<Value>>>>,
    shown: Shown,
}

impl Entrance {
    /// Opens the door and presents one ticket after the other.
    pub(super) fn open(terminal: Terminal, tickets: Vec<String>) -> anyhow::Result<Self> {
        let mut door = terminal.headless(&["--no-camera"])?;
        let is_over = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&is_over);
        let presenting = std::thread::spawn(move || {
            for ticket in tickets {
                if asked.load(Ordering::Relaxed) {
                    break;
                }
                door.present(&ticket)?;
                std::thread::sleep(BETWEEN_GUESTS);
            }
            door.process.stop()?;
            while door.next()?.is_some() {}
            Ok(door.seen)
        });
        Ok(Self { terminal, is_over, presenting: Some(presenting), shown: Shown::of("entrance") })
    }

    /// Lets nobody else come.
    pub(super) fn stop_presenting(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Sends what is left.
    pub(super) fn finish(&mut self, findings: &mut Findings) -> anyhow::Result<()> {
        let presenting = self.presenting.take().context("the door ends once")?;
        let seen = presenting.join().map_err(|_| anyhow!("the thread at the door panicked"))??;
        for report in seen {
            match word(&report, "type") {
                "verdict" => self.shown.note(report, |_| false, findings),
                "fault" => findings.violation(format!("entrance: {report}")),
                "status" if !report.get("suspended").is_some_and(Value::is_null) => {
                    findings.violation(format!("entrance stopped: {report}"));
                }
                _ => {}
            }
        }
        let synced = ask(&self.terminal, &["sync", "--json"])?;
        findings.expect(number(&synced, "unsent") == Some(0), || format!("entrance did not come through: {synced}"));
        Ok(())
    }

    pub(super) fn compare(&self, check_ins: &[Value], findings: &mut Findings) -> anyhow::Result<()> {
        let status = ask(&self.terminal, &["status", "--json"])?;
        let device = number(&status, "device_no");
        let of_this = |check_in: &&Value| check_in.pointer("/device/number").and_then(Value::as_u64) == device;
        let arrived: Vec<Value> = check_ins.iter().filter(of_this).cloned().collect();
        self.shown.compare(&arrived, findings);
        Ok(())
    }
}
