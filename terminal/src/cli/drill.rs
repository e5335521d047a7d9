//! `usher drill`: is everything right before the doors open?

use std::io::{IsTerminal as _, Write as _, stderr, stdin, stdout};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use serde_json::json;
use sync_protocol::journal::drill::{Drill, Light};
use sync_protocol::time::UnixMillis;

use super::door::DoorArgs;
use super::{Place, sync};
use crate::cache::Store;
use crate::camera::{CameraState, FrameSource, Sight};
use crate::catalogue::Catalogue;
use crate::clock::SystemClock;
use crate::decoder::Decoder;
use crate::door::{Link, Suspension};
use crate::drill::{CAMERA_MS, Camera, Course, Found, Probe, Probed, Sound};
use crate::feedback::{self, Means, Tone};
use crate::gate::Gate;
use crate::sync::driver::Until;
use crate::tui::words::{Clockface, Names, drill_check, drill_found, drill_verdict, light_symbol};
use crate::working::Seeing;
use crate::{hushed, logs};

const EXAMPLES: &str = "\
Examples:
  usher drill                    look at everything, with a code before the camera and a tone
  usher --no-camera drill        the same with a hand scanner instead of a camera
  usher --offline drill --json   without network, as one JSON object

Nobody is let in by it and nothing is counted. The result is signed, written to the journal, and
sent to the organisers. Exit code 0: ready; 1: works, somebody should look; 2: not ready.";

/// How long one look at the camera waits for a picture.
const LOOK: Duration = Duration::from_millis(200);

/// Checks whether everything is right before the doors open.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct DrillArgs {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(place: &Place, door: &DoorArgs, args: &DrillArgs) -> anyhow::Result<ExitCode> {
    logs::to_stderr();
    let mut store = place.open()?;
    let mut is_online = false;
    if !door.is_offline() {
        (store, is_online) = exchange(place, store)?;
    }
    let gate = door.gate.resolve(&store)?;
    let list_at = store.list_at().unwrap_or(UnixMillis(0));
    let mut gate = Gate::new(store, Arc::new(SystemClock::new()), gate);
    gate.set_link(if is_online { Link::Online } else { Link::Offline { since: list_at } });

    let mut course = Course::default();
    while let Some(probe) = course.next() {
        course.take(gate.probe(probe));
    }
    course.add(look(&mut gate, door.seeing(None)?));
    if !args.json
        && let Some(sound) = ask_for_sound(door.sound, &Catalogue::new(place.language()))?
    {
        course.add(sound);
    }

    let drill = course.result();
    let is_kept = gate.keep_drill(&drill).is_ok();
    let mut store = gate.into_store();
    if is_online {
        (store, is_online) = exchange(place, store)?;
    }
    let is_sent = is_kept && is_online && store.unsent() == 0;
    let Some(light) = drill.light() else { bail!("nothing was checked") };
    if args.json {
        let line = json!({ "light": light, "checks": drill.checks, "kept": is_kept, "sent": is_sent });
        println!("{line}");
    } else {
        tell(place, &store, course.found(), &drill, is_kept);
    }
    Ok(ExitCode::from(match light {
        Light::Green => 0,
        Light::Amber => 1,
        Light::Red => 2,
    }))
}

/// Brings the store in step with the server, and says whether the server answered.
fn exchange(place: &Place, store: Store) -> anyhow::Result<(Store, bool)> {
    let (store, outcome) = sync::converse(store, Until::InStep, true, place.catalogue())?;
    if outcome.is_shredded {
        bail!(place.stop_words(Suspension::Shredded));
    }
    Ok((store, outcome.is_reached && outcome.trouble.is_none()))
}

fn tell(place: &Place, store: &Store, found: &[Found], drill: &Drill, is_kept: bool) {
    let catalogue = Catalogue::new(place.language());
    let policy = store.policy().map(|(_, policy)| policy);
    let now = store.moment(&SystemClock::new()).now;
    let zone = policy.as_ref().map_or("UTC", |policy| policy.time_zone.as_str());
    let names = Names::new(&catalogue, policy.as_deref(), Clockface::new(zone, now));
    for one in found {
        let (said, advice) = drill_found(one, &names);
        println!("{} {}: {said}", light_symbol(one.light()), drill_check(one, &names));
        if let Some(advice) = advice {
            println!("  → {advice}");
        }
    }
    let light = drill.light().unwrap_or(Light::Red);
    println!("{} {}", light_symbol(light), drill_verdict(light, |light| light_symbol(light).to_owned(), &names));
    if !is_kept {
        println!("{}", names.say("drill-not-kept"));
    }
}

/// Waits for a code before the camera, or reads a made picture where there is none.
fn look(gate: &mut Gate, seeing: Option<Seeing>) -> Found {
    let is_wanted = seeing.is_some();
    if let Some(mut seeing) = seeing {
        if stderr().is_terminal() {
            eprintln!("Hold any QR code before the camera; {} s at most.", CAMERA_MS / 1_000);
        }
        if let Some(camera) = see(seeing.source.as_mut(), &mut Decoder::new(seeing.budget)) {
            return Found::Camera(camera);
        }
    }
    match gate.probe(Probe::Picture { is_wanted }) {
        Probed::Found(found) => found.into_iter().next().unwrap_or(Found::Camera(Camera::Blind)),
        _ => Found::Camera(Camera::Blind),
    }
}

/// Whether a code can be read; nothing if there is no picture.
fn see(source: &mut dyn FrameSource, decoder: &mut Decoder) -> Option<Camera> {
    let began = Instant::now();
    let mut has_pictures = false;
    while began.elapsed() < Duration::from_millis(CAMERA_MS) {
        match source.next(LOOK) {
            Sight::Frame { frame, .. } => {
                has_pictures = true;
                if !decoder.decode(&frame).codes.is_empty() {
                    return Some(Camera::Read);
                }
            }
            Sight::Camera(CameraState::Absent { .. }) | Sight::End => break,
            Sight::Camera(_) | Sight::Unreadable { .. } | Sight::Nothing => {}
        }
    }
    has_pictures.then_some(Camera::Unread)
}

/// Plays a tone and asks whether it was heard; nothing where there is nobody to ask.
fn ask_for_sound(wanted: feedback::Choice, catalogue: &Catalogue) -> anyhow::Result<Option<Found>> {
    if wanted == feedback::Choice::Off {
        return Ok(Some(Found::Sound(Sound::Off)));
    }
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Ok(None);
    }
    let means = match wanted {
        feedback::Choice::Auto | feedback::Choice::Device if play() => Means::Device,
        feedback::Choice::Device => return Ok(Some(Found::Sound(Sound::NoDevice))),
        _ => Means::Bell,
    };
    let (bell, question) = match means {
        Means::Device => ("", "drill-heard-device"),
        _ => ("\u{7}", "drill-heard-bell"),
    };
    print!("{bell}{} [y/n] ", catalogue.say(question));
    stdout().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    let is_heard = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "j" | "ja");
    Ok(Some(Found::Sound(if is_heard { Sound::Heard(means) } else { Sound::NotHeard(means) })))
}

/// Whether the sound device plays a tone. What its library says about it is not for people.
fn play() -> bool {
    hushed::begin();
    let is_heard = feedback::play_once(Tone::Admit);
    hushed::end();
    is_heard
}
