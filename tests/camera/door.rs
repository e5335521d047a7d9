//! The enrolled terminal at its door, with tickets held before the device.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::process::{Door, Terminal};
use serde_json::Value;

use crate::check::Trial;
use crate::loopback::{AT_THE_DOOR, Feeder, NAME, Picture};

/// How long a ticket must be gone from the picture to be another presentation, and a little more.
const GONE: Duration = Duration::from_millis(2500);

/// How soon the door says that its camera is gone: two seconds of silence, and a little for a slow machine.
const LOSS_TOLD_WITHIN: Duration = Duration::from_millis(2500);

/// Shows tickets and compares verdicts; takes the camera away and gives it back.
pub(crate) fn verdicts(trial: &Trial) -> anyhow::Result<String> {
    let mut feeder = Feeder::start(trial, AT_THE_DOOR, Picture::Nothing)?;
    let terminal = Terminal::in_folder(&trial.terminal);
    let mut door = terminal.headless(&["--offline", "--camera", NAME])?;
    let mut told = vec![camera(&mut door, "streaming")?];

    for (picture, verdict, reason) in [
        (Picture::Ada, "admit", Value::Null),
        (Picture::Cancelled, "deny", "CANCELLED".into()),
        (Picture::Forged, "deny", "BAD_SIGNATURE".into()),
    ] {
        feeder.show(picture)?;
        told.push(decided(&mut door, verdict, &reason)?);
    }
    feeder.show(Picture::Nothing)?;
    thread::sleep(GONE);
    feeder.show(Picture::Ada)?;
    told.push(decided(&mut door, "deny", &"ALREADY_IN".into())?);

    drop(feeder);
    let began = Instant::now();
    let lost = camera(&mut door, "lost")?;
    let took = began.elapsed();
    ensure!(took <= LOSS_TOLD_WITHIN, "the loss was told after {took:.1?}");
    told.push(format!("{lost} after {took:.1?}"));
    let _feeder = Feeder::start(trial, AT_THE_DOOR, Picture::Bram)?;
    told.push(camera(&mut door, "streaming")?);
    told.push(decided(&mut door, "admit", &Value::Null)?);

    let status = door.process.stop()?;
    ensure!(status.success(), "the door ended with {status}: {}", door.process.log());
    Ok(told.join("\n"))
}

fn camera(door: &mut Door, state: &str) -> anyhow::Result<String> {
    let told = door.wait_for(|line| line["type"] == "camera" && line["state"] == state);
    let told = told.with_context(|| format!("the camera never was {state}; so far {:?}", door.seen))?;
    let detail = told.get("detail").and_then(Value::as_str).unwrap_or_default();
    Ok(format!("camera {state} {detail}").trim_end().to_owned())
}

fn decided(door: &mut Door, verdict: &str, code: &Value) -> anyhow::Result<String> {
    let told = door.verdict().with_context(|| format!("no verdict; so far {:?}", door.seen))?;
    let is_it = told.get("verdict").is_some_and(|told| told == verdict) && told.get("code") == Some(code);
    ensure!(is_it, "not {verdict} {code} but {told}");
    Ok(format!("{verdict} {}", code.as_str().unwrap_or_default()).trim_end().to_owned())
}
