//! What the screen says about the camera.

use super::machine::WITHOUT_CAMERA;
use super::{Names, clean};
use crate::catalogue::text;
use crate::door::CameraStatus;

/// Returns the title of the camera's place.
pub fn camera_title(names: &Names<'_>) -> String {
    format!(" {} ", names.say("camera-title"))
}

/// Returns what the camera's place says.
pub fn camera(camera: &CameraStatus, names: &Names<'_>) -> Vec<String> {
    match camera {
        CameraStatus::Off => vec![names.say("camera-off"), String::new(), names.say(WITHOUT_CAMERA)],
        CameraStatus::Opening { name } => vec![names.say("camera-opening"), clean(name)],
        CameraStatus::Streaming { name, .. } => {
            vec![names.say("camera-on"), clean(name), String::new(), names.say("camera-on-hold")]
        }
        CameraStatus::Absent { detail } => {
            vec![names.say("camera-absent"), clean(detail), String::new(), names.say(WITHOUT_CAMERA)]
        }
        CameraStatus::Lost { name, reason } => vec![
            names.say("camera-lost"),
            clean(name),
            clean(reason),
            String::new(),
            names.say("camera-lost-step"),
            names.say(WITHOUT_CAMERA),
        ],
    }
}

/// Returns the line below the camera's place.
pub fn camera_hint(camera: &CameraStatus, names: &Names<'_>) -> String {
    match camera {
        CameraStatus::Streaming { fps, .. } => names.say_with("camera-hint-aim", &[("fps", text(fps.to_string()))]),
        CameraStatus::Opening { .. } => names.say("camera-hint-opening"),
        CameraStatus::Off => names.say("camera-hint-off"),
        CameraStatus::Absent { .. } | CameraStatus::Lost { .. } => names.say("camera-hint-none"),
    }
}
