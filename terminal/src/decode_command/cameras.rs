//! Which cameras there are, and what each offers.

use std::io::{self, Write};

use serde::Serialize;

use super::report::{line, printable, say};
use crate::camera::{
    CameraState,
    offer::{Mode, Offer},
};

/// The most sizes of a camera that are listed for people.
const SIZES_MAX: usize = 6;

#[derive(Serialize)]
struct CameraLine<'a> {
    index: u32,
    name: &'a str,
    modes: Vec<ModeLine>,
    /// Why it can't be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
}

#[derive(Serialize)]
struct ModeLine {
    width: u32,
    height: u32,
    rate: u32,
    format: String,
}

/// Lists the cameras; says whether there is one.
pub(super) fn list(cameras: &[Offer], json: bool) -> io::Result<bool> {
    for camera in cameras {
        if json {
            line(&camera_line(camera))?;
        } else {
            say(&told(camera))?;
        }
    }
    if cameras.is_empty() && !json {
        writeln!(io::stderr(), "usher: {}", CameraState::Absent { found: Vec::new() })?;
    }
    Ok(!cameras.is_empty())
}

fn camera_line(camera: &Offer) -> CameraLine<'_> {
    let modes = camera.modes.as_deref().unwrap_or_default().iter().map(|mode| ModeLine {
        width: mode.width,
        height: mode.height,
        rate: mode.rate,
        format: mode.format.to_string(),
    });
    let trouble = camera.modes.as_ref().err().map(ToString::to_string);
    CameraLine { index: camera.index, name: &camera.name, modes: modes.collect(), trouble }
}

fn told(camera: &Offer) -> String {
    let offered = match &camera.modes {
        Ok(modes) => {
            let mut sizes: Vec<String> = modes.iter().take(SIZES_MAX).map(size).collect();
            if let Some(more @ 1..) = modes.len().checked_sub(SIZES_MAX) {
                sizes.push(format!("{more} more"));
            }
            sizes.join(", ")
        }
        Err(trouble) => trouble.to_string(),
    };
    format!("{}  {}: {offered}", camera.index, printable(&camera.name))
}

fn size(mode: &Mode) -> String {
    format!("{}x{} {} fps {}", mode.width, mode.height, mode.rate, mode.format)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{Trouble, luma::PixelFormat};

    fn offer(modes: Result<Vec<Mode>, Trouble>) -> Offer {
        Offer { index: 2, name: "Door\u{1b} Cam".into(), modes, in_use: None }
    }

    #[test]
    fn a_camera_is_told_with_its_largest_sizes_or_with_its_trouble() {
        let mode = |width| Mode { width, height: 480, rate: 30, format: PixelFormat::Yuyv };
        let few = offer(Ok(vec![mode(640)]));
        let many = offer(Ok((0..8).map(mode).collect()));

        assert_eq!(told(&few), r"2  Door\u{1b} Cam: 640x480 30 fps YUYV");
        assert!(told(&many).ends_with("5x480 30 fps YUYV, 2 more"), "{}", told(&many));
        assert_eq!(told(&offer(Err(Trouble::Busy))), r"2  Door\u{1b} Cam: another program uses it");
    }

    #[test]
    fn programs_are_told_every_size() {
        let mode = Mode { width: 640, height: 480, rate: 30, format: PixelFormat::Mjpeg };
        let offer = offer(Ok(vec![mode]));

        let told = serde_json::to_value(camera_line(&offer)).unwrap();

        let modes = serde_json::json!([{"width": 640, "height": 480, "rate": 30, "format": "MJPEG"}]);
        assert_eq!(told, serde_json::json!({"index": 2, "name": "Door\u{1b} Cam", "modes": modes}));
    }
}
