//! What lies over a code: a thumb, dirt, and light that blinds.

use std::f32::consts::{PI, TAU};

use super::{plane::Light, plane::Pose, random::Random};

/// A patch of one tone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patch {
    centre: (f32, f32),
    radii: (f32, f32),
    turn: f32,
    tone: f32,
}

impl Patch {
    /// Returns a thumb or dirt that covers about `share` of the code, and never two finder patterns.
    pub(super) fn draw(share: f32, random: &mut Random) -> Vec<Self> {
        if random.chance(1.0 / 3.0) {
            let radius = 1.25 * (share / PI).sqrt();
            return vec![Self {
                centre: (random.between(0.05, 0.5), 0.5),
                radii: (radius, 1.3 * radius),
                turn: random.between(-0.35, 0.35),
                tone: random.between(0.25, 0.5),
            }];
        }
        let radius = (share / 4.0 / PI).sqrt();
        (0..4)
            .map(|_| Self {
                centre: (random.between(-0.25, 0.45), random.between(-0.2, 0.45)),
                radii: (radius, radius),
                turn: 0.0,
                tone: [0.05, 0.3, 0.8].get(random.below(3)).copied().unwrap_or(0.3),
            })
            .collect()
    }

    /// Returns its tone where it covers a point of the ticket.
    pub(super) fn at(&self, x: f32, y: f32) -> Option<f32> {
        let (sin, cos) = self.turn.sin_cos();
        let (dx, dy) = (x - self.centre.0, y - self.centre.1);
        let (along, across) = ((dx * cos + dy * sin) / self.radii.0, (dy * cos - dx * sin) / self.radii.1);
        (along * along + across * across <= 1.0).then_some(self.tone)
    }
}

/// A lamp's reflection on paper or glass, in pixels of the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Highlight {
    centre: (f32, f32),
    radius: f32,
    turn: f32,
    stretch: f32,
}

impl Highlight {
    /// Returns one or two highlights that blind about `share` of the code.
    pub(super) fn draw(share: f32, pose: &Pose, random: &mut Random) -> Vec<Self> {
        let count = 1 + random.below(2);
        (0..count)
            .map(|_| Self {
                centre: (
                    pose.centre.0 + pose.side * random.between(-0.32, 0.32),
                    pose.centre.1 + pose.side * random.between(-0.32, 0.32),
                ),
                radius: pose.side * (share / count as f32 / PI).sqrt(),
                turn: random.between(0.0, TAU),
                stretch: random.between(1.0, 2.2),
            })
            .collect()
    }

    /// Adds its light.
    pub(super) fn shine(&self, light: &mut Light) {
        let (sin, cos) = self.turn.sin_cos();
        let reach = 3.0 * self.radius * self.stretch;
        let ((x0, y0), stretch) = (self.centre, self.stretch);
        light.change((x0 - reach, y0 - reach), (x0 + reach, y0 + reach), |x, y, behind| {
            let (dx, dy) = (x - x0, y - y0);
            let (along, across) = ((dx * cos + dy * sin) / stretch, (dy * cos - dx * sin) * stretch);
            let away = (along.hypot(across) / self.radius - 0.7).max(0.0);
            behind + 1.6 * (-away * away / 0.18).exp()
        });
    }
}
