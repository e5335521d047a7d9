//! A ticket as a flat thing in its own coordinates: paper or phone, with a code on it.

use fast_qr::{QRBuilder, QRCode};

use super::{
    Kind, Level, Severity,
    cover::Patch,
    random::Random,
    screen::Raster,
    surface::{Bend, Creases},
};

/// A flat ticket. One unit is the code's side; the code's centre is the origin, y points down.
#[derive(Debug)]
pub(super) struct Ticket {
    code: QRCode,
    ink: f32,
    paper: f32,
    body: Body,
    half_width: f32,
    half_height: f32,
    /// Where the code's centre lies below the middle of the body.
    offset: f32,
    /// The margin around the code, in modules.
    pub(super) quiet: f32,
    pub(super) bend: Option<Bend>,
    pub(super) creases: Option<Creases>,
    pub(super) cover: Vec<Patch>,
    pub(super) raster: Option<Raster>,
    seed: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Body {
    Paper,
    Phone,
}

/// Returns the code of `text`.
///
/// # Panics
///
/// If `text` is too long.
pub(super) fn code(text: &str, level: Level) -> QRCode {
    QRBuilder::new(text).ecl(level).build().expect("the text fits into a code")
}

impl Ticket {
    pub(super) fn draw(text: &str, level: Level, kind: Kind, severity: Severity, random: &mut Random) -> Self {
        let body = match kind {
            Kind::Screen | Kind::DarkMode => Body::Phone,
            Kind::Motion | Kind::Rotation | Kind::Small if random.chance(0.4) => Body::Phone,
            _ => Body::Paper,
        };
        let mut paper = random.between(0.75, 0.95);
        let mut ink = random.between(0.04, 0.12);
        if kind == Kind::Pale {
            ink = paper - severity.of([0.45, 0.32, 0.2, 0.13]);
        }
        if kind == Kind::DarkMode {
            std::mem::swap(&mut ink, &mut paper);
        }
        let (half_width, half_height) = match body {
            Body::Paper => (random.between(0.75, 1.1), random.between(0.9, 1.3)),
            Body::Phone => (0.78, random.between(1.45, 1.65)),
        };
        let mut ticket = Self {
            code: code(text, level),
            ink,
            paper,
            body,
            half_width,
            half_height,
            offset: random.between(-0.15, 0.15),
            quiet: 4.0,
            bend: None,
            creases: None,
            cover: Vec::new(),
            raster: None,
            seed: random.next(),
        };
        // What only some kinds have is drawn from numbers of its own, so that the others stay as they are.
        let mut own = Random::new(ticket.seed ^ 0x6f77_6e00);
        match kind {
            Kind::Curl => ticket.bend = Some(Bend { radius: severity.of([1.2, 0.8, 0.6, 0.48]) }),
            Kind::Crumple => {
                ticket.creases = Some(Creases::draw(severity.of([0.6, 1.2, 1.8, 2.6]), ticket.modules(), &mut own));
            }
            Kind::Occlusion => ticket.cover = Patch::draw(severity.of([0.02, 0.04, 0.06, 0.09]), &mut own),
            Kind::Screen => ticket.raster = Some(Raster::draw(severity.of([0.0, 1.0, 2.0, 3.0]), &mut own)),
            _ => {}
        }
        ticket
    }

    /// Returns the modules along a side of its code.
    pub(super) const fn modules(&self) -> f32 {
        self.code.size as f32
    }

    /// Prints it with other ink on other paper.
    pub(super) const fn repaint(&mut self, ink: f32, paper: f32) {
        self.ink = ink;
        self.paper = paper;
    }

    /// Returns the brightness at a point, 0 to 1, or none where the ticket is not.
    pub(super) fn at(&self, x: f32, y: f32) -> Option<f32> {
        if let Some(tone) = self.cover.iter().find_map(|patch| patch.at(x, y)) {
            return Some(tone);
        }
        let (x, y, lit) = match self.bend {
            Some(bend) => bend.unroll(x, y)?,
            None => (x, y, 1.0),
        };
        let (x, y, lit) = match &self.creases {
            Some(creases) => {
                let (x, y, relief) = creases.smooth(x, y);
                (x, y, lit * relief)
            }
            None => (x, y, lit),
        };
        self.flat(x, y).map(|brightness| brightness * lit)
    }

    fn flat(&self, x: f32, y: f32) -> Option<f32> {
        let below = y + self.offset;
        if x.abs() > self.half_width || below.abs() > self.half_height {
            return None;
        }
        let modules = self.code.size as f32;
        let (column, row) = ((x + 0.5) * modules, (y + 0.5) * modules);
        if column >= 0.0 && row >= 0.0 && column < modules && row < modules {
            let module = row as usize * self.code.size + column as usize;
            let is_dark = self.code.data.get(module).is_some_and(|module| module.value());
            return Some(if is_dark { self.ink } else { self.paper });
        }
        if self.body == Body::Phone && (x.abs() > self.half_width - 0.06 || below.abs() > self.half_height - 0.14) {
            return Some(0.03);
        }
        // Some modules around the code are quiet; outside lie lines of print.
        let quiet = 0.5 + self.quiet / modules;
        if x.abs() > quiet || y.abs() > quiet { Some(self.print(x, below)) } else { Some(self.paper) }
    }

    fn print(&self, x: f32, y: f32) -> f32 {
        let line = (y * 14.0).floor();
        let is_line = (y * 14.0 - line) < 0.55 && (line as i64).rem_euclid(3) != 0;
        let word = (x * 22.0).floor() as i64 as u64;
        let is_word = Random::new(self.seed ^ word.wrapping_mul(31) ^ ((line as i64 as u64) << 20)).chance(0.6);
        if is_line && is_word && x.abs() < self.half_width - 0.12 && y.abs() < self.half_height - 0.2 {
            self.paper + (self.ink - self.paper) * 0.8
        } else {
            self.paper
        }
    }
}
