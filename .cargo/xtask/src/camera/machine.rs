//! The machine: booted, listened to on its serial line, and ended when it is silent for too long.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::kernel::Kernel;
use crate::steps;

/// How long the machine may take to boot, emulated and on a busy machine.
const UP_WITHIN: Duration = Duration::from_secs(120);

/// The same with KVM. Where KVM is there and doesn't work, the machine hangs before it says a word.
const UP_WITHIN_KVM: Duration = Duration::from_secs(10);

/// How long one check may take.
const STEP_WITHIN: Duration = Duration::from_secs(120);

/// How long everything may take.
const ALL_WITHIN: Duration = Duration::from_secs(15 * 60);

/// The last lines that are shown when something went wrong.
const LINES_KEPT: usize = 60;

/// What the processor is.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Processor {
    Kvm,
    Emulated,
}

/// How a boot ended.
enum Ended {
    Passed(u32),
    Failed(u32),
    /// It never said that it is up.
    NeverUp,
}

/// Boots the machine and tells what it says.
pub(crate) fn boot(cache: &Path, kernel: &Kernel, image: &Path, emulate: bool) -> Result<()> {
    // A KVM that didn't work is not tried again before this machine was booted anew.
    let noted = cache.join("kvm-does-not-work");
    let boot_id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let is_known_bad = fs::read_to_string(&noted).is_ok_and(|known| known == boot_id);
    let has_kvm = !emulate && !is_known_bad && fs::File::options().read(true).write(true).open("/dev/kvm").is_ok();
    if has_kvm {
        match run(kernel, image, Processor::Kvm)? {
            Ended::NeverUp => {
                println!("   KVM is there and doesn't work; emulating instead");
                fs::write(&noted, boot_id)?;
            }
            ended => return judge(&ended),
        }
    }
    judge(&run(kernel, image, Processor::Emulated)?)
}

fn judge(ended: &Ended) -> Result<()> {
    match ended {
        Ended::Passed(checks) => {
            println!("\n   {checks} checks passed on the kernel's drivers");
            Ok(())
        }
        Ended::Failed(checks) => bail!("{checks} checks failed"),
        Ended::NeverUp => bail!("the machine didn't boot"),
    }
}

fn run(kernel: &Kernel, image: &Path, processor: Processor) -> Result<Ended> {
    let (processor, up_within, how): (&[&str], _, _) = match processor {
        Processor::Kvm => (&["-accel", "kvm", "-cpu", "host", "-smp", "2"], UP_WITHIN_KVM, "with KVM"),
        // Its clock counts instructions, a thousand million a second, and skips what it would sleep: time limits hold
        // on it as on a slow computer, however busy this one is. Without AVX, which is slow to emulate.
        Processor::Emulated => {
            (&["-accel", "tcg,thread=single", "-cpu", "Nehalem", "-icount", "shift=0,sleep=off"], UP_WITHIN, "emulated")
        }
    };
    steps::heading(&format!("Booting, {how}"));
    let mut command = Command::new("qemu-system-x86_64");
    command.args(["-machine", "q35", "-m", "1024"]).args(processor);
    command.args(["-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio"]);
    command.arg("-kernel").arg(&kernel.image).arg("-initrd").arg(image);
    command.args(["-append", "console=ttyS0 quiet panic=-1 mitigations=off"]);
    let machine = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut machine = Machine(machine.context("could not run qemu-system-x86_64")?);
    let lines = machine.listen()?;
    Listener { lines, last: VecDeque::new(), began: Instant::now() }.hear(up_within)
}

/// A running machine. Ended when dropped.
struct Machine(Child);

impl Machine {
    /// Returns the lines it says on either of its outputs.
    fn listen(&mut self) -> Result<Receiver<String>> {
        let (said, lines) = mpsc::channel();
        let serial = self.0.stdout.take().context("no serial line")?;
        let errors = self.0.stderr.take().context("no errors")?;
        let outputs: [Box<dyn std::io::Read + Send>; 2] = [Box::new(serial), Box::new(errors)];
        for output in outputs {
            let said = said.clone();
            thread::spawn(move || {
                for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                    let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                    if said.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        Ok(lines)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Listener {
    lines: Receiver<String>,
    last: VecDeque<String>,
    began: Instant,
}

impl Listener {
    /// Hears everything that is said until the end.
    fn hear(mut self, up_within: Duration) -> Result<Ended> {
        let mut up = false;
        let mut check: Option<(String, Instant)> = None;
        let mut notes: Vec<String> = Vec::new();
        let mut ended = None;
        loop {
            let since = check.as_ref().map_or(self.began, |(_, began)| *began);
            let step_within = if up { STEP_WITHIN } else { up_within };
            let deadline = (since + step_within).min(self.began + ALL_WITHIN);
            let line = match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => line,
                Err(_) if !up => {
                    self.show();
                    return Ok(Ended::NeverUp);
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.show();
                    let what = check.map_or_else(|| "the machine".to_owned(), |(name, _)| name);
                    bail!("{what}: nothing came of it within {}", steps::duration(step_within));
                }
            };
            // The kernel may have said something on the same line.
            let said = line.find('@').and_then(|at| line.get(at + 1..)).unwrap_or_default();
            let (verb, rest) = said.split_once(' ').unwrap_or((said, ""));
            match verb {
                "up" => {
                    up = true;
                    println!("   up after {}", steps::duration(self.began.elapsed()));
                    check = Some(("loading the drivers".to_owned(), Instant::now()));
                }
                "begin" => {
                    check = Some((rest.to_owned(), Instant::now()));
                    notes.clear();
                }
                "note" => notes.push(rest.to_owned()),
                "pass" | "fail" => {
                    println!(" {} {rest}", if verb == "pass" { "✓" } else { "✗" });
                    notes.iter().for_each(|note| println!("     {note}"));
                }
                "end" => ended = tally(rest),
                _ => {}
            }
            if self.last.len() >= LINES_KEPT {
                self.last.pop_front();
            }
            self.last.push_back(line);
        }
        match ended {
            Some(ended @ Ended::Passed(_)) => Ok(ended),
            Some(ended) => {
                self.show();
                Ok(ended)
            }
            None => {
                self.show();
                bail!("the machine ended before the checks did");
            }
        }
    }

    fn show(&self) {
        if self.last.is_empty() {
            println!("   the machine said nothing");
            return;
        }
        println!("   What the machine said last:");
        self.last.iter().for_each(|line| println!("   | {line}"));
    }
}

fn tally(counts: &str) -> Option<Ended> {
    let (passed, failed) = counts.split_once(' ')?;
    let (passed, failed) = (passed.parse().ok()?, failed.parse().ok()?);
    Some(if failed == 0 && passed > 0 { Ended::Passed(passed) } else { Ended::Failed(failed) })
}
