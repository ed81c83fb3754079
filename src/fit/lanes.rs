//! Two doubles side by side, as every processor and WebAssembly have them.
//!
//! The compiler makes such pairs of most loops by itself, but of sums and choices not in
//! WebAssembly, where they are spelt out. Each operation is the IEEE 754 one on both numbers, so
//! that the bits are the same everywhere.

use std::f64::consts::LN_2;
use std::ops::{Add, Mul, Sub};

use crate::mixture::elementary::exp;

/// Numbers in a [`Pair`].
pub(super) const PAIR: usize = 2;

/// Two numbers.
#[derive(Clone, Copy)]
pub(super) struct Pair(Two);

#[cfg(target_arch = "wasm32")]
type Two = core::arch::wasm32::v128;
#[cfg(not(target_arch = "wasm32"))]
type Two = [f64; PAIR];

#[cfg(target_arch = "wasm32")]
mod operations {
    use super::{PAIR, Pair};
    use core::arch::wasm32::{
        f64x2, f64x2_add, f64x2_extract_lane, f64x2_gt, f64x2_mul, f64x2_pmax, f64x2_splat,
        f64x2_sub, i32x4_extract_lane, i64x2_add, i64x2_shl, u64x2, v128_bitselect,
    };

    impl Pair {
        #[inline(always)]
        pub(in super::super) fn splat(v: f64) -> Pair {
            Pair(f64x2_splat(v))
        }
        #[inline(always)]
        pub(in super::super) fn load([a, b]: &[f64; PAIR]) -> Pair {
            Pair(f64x2(*a, *b))
        }
        #[inline(always)]
        pub(in super::super) fn store(self, to: &mut [f64; PAIR]) {
            *to = [
                f64x2_extract_lane::<0>(self.0),
                f64x2_extract_lane::<1>(self.0),
            ];
        }
        #[inline(always)]
        pub(super) fn added(self, o: Pair) -> Pair {
            Pair(f64x2_add(self.0, o.0))
        }
        #[inline(always)]
        pub(super) fn less(self, o: Pair) -> Pair {
            Pair(f64x2_sub(self.0, o.0))
        }
        #[inline(always)]
        pub(super) fn times(self, o: Pair) -> Pair {
            Pair(f64x2_mul(self.0, o.0))
        }
        #[inline(always)]
        pub(super) fn at_least(self, least: Pair) -> Pair {
            Pair(f64x2_pmax(least.0, self.0))
        }
        #[inline(always)]
        pub(in super::super) fn where_greater(self, than: Pair, yes: Pair, no: Pair) -> Pair {
            Pair(v128_bitselect(yes.0, no.0, f64x2_gt(self.0, than.0)))
        }
        #[inline(always)]
        pub(super) fn low_bits(self) -> [u32; PAIR] {
            [
                i32x4_extract_lane::<0>(self.0) as u32,
                i32x4_extract_lane::<2>(self.0) as u32,
            ]
        }
        #[inline(always)]
        pub(super) fn plus_bits(self, [a, b]: [u64; PAIR], shift: u32) -> Pair {
            Pair(i64x2_add(u64x2(a, b), i64x2_shl(self.0, shift)))
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Pair {
    #[inline(always)]
    pub(super) fn splat(v: f64) -> Pair {
        Pair([v; PAIR])
    }
    #[inline(always)]
    pub(super) fn load(v: &[f64; PAIR]) -> Pair {
        Pair(*v)
    }
    #[inline(always)]
    pub(super) fn store(self, to: &mut [f64; PAIR]) {
        *to = self.0;
    }
    #[inline(always)]
    fn added(self, o: Pair) -> Pair {
        Pair([self.0[0] + o.0[0], self.0[1] + o.0[1]])
    }
    #[inline(always)]
    fn less(self, o: Pair) -> Pair {
        Pair([self.0[0] - o.0[0], self.0[1] - o.0[1]])
    }
    #[inline(always)]
    fn times(self, o: Pair) -> Pair {
        Pair([self.0[0] * o.0[0], self.0[1] * o.0[1]])
    }
    /// The numbers, or `least` where they are smaller or NaN.
    #[inline(always)]
    fn at_least(self, least: Pair) -> Pair {
        let of = |i: usize| match self.0[i] > least.0[i] {
            true => self.0[i],
            false => least.0[i],
        };
        Pair([of(0), of(1)])
    }
    /// Of `yes` where a number is greater than that of `than`, else of `no`.
    #[inline(always)]
    pub(super) fn where_greater(self, than: Pair, yes: Pair, no: Pair) -> Pair {
        let of = |i: usize| match self.0[i] > than.0[i] {
            true => yes.0[i],
            false => no.0[i],
        };
        Pair([of(0), of(1)])
    }
    /// The lower half of the bits of each number.
    #[inline(always)]
    fn low_bits(self) -> [u32; PAIR] {
        self.0.map(|v| v.to_bits() as u32)
    }
    /// The numbers whose bits are these, plus the bits of `self` shifted up.
    #[inline(always)]
    fn plus_bits(self, bits: [u64; PAIR], shift: u32) -> Pair {
        let of = |i: usize| f64::from_bits(bits[i].wrapping_add(self.0[i].to_bits() << shift));
        Pair([of(0), of(1)])
    }
}

impl Pair {
    /// The sum of both numbers.
    #[inline(always)]
    pub(super) fn sum(self) -> f64 {
        let mut both = [0.0; PAIR];
        self.store(&mut both);
        both[0] + both[1]
    }
}

impl Add for Pair {
    type Output = Pair;
    #[inline(always)]
    fn add(self, o: Pair) -> Pair {
        self.added(o)
    }
}

impl Sub for Pair {
    type Output = Pair;
    #[inline(always)]
    fn sub(self, o: Pair) -> Pair {
        self.less(o)
    }
}

impl Mul for Pair {
    type Output = Pair;
    #[inline(always)]
    fn mul(self, o: Pair) -> Pair {
        self.times(o)
    }
}

/// Parts into which [`Powers`] cuts the way from one power of two to the next.
const STEPS: usize = 256;

/// 2^(j / 256) for j from 0 to 255, each less j times 2^44 as a bit pattern: see
/// [`Powers::exp2`].
///
/// With a table a polynomial of degree 4 does for what takes degree 11 without: half the
/// operations, and half as long to wait for each before the next.
pub(super) struct Powers([u64; STEPS]);

impl Powers {
    pub(super) fn new() -> Powers {
        // ln 2 / 256 in two parts, of which the first times j is exact.
        const HIGH: f64 = f64::from_bits(LN_2.to_bits() >> 8 << 8) / STEPS as f64;
        const LOW: f64 = LN_2 / STEPS as f64 - HIGH;
        Powers(std::array::from_fn(|j| {
            let value = exp(j as f64 * HIGH);
            let value = value + value * (j as f64 * LOW);
            value.to_bits().wrapping_sub((j as u64) << SHIFT)
        }))
    }

    /// 2^x within 2 units in the last place for -1000 <= x <= 0 or a little above; 0 below and
    /// for NaN.
    ///
    /// x = k / 256 + f with |f| <= 1/512, k = 256 m + j: 2^(j / 256) from the table, m into its
    /// exponent, and the Taylor polynomial of 2^f (remainder below 4e-17).
    #[inline(always)]
    pub(super) fn exp2(&self, x: Pair) -> Pair {
        let round = Pair::splat(ROUND);
        let c = |n: usize| Pair::splat(EXP2[n]);
        let y = x.at_least(Pair::splat(LEAST));
        // k in the lowest bits.
        let shifted = y + round;
        let f = y - (shifted - round);
        let steps = shifted.low_bits().map(|k| self.0[k as usize % STEPS]);
        // What the table has less by j comes back with the bits of k.
        let scale = shifted.plus_bits(steps, SHIFT);
        let p = (c(0) + c(1) * f) + (f * f) * (c(2) + c(3) * f);
        // At the lower end exactly 0; elsewhere the difference is below any rounding of a sum.
        (scale - Pair::splat(LEAST_POWER)) + p * (scale * f)
    }
}

/// Where 1/256 of an exponent stands in a double's bits.
const SHIFT: u32 = 44;
const LEAST: f64 = -1000.0;
/// 2^-1000.
const LEAST_POWER: f64 = f64::from_bits(23 << 52);
/// Adding and subtracting 1.5 * 2^44 rounds to the nearest 1/256.
const ROUND: f64 = 26_388_279_066_624.0;

/// (ln 2)^n / n! for n = 1 ... 4.
const EXP2: [f64; 4] = [
    LN_2,
    LN_2 * LN_2 / 2.0,
    LN_2 * LN_2 * LN_2 / 6.0,
    LN_2 * LN_2 * LN_2 * LN_2 / 24.0,
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exp2(x: [f64; PAIR]) -> [f64; PAIR] {
        let mut to = [1.0; PAIR];
        Powers::new().exp2(Pair::load(&x)).store(&mut to);
        to
    }

    #[test]
    fn exp2_has_ends() {
        assert_eq!(exp2([f64::NEG_INFINITY, f64::NAN]), [0.0; 2]);
        assert_eq!(exp2([-1e300, 0.0]), [0.0, 1.0]);
    }

    proptest! {
        // The lower end comes out as 0, so that little is missing 100 powers above it.
        #[test]
        fn exp2_agrees_with_the_platform_within_two_units(x in prop::array::uniform2(-900f64..=0.0)) {
            for (x, y) in x.iter().zip(exp2(x)) {
                prop_assert!(y.to_bits().abs_diff(x.exp2().to_bits()) <= 2, "{x}: {y}");
            }
        }

        #[test]
        fn a_pair_is_its_two_numbers(a in any::<[f64; 2]>(), b in any::<[f64; 2]>(), bits in any::<[u64; 2]>()) {
            let (x, y) = (Pair::load(&a), Pair::load(&b));
            let both = |p: Pair| { let mut to = [0.0; PAIR]; p.store(&mut to); to.map(f64::to_bits) };
            let each = |f: fn(f64, f64) -> f64| [f(a[0], b[0]), f(a[1], b[1])].map(f64::to_bits);
            let is_number = |bits: &[u64; 2]| bits.iter().all(|b| !f64::from_bits(*b).is_nan());
            let pairs = [
                (both(x + y), each(|a, b| a + b)),
                (both(x - y), each(|a, b| a - b)),
                (both(x * y), each(|a, b| a * b)),
                (both(x.where_greater(y, x, y)), each(|a, b| if a > b { a } else { b })),
                (both(x.at_least(y)), each(|a, b| if a > b { a } else { b })),
            ];
            for (got, expected) in pairs {
                prop_assert!(got == expected || !is_number(&expected));
            }
            prop_assert!(x.sum().to_bits() == (a[0] + a[1]).to_bits() || x.sum().is_nan());
            prop_assert_eq!(both(Pair::splat(a[0])), [a[0].to_bits(); 2]);
            prop_assert_eq!(x.low_bits(), a.map(|a| a.to_bits() as u32));
            let moved = [0, 1].map(|i| bits[i].wrapping_add(a[i].to_bits() << SHIFT));
            prop_assert_eq!(both(x.plus_bits(bits, SHIFT)), moved);
        }
    }
}
