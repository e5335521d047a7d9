//! One block put right: errors, whose places are unknown, and erasures, whose places are given.
//!
//! Berlekamp's and Massey's algorithm, begun with the erasures' locator, finds the errors' places, and
//! Forney's formula all values (R. Blahut, "Algebraic codes for data transmission", chapter 7).

use super::field::{Gf, evaluate};

/// What it took to put a block right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Correction {
    /// Codewords that were wrong without being erased.
    pub(super) errors: usize,
    /// Codewords that were given as erased, rightly or not.
    pub(super) erasures: usize,
}

/// A block with its syndromes, which are worked out once for all attempts.
#[derive(Clone, Debug)]
pub(super) struct Block {
    words: Vec<Gf>,
    syndromes: Vec<Gf>,
}

impl Block {
    /// Takes a block of at most 255 codewords, the last `check` of them check codewords.
    pub(super) fn new(words: impl Iterator<Item = u8>, check: usize) -> Self {
        let words: Vec<Gf> = words.map(Gf).collect();
        let syndromes = syndromes(&words, check);
        Self { words, syndromes }
    }

    /// Returns the codewords put right, and what it took, if that many errors and erasures can be put
    /// right at all: twice the errors and the erasures together make no more than the check codewords.
    ///
    /// `erased` holds indices of codewords, each once.
    pub(super) fn correct(&self, erased: &[usize]) -> Option<(Vec<u8>, Correction)> {
        if self.syndromes.iter().all(|&syndrome| syndrome == Gf::ZERO) {
            return Some((self.bytes(), Correction { errors: 0, erasures: 0 }));
        }
        let check = self.syndromes.len();
        if erased.len() > check {
            return None;
        }
        let locator = self.locate(erased)?;
        let mut right = self.clone();
        right.apply(&locator)?;
        // The values follow from the syndromes alone, so that this can only fail where the places are wrong.
        let is_right = syndromes(&right.words, check).into_iter().all(|syndrome| syndrome == Gf::ZERO);
        let errors = locator.len().checked_sub(1 + erased.len())?;
        is_right.then(|| (right.bytes(), Correction { errors, erasures: erased.len() }))
    }

    fn bytes(&self) -> Vec<u8> {
        self.words.iter().map(|word| word.0).collect()
    }

    /// Returns the element that stands for the place of the codeword at `index`.
    fn place(&self, index: usize) -> Gf {
        Gf::power(self.words.len().saturating_sub(1 + index))
    }

    /// Returns the polynomial that vanishes at the inverses of all wrong places.
    fn locate(&self, erased: &[usize]) -> Option<Vec<Gf>> {
        let check = self.syndromes.len();
        let mut locator = vec![Gf::ONE];
        for &index in erased {
            let place = self.place(index);
            let shifted: Vec<Gf> = std::iter::once(Gf::ZERO).chain(locator.iter().map(|&c| c * place)).collect();
            locator.push(Gf::ZERO);
            locator.iter_mut().zip(shifted).for_each(|(c, shifted)| *c += shifted);
        }
        let mut other = locator.clone();
        let mut degree = erased.len();
        for round in erased.len() + 1..=check {
            let known = self.syndromes.iter().take(round).rev();
            let discrepancy = locator.iter().zip(known).fold(Gf::ZERO, |sum, (&c, &s)| sum + c * s);
            other.insert(0, Gf::ZERO);
            if discrepancy == Gf::ZERO {
                continue;
            }
            let before = locator.clone();
            locator.resize(locator.len().max(other.len()), Gf::ZERO);
            locator.iter_mut().zip(&other).for_each(|(c, &o)| *c += discrepancy * o);
            if 2 * degree < round + erased.len() {
                degree = round + erased.len() - degree;
                let scale = discrepancy.inverse();
                other = before.into_iter().map(|c| c * scale).collect();
            }
        }
        while locator.last() == Some(&Gf::ZERO) {
            locator.pop();
        }
        let is_possible = locator.len() == degree + 1 && 2 * degree <= check + erased.len();
        is_possible.then_some(locator)
    }

    /// Puts right what `locator` locates; none unless it has as many places as it should.
    fn apply(&mut self, locator: &[Gf]) -> Option<()> {
        let evaluator: Vec<Gf> = (0..self.syndromes.len())
            .map(|power| {
                let known = self.syndromes.iter().take(power + 1).rev();
                locator.iter().zip(known).fold(Gf::ZERO, |sum, (&c, &s)| sum + c * s)
            })
            .collect();
        // In this field, the derivative keeps the odd powers alone.
        let derivative: Vec<Gf> =
            locator.iter().skip(1).enumerate().map(|(power, &c)| if power % 2 == 0 { c } else { Gf::ZERO }).collect();

        let mut found = 0;
        for index in 0..self.words.len() {
            let place = self.place(index);
            let inverse = place.inverse();
            if evaluate(locator, inverse) != Gf::ZERO {
                continue;
            }
            let slope = evaluate(&derivative, inverse);
            if slope == Gf::ZERO {
                return None;
            }
            let value = place * evaluate(&evaluator, inverse) * slope.inverse();
            *self.words.get_mut(index)? += value;
            found += 1;
        }
        (found + 1 == locator.len()).then_some(())
    }
}

/// Returns the values of the block's polynomial, the first codeword highest, at the generator's powers.
fn syndromes(words: &[Gf], check: usize) -> Vec<Gf> {
    (0..check)
        .map(|power| {
            let root = Gf::power(power);
            words.iter().fold(Gf::ZERO, |value, &word| value * root + word)
        })
        .collect()
}

/// Returns the check codewords of `data`, for drawing codes in tests.
#[cfg(test)]
pub(super) fn check_codewords(data: &[u8], check: usize) -> Vec<u8> {
    // The highest coefficient first, without the leading one.
    let mut generator = vec![Gf::ZERO; check];
    generator[check - 1] = Gf::ONE;
    for power in 0..check {
        for index in 0..check {
            generator[index] = generator[index] * Gf::power(power);
            if index + 1 < check {
                generator[index] = generator[index] + generator[index + 1];
            }
        }
    }
    let mut rest = vec![Gf::ZERO; check];
    for &byte in data {
        let factor = Gf(byte) + rest.remove(0);
        rest.push(Gf::ZERO);
        rest.iter_mut().zip(&generator).for_each(|(r, &g)| *r += g * factor);
    }
    rest.into_iter().map(|word| word.0).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// "01234567" at version 1-M (ISO/IEC 18004:2015, annex I).
    const STANDARD: ([u8; 16], [u8; 10]) = (
        [0x10, 0x20, 0x0c, 0x56, 0x61, 0x80, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11],
        [0xa5, 0x24, 0xd4, 0xc1, 0xed, 0x36, 0xc7, 0x87, 0x2c, 0x55],
    );

    #[test]
    fn the_standards_example_is_right_and_is_put_right() {
        let (data, check) = STANDARD;
        let whole = [&data[..], &check].concat();
        let none = Correction { errors: 0, erasures: 0 };
        assert_eq!(check_codewords(&data, 10), check);
        assert_eq!(Block::new(whole.iter().copied(), 10).correct(&[]), Some((whole.clone(), none)));

        let mut damaged = whole.clone();
        for index in [0, 5, 6, 17, 25] {
            damaged[index] ^= 0x5a;
        }
        let block = Block::new(damaged.into_iter(), 10);

        assert_eq!(block.correct(&[]), Some((whole.clone(), Correction { errors: 5, erasures: 0 })));
        let helped = block.correct(&[5, 17]);
        assert_eq!(helped, Some((whole, Correction { errors: 3, erasures: 2 })));
    }

    proptest! {
        #[test]
        fn any_mixture_within_capacity_is_put_right(
            data in prop::collection::vec(any::<u8>(), 1..120),
            check in 2_usize..=30,
            share in 0.0..=1.0,
            damage in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..=255), 30),
            spoil in any::<bool>(),
        ) {
            let whole: Vec<u8> = [data.clone(), check_codewords(&data, check)].concat();
            let erasures = ((check as f64 * share) as usize).min(check);
            let errors = (check - erasures) / 2;
            let mut places: Vec<usize> = (0..whole.len()).collect();
            let mut damaged = whole.clone();
            let mut erased = Vec::new();
            for (count, (index, with)) in damage.iter().take(erasures + errors).enumerate() {
                let place = places.remove(index.index(places.len()));
                if count < erasures {
                    erased.push(place);
                    damaged[place] ^= if spoil { *with } else { 0 };
                } else {
                    damaged[place] ^= with;
                }
            }

            let corrected = Block::new(damaged.into_iter(), check).correct(&erased);

            prop_assert_eq!(corrected.map(|(bytes, _)| bytes), Some(whole));
        }

        #[test]
        fn beyond_capacity_nothing_but_a_codeword_comes_out(
            words in prop::collection::vec(any::<u8>(), 20..100),
            check in 2_usize..=18,
            erased in prop::collection::btree_set(0_usize..20, 0..18),
        ) {
            let erased: Vec<usize> = erased.into_iter().collect();

            if let Some((bytes, took)) = Block::new(words.iter().copied(), check).correct(&erased) {
                prop_assert!(2 * took.errors + took.erasures <= check);
                prop_assert_eq!(check_codewords(&bytes[..bytes.len() - check], check), &bytes[bytes.len() - check..]);
            }
        }
    }
}
