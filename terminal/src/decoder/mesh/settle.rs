//! Settling all knots of a mesh together: each has a cost for every shift, and neighbours that are shifted
//! differently cost as well. Messages about what each shift would cost are passed along rows and columns,
//! back and forth (belief propagation), after which each knot takes its cheapest shift.

/// What a difference of one step between neighbours costs; twice the difference costs four times as much.
const STEP_COST: f32 = 0.03;
/// The largest difference that a single message tells of, in steps.
const STEPS_MAX: usize = 4;
/// Times that messages go all ways.
const ROUNDS: usize = 2;

/// The four messages that a knot gets: from the left, from the right, from above, from below.
type Heard = [Vec<f32>; 4];

/// Returns the shift of each knot of a mesh with `line` knots to a side, as column and row of the `shifts`
/// by `shifts` that there are. `costs` has those of each knot's shifts, row by row.
pub(super) fn together(line: usize, shifts: usize, costs: Vec<Vec<f32>>) -> Vec<(usize, usize)> {
    let silence = || vec![0.0f32; shifts * shifts];
    let mut heard: Vec<Heard> = (0..line * line).map(|_| [silence(), silence(), silence(), silence()]).collect();
    let along: Vec<usize> = (0..line).collect();
    let back: Vec<usize> = along.iter().rev().copied().collect();
    for _ in 0..ROUNDS {
        for other in 0..line {
            let row = |x: usize| other * line + x;
            let column = |y: usize| y * line + other;
            pass(&mut heard, &costs, along.iter().map(|&x| row(x)), 0, shifts);
            pass(&mut heard, &costs, back.iter().map(|&x| row(x)), 1, shifts);
            pass(&mut heard, &costs, along.iter().map(|&y| column(y)), 2, shifts);
            pass(&mut heard, &costs, back.iter().map(|&y| column(y)), 3, shifts);
        }
    }
    heard
        .iter()
        .zip(&costs)
        .map(|(heard, own)| {
            let all = total(heard, own, None);
            let cheapest = all.iter().enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(index, _)| index);
            (cheapest % shifts, cheapest / shifts)
        })
        .collect()
}

/// Passes messages along a line of knots, each from the one before; they are heard as number `ear`.
fn pass(heard: &mut [Heard], costs: &[Vec<f32>], knots: impl Iterator<Item = usize>, ear: usize, shifts: usize) {
    let mut message: Option<Vec<f32>> = None;
    let mut scratch = vec![0.0; shifts * shifts];
    for knot in knots {
        let (Some(heard), Some(own)) = (heard.get_mut(knot), costs.get(knot)) else { return };
        if let (Some(message), Some(place)) = (message, heard.get_mut(ear)) {
            *place = message;
        }
        // What came from the next one is not told to it.
        let mut told = total(heard, own, Some(ear ^ 1));
        spread(&mut told, &mut scratch, shifts);
        message = Some(told);
    }
}

/// Returns a knot's own costs and all it has heard, but for the ear `without`.
fn total(heard: &Heard, own: &[f32], without: Option<usize>) -> Vec<f32> {
    let mut sum = own.to_vec();
    for (_, message) in heard.iter().enumerate().filter(|(ear, _)| Some(*ear) != without) {
        sum.iter_mut().zip(message).for_each(|(sum, cost)| *sum += cost);
    }
    sum
}

/// Turns the costs of a knot's shifts into those of its neighbour's: the cheapest with the difference.
fn spread(costs: &mut [f32], before: &mut [f32], shifts: usize) {
    before.copy_from_slice(costs);
    for (row, before) in costs.chunks_exact_mut(shifts).zip(before.chunks_exact(shifts)) {
        for by in 1..=STEPS_MAX {
            cheaper(row.iter_mut().skip(by), before, by);
            cheaper(row.iter_mut(), before.get(by..).unwrap_or_default(), by);
        }
    }
    before.copy_from_slice(costs);
    for by in 1..=STEPS_MAX {
        cheaper(costs.iter_mut().skip(by * shifts), before, by);
        cheaper(costs.iter_mut(), before.get(by * shifts..).unwrap_or_default(), by);
    }
    // Only differences between messages matter; the least becomes 0.
    let least = costs.iter().copied().fold(f32::INFINITY, f32::min);
    costs.iter_mut().for_each(|cost| *cost -= least);
}

/// Makes each cost the other one beside it that is `by` steps away, if that is cheaper.
fn cheaper<'a>(costs: impl Iterator<Item = &'a mut f32>, others: &[f32], by: usize) {
    let more = STEP_COST * (by * by) as f32;
    costs.zip(others).for_each(|(cost, other)| *cost = cost.min(other + more));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Costs of one knot that is drawn to `shift` with `force`.
    fn drawn(shift: (usize, usize), force: f32) -> Vec<f32> {
        (0..49).map(|at| if (at % 7, at / 7) == shift { -force } else { 0.0 }).collect()
    }

    #[test]
    fn knots_that_know_nothing_follow_those_that_do() {
        let mut costs = vec![drawn((3, 3), 0.0); 16];
        for corner in [0, 3, 12, 15] {
            costs[corner] = drawn((5, 2), 5.0);
        }

        assert_eq!(together(4, 7, costs), vec![(5, 2); 16]);
    }

    #[test]
    fn a_weak_knot_gives_in_to_its_neighbours_and_a_strong_one_does_not() {
        let mut costs = vec![drawn((3, 3), 1.0); 25];
        costs[12] = drawn((6, 0), 0.5);
        assert_eq!(together(5, 7, costs.clone())[12], (3, 3));

        costs[12] = drawn((6, 0), 9.0);
        assert_eq!(together(5, 7, costs)[12], (6, 0));
    }

    #[test]
    fn a_slope_is_kept() {
        let costs: Vec<Vec<f32>> = (0..25).map(|knot| drawn((1 + knot % 5, 3), 1.0)).collect();

        assert_eq!(together(5, 7, costs), (0..25).map(|knot| (1 + knot % 5, 3)).collect::<Vec<_>>());
    }
}
