//! A ticket as a flat thing in its own coordinates: paper or phone, with a code on it.

use fast_qr::{ECL, QRBuilder, QRCode};

use super::{Kind, Severity, random::Random};

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
    seed: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Body {
    Paper,
    Phone,
}

/// Returns the code of `text` at level Q.
///
/// # Panics
///
/// If `text` is too long.
pub(super) fn code(text: &str) -> QRCode {
    QRBuilder::new(text).ecl(ECL::Q).build().expect("the text fits into a code")
}

impl Ticket {
    pub(super) fn draw(text: &str, kind: Kind, severity: Severity, random: &mut Random) -> Self {
        let body = match kind {
            Kind::Screen | Kind::DarkMode => Body::Phone,
            Kind::Motion | Kind::Rotation | Kind::Small if random.chance(0.4) => Body::Phone,
            _ => Body::Paper,
        };
        let mut paper = random.between(0.75, 0.95);
        let mut ink = random.between(0.04, 0.12);
        if kind == Kind::Pale {
            ink = paper - severity.of([0.45, 0.32, 0.2]);
        }
        if kind == Kind::DarkMode {
            std::mem::swap(&mut ink, &mut paper);
        }
        let (half_width, half_height) = match body {
            Body::Paper => (random.between(0.75, 1.1), random.between(0.9, 1.3)),
            Body::Phone => (0.78, random.between(1.45, 1.65)),
        };
        Self {
            code: code(text),
            ink,
            paper,
            body,
            half_width,
            half_height,
            offset: random.between(-0.15, 0.15),
            seed: random.next(),
        }
    }

    /// Returns the brightness at a point, 0 to 1, or none where the ticket is not.
    pub(super) fn at(&self, x: f32, y: f32) -> Option<f32> {
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
        // Four modules around the code are quiet; outside lie lines of print.
        let quiet = 0.5 + 4.0 / modules;
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
