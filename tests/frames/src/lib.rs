//! Pictures such as a camera at a door takes: tickets on paper and on phones, in bad light and in
//! moving hands.
//!
//! Everything follows from a seed: the same text and [`Scene`] give the same bytes. Frames are for
//! tests and the demo; they flatter no decoder, but real photos have the last word.

mod burst;
mod clutter;
mod cover;
pub mod film;
mod mixed;
mod optics;
mod plane;
mod random;
mod screen;
mod surface;
mod ticket;

pub use fast_qr::ECL as Level;
use image::GrayImage;

pub use self::{burst::burst, optics::jpeg};
use self::{cover::Highlight, optics::Optics, plane::Pose, random::Random, ticket::Ticket};

/// The width of every frame, in pixels.
pub const WIDTH: u32 = 1280;

/// The height of every frame, in pixels.
pub const HEIGHT: u32 = 720;

/// What is hard about a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Nothing but clutter and a little of everything.
    Paper,
    /// A phone with a bright screen and a dark bezel.
    Screen,
    /// A phone in dark mode: light modules on dark.
    DarkMode,
    /// The ticket is tilted.
    Perspective,
    /// The ticket is turned by any angle.
    Rotation,
    /// The ticket is far away.
    Small,
    /// The camera is out of focus.
    Defocus,
    /// The hand moves.
    Motion,
    /// There is hardly any light: noise.
    Dark,
    /// The edge of a shadow falls over the ticket.
    Shadow,
    /// The ink is pale.
    Pale,
    /// The camera compresses too much.
    Compressed,
    /// A lamp is reflected on the code.
    Glare,
    /// The camera takes in too much light.
    Overexposed,
    /// The paper is bent.
    Curl,
    /// The paper is crumpled.
    Crumple,
    /// A thumb or dirt covers a part of the code.
    Occlusion,
}

/// How hard a frame is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// As it mostly is.
    Mild,
    /// As it often is; should be read.
    Moderate,
    /// As it sometimes is; may need another frame.
    Hard,
    /// As it is now and then; mostly needs another frame.
    Extreme,
}

/// All severities.
pub const SEVERITIES: [Severity; 4] = [Severity::Mild, Severity::Moderate, Severity::Hard, Severity::Extreme];

impl Severity {
    /// Returns the mild, the moderate, the hard or the extreme one.
    fn of<T>(self, [mild, moderate, hard, extreme]: [T; 4]) -> T {
        match self {
            Self::Mild => mild,
            Self::Moderate => moderate,
            Self::Hard => hard,
            Self::Extreme => extreme,
        }
    }
}

/// The kinds that every door has.
const EVERYDAY: [Kind; 12] = [
    Kind::Paper,
    Kind::Screen,
    Kind::DarkMode,
    Kind::Perspective,
    Kind::Rotation,
    Kind::Small,
    Kind::Defocus,
    Kind::Motion,
    Kind::Dark,
    Kind::Shadow,
    Kind::Pale,
    Kind::Compressed,
];

/// All kinds.
pub const KINDS: [Kind; 17] = [
    Kind::Paper,
    Kind::Screen,
    Kind::DarkMode,
    Kind::Perspective,
    Kind::Rotation,
    Kind::Small,
    Kind::Defocus,
    Kind::Motion,
    Kind::Dark,
    Kind::Shadow,
    Kind::Pale,
    Kind::Compressed,
    Kind::Glare,
    Kind::Overexposed,
    Kind::Curl,
    Kind::Crumple,
    Kind::Occlusion,
];

/// What a frame shows besides its ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Scene {
    /// Decides everything that is not named.
    pub seed: u64,
    /// What is hard about it.
    pub kind: Kind,
    /// How hard.
    pub severity: Severity,
}

impl Scene {
    /// Returns a scene that should be read, of a kind chosen by the seed.
    pub fn moderate(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let kind = EVERYDAY.get(random.below(EVERYDAY.len())).copied().unwrap_or(Kind::Paper);
        let severity = if random.chance(0.5) { Severity::Mild } else { Severity::Moderate };
        Self { seed, kind, severity }
    }
}

/// Returns the frame of a ticket whose code says `text`, at error correction level Q.
///
/// # Panics
///
/// If `text` is longer than a code can hold.
pub fn render(text: &str, scene: &Scene) -> GrayImage {
    render_at(text, Level::Q, scene)
}

/// Returns the frame of a ticket as [`render`] does, at another error correction level: the same scene,
/// and a code as wide.
///
/// # Panics
///
/// If `text` is longer than a code can hold.
pub fn render_at(text: &str, level: Level, scene: &Scene) -> GrayImage {
    let mut random = Random::new(scene.seed ^ 0x7469_636b_6574);
    let ticket = Ticket::draw(text, level, scene.kind, scene.severity, &mut random);
    let pose = Pose::draw(scene.kind, scene.severity, &mut random);
    let optics = Optics::draw(scene.kind, scene.severity, &mut random);
    let highlights = match scene.kind {
        Kind::Glare => Highlight::draw(scene.severity.of([0.03, 0.07, 0.12, 0.18]), &pose, &mut random),
        _ => Vec::new(),
    };
    photograph(&ticket, &pose, &optics, &highlights, &mut random)
}

/// Returns the frame of a ticket with a little of everything at once: sizes, angles, light, paper or
/// phone, as the seed has it.
///
/// # Panics
///
/// If `text` is longer than a code can hold.
pub fn mixed(text: &str, level: Level, seed: u64) -> GrayImage {
    let mut random = Random::new(seed ^ 0x6d69_7865_6400);
    let (ticket, pose, optics, highlights) = mixed::draw(text, level, &mut random);
    photograph(&ticket, &pose, &optics, &highlights, &mut random)
}

/// Returns a frame without any code: clutter, print, grids, and squares that look like corners of codes.
pub fn without_code(seed: u64) -> GrayImage {
    let mut random = Random::new(seed ^ 0x6e6f_636f_6465);
    let optics = Optics::draw(Kind::Paper, Severity::Moderate, &mut random);
    let mut light = clutter::draw(&mut random);
    clutter::bait(&mut light, &mut random);
    optics.take(light, &mut random)
}

/// Returns the code of `text` as a printer would like it: black on white, upright, large, in a frame
/// of the usual size. For tests that need a readable ticket and no more.
///
/// # Panics
///
/// If `text` is longer than a code can hold.
pub fn clean(text: &str) -> GrayImage {
    let code = ticket::code(text, Level::Q);
    let modules = code.size as u32 + 8;
    let scale = ((HEIGHT - 40) / modules).max(1);
    let (left, top) = ((WIDTH - modules * scale) / 2, (HEIGHT - modules * scale) / 2);
    GrayImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let module =
            |at: u32, start: u32| (at.checked_sub(start).map(|at| at / scale)).and_then(|at| at.checked_sub(4));
        let is_dark = match (module(x, left), module(y, top)) {
            (Some(x), Some(y)) if x < code.size as u32 && y < code.size as u32 => {
                code.data.get(y as usize * code.size + x as usize).is_some_and(|module| module.value())
            }
            _ => false,
        };
        image::Luma([if is_dark { 0 } else { 255 }])
    })
}

fn photograph(
    ticket: &Ticket,
    pose: &Pose,
    optics: &Optics,
    highlights: &[Highlight],
    random: &mut Random,
) -> GrayImage {
    let mut light = clutter::draw(random);
    pose.lay(ticket, &mut light);
    highlights.iter().for_each(|highlight| highlight.shine(&mut light));
    optics.take(light, random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        let scene = Scene::moderate(7);

        let first = render("SAME", &scene);

        assert_eq!(first, render("SAME", &scene));
        assert_ne!(first, render("SAME", &Scene { seed: 8, ..scene }));
        assert_ne!(first, render("OTHER", &scene));
        assert_eq!((first.width(), first.height()), (WIDTH, HEIGHT));
    }

    #[test]
    fn every_kind_and_severity_gives_a_frame_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for kind in KINDS {
            for severity in SEVERITIES {
                let frame = render("KIND", &Scene { seed: 1, kind, severity });

                let is_new = seen.insert(frame.into_raw());
                // Plain paper has no severity, and what is turned or dark has none to begin with.
                let is_exempt = kind == Kind::Paper || severity == Severity::Moderate;
                assert!(is_new || is_exempt, "{kind:?} {severity:?}");
            }
        }
    }

    #[test]
    fn a_mixed_frame_follows_from_its_seed_and_level() {
        let frame = mixed("MIXED", Level::Q, 5);

        assert_eq!(frame, mixed("MIXED", Level::Q, 5));
        assert_ne!(frame, mixed("MIXED", Level::Q, 6));
        assert_ne!(frame, mixed("MIXED", Level::M, 5));
    }

    #[test]
    fn a_clean_frame_is_black_and_white_with_a_quiet_zone() {
        let frame = clean("CLEAN");

        assert!(frame.pixels().all(|pixel| matches!(pixel.0, [0 | 255])));
        assert_eq!(frame.get_pixel(0, 0).0, [255]);
    }
}
