//! Paper that is not flat: bent around something, or crumpled.

use std::f32::consts::PI;

use super::random::Random;

/// Paper bent about a vertical axis, as around a bottle or a thumb.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bend {
    /// Its radius, in sides of the code.
    pub(super) radius: f32,
}

/// The furthest that bent paper can be seen around, in radians.
const AROUND_MAX: f32 = 1.45;

impl Bend {
    /// Returns the point of the flat ticket that is seen at a point, and how much light it has; none beside
    /// the bend.
    pub(super) fn unroll(self, x: f32, y: f32) -> Option<(f32, f32, f32)> {
        let sine = x / self.radius;
        if sine.abs() >= AROUND_MAX.sin() {
            return None;
        }
        let depth = (1.0 - sine * sine).sqrt();
        // The camera looks down a little, so that the sides seem lower than the middle.
        let sag = 0.12 * self.radius * (1.0 - depth);
        Some((self.radius * sine.asin(), y + sag, depth.powf(0.7)))
    }
}

/// Creases: the paper is shifted here and there, and lit from one side.
#[derive(Clone, Debug)]
pub(super) struct Creases {
    /// The mean shift, in sides of the code.
    amplitude: f32,
    /// How much the light changes.
    relief: f32,
    across: Bumps,
    down: Bumps,
    light: Bumps,
    folds: [Fold; 3],
    /// The side of a module, in sides of the code.
    module: f32,
}

/// A sharp fold through the paper.
#[derive(Clone, Copy, Debug)]
struct Fold {
    direction: f32,
    through: (f32, f32),
    height: f32,
}

impl Creases {
    /// Returns creases that shift the paper by about half of `shift` modules.
    pub(super) fn draw(shift: f32, modules: f32, random: &mut Random) -> Self {
        let cells = 3.0 + random.between(0.0, 1.5);
        let mut bumps = || Bumps::draw(cells, random);
        let (across, down, light) = (bumps(), bumps(), bumps());
        let fold = |random: &mut Random| Fold {
            direction: random.between(0.0, PI),
            through: (random.between(-0.3, 0.3), random.between(-0.3, 0.3)),
            height: random.between(-0.5, 0.5),
        };
        Self {
            amplitude: 0.5 * shift / modules,
            relief: 0.16 * shift.min(2.0),
            across,
            down,
            light,
            folds: [fold(random), fold(random), fold(random)],
            module: 1.0 / modules,
        }
    }

    /// Returns the point of the smooth ticket that is seen at a point, and how much light it has.
    pub(super) fn smooth(&self, x: f32, y: f32) -> (f32, f32, f32) {
        let (mut across, mut down, mut light) = (self.across.at(x, y), self.down.at(x, y), self.light.at(x, y));
        for Fold { direction, through, height } in self.folds {
            let (sin, cos) = direction.sin_cos();
            let beside = ((x - through.0) * cos + (y - through.1) * sin) / self.module;
            across += height * (beside / 3.0).tanh() * cos;
            down += height * (beside / 3.0).tanh() * sin;
            light += 1.5 * height * (-(beside / 4.0).powi(2)).exp();
        }
        (x + self.amplitude * across, y + self.amplitude * down, (1.0 + self.relief * light).max(0.05))
    }
}

/// Smooth hills of a random height, about one unit.
#[derive(Clone, Debug)]
struct Bumps {
    /// Cells along a side of the code.
    cells: f32,
    heights: Vec<f32>,
}

/// Heights along each side of the field, which reaches far beyond the code.
const HEIGHTS: usize = 28;

impl Bumps {
    fn draw(cells: f32, random: &mut Random) -> Self {
        Self { cells, heights: (0..HEIGHTS * HEIGHTS).map(|_| random.normal()).collect() }
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let place = |at: f32| (at * self.cells + HEIGHTS as f32 / 2.0).clamp(0.0, HEIGHTS as f32 - 2.0);
        let (x, y) = (place(x), place(y));
        let height = |column: usize, row: usize| self.heights.get(row * HEIGHTS + column).copied().unwrap_or(0.0);
        let (column, row) = (x as usize, y as usize);
        let ease = |part: f32| part * part * (3.0 - 2.0 * part);
        let (right, below) = (ease(x.fract()), ease(y.fract()));
        let along = |row| height(column, row) * (1.0 - right) + height(column + 1, row) * right;
        along(row) * (1.0 - below) + along(row + 1) * below
    }
}
