//! What the screen says about choosing a camera.

use super::keys::{Keys, READ_KEYS};
use super::sight::trouble;
use super::{Names, clean};
use crate::app::screen::camera::Camera;
use crate::camera::luma::PixelFormat;
use crate::camera::offer::{Mode, Offer};
use crate::catalogue::text;

/// Returns the keys of the screen.
pub(super) fn keys(screen: &Camera) -> Keys {
    match screen.row() {
        None => READ_KEYS,
        Some(_) => &[("↑ ↓", "keys-choose"), ("Enter", "camera-key-use"), ("Esc", "keys-back")],
    }
}

/// Returns what stands above the cameras, or above the sizes of one.
pub fn cameras_head(screen: &Camera, names: &Names<'_>) -> String {
    if let Some((offer, ..)) = screen.sizes() {
        return names.say_with("camera-choose-size", &[("camera", text(clean(&offer.name)))]);
    }
    names.say(match screen.offers() {
        _ if screen.is_unused() => "camera-unused",
        None => "camera-looking",
        Some([]) => "camera-none-found",
        Some(_) => "camera-choose",
    })
}

/// Returns a camera's name and how it is.
pub fn camera_row(offer: &Offer, names: &Names<'_>) -> (String, String) {
    let name = match clean(&offer.name) {
        name if name.is_empty() => offer.index.to_string(),
        name => name,
    };
    let state = match (&offer.in_use, &offer.modes) {
        (Some(mode), _) => names.say_with("camera-in-use", &[("mode", text(camera_mode(mode, names)))]),
        (None, Ok(modes)) => match modes.first() {
            None => names.say("camera-starts"),
            Some(most) => names.say_with("camera-up-to", &[("size", text(size(most)))]),
        },
        (None, Err(trouble)) => names.say(self::trouble(*trouble).0),
    };
    (name, state)
}

/// Returns a size with its pictures a second and their code: `1280×720   30 fps   MJPEG`.
pub fn camera_mode(mode: &Mode, names: &Names<'_>) -> String {
    let format = match mode.format {
        PixelFormat::Yuyv => "YUYV",
        PixelFormat::Nv12 => "NV12",
        PixelFormat::Mjpeg => "MJPEG",
    };
    let values = [("size", text(size(mode))), ("fps", mode.rate.into()), ("format", text(format))];
    names.say_with("camera-mode", &values)
}

fn size(mode: &Mode) -> String {
    format!("{}×{}", mode.width, mode.height)
}
