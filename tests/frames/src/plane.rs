//! Where a ticket is in front of the camera, and what it looks like from there.

use std::f32::consts::{PI, TAU};

use super::{HEIGHT, Kind, Severity, WIDTH, random::Random, ticket::Ticket};

/// Points taken along each side of a pixel.
const SAMPLES: usize = 2;

/// A picture in light, 0 to 1, row by row.
pub(super) struct Light {
    pub(super) values: Vec<f32>,
}

impl Light {
    /// Returns a picture of the usual size, from the brightness at each pixel.
    pub(super) fn from_fn(mut at: impl FnMut(f32, f32) -> f32) -> Self {
        let mut values = Vec::with_capacity((WIDTH * HEIGHT) as usize);
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                values.push(at(x as f32, y as f32));
            }
        }
        Self { values }
    }

    /// Changes the pixels of a box, cut at the picture's edges.
    pub(super) fn change(
        &mut self,
        (left, top): (f32, f32),
        (right, bottom): (f32, f32),
        mut to: impl FnMut(f32, f32, f32) -> f32,
    ) {
        let (left, right) = (left.clamp(0.0, WIDTH as f32) as usize, right.clamp(0.0, WIDTH as f32) as usize);
        let (top, bottom) = (top.clamp(0.0, HEIGHT as f32) as usize, bottom.clamp(0.0, HEIGHT as f32) as usize);
        for (y, row) in self.values.chunks_exact_mut(WIDTH as usize).enumerate().take(bottom).skip(top) {
            for (x, value) in row.iter_mut().enumerate().take(right).skip(left) {
                *value = to(x as f32, y as f32, *value);
            }
        }
    }
}

/// A ticket's place: a tilted, turned plane in front of a pinhole camera.
#[derive(Clone, Debug)]
pub(super) struct Pose {
    /// The side of the code in pixels, were it not tilted.
    pub(super) side: f32,
    pub(super) centre: (f32, f32),
    /// In the picture's plane, in radians.
    pub(super) turn: f32,
    /// Away from the camera, in radians, about an axis at `tilt_axis`.
    pub(super) tilt: f32,
    pub(super) tilt_axis: f32,
}

/// The camera's focal length in pixels: about 60 degrees across.
const FOCAL: f32 = 1_100.0;

impl Pose {
    pub(super) fn draw(kind: Kind, severity: Severity, random: &mut Random) -> Self {
        let side = match kind {
            Kind::Small => severity.of([190.0, 160.0, 130.0, 115.0]),
            Kind::Rotation => {
                let usual = random.between(230.0, 330.0);
                severity.of([usual, usual, 210.0, 170.0])
            }
            _ => random.between(230.0, 330.0),
        };
        let turn = match kind {
            Kind::Rotation => random.between(-PI, PI),
            _ => random.between(-0.14, 0.14),
        };
        let degrees = match kind {
            Kind::Perspective => severity.of([20.0, 32.0, 48.0, 60.0]),
            _ => random.between(0.0, 10.0),
        };
        let centre =
            (WIDTH as f32 / 2.0 + random.between(-220.0, 220.0), HEIGHT as f32 / 2.0 + random.between(-70.0, 70.0));
        Self { side, centre, turn, tilt: f32::to_radians(degrees), tilt_axis: random.between(0.0, TAU) }
    }

    /// Returns the matrix that takes a pixel's place, seen from the code's centre, to the ticket's
    /// plane, as three rows; the third is the divisor.
    fn inverse(&self) -> [[f32; 3]; 3] {
        let (sin_turn, cos_turn) = self.turn.sin_cos();
        let (sin_axis, cos_axis) = self.tilt_axis.sin_cos();
        // In the picture's plane along the axis nothing shrinks; across it the cosine of the tilt does.
        let shrink = self.tilt.cos().max(0.1);
        let depth = self.tilt.sin() / (FOCAL * shrink);
        let across = [-sin_axis, cos_axis];
        let mixed = cos_axis * sin_axis * (1.0 - 1.0 / shrink);
        let first = [cos_axis * cos_axis + sin_axis * sin_axis / shrink, mixed];
        let second = [mixed, sin_axis * sin_axis + cos_axis * cos_axis / shrink];
        let scale = 1.0 / self.side;
        [
            [
                (cos_turn * first[0] + sin_turn * second[0]) * scale,
                (cos_turn * first[1] + sin_turn * second[1]) * scale,
                0.0,
            ],
            [
                (-sin_turn * first[0] + cos_turn * second[0]) * scale,
                (-sin_turn * first[1] + cos_turn * second[1]) * scale,
                0.0,
            ],
            [-depth * across[0], -depth * across[1], 1.0],
        ]
    }

    /// Draws the ticket into the picture.
    pub(super) fn lay(&self, ticket: &Ticket, light: &mut Light) {
        let [first, second, third] = self.inverse();
        let reach = self.side * 2.6;
        let (x0, y0) = self.centre;
        light.change((x0 - reach, y0 - reach), (x0 + reach, y0 + reach), |x, y, behind| {
            let mut sum = 0.0;
            for sample in 0..SAMPLES * SAMPLES {
                let part = |index: usize| (index as f32 + 0.5) / SAMPLES as f32;
                let (dx, dy) = (x + part(sample % SAMPLES) - x0, y + part(sample / SAMPLES) - y0);
                let apply = |row: [f32; 3]| row[0] * dx + row[1] * dy + row[2];
                let divisor = apply(third);
                let seen =
                    if divisor > 0.05 { ticket.at(apply(first) / divisor, apply(second) / divisor) } else { None };
                let shown = match ticket.raster {
                    Some(raster) => seen.map(|value| raster.show(dx + x0, dy + y0, value)),
                    None => seen,
                };
                sum += shown.unwrap_or(behind);
            }
            sum / (SAMPLES * SAMPLES) as f32
        });
    }
}
