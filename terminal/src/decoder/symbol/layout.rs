//! Where the bits of the codewords lie among the modules.

use std::sync::OnceLock;

use super::{Modules, version::Version};

/// Eight modules, unmasked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Codeword {
    pub(super) value: u8,
    /// The chance that one of its modules at least is wrong, from 0 to 1.
    pub(super) doubt: f32,
}

/// Returns the codewords of a code in the order in which they lie in it.
pub(super) fn codewords(modules: &Modules, version: Version, mask: u8) -> Vec<Codeword> {
    let masks = Mask::of(mask);
    order(version)
        .chunks_exact(8)
        .map(|bits| {
            let (mut value, mut sure) = (0, 1.0);
            for &place in bits {
                let (x, y) = place.coordinates();
                let module = modules.at(x, y);
                value = value << 1 | u8::from(module.dark != masks.inverts(x, y));
                if module.doubt > 0 {
                    // A module of which nothing is known is wrong every other time.
                    sure *= 1.0 - f32::from(module.doubt) / 510.0;
                }
            }
            Codeword { value, doubt: 1.0 - sure }
        })
        .collect()
}

/// The column and row of a module.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    x: u8,
    y: u8,
}

impl Place {
    pub(super) fn coordinates(self) -> (usize, usize) {
        (self.x.into(), self.y.into())
    }
}

/// Returns the modules that carry codewords, in their order: in columns two wide from the right, up and
/// down in turn, around everything that has another function.
pub(super) fn order(version: Version) -> &'static [Place] {
    static ORDERS: [OnceLock<Vec<Place>>; 40] = [const { OnceLock::new() }; 40];
    ORDERS.get(usize::from(version.number()) - 1).map_or(&[], |order| order.get_or_init(|| trace(version)))
}

fn trace(version: Version) -> Vec<Place> {
    let side = version.side();
    let alignments = version.alignments();
    let mut order = Vec::with_capacity(version.codewords() * 8);
    // The column of the vertical timing pattern belongs to no pair.
    let pairs = (1..side).rev().step_by(2).map(|right| if right <= 6 { right - 1 } else { right });
    for (turn, right) in pairs.enumerate() {
        for step in 0..side {
            let y = if turn % 2 == 0 { side - 1 - step } else { step };
            for x in [right, right - 1] {
                if !is_function(version, &alignments, x, y) {
                    order.push(Place { x: x as u8, y: y as u8 });
                }
            }
        }
    }
    order
}

/// Says whether a module belongs to a pattern or to format or version information.
fn is_function(version: Version, alignments: &[usize], x: usize, y: usize) -> bool {
    let side = version.side();
    let is_finder = (x <= 8 && (y <= 8 || y + 8 >= side)) || (y <= 8 && x + 8 >= side);
    if is_finder || x == 6 || y == 6 {
        return true;
    }
    if version.names_itself() && ((x < 6 && y + 11 >= side) || (y < 6 && x + 11 >= side)) {
        return true;
    }
    let near = |at: usize| alignments.iter().copied().find(|centre| centre.abs_diff(at) <= 2);
    let (Some(column), Some(row)) = (near(x), near(y)) else { return false };
    // No alignment pattern lies on a finder pattern.
    let last = side - 7;
    !matches!((column, row), (6, 6)) && (column, row) != (6, last) && (column, row) != (last, 6)
}

/// A pattern of modules that are inverted, so that a code has no large plain areas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mask(u8);

impl Mask {
    pub(super) const fn of(number: u8) -> Self {
        Self(number & 7)
    }

    pub(super) const fn inverts(self, x: usize, y: usize) -> bool {
        (match self.0 {
            0 => (x + y) % 2,
            1 => y % 2,
            2 => x % 3,
            3 => (x + y) % 3,
            4 => (x / 3 + y / 2) % 2,
            5 => x * y % 2 + x * y % 3,
            6 => (x * y % 2 + x * y % 3) % 2,
            _ => ((x + y) % 2 + x * y % 3) % 2,
        }) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codewords_fill_each_version_but_for_a_few_bits() {
        for number in 1..=40 {
            let version = Version::new(number).unwrap();
            let bits = order(version).len();

            assert_eq!(bits / 8, version.codewords(), "version {number}");
            assert!(bits.is_multiple_of(8) || [3, 4, 7].contains(&(bits % 8)), "version {number}");
        }
    }

    #[test]
    fn no_module_carries_two_bits() {
        let mut places: Vec<_> = order(Version::new(14).unwrap()).iter().map(|place| place.coordinates()).collect();
        let count = places.len();
        places.sort_unstable();
        places.dedup();

        assert_eq!(places.len(), count);
    }
}
