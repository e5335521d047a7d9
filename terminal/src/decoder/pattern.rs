//! The modules of a code whose colour is the same in every code of its size (ISO/IEC 18004, 6.3).

/// The modules to a side of the smallest code.
pub(super) const SIDE_MIN: usize = 21;
/// The modules to a side of the largest code.
pub(super) const SIDE_MAX: usize = 177;
/// The modules from a code's border to the timing pattern.
pub(super) const TIMING: usize = 6;

/// What is known of a module beforehand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Known {
    Dark,
    Light,
    /// It carries data.
    Open,
}

/// Returns the size nearest to `modules` that a code may have.
pub(super) fn nearest_side(modules: f32) -> usize {
    let version = ((modules - 17.0) / 4.0).round().clamp(1.0, 40.0);
    17 + 4 * version as usize
}

/// Returns the middles of the alignment patterns along one side, in modules, for codes of `side` modules.
pub(super) fn alignment_centres(side: usize) -> Vec<usize> {
    let version = side.saturating_sub(17) / 4;
    if version < 2 {
        return Vec::new();
    }
    let count = version / 7 + 2;
    let step = (version * 8 + count * 3 + 5) / (count * 4 - 4) * 2;
    let last = side - 7;
    let mut centres: Vec<usize> = (0..count - 1).filter_map(|back| last.checked_sub(back * step)).collect();
    centres.push(TIMING);
    centres.reverse();
    centres
}

/// Returns the middles of all alignment patterns as column and row.
pub(super) fn alignments(side: usize) -> Vec<(usize, usize)> {
    let centres = alignment_centres(side);
    let last = side.saturating_sub(7);
    let is_finder = |x: usize, y: usize| (x == TIMING && (y == TIMING || y == last)) || (x == last && y == TIMING);
    centres.iter().flat_map(|&y| centres.iter().map(move |&x| (x, y))).filter(|&(x, y)| !is_finder(x, y)).collect()
}

/// Returns the modules of the timing patterns as column, row, and whether it is dark.
pub(super) fn timing(side: usize) -> impl Iterator<Item = (usize, usize, bool)> {
    (8..side.saturating_sub(8)).flat_map(|along| {
        let is_dark = along % 2 == 0;
        [(along, TIMING, is_dark), (TIMING, along, is_dark)]
    })
}

/// Returns the same for what lies between the finder patterns: the timing and alignment patterns. Modules where they
/// overlap come twice.
pub(super) fn between(side: usize) -> impl Iterator<Item = (usize, usize, bool)> {
    let squares = alignments(side).into_iter().flat_map(|(x, y)| {
        (0..25).map(move |at| {
            let (dx, dy) = (at % 5, at / 5);
            (x + dx - 2, y + dy - 2, dx.abs_diff(2).max(dy.abs_diff(2)) != 1)
        })
    });
    timing(side).chain(squares)
}

/// The fixed modules of all codes of one size.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    side: usize,
    known: Vec<Known>,
}

impl Pattern {
    pub(super) fn of(side: usize) -> Self {
        let mut pattern = Self { side, known: vec![Known::Open; side * side] };
        for (x, y, is_dark) in between(side) {
            pattern.set(x, y, if is_dark { Known::Dark } else { Known::Light });
        }
        for (x, y) in [(3, 3), (side.saturating_sub(4), 3), (3, side.saturating_sub(4))] {
            // With the light line around it that separates it from the data.
            for at_y in 0..9usize {
                for at_x in 0..9usize {
                    let ring = at_x.abs_diff(4).max(at_y.abs_diff(4));
                    let colour = if matches!(ring, 2 | 4) { Known::Light } else { Known::Dark };
                    if let (Some(x), Some(y)) = ((x + at_x).checked_sub(4), (y + at_y).checked_sub(4)) {
                        pattern.set(x, y, colour);
                    }
                }
            }
        }
        pattern.set(8, side.saturating_sub(8), Known::Dark);
        pattern
    }

    fn set(&mut self, x: usize, y: usize, known: Known) {
        if x < self.side
            && let Some(module) = self.known.get_mut(y * self.side + x)
        {
            *module = known;
        }
    }

    /// Returns all modules row by row.
    pub(super) fn modules(&self) -> &[Known] {
        &self.known
    }

    /// Returns what is known of a module; nothing outside the code.
    pub(super) fn at(&self, x: usize, y: usize) -> Known {
        if x >= self.side {
            return Known::Open;
        }
        self.known.get(y * self.side + x).copied().unwrap_or(Known::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alignment_patterns_lie_where_the_standard_says() {
        assert!(alignment_centres(21).is_empty());
        assert_eq!(alignment_centres(25), [6, 18]);
        assert_eq!(alignment_centres(49), [6, 24, 42]);
        assert_eq!(alignment_centres(17 + 4 * 22), [6, 26, 50, 74, 98]);
        assert_eq!(alignment_centres(17 + 4 * 32), [6, 34, 60, 86, 112, 138]);
        assert_eq!(alignment_centres(177), [6, 30, 58, 86, 114, 142, 170]);
        assert_eq!(alignments(49).len(), 6);
    }

    #[test]
    fn the_fixed_modules_are_those_of_a_drawn_code() {
        for text in ["A", "A TEXT LONG ENOUGH FOR A LARGER CODE, WITH SEVERAL ALIGNMENT PATTERNS AND MORE"] {
            let drawn = fast_qr::QRBuilder::new(text.repeat(3)).build().unwrap();
            let pattern = Pattern::of(drawn.size);

            for y in 0..drawn.size {
                for x in 0..drawn.size {
                    match pattern.at(x, y) {
                        Known::Dark => assert!(drawn[y][x].value(), "({x}, {y}) of {}", drawn.size),
                        Known::Light => assert!(!drawn[y][x].value(), "({x}, {y}) of {}", drawn.size),
                        Known::Open => {}
                    }
                }
            }
        }
    }

    #[test]
    fn sizes_are_rounded_to_those_there_are() {
        assert_eq!(nearest_side(42.9), 41);
        assert_eq!(nearest_side(3.0), 21);
        assert_eq!(nearest_side(f32::NAN), 17);
        assert_eq!(nearest_side(900.0), 177);
    }
}
