//! Versions and levels, and how many codewords and blocks they have (ISO/IEC 18004:2015, table 9).

/// A code's size, from 1 (21 modules along a side) to 40 (177).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::decoder) struct Version(u8);

/// How much of a code may be damaged: about 7, 15, 25 and 30 per cent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::decoder) enum Level {
    L,
    M,
    Q,
    H,
}

/// How the codewords of a code are divided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Division {
    /// Blocks of [`Self::short_data`] data codewords, which come first.
    pub(super) short: usize,
    /// Blocks with one more.
    pub(super) long: usize,
    pub(super) short_data: usize,
    /// Check codewords of each block.
    pub(super) check: usize,
}

impl Version {
    /// Returns version `number`, if there is one.
    pub(in crate::decoder) const fn new(number: u8) -> Option<Self> {
        if 1 <= number && number <= 40 { Some(Self(number)) } else { None }
    }

    /// Returns the version with `side` modules along a side, if there is one.
    pub(in crate::decoder) fn from_side(side: usize) -> Option<Self> {
        let beyond = side.checked_sub(17)?;
        if beyond % 4 != 0 {
            return None;
        }
        u8::try_from(beyond / 4).ok().and_then(Self::new)
    }

    /// Returns its number, from 1 to 40.
    pub(in crate::decoder) const fn number(self) -> u8 {
        self.0
    }

    /// Returns the modules along a side, from 21 to 177.
    pub(in crate::decoder) const fn side(self) -> usize {
        self.0 as usize * 4 + 17
    }

    /// Returns the coordinates of the centres of alignment patterns, ascending, the same for columns and
    /// rows: a pattern lies at each pair, but for the three that finder patterns cover.
    pub(in crate::decoder) fn alignments(self) -> Vec<usize> {
        if self.0 == 1 {
            return Vec::new();
        }
        let number = usize::from(self.0);
        let count = number / 7 + 2;
        // Even steps, the same from the far edge on: what doesn't divide is left to the first.
        let step = (number * 8 + count * 3 + 5) / (count * 4 - 4) * 2;
        let last = self.side() - 7;
        let mut centres: Vec<usize> = (0..count - 1).map(|index| last - index * step).collect();
        centres.push(6);
        centres.reverse();
        centres
    }

    /// Returns the codewords, data and check together.
    pub(super) fn codewords(self) -> usize {
        let side = self.side();
        // Finder patterns with their separators, format information, timing patterns.
        let mut taken = 3 * 64 + 31 + 2 * (side - 16);
        let count = self.alignments().len();
        if count > 0 {
            // Those on the timing patterns share five modules with them.
            taken += (count * count - 3) * 25 - (count - 2) * 2 * 5;
        }
        if self.names_itself() {
            taken += 36;
        }
        (side * side - taken) / 8
    }

    /// Says whether codes of this version carry it in two places of their own.
    pub(super) const fn names_itself(self) -> bool {
        self.0 >= 7
    }

    /// Returns how its codewords are divided at `level`.
    pub(super) fn division(self, level: Level) -> Division {
        let (checks, blocks) = match level {
            Level::L => (&CHECKS_L, &BLOCKS_L),
            Level::M => (&CHECKS_M, &BLOCKS_M),
            Level::Q => (&CHECKS_Q, &BLOCKS_Q),
            Level::H => (&CHECKS_H, &BLOCKS_H),
        };
        let of = |table: &[u8; 40]| table.get(usize::from(self.0) - 1).map_or(1, |&count| usize::from(count));
        let (check, blocks, codewords) = (of(checks), of(blocks), self.codewords());
        let long = codewords % blocks;
        Division { short: blocks - long, long, short_data: codewords / blocks - check, check }
    }

    /// Returns the codewords that carry content at `level`.
    #[cfg(test)]
    pub(super) fn data_codewords(self, level: Level) -> usize {
        let Division { short, long, short_data, .. } = self.division(level);
        short * short_data + long * (short_data + 1)
    }
}

impl Level {
    /// Returns the level that two bits of format information stand for.
    pub(super) const fn from_bits(bits: u16) -> Self {
        match bits & 3 {
            0 => Self::M,
            1 => Self::L,
            2 => Self::H,
            _ => Self::Q,
        }
    }
}

/// Check codewords of each block, by version.
const CHECKS_L: [u8; 40] = [
    7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30,
    30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
];
const CHECKS_M: [u8; 40] = [
    10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
];
const CHECKS_Q: [u8; 40] = [
    13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30, 30, 30, 28, 30, 30, 30,
    30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
];
const CHECKS_H: [u8; 40] = [
    17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, 30, 30, 30, 30, 30, 30, 30,
    30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
];

/// Blocks, by version.
const BLOCKS_L: [u8; 40] = [
    1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19,
    19, 20, 21, 22, 24, 25,
];
const BLOCKS_M: [u8; 40] = [
    1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33,
    35, 37, 38, 40, 43, 45, 47, 49,
];
const BLOCKS_Q: [u8; 40] = [
    1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43,
    45, 48, 51, 53, 56, 59, 62, 65, 68,
];
const BLOCKS_H: [u8; 40] = [
    1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51,
    54, 57, 60, 63, 66, 70, 74, 77, 81,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alignment_patterns_lie_where_the_standard_puts_them() {
        let of = |number| Version::new(number).unwrap().alignments();

        assert!(of(1).is_empty());
        assert_eq!(of(2), [6, 18]);
        assert_eq!(of(8), [6, 24, 42]);
        assert_eq!(of(32), [6, 34, 60, 86, 112, 138]);
        assert_eq!(of(36), [6, 24, 50, 76, 102, 128, 154]);
        assert_eq!(of(39), [6, 26, 54, 82, 110, 138, 166]);
        assert_eq!(of(40), [6, 30, 58, 86, 114, 142, 170]);
    }

    #[test]
    fn codewords_are_divided_as_the_standard_says() {
        let version = |number| Version::new(number).unwrap();

        assert_eq!(version(1).codewords(), 26);
        assert_eq!(version(7).codewords(), 196);
        assert_eq!(version(40).codewords(), 3706);
        assert_eq!(version(8).division(Level::Q), Division { short: 4, long: 2, short_data: 18, check: 22 });
        assert_eq!(version(40).division(Level::H), Division { short: 20, long: 61, short_data: 15, check: 30 });
    }

    #[test]
    fn sides_and_versions_correspond() {
        assert!((1..=40).all(|number| {
            let version = Version::new(number).unwrap();
            Version::from_side(version.side()) == Some(version)
        }));
        assert_eq!([Version::from_side(23), Version::from_side(181), Version::new(0), Version::new(41)], [None; 4]);
    }
}
