//! A ticket that comes in moving and settles.

use image::GrayImage;

use super::{Kind, Level, Severity, clutter, optics::Optics, plane::Pose, random::Random, ticket::Ticket};

/// Returns `count` frames, a fifteenth of a second apart, of a ticket whose code says `text`: it comes
/// in from the side, blurred, and is held still from about the fifth frame on.
///
/// # Panics
///
/// If `text` is longer than a code can hold.
pub fn burst(text: &str, seed: u64, count: usize) -> Vec<GrayImage> {
    let mut random = Random::new(seed ^ 0x6275_7273_7400);
    let ticket = Ticket::draw(text, Level::Q, Kind::Motion, Severity::Mild, &mut random);
    let rest = Pose::draw(Kind::Paper, Severity::Mild, &mut random);
    let still = Optics::draw(Kind::Paper, Severity::Mild, &mut random);
    let (from, turned) = (random.between(-420.0, 420.0), random.between(-0.5, 0.5));
    let background = random.next();
    (0..count)
        .map(|number| {
            // What is left of the way, halved with each frame.
            let left = 0.5f32.powi(number as i32);
            let moving = from * left;
            let pose = Pose {
                centre: (rest.centre.0 + moving, rest.centre.1 + 0.4 * moving),
                turn: rest.turn + turned * left,
                ..rest.clone()
            };
            let optics =
                Optics { motion: (moving * 0.12, moving * 0.05), defocus: still.defocus + 3.0 * left, ..still.clone() };
            // The same clutter behind every frame, but other noise.
            let mut scene = Random::new(background);
            let mut light = clutter::draw(&mut scene);
            pose.lay(&ticket, &mut light);
            optics.take(light, &mut Random::new(background ^ number as u64))
        })
        .collect()
}
