//! What the screen says about the camera: its picture, its troubles, and how the ticket is held.

use super::machine::WITHOUT_CAMERA;
use super::{Names, clean};
use crate::camera::Trouble;
use crate::catalogue::text;
use crate::decoder::aim::Aim;
use crate::door::CameraStatus;

/// Returns what the camera's place says: first what is the matter, then after an empty line what to do.
pub fn camera(camera: &CameraStatus, names: &Names<'_>) -> Vec<String> {
    let say = |id| names.say(id);
    let without = || say(WITHOUT_CAMERA);
    match camera {
        CameraStatus::Off => vec![say("camera-off"), String::new(), without()],
        CameraStatus::Opening { name } => vec![say("camera-opening"), clean(name)],
        CameraStatus::Streaming { name, .. } => {
            vec![say("camera-on"), clean(name), String::new(), say("camera-on-step")]
        }
        CameraStatus::Absent { found } if found.is_empty() => {
            vec![say("camera-none"), say("camera-none-connected"), say("camera-none-step"), String::new(), without()]
        }
        CameraStatus::Absent { found } => {
            let found = found.iter().map(|name| clean(name)).collect::<Vec<_>>().join(", ");
            let found = names.say_with("camera-found", &[("cameras", text(found))]);
            vec![say("camera-none"), say("camera-not-there"), found, String::new(), without()]
        }
        CameraStatus::Lost { name, trouble, .. } => {
            let (what, step) = self::trouble(*trouble);
            vec![say("camera-lost"), clean(name), say(what), String::new(), say(step), without()]
        }
    }
}

/// Returns the ids of what is the matter, and of what to do.
pub(super) const fn trouble(trouble: Trouble) -> (&'static str, &'static str) {
    match trouble {
        Trouble::Busy => ("camera-busy", "camera-busy-step"),
        Trouble::NotAllowed => ("camera-not-allowed", "camera-not-allowed-step"),
        Trouble::Unplugged => ("camera-unplugged", "camera-unplugged-step"),
        Trouble::NoFormat => ("camera-no-format", "camera-no-format-step"),
        Trouble::Silent => ("camera-silent", "camera-silent-step"),
        Trouble::Broken => ("camera-broken", "camera-broken-step"),
        Trouble::Unknown => ("camera-strange", "camera-strange-step"),
    }
}

/// Returns the line below the camera's place.
pub fn camera_hint(camera: &CameraStatus, aim: Aim, names: &Names<'_>) -> String {
    match camera {
        CameraStatus::Streaming { fps: 0, .. } => names.say(self::aim(aim)),
        CameraStatus::Streaming { fps, .. } => {
            let values = [("aim", text(names.say(self::aim(aim)))), ("fps", (*fps).into())];
            names.say_with("camera-hint", &values)
        }
        CameraStatus::Opening { .. } => names.say("camera-hint-opening"),
        CameraStatus::Off => names.say("camera-hint-off"),
        CameraStatus::Absent { .. } | CameraStatus::Lost { .. } => names.say("camera-hint-none"),
    }
}

/// Whether something should be done about how the ticket is held.
pub const fn is_advice(aim: Aim) -> bool {
    !matches!(aim, Aim::Open | Aim::Read)
}

const fn aim(aim: Aim) -> &'static str {
    match aim {
        Aim::Open => "camera-aim",
        Aim::Read => "camera-read",
        Aim::TooDark => "camera-too-dark",
        Aim::TooBright => "camera-too-bright",
        Aim::TooFar => "camera-too-far",
        Aim::CutOff => "camera-cut-off",
        Aim::Blurred => "camera-blurred",
        Aim::HoldStill => "camera-hold-still",
    }
}
