//! Many seeds, on every processor.

use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::plan::{Plan, Run};

/// How often it is said how far the runs are.
const SAID_EVERY: Duration = Duration::from_secs(10);

/// Seeds one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seeds {
    pub(crate) from: u64,
    pub(crate) count: u64,
    /// How many are run at once; as many as there are processors if nothing is said.
    pub(crate) jobs: Option<NonZero<usize>>,
}

impl Seeds {
    /// Runs `plan` with each seed and gives every run to `done`, in the order in which they end.
    pub(crate) fn run_all(self, plan: &Plan, mut done: impl FnMut(Run)) {
        self.run_until(plan, |_| false, &mut done);
    }

    /// Returns the run of the first seed whose run breaks a check.
    pub(crate) fn first_violation(self, plan: &Plan) -> Option<Run> {
        let mut first: Option<Run> = None;
        self.run_until(plan, |run| run.violation.is_some(), &mut |run| {
            if run.violation.is_some() && first.as_ref().is_none_or(|first| run.seed < first.seed) {
                first = Some(run);
            }
        });
        first
    }

    /// Begins no seed above one whose run `is_enough`.
    fn run_until(self, plan: &Plan, is_enough: impl Fn(&Run) -> bool + Sync, done: &mut impl FnMut(Run)) {
        let (next, end) = (AtomicU64::new(self.from), AtomicU64::new(self.from.saturating_add(self.count)));
        let jobs = self.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get);
        let (send, ended) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..jobs {
                let (send, next, end, is_enough) = (send.clone(), &next, &end, &is_enough);
                scope.spawn(move || {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= end.load(Ordering::Relaxed) {
                            return;
                        }
                        let run = Plan { seed, ..*plan }.run();
                        if is_enough(&run) {
                            end.fetch_min(seed, Ordering::Relaxed);
                        }
                        if send.send(run).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(send);
            let (began, mut said, mut count) = (Instant::now(), Instant::now(), 0_u64);
            for run in ended {
                done(run);
                count += 1;
                if said.elapsed() >= SAID_EVERY {
                    said = Instant::now();
                    let (world, seeds, seconds) = (plan.world.name(), self.count, began.elapsed().as_secs());
                    eprintln!("{world}: {count} of {seeds} seeds in {seconds} s");
                }
            }
        });
    }
}
