//! Frames with a little of everything at once, as most are at a real door.

use super::{
    Kind, Level, Severity,
    cover::{Highlight, Patch},
    optics::Optics,
    plane::Pose,
    random::Random,
    screen::Raster,
    surface::{Bend, Creases},
    ticket::Ticket,
};

/// Returns a ticket, where it is held, how it is seen, and what shines on it.
pub(super) fn draw(text: &str, level: Level, random: &mut Random) -> (Ticket, Pose, Optics, Vec<Highlight>) {
    let is_phone = random.chance(0.6);
    let is_dark_mode = is_phone && random.chance(0.12);
    let kind = match (is_phone, is_dark_mode) {
        (_, true) => Kind::DarkMode,
        (true, false) => Kind::Screen,
        (false, false) => Kind::Paper,
    };
    let mut ticket = Ticket::draw(text, level, kind, Severity::Mild, random);
    let mut pose = Pose::draw(Kind::Paper, Severity::Mild, random);
    let mut optics = Optics::draw(Kind::Paper, Severity::Mild, random);

    pose.side = random.between(140.0, 380.0);
    pose.turn = 0.21 * random.normal();
    if random.chance(0.15) {
        pose.turn += std::f32::consts::FRAC_PI_2 * random.below(4) as f32;
    }
    pose.tilt = (20.0 * random.normal().abs()).min(50.0).to_radians();

    let motion = (1.5 + 2.5 * random.normal()).max(0.0);
    let direction = random.between(0.0, std::f32::consts::TAU);
    optics.motion = (motion * direction.cos(), motion * direction.sin());
    optics.defocus = random.between(0.6, 2.0);
    let photons = 10f32.powf(random.between(1.8, 3.4));
    optics.shot = photons.sqrt().recip();
    optics.noise = random.between(1.0, 4.0) / photons;
    optics.exposure = 2f32.powf(0.5 * random.normal());
    optics.blooms = true;
    optics.sharpening = random.between(0.0, 1.4);
    optics.jpeg_quality = 45 + random.below(47) as u8;
    let shadow = [1.0, 1.0, 1.0, 0.5, 0.29].get(random.below(5)).copied().unwrap_or(1.0);
    if shadow < 1.0 {
        let edge = (pose.centre.0 + random.between(-0.2, 0.2) * pose.side, pose.centre.1);
        optics.shadow = Some((edge, random.between(0.0, std::f32::consts::TAU), shadow));
    }

    let mut highlights = Vec::new();
    if is_phone {
        ticket.raster = Some(Raster::draw(random.below(3) as f32, random));
        if random.chance(0.25) {
            highlights = Highlight::draw(random.between(0.01, 0.06), &pose, random);
        }
    } else {
        ticket.repaint(random.between(0.03, 0.2), random.between(0.55, 0.85));
        ticket.bend = random.chance(0.35).then(|| Bend { radius: random.between(0.8, 2.0) });
        if random.chance(0.35) {
            ticket.creases = Some(Creases::draw(random.between(0.2, 1.2), ticket.modules(), random));
        }
        if random.chance(0.1) {
            ticket.cover = Patch::draw(random.between(0.01, 0.04), random);
        }
    }
    if random.chance(0.2) {
        ticket.quiet = 2.0;
    }
    (ticket, pose, optics, highlights)
}
