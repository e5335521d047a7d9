//! A driver's answers, call by call, beside those that are written down.

use std::path::Path;
use std::process::Command;

use anyhow::Context;

use super::{Fault, Rig};
use crate::process::{PATIENCE, Program};

/// The source of the program that asks, for [`compile_program`](crate::fake_camera::compile_program).
pub const PROBE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fake_camera/probe.c");

/// The answers, in the order in which they are asked for.
const TABLE: &str = include_str!("answers.txt");

/// One line of the table.
#[derive(Debug, Eq, PartialEq)]
enum Step<'a> {
    Cause(Fault),
    Mend(Fault),
    Call { call: &'a str, answer: &'a str },
}

/// Asks the camera's driver and returns a line for each answer that is not the table's, in order.
///
/// `probe` is the compiled program that asks.
///
/// # Errors
///
/// If the table can't be read, a fault can't be caused, or an answer doesn't come within [`PATIENCE`].
pub fn disagreements(rig: &dyn Rig, probe: &Path) -> anyhow::Result<Vec<String>> {
    let mut command = Command::new(probe);
    rig.connect(command.arg(rig.device()));
    let mut asking = Program::start(&mut command)?;
    let mut differ = Vec::new();
    for (number, line) in TABLE.lines().enumerate() {
        let Some(step) = step(line).with_context(|| format!("line {} of the answers", number + 1))? else { continue };
        match step {
            Step::Cause(fault) => rig.cause(fault)?,
            Step::Mend(fault) => rig.mend(fault)?,
            Step::Call { call, answer } => {
                asking.write_line(call)?;
                let got = asking.line(PATIENCE)?.with_context(|| format!("asking for {call} ended it"))?;
                if got != answer {
                    differ.push(format!("line {}: {call} answers {got}, not {answer}", number + 1));
                }
            }
        }
    }
    Ok(differ)
}

fn step(line: &str) -> anyhow::Result<Option<Step<'_>>> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let named = |name: &str| {
        Fault::ALL.into_iter().find(|fault| fault.name() == name).with_context(|| format!("there is no fault {name}"))
    };
    if let Some(name) = line.strip_prefix("cause ") {
        return named(name).map(Step::Cause).map(Some);
    }
    if let Some(name) = line.strip_prefix("mend ") {
        return named(name).map(Step::Mend).map(Some);
    }
    let (call, answer) = line.split_once("  ").context("a call without an answer")?;
    Ok(Some(Step::Call { call, answer: answer.trim() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_call_with_its_answer_or_a_fault() {
        assert_eq!(step("poll 50     err hup").unwrap(), Some(Step::Call { call: "poll 50", answer: "err hup" }));
        assert_eq!(step("cause unplug").unwrap(), Some(Step::Cause(Fault::Unplug)));
        assert_eq!(step("# cause unplug").unwrap(), None);
        assert!(step("cause rain").is_err());
        assert!(step("dqbuf").is_err());
    }
}
