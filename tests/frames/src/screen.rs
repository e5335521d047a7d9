//! A phone's screen before a camera: its rows of pixels beat with the sensor's, and it flickers.

use std::f32::consts::TAU;

use super::{HEIGHT, random::Random};

/// The pattern of a screen, in pixels of the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raster {
    pitch: f32,
    depth: f32,
    turn: f32,
    bands: f32,
    band_depth: f32,
    phase: f32,
    /// What the glass reflects of the room.
    veil: f32,
}

impl Raster {
    /// Returns the pattern of a screen; `strength` is 0 for a good one up to 3.
    pub(super) fn draw(strength: f32, random: &mut Random) -> Self {
        Self {
            pitch: random.between(0.8, 1.7) / (1.0 + 0.25 * strength),
            depth: 0.1 + 0.12 * strength,
            turn: random.between(-0.12, 0.12),
            bands: random.between(2.0, 7.0),
            band_depth: 0.05 + 0.08 * strength,
            phase: random.unit(),
            veil: 0.01 + 0.023 * strength,
        }
    }

    /// Returns how bright a point of the screen is seen that shows `value`.
    pub(super) fn show(&self, x: f32, y: f32, value: f32) -> f32 {
        let (sin, cos) = self.turn.sin_cos();
        let wave = |along: f32| (TAU * along / self.pitch).cos();
        let grid = (1.0 + self.depth * wave(x * cos + y * sin)) * (1.0 + 0.6 * self.depth * wave(y * cos - x * sin));
        let band = 1.0 + self.band_depth * (TAU * (y / HEIGHT as f32 * self.bands + self.phase)).sin();
        value * 1.05 * grid * band + self.veil
    }
}
