//! What is said about a ready check: what was looked at, how it is, and what to do.

use sync_protocol::journal::drill::Light;

use super::Names;
use crate::app::screen::drill::{Drill, Stage};
use crate::catalogue::text;
use crate::drill::{Battery, Camera, Found, Rehearsal, Sample, Sound, Spread};
use crate::feedback::Means;

/// Returns the symbol of a light.
pub const fn light_symbol(light: Light) -> &'static str {
    match light {
        Light::Green => "✔",
        Light::Amber => "!",
        Light::Red => "✖",
    }
}

/// Returns what is checked.
pub fn drill_check(found: &Found, names: &Names<'_>) -> String {
    names.say(match found {
        Found::Ready(_) => "drill-ready",
        Found::List { .. } => "drill-list",
        Found::Keys(_) => "drill-keys",
        Found::Certificate { .. } => "drill-certificate",
        Found::Clock { .. } => "drill-clock",
        Found::Server { .. } => "drill-server",
        Found::Disk(_) => "drill-disk",
        Found::Durable(_) => "drill-durable",
        Found::Copy(_) => "drill-copy",
        Found::Battery(_) => "drill-battery",
        Found::Sample(_) => "drill-sample",
        Found::Rehearsal(_) => "drill-rehearsal",
        Found::Camera(_) => "drill-camera",
        Found::Sound(_) => "drill-sound",
    })
}

/// Returns what was found, and what to do about it unless all is well.
pub fn drill_found(found: &Found, names: &Names<'_>) -> (String, Option<String>) {
    let light = found.light();
    let advice = |id: &str| (light != Light::Green).then(|| names.say(id));
    match found {
        Found::Ready(None) => (names.say("drill-ready-yes"), None),
        Found::Ready(Some(_)) => (names.say("drill-ready-no"), advice("drill-ready-do")),
        Found::List { age_ms: None, .. } => (names.say("drill-list-none"), advice("drill-list-do")),
        Found::List { tickets, age_ms: Some(age_ms) } => {
            let values = [("count", (*tickets).into()), ("age", text(names.span(*age_ms)))];
            (names.say_with("drill-list-age", &values), advice("drill-list-do"))
        }
        Found::Keys(count) => {
            let count = u64::try_from(*count).unwrap_or(u64::MAX);
            (names.say_with("drill-keys-count", &[("count", count.into())]), advice("drill-keys-do"))
        }
        Found::Certificate { left_ms: None, .. } => (names.say("drill-certificate-no"), advice("drill-certificate-do")),
        Found::Certificate { left_ms: Some(left_ms), .. } => {
            let values = [("left", text(names.span(*left_ms)))];
            (names.say_with("drill-certificate-left", &values), advice("drill-certificate-do"))
        }
        Found::Clock { uncertainty_ms, off_ms, .. } => {
            let values = [("within", text(precise(*uncertainty_ms, names))), ("off", text(precise(*off_ms, names)))];
            (names.say_with("drill-clock-is", &values), advice("drill-clock-do"))
        }
        Found::Server { is_online: true, unsent } => {
            (names.say_with("drill-server-online", &[("count", (*unsent).into())]), None)
        }
        Found::Server { is_online: false, unsent } => {
            let said = names.say_with("drill-server-offline", &[("count", (*unsent).into())]);
            (said, advice("drill-server-do"))
        }
        Found::Disk(bytes) => {
            (names.say_with("drill-disk-free", &[("size", text(size(*bytes)))]), advice("drill-disk-do"))
        }
        Found::Durable(None) => (names.say("drill-durable-no"), advice("drill-durable-do")),
        Found::Durable(Some(Spread { p50_us, p99_us })) => {
            let values = [("usual", text(ms(*p50_us, names))), ("most", text(ms(*p99_us, names)))];
            (names.say_with("drill-durable-took", &values), advice("drill-durable-do"))
        }
        Found::Copy(0) => (names.say("drill-copy-whole"), None),
        Found::Copy(behind) => {
            (names.say_with("drill-copy-behind", &[("count", (*behind).into())]), advice("drill-copy-do"))
        }
        Found::Battery(battery) => (battery_is(*battery, names), advice("drill-battery-do")),
        Found::Sample(sample) => {
            let said = match sample {
                Sample::Told => "drill-sample-told",
                Sample::NoTicket => "drill-sample-none",
                Sample::NotTold => "drill-sample-not-told",
                Sample::Unreadable => "drill-sample-unreadable",
            };
            (names.say(said), advice("drill-sample-do"))
        }
        Found::Rehearsal(rehearsal) => (rehearsed(rehearsal, names), advice("drill-rehearsal-do")),
        Found::Camera(camera) => {
            let said = match camera {
                Camera::Read => "drill-camera-read",
                Camera::Unread => "drill-camera-unread",
                Camera::Unwanted => "drill-camera-unwanted",
                Camera::Away => "drill-camera-away",
                Camera::Blind => "drill-camera-blind",
            };
            (names.say(said), advice("drill-camera-do"))
        }
        Found::Sound(sound) => {
            let (said, step) = match sound {
                Sound::Heard(Means::Device) => ("drill-sound-heard-device", "drill-sound-do"),
                Sound::Heard(_) => ("drill-sound-heard-bell", "drill-sound-do"),
                Sound::NotHeard(Means::Device) => ("drill-sound-not-heard-device", "drill-sound-do"),
                Sound::NotHeard(_) => ("drill-sound-not-heard-bell", "drill-sound-do-bell"),
                Sound::NoDevice => ("drill-sound-none", "drill-sound-do-none"),
                Sound::Off => ("drill-sound-off", "drill-sound-do"),
            };
            (names.say(said), advice(step))
        }
    }
}

/// Returns what stands above the findings, with a light once there is one; `mark` is what stands before a finding.
pub fn drill_head(screen: &Drill, mark: impl Fn(Light) -> String, names: &Names<'_>) -> (Option<Light>, String) {
    let light = screen.found().iter().map(Found::light).max();
    match screen.stage() {
        Stage::Probing | Stage::Keeping => (None, names.say("drill-running")),
        Stage::Camera(_) => {
            let seconds = screen.camera_ms().unwrap_or_default().div_ceil(1_000);
            (None, names.say_with("drill-hold-a-code", &[("seconds", seconds.into())]))
        }
        Stage::Sound if screen.means() == Means::Device => (None, names.say("drill-heard-device")),
        Stage::Sound => (None, names.say("drill-heard-bell")),
        Stage::Done(is_kept) => {
            let said = drill_verdict(light.unwrap_or(Light::Red), mark, names);
            (light, if is_kept { said } else { format!("{said} {}", names.say("drill-not-kept")) })
        }
    }
}

/// Returns what a whole check comes to; `mark` is what stands before a finding.
pub fn drill_verdict(light: Light, mark: impl Fn(Light) -> String, names: &Names<'_>) -> String {
    let marked = [("mark", text(mark(light)))];
    match light {
        Light::Green => names.say("drill-all-green"),
        Light::Amber => names.say_with("drill-some-amber", &marked),
        Light::Red => names.say_with("drill-some-red", &marked),
    }
}

fn battery_is(battery: Battery, names: &Names<'_>) -> String {
    match battery {
        Battery::None => names.say("drill-battery-none"),
        Battery::Charging(percent) => names.say_with("drill-battery-charging", &[("percent", percent.into())]),
        Battery::Draining(percent) => names.say_with("drill-battery-draining", &[("percent", percent.into())]),
    }
}

fn rehearsed(rehearsal: &Rehearsal, names: &Names<'_>) -> String {
    if rehearsal.failed > 0 {
        return names.say_with("drill-rehearsal-failed", &[("failed", rehearsal.failed.into())]);
    }
    let values = [("count", rehearsal.decided().into()), ("admitted", rehearsal.admitted.into())];
    names.say_with("drill-rehearsal-decided", &values)
}

/// A short span of time: `40 ms`, `3 s`, `2 min`.
fn precise(ms: u64, names: &Names<'_>) -> String {
    if ms < 1_000 { format!("{ms} ms") } else { names.span(ms) }
}

fn ms(us: u32, names: &Names<'_>) -> String {
    format!("{} ms", names.decimal(f64::from(us) / 1_000.0))
}

fn size(bytes: u64) -> String {
    const GIB: u64 = 1 << 30;
    if bytes < GIB { format!("{} MiB", bytes >> 20) } else { format!("{} GiB", bytes >> 30) }
}
