//! Modules as shades: how dark or light each is beside those around it, before anything is decided.

use super::{geometry::Point, grey::Grey, pose::Map};

/// Modules around the code that are sampled with it: what blurs into its border.
pub(super) const MARGIN: usize = 3;
/// The square of modules to each side whose light and dark a module is compared with.
const REACH: usize = 4;
/// No shade is further from the threshold than this: ink is ink.
const SHADE_MAX: f32 = 1.5;
/// Below this part of the code's contrast, what is around a module tells nothing of it.
const CONTRAST_LEAST: f32 = 0.2;

/// The doubt of a module in an area of one colour that is five modules wide.
const COVERED: u8 = 250;
/// That of one beside such an area.
const BESIDE_COVERED: u8 = 150;
/// That of one whose neighbours have its colour.
const ALIKE: u8 = 110;

/// The shades of a code's modules, with a margin around it.
#[derive(Clone, Debug)]
pub(super) struct Soft {
    side: usize,
    /// Row by row, with the margin: -1 dark, 0 undecided, 1 light.
    shades: Vec<f32>,
    /// Half the difference between light and dark around each module, in grey levels.
    contrasts: Vec<f32>,
    /// What contrasts are usual in this code.
    usual: f32,
}

/// Returns the modules' grey values in the picture, row by row, with the margin.
pub(super) fn sample(grey: &Grey<'_>, map: &impl Map, side: usize) -> Vec<f32> {
    let width = side + 2 * MARGIN;
    let place = |at: usize| at as f32 - MARGIN as f32 + 0.5;
    (0..width)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| grey.at(map.at(Point::new(place(x), place(y)))))
        .collect()
}

impl Soft {
    /// Returns the shades of the grey values `raw` of a code of `side` modules with its margin.
    pub(super) fn of(side: usize, raw: &[f32]) -> Self {
        let width = side + 2 * MARGIN;
        let all = Sums::of(width, raw.iter().map(|&value| [1.0, value]));
        let means = all.windows();
        // Of the light modules around each, and of the dark ones: a mean, or the mean of all.
        let classes = Sums::of(
            width,
            raw.iter().zip(means).map(|(&value, [count, sum])| {
                if value * count > sum { [1.0, value, 0.0, 0.0] } else { [0.0, 0.0, 1.0, value] }
            }),
        );
        let [lights, light_sum, darks, dark_sum] = classes.all();
        let (light_mean, dark_mean) = (light_sum / lights.max(1.0), dark_sum / darks.max(1.0));
        let (light, dark): (Vec<f32>, Vec<f32>) = classes
            .windows()
            .map(|[lights, light, darks, dark]| {
                let light = if lights > 0.5 { light / lights } else { light_mean };
                let dark = if darks > 0.5 { dark / darks } else { dark_mean };
                (light, dark)
            })
            .unzip();
        let contrasts: Vec<f32> = light.iter().zip(&dark).map(|(light, dark)| (light - dark).max(0.0) / 2.0).collect();
        let mut sorted = contrasts.clone();
        let middle = sorted.len() * 7 / 10;
        let usual = sorted.select_nth_unstable_by(middle, f32::total_cmp).1.max(1.0);
        let shades = raw
            .iter()
            .zip(light.iter().zip(&dark))
            .zip(&contrasts)
            .map(|((value, (light, dark)), contrast)| {
                let shade = (value - (light + dark) / 2.0) / contrast.max(usual * CONTRAST_LEAST);
                shade.clamp(-SHADE_MAX, SHADE_MAX)
            })
            .collect();
        Self { side, shades, contrasts, usual }
    }

    /// Returns the same with other shades, given row by row with the margin.
    pub(super) fn with(&self, shades: Vec<f32>) -> Self {
        Self { shades, ..self.clone() }
    }

    pub(super) const fn side(&self) -> usize {
        self.side
    }

    /// Returns the shades row by row, with the margin.
    pub(super) fn shades(&self) -> &[f32] {
        &self.shades
    }

    /// Returns the rows of the code itself.
    fn rows<'a>(&self, of: &'a [f32]) -> impl Iterator<Item = &'a [f32]> {
        let side = self.side;
        of.chunks_exact(side + 2 * MARGIN).skip(MARGIN).take(side).filter_map(move |row| row.get(MARGIN..MARGIN + side))
    }

    /// Returns the shades of the code's own modules, row by row.
    pub(super) fn modules(&self) -> impl Iterator<Item = f32> {
        self.rows(&self.shades).flatten().copied()
    }

    /// Returns how much is unknown of each module, row by row: 0 nothing, 255 everything.
    pub(super) fn doubts(&self) -> Vec<u8> {
        let contrasts = self.rows(&self.contrasts).flatten();
        let unclear = self.modules().zip(contrasts).map(|(shade, &contrast)| {
            let clear = shade.abs().min(1.0) * (contrast / (self.usual * 2.0 * CONTRAST_LEAST)).min(1.0);
            (255.0 * (1.0 - clear)) as u8
        });
        self.covered().into_iter().zip(unclear).map(|(covered, unclear)| covered.max(unclear)).collect()
    }

    /// Returns for each module how likely something covers it: a highlight, a thumb, dirt. Masks see to it
    /// that a code has hardly an area of one colour.
    fn covered(&self) -> Vec<u8> {
        let side = self.side;
        let light: Vec<bool> = self.modules().map(|shade| shade >= 0.0).collect();
        let same = |x: usize, y: usize, reach: usize| {
            let here = light.get(y * side + x);
            let columns = x.checked_sub(reach).zip(Some(x + reach).filter(|&right| right < side));
            let rows = y.checked_sub(reach).zip(Some(y + reach).filter(|&bottom| bottom < side));
            let (Some((left, right)), Some((top, bottom))) = (columns, rows) else { return false };
            (top..=bottom).all(|y| (left..=right).all(|x| light.get(y * side + x) == here))
        };
        let places = || (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
        let wide: Vec<bool> = places().map(|(x, y)| same(x, y, 1) && same(x, y, 2)).collect();
        places()
            .map(|(x, y)| {
                let here = y * side + x;
                let near = |reach: usize| {
                    (y.saturating_sub(reach)..(y + reach + 1).min(side)).any(|y| {
                        (x.saturating_sub(reach)..(x + reach + 1).min(side)).any(|x| {
                            wide.get(y * side + x) == Some(&true) && light.get(y * side + x) == light.get(here)
                        })
                    })
                };
                if near(2) {
                    COVERED
                } else if near(3) {
                    BESIDE_COVERED
                } else if same(x, y, 1) {
                    ALIKE
                } else {
                    0
                }
            })
            .collect()
    }
}

/// Sums of several values over everything above and to the left.
struct Sums<const N: usize> {
    width: usize,
    sums: Vec<[f32; N]>,
}

impl<const N: usize> Sums<N> {
    fn of(width: usize, values: impl Iterator<Item = [f32; N]>) -> Self {
        let line = width + 1;
        let mut sums: Vec<[f32; N]> = vec![[0.0; N]; line];
        sums.reserve(line * width);
        let mut row = [0.0; N];
        for value in values {
            if sums.len().is_multiple_of(line) {
                sums.push([0.0; N]);
                row = [0.0; N];
            }
            let mut sum = sums.get(sums.len() - line).copied().unwrap_or([0.0; N]);
            for ((sum, row), value) in sum.iter_mut().zip(&mut row).zip(value) {
                *row += value;
                *sum += *row;
            }
            sums.push(sum);
        }
        Self { width, sums }
    }

    /// Returns the sums of everything.
    fn all(&self) -> [f32; N] {
        self.sums.last().copied().unwrap_or([0.0; N])
    }

    /// Returns the sums over the window around each value.
    fn windows(&self) -> impl Iterator<Item = [f32; N]> {
        let (width, line) = (self.width, self.width + 1);
        (0..width).flat_map(move |y| {
            let (top, bottom) = (y.saturating_sub(REACH), (y + REACH + 1).min(width));
            let above = self.sums.get(top * line..(top + 1) * line).unwrap_or_default();
            let below = self.sums.get(bottom * line..(bottom + 1) * line).unwrap_or_default();
            (0..width).map(move |x| {
                let (left, right) = (x.saturating_sub(REACH), (x + REACH + 1).min(width));
                let at = |row: &[[f32; N]], x: usize| row.get(x).copied().unwrap_or([0.0; N]);
                let (a, b, c, d) = (at(below, right), at(below, left), at(above, right), at(above, left));
                let mut sums = [0.0; N];
                for (((sum, a), b), (c, d)) in sums.iter_mut().zip(a).zip(b).zip(c.into_iter().zip(d)) {
                    *sum = a - b - c + d;
                }
                sums
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A code of 21 random modules with paper around it, lit as `light` says.
    fn lit(light: impl Fn(usize, usize) -> f32) -> (Vec<bool>, Soft) {
        let width = 21 + 2 * MARGIN;
        let is_dark = |x: usize, y: usize| {
            let inside = (MARGIN..MARGIN + 21).contains(&x) && (MARGIN..MARGIN + 21).contains(&y);
            inside && (x * 7 + y * 13 + x * y) % 5 < 2
        };
        let places = || (0..width).flat_map(|y| (0..width).map(move |x| (x, y)));
        let raw: Vec<f32> = places().map(|(x, y)| if is_dark(x, y) { 0.2 } else { 1.0 } * light(x, y)).collect();
        let inner = places().filter(|(x, y)| (3..24).contains(x) && (3..24).contains(y));
        (inner.map(|(x, y)| is_dark(x, y)).collect(), Soft::of(21, &raw))
    }

    #[test]
    fn modules_are_told_apart_under_any_slope_of_light() {
        for light in [|_: usize, _: usize| 200.0, |x: usize, _: usize| 40.0 + 8.0 * x as f32] {
            let (dark, soft) = lit(light);

            assert!(soft.modules().zip(&dark).all(|(shade, &dark)| (shade < 0.0) == dark));
        }
    }

    #[test]
    fn where_everything_is_white_nothing_is_known() {
        let (_, soft) = lit(|_, _| 200.0);
        let mut raw: Vec<f32> = soft.shades().iter().map(|shade| 128.0 + 60.0 * shade).collect();
        let width = 21 + 2 * MARGIN;
        for (index, value) in raw.iter_mut().enumerate() {
            if index / width < 13 && index % width < 13 {
                *value = 255.0;
            }
        }

        let doubts: Vec<u8> = Soft::of(21, &raw).doubts();

        assert!(doubts[3 * 21 + 3] > 200, "{}", doubts[3 * 21 + 3]);
        assert!(doubts[18 * 21 + 18] < 100, "{}", doubts[18 * 21 + 18]);
    }
}
