//! Undoing blur between neighbouring modules.
//!
//! Defocus and motion mix each module with its neighbours in the same way everywhere. The fixed modules
//! of a code tell how: the weights of the 5 by 5 modules around one that bring it nearest to what it
//! should be are a filter that brings the others near as well. What it then makes of all modules tells
//! the weights better still.

use super::{
    geometry::Equations,
    pattern::{Known, Pattern},
    soft::{MARGIN, Soft},
};

/// Modules to each side that the filter looks at.
const REACH: usize = 2;
/// The weights, and one for the level.
const TAPS: usize = (2 * REACH + 1) * (2 * REACH + 1) + 1;
/// What a weight costs that is not needed, in modules' worth of squares: it keeps noise from being fitted.
const RIDGE: f64 = 12.0;
/// Rounds in which the answer teaches the filter.
const ROUNDS: usize = 2;

/// Returns the modules with blur undone, in several ways, each made when asked for.
pub(super) fn ways<'a>(soft: &'a Soft, pattern: &'a Pattern) -> impl Iterator<Item = Soft> + 'a {
    let known = |module: &Known| match module {
        Known::Dark => Some(-1.0),
        Known::Light => Some(1.0),
        Known::Open => None,
    };
    let mut shown: Option<Soft> = None;
    (0..=ROUNDS).map_while(move |_| {
        let targets: Vec<Option<f32>> = match &shown {
            None => pattern.modules().iter().map(known).collect(),
            Some(last) => last
                .modules()
                .zip(pattern.modules())
                .map(|(shade, module)| known(module).or(Some(if shade < 0.0 { -1.0 } else { 1.0 })))
                .collect(),
        };
        let next = filtered(soft, &targets)?;
        shown = Some(next.clone());
        Some(next)
    })
}

/// Returns the modules filtered so that they come nearest to the targets.
fn filtered(soft: &Soft, targets: &[Option<f32>]) -> Option<Soft> {
    let side = soft.side();
    let mut equations = Equations::<TAPS>::default();
    for (index, target) in targets.iter().enumerate() {
        if let Some(target) = target {
            equations.add(around(soft, index % side + MARGIN, index / side + MARGIN), f64::from(*target), 1.0);
        }
    }
    for tap in 0..TAPS {
        let mut only = [0.0; TAPS];
        *only.get_mut(tap)? = 1.0;
        equations.add(only, if tap == TAPS / 2 { 1.0 } else { 0.0 }, RIDGE);
    }
    let weights = equations.solve()?;
    let width = side + 2 * MARGIN;
    let shades = (0..width * width)
        .map(|index| {
            let shades = around(soft, index % width, index / width);
            shades.iter().zip(&weights).map(|(shade, weight)| shade * weight).sum::<f64>().clamp(-1.5, 1.5) as f32
        })
        .collect();
    Some(soft.with(shades))
}

/// Returns the shades around a module, which is given with the margin, and a 1 for the level.
fn around(soft: &Soft, x: usize, y: usize) -> [f64; TAPS] {
    let width = soft.side() + 2 * MARGIN;
    let mut shades = [1.0; TAPS];
    let (left, top) = (x.saturating_sub(REACH), y.saturating_sub(REACH));
    for (line, taps) in shades.chunks_exact_mut(2 * REACH + 1).enumerate() {
        let row = (top + line).min(width - 1) * width;
        for (tap, column) in taps.iter_mut().zip(left..) {
            *tap = f64::from(soft.shades().get(row + column.min(width - 1)).copied().unwrap_or(1.0));
        }
    }
    shades
}
