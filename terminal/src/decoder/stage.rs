//! The passes over a picture, in the order in which they are made.
//!
//! Small pictures come first: they are cheap, and averaging takes off most of what a webcam adds.

use std::time::Instant;

use super::{
    Code,
    finder::{self, Finder},
    geometry::Point,
    ink::Ink,
    outline::Rims,
    plane,
    reader::{self, Obstacle, Outcome, Suspect},
    triple::{self, Triple},
};
use crate::camera::Frame;

/// One pass over a picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stage {
    name: &'static str,
    scale: Scale,
    way: Way,
}

/// In which size the picture is looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scale {
    /// For codes that fill the picture, and for pictures of screens.
    Quarter,
    Half,
    HalfSmooth,
    Full,
    Smooth,
    /// For defocus and motion that hide the rings of finder patterns.
    Sharp,
    HalfSharp,
    /// For pictures of a few pixels a module and less.
    Quadruple,
    /// For small pictures, whose modules are about two pixels wide.
    Double,
}

/// How codes are read in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Way {
    /// The picture is searched, and codes are read as planes.
    Flat,
    /// What was seen in that size and not read is read as bent paper.
    Bent,
}

/// The longest side of pictures that are worth doubling, in pixels.
const DOUBLED_SIDE_MAX: u32 = 1024;
/// The longest side of pictures that are worth enlarging four times, in pixels.
const QUADRUPLED_SIDE_MAX: u32 = 256;
/// A shorter side than this, in pixels, has no code left in it.
const SIDE_MIN: u32 = 21;
/// A longer side than this, in pixels, is searched in every third row only.
const EVERY_ROW_SIDE_MAX: u32 = 1000;
/// Once a code is read, others are looked for among patterns that stand out at least this much of it.
const SECOND_STRENGTH: f32 = 0.4;
/// Seen and unread codes of a size that are tried as bent paper, at most.
const BENT_MAX: usize = 3;

/// When a stage's turn comes on frames of a camera.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Due {
    /// On every frame.
    Always,
    /// On every frame, but only on every second one of those searched while there has been nothing to see for long.
    Restless,
    /// When something was seen and not read, on each frame of this number, counted from 0 to one less than
    /// [`TURNS`]: a ticket is held for many frames, which share the work.
    Seen(u8),
}

/// Frames that share the stages that are not made on each.
pub(super) const TURNS: u8 = 4;

/// For frames of a camera.
pub(super) const LIVE: &[(Stage, Due)] = &[
    (flat("half", Scale::Half), Due::Always),
    (flat("smooth", Scale::Smooth), Due::Restless),
    (flat("quarter", Scale::Quarter), Due::Restless),
    (bent("smooth-bent", Scale::Smooth), Due::Seen(0)),
    (bent("half-bent", Scale::Half), Due::Seen(1)),
    (flat("full", Scale::Full), Due::Seen(2)),
    (flat("sharp", Scale::Sharp), Due::Seen(3)),
];

/// For a picture that is the only one.
pub(super) const THOROUGH: &[Stage] = &[
    flat("half", Scale::Half),
    flat("smooth", Scale::Smooth),
    flat("quarter", Scale::Quarter),
    bent("smooth-bent", Scale::Smooth),
    bent("half-bent", Scale::Half),
    flat("half-smooth", Scale::HalfSmooth),
    flat("full", Scale::Full),
    flat("double", Scale::Double),
    flat("quadruple", Scale::Quadruple),
    flat("sharp", Scale::Sharp),
    flat("half-sharp", Scale::HalfSharp),
    bent("half-smooth-bent", Scale::HalfSmooth),
    bent("full-bent", Scale::Full),
    bent("sharp-bent", Scale::Sharp),
    bent("half-sharp-bent", Scale::HalfSharp),
];

const fn flat(name: &'static str, scale: Scale) -> Stage {
    Stage { name, scale, way: Way::Flat }
}

const fn bent(name: &'static str, scale: Scale) -> Stage {
    Stage { name, scale, way: Way::Bent }
}

/// A frame in the sizes that were asked for so far, and what was seen in them.
pub(super) struct Pyramid<'a> {
    frame: &'a Frame,
    levels: Vec<Level>,
}

struct Level {
    scale: Scale,
    /// None for the frame itself.
    picture: Option<Frame>,
    /// What was seen and not read.
    suspects: Vec<Suspect>,
}

/// What one stage found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) codes: Vec<Code>,
    /// The corners of codes that were seen and could not be read.
    pub(super) unread: Vec<[(i32, i32); 4]>,
    /// The middles of finder patterns that are ones beyond doubt.
    pub(super) finders: Vec<(i32, i32)>,
    pub(super) ran_out: bool,
    /// How many finder patterns were looked at.
    pub(super) looked_at: usize,
    /// What became of each triple of finder patterns that was not read.
    pub(super) tries: Vec<Try>,
}

/// Three finder patterns that were not read as a code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Try {
    /// About the middle of the code they would make, in pixels of the frame.
    pub middle: (i32, i32),
    /// Why not.
    pub obstacle: Obstacle,
}

impl<'a> Pyramid<'a> {
    pub(super) const fn new(frame: &'a Frame) -> Self {
        Self { frame, levels: Vec::new() }
    }

    /// Returns the number of the level of this size.
    fn at(&mut self, scale: Scale) -> usize {
        self.levels.iter().position(|level| level.scale == scale).unwrap_or_else(|| {
            let picture = self.make(scale);
            self.levels.push(Level { scale, picture, suspects: Vec::new() });
            self.levels.len() - 1
        })
    }

    fn picture(&mut self, scale: Scale) -> &Frame {
        let level = self.at(scale);
        self.levels.get(level).and_then(|level| level.picture.as_ref()).unwrap_or(self.frame)
    }

    fn make(&mut self, scale: Scale) -> Option<Frame> {
        Some(match scale {
            Scale::Full => return None,
            Scale::Quarter => plane::shrink(self.picture(Scale::Half), 2),
            Scale::Half => plane::shrink(self.frame, 2),
            Scale::HalfSmooth => plane::smooth(self.picture(Scale::Half)),
            Scale::Smooth => plane::smooth(self.frame),
            Scale::Sharp => plane::sharpen(self.frame),
            Scale::HalfSharp => plane::sharpen(self.picture(Scale::Half)),
            Scale::Quadruple => plane::enlarge(self.frame, 4, 1),
            Scale::Double => plane::enlarge(self.frame, 2, 1),
        })
    }
}

impl Stage {
    /// Returns its name in measurements and logs.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Says whether it is worth its time on a picture of this size.
    pub(super) fn suits(&self, frame: &Frame) -> bool {
        let (long, short) = (frame.width().max(frame.height()), frame.width().min(frame.height()));
        let (by, over) = self.scale.factor();
        short * by / over >= SIDE_MIN
            && match self.scale {
                Scale::Double => long <= DOUBLED_SIDE_MAX,
                Scale::Quadruple => long <= QUADRUPLED_SIDE_MAX,
                _ => true,
            }
    }

    /// Reads what is in the picture, until `deadline`; leaves out what lies within `known` codes. Corners
    /// are in pixels of the pyramid's frame.
    pub(super) fn run(&self, pyramid: &mut Pyramid<'_>, known: &[[(i32, i32); 4]], deadline: Instant) -> Found {
        let level = pyramid.at(self.scale);
        let frame = pyramid.frame;
        let Some(level) = pyramid.levels.get_mut(level) else { return Found::default() };
        let picture = level.picture.as_ref().unwrap_or(frame);
        let mut search = Search { stage: self, known, deadline, found: Found::default() };
        match self.way {
            Way::Flat => level.suspects = search.flat(picture),
            Way::Bent => search.bent(picture, &level.suspects),
        }
        search.found
    }
}

/// One stage at work.
struct Search<'a> {
    stage: &'a Stage,
    known: &'a [[(i32, i32); 4]],
    deadline: Instant,
    found: Found,
}

impl Search<'_> {
    fn flat(&mut self, picture: &Frame) -> Vec<Suspect> {
        let ink = Ink::of(picture);
        let long = picture.width().max(picture.height());
        let finders = finder::find(picture, &ink, if long > EVERY_ROW_SIDE_MAX { 3 } else { 1 });
        let strongest = finders.first().map_or(0.0, |finder| finder.strength);
        let clear = finders.iter().filter(|finder| finder.is_clear(strongest));
        self.found.finders = clear.map(|finder| self.up(finder.centre)).collect();
        self.found.looked_at = finders.len();
        let open: Vec<Finder> = finders.into_iter().filter(|finder| !self.is_known(finder.centre)).collect();
        let mut suspects = Vec::new();
        let mut strength = 0.0f32;
        let rims = Rims::default();
        for triple in triple::ranked(&open) {
            if Instant::now() >= self.deadline {
                self.found.ran_out = true;
                break;
            }
            if self.is_read(&triple) || triple.strength() < SECOND_STRENGTH * strength {
                continue;
            }
            match reader::read(picture, &ink, &rims, &triple, self.deadline) {
                Outcome::Read(read) => {
                    strength = strength.max(triple.strength());
                    self.keep(read);
                }
                Outcome::Unread(suspect) => {
                    self.missed(triple.middle(), Obstacle::BeyondCorrection);
                    suspects.push(suspect);
                }
                Outcome::Nothing(obstacle) => self.missed(triple.middle(), obstacle),
            }
        }
        let sure = suspects.iter().filter(|suspect| suspect.is_sure());
        self.found.unread = sure.map(|suspect| suspect.corners().map(|corner| self.up(corner))).collect();
        suspects
    }

    fn bent(&mut self, picture: &Frame, suspects: &[Suspect]) {
        for suspect in suspects.iter().take(BENT_MAX) {
            if Instant::now() >= self.deadline {
                self.found.ran_out = true;
                break;
            }
            if let Some(read) = suspect.read_bent(picture) {
                self.keep(read);
            }
        }
    }

    fn missed(&mut self, middle: Point, obstacle: Obstacle) {
        let middle = self.up(middle);
        self.found.tries.push(Try { middle, obstacle });
    }

    fn keep(&mut self, read: reader::Read) {
        let corners = read.corners.map(|corner| self.up(corner));
        self.found.codes.push(Code { text: read.text, corners, stage: *self.stage });
    }

    fn up(&self, at: Point) -> (i32, i32) {
        self.stage.scale.up(at)
    }

    fn is_known(&self, at: Point) -> bool {
        let at = self.up(at);
        self.known.iter().any(|corners| is_within(corners, at))
    }

    fn is_read(&self, triple: &Triple) -> bool {
        [triple.corner, triple.right, triple.below].iter().any(|finder| {
            let at = self.up(finder.centre);
            self.found.codes.iter().any(|code| is_within(&code.corners, at))
        })
    }
}

/// Whether a point lies within a quadrilateral.
fn is_within(corners: &[(i32, i32); 4], (x, y): (i32, i32)) -> bool {
    let [a, b, c, d] = *corners;
    let side = |(x0, y0): (i32, i32), (x1, y1): (i32, i32)| {
        i64::from(x1 - x0) * i64::from(y - y0) - i64::from(y1 - y0) * i64::from(x - x0) >= 0
    };
    let sides = [side(a, b), side(b, c), side(c, d), side(d, a)];
    sides == [true; 4] || sides == [false; 4]
}

impl Scale {
    /// Returns this size as a multiple of the frame's: numerator and denominator.
    const fn factor(self) -> (u32, u32) {
        match self {
            Self::Quarter => (1, 4),
            Self::Half | Self::HalfSmooth | Self::HalfSharp => (1, 2),
            Self::Full | Self::Smooth | Self::Sharp => (1, 1),
            Self::Double => (2, 1),
            Self::Quadruple => (4, 1),
        }
    }

    /// Returns a point of this size in the frame.
    fn up(self, at: Point) -> (i32, i32) {
        let (by, over) = self.factor();
        let factor = over as f32 / by as f32;
        // A tilt may send a corner far away; as far as this it is as good as anywhere.
        let whole = |value: f32| (value * factor).clamp(-1e6, 1e6) as i32;
        (whole(at.x), whole(at.y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pictures_are_doubled_and_large_ones_are_not() {
        let small = Frame::new(100, 100, vec![0; 10_000]).unwrap();
        let large = Frame::new(1920, 720, vec![0; 1920 * 720]).unwrap();
        let suiting =
            |frame: &Frame| THOROUGH.iter().filter(|stage| stage.suits(frame)).map(Stage::name).collect::<Vec<_>>();

        assert!(suiting(&small).contains(&"double"));
        assert!(!suiting(&large).contains(&"double"));
        assert_eq!(suiting(&Frame::new(20, 20, vec![0; 400]).unwrap()), ["double", "quadruple"]);
    }

    #[test]
    fn coordinates_are_those_of_the_frame() {
        assert_eq!(Scale::Quarter.up(Point::new(10.0, 2.5)), (40, 10));
        assert_eq!(Scale::Double.up(Point::new(40.0, 1.0)), (20, 0));
    }

    #[test]
    fn a_point_is_within_a_code_whichever_way_it_lies() {
        let square = [(0, 0), (10, 0), (10, 10), (0, 10)];
        let mirrored = [(0, 0), (0, 10), (10, 10), (10, 0)];

        assert!(is_within(&square, (5, 5)) && is_within(&mirrored, (5, 5)));
        assert!(!is_within(&square, (15, 5)) && !is_within(&mirrored, (5, 15)));
    }
}
