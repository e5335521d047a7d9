//! The field of 256 elements in which the codewords are reckoned with: modulo x⁸+x⁴+x³+x²+1.

use std::ops::{Add, AddAssign, Mul};

/// An element.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Gf(pub(super) u8);

const POWERS: [u8; 510] = powers();
const LOGARITHMS: [u8; 256] = logarithms();

#[expect(clippy::indexing_slicing, reason = "run by the compiler")]
const fn powers() -> [u8; 510] {
    let mut table = [0; 510];
    let mut element: u16 = 1;
    let mut power = 0;
    while power < 510 {
        table[power] = element as u8;
        element <<= 1;
        if element > 0xff {
            element ^= 0b1_0001_1101;
        }
        power += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "run by the compiler")]
const fn logarithms() -> [u8; 256] {
    let powers = powers();
    let mut table = [0; 256];
    let mut power = 0;
    while power < 255 {
        table[powers[power] as usize] = power as u8;
        power += 1;
    }
    table
}

impl Gf {
    pub(super) const ZERO: Self = Self(0);
    pub(super) const ONE: Self = Self(1);

    /// Returns the generator of the field, to a power.
    pub(super) fn power(exponent: usize) -> Self {
        Self::nth(exponent % 255)
    }

    /// Returns one over it; zero for zero, which nobody asks.
    pub(super) fn inverse(self) -> Self {
        if self == Self::ZERO { Self::ZERO } else { Self::nth(255 - self.logarithm()) }
    }

    fn nth(power: usize) -> Self {
        Self(POWERS.get(power).copied().unwrap_or(0))
    }

    fn logarithm(self) -> usize {
        LOGARITHMS.get(usize::from(self.0)).map_or(0, |&logarithm| usize::from(logarithm))
    }
}

#[expect(clippy::suspicious_arithmetic_impl, reason = "elements are polynomials over bits: adding is exclusive or")]
impl Add for Gf {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }
}

#[expect(clippy::suspicious_op_assign_impl, reason = "elements are polynomials over bits: adding is exclusive or")]
impl AddAssign for Gf {
    fn add_assign(&mut self, other: Self) {
        self.0 ^= other.0;
    }
}

impl Mul for Gf {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        if self == Self::ZERO || other == Self::ZERO {
            return Self::ZERO;
        }
        Self::nth(self.logarithm() + other.logarithm())
    }
}

/// Returns the value at `x` of the polynomial whose coefficients are given from the lowest on.
pub(super) fn evaluate(coefficients: &[Gf], x: Gf) -> Gf {
    coefficients.iter().rev().fold(Gf::ZERO, |value, &coefficient| value * x + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_element_but_zero_has_an_inverse() {
        assert!((1..=255).all(|element| Gf(element) * Gf(element).inverse() == Gf::ONE));
        assert_eq!(Gf::ZERO * Gf(7), Gf::ZERO);
    }

    #[test]
    fn powers_are_products_of_the_generator() {
        assert_eq!(Gf::power(8), Gf(0b1_1101));
        assert_eq!(Gf::power(255), Gf::ONE);
        assert!((0..600).all(|power| Gf::power(power) * Gf(2) == Gf::power(power + 1)));
    }
}
