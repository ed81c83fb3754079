//! Two doubles side by side, as every processor and WebAssembly have them.
//!
//! The compiler makes such pairs of most loops by itself, but of sums and choices not in
//! WebAssembly, where they are spelt out. Each operation is the IEEE 754 one on both numbers, so that the bits
//! are the same everywhere.

use std::ops::{Add, Mul, Sub};

/// Numbers in a [`Pair`].
pub(super) const PAIR: usize = 2;

#[cfg(target_arch = "wasm32")]
use wasm::Two;
#[cfg(not(target_arch = "wasm32"))]
type Two = [f64; PAIR];

/// Two numbers.
#[derive(Clone, Copy)]
pub(super) struct Pair(Two);

#[cfg(target_arch = "wasm32")]
mod wasm {
    use super::{PAIR, Pair};
    use core::arch::wasm32::{
        f64x2, f64x2_add, f64x2_extract_lane, f64x2_gt, f64x2_mul, f64x2_splat, f64x2_sub,
        i64x2_add, i64x2_shl, i64x2_splat, v128, v128_bitselect,
    };

    pub(super) type Two = v128;

    impl Pair {
        /// 2^k for the whole number k in the lowest bits of each number.
        #[inline(always)]
        pub(super) fn power_of_two(self) -> Pair {
            Pair(i64x2_shl(i64x2_add(self.0, i64x2_splat(1023)), 52))
        }
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
        pub(in super::super) fn where_greater(self, than: Pair, yes: Pair, no: Pair) -> Pair {
            Pair(v128_bitselect(yes.0, no.0, f64x2_gt(self.0, than.0)))
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Pair {
    /// 2^k for the whole number k in the lowest bits of each number.
    #[inline(always)]
    fn power_of_two(self) -> Pair {
        Pair(
            self.0
                .map(|v| f64::from_bits(v.to_bits().wrapping_add(1023) << 52)),
        )
    }
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
    #[inline(always)]
    pub(super) fn where_greater(self, than: Pair, yes: Pair, no: Pair) -> Pair {
        let of = |i: usize| match self.0[i] > than.0[i] {
            true => yes.0[i],
            false => no.0[i],
        };
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

/// Four numbers: two pairs, so that an operation need not wait for the one before.
#[derive(Clone, Copy)]
pub(super) struct Four(Pair, Pair);

impl Four {
    #[inline(always)]
    pub(super) fn splat(v: f64) -> Four {
        Four(Pair::splat(v), Pair::splat(v))
    }
    #[inline(always)]
    pub(super) fn load([a, b, c, d]: &[f64; 2 * PAIR]) -> Four {
        Four(Pair::load(&[*a, *b]), Pair::load(&[*c, *d]))
    }
    #[inline(always)]
    pub(super) fn store(self, to: &mut [f64; 2 * PAIR]) {
        for (to, pair) in to
            .as_chunks_mut::<PAIR>()
            .0
            .iter_mut()
            .zip([self.0, self.1])
        {
            pair.store(to);
        }
    }
}

impl Four {
    #[inline(always)]
    pub(super) fn where_greater(self, than: Four, yes: Four, no: Four) -> Four {
        Four(
            self.0.where_greater(than.0, yes.0, no.0),
            self.1.where_greater(than.1, yes.1, no.1),
        )
    }

    /// 2^x within 1 unit in the last place for -1000 <= x <= 1000; 0 below and for NaN, 2^1000
    /// above.
    ///
    /// x = k + f with |f| <= 1/2, then the polynomial of degree 11 that meets 2^f in the twelve
    /// Chebyshev points (relative error below 1e-17), then the exponent k set directly.
    #[inline(always)]
    pub(super) fn exp2(self) -> Four {
        let (least, most) = (Four::splat(-1000.0), Four::splat(1000.0));
        // Comparisons that NaN fails, so that it ends up at the lower end.
        let y = self.where_greater(least, self, least);
        let y = most.where_greater(y, y, most);
        let shifted = y + Four::splat(ROUND);
        let f = y - (shifted - Four::splat(ROUND));
        let mut p = Four::splat(EXP2[10]);
        for c in EXP2[..10].iter().rev() {
            p = p * f + Four::splat(*c);
        }
        let value = Four::splat(1.0) + f * p;
        let scale = Four(shifted.0.power_of_two(), shifted.1.power_of_two());
        self.where_greater(least, value * scale, Four::splat(0.0))
    }
}

/// Adding and subtracting 1.5 * 2^52 rounds to the nearest integer.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// Coefficients of f, f^2 ... f^11 in 2^f.
const EXP2: [f64; 11] = [
    std::f64::consts::LN_2,
    0.240_226_506_959_101_58,
    5.550_410_866_482_162_5e-2,
    9.618_129_107_587_256e-3,
    1.333_355_814_640_647e-3,
    1.540_353_046_372_435_3e-4,
    1.525_273_384_155_677_3e-5,
    1.321_543_253_591_237_5e-6,
    1.017_805_708_773_394_1e-7,
    7.074_194_297_288_521e-9,
    4.455_817_908_336_064_5e-10,
];

impl Sub for Four {
    type Output = Four;
    #[inline(always)]
    fn sub(self, o: Four) -> Four {
        Four(self.0 - o.0, self.1 - o.1)
    }
}

impl Add for Four {
    type Output = Four;
    #[inline(always)]
    fn add(self, o: Four) -> Four {
        Four(self.0 + o.0, self.1 + o.1)
    }
}

impl Mul for Four {
    type Output = Four;
    #[inline(always)]
    fn mul(self, o: Four) -> Four {
        Four(self.0 * o.0, self.1 * o.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exp2_has_ends() {
        let mut to = [1.0; 4];
        Four::load(&[f64::NEG_INFINITY, f64::NAN, 0.0, 1e300])
            .exp2()
            .store(&mut to);
        assert_eq!(to, [0.0, 0.0, 1.0, 1000f64.exp2()]);
    }

    proptest! {
        #[test]
        fn exp2_agrees_with_the_platform_within_two_units(x in prop::array::uniform4(-999.9f64..999.9)) {
            let mut to = [0.0; 4];
            Four::load(&x).exp2().store(&mut to);
            for (x, y) in x.iter().zip(to) {
                prop_assert!(y.to_bits().abs_diff(x.exp2().to_bits()) <= 2, "{x}: {y}");
            }
        }

        #[test]
        fn a_pair_is_its_two_numbers(a in any::<[f64; 2]>(), b in any::<[f64; 2]>()) {
            let (x, y) = (Pair::load(&a), Pair::load(&b));
            let both = |p: Pair| { let mut to = [0.0; PAIR]; p.store(&mut to); to.map(f64::to_bits) };
            let each = |f: fn(f64, f64) -> f64| [f(a[0], b[0]), f(a[1], b[1])].map(f64::to_bits);
            let is_number = |bits: &[u64; 2]| bits.iter().all(|b| !f64::from_bits(*b).is_nan());
            let pairs = [
                (both(x + y), each(|a, b| a + b)),
                (both(x - y), each(|a, b| a - b)),
                (both(x * y), each(|a, b| a * b)),
                (both(x.where_greater(y, x, y)), each(|a, b| if a > b { a } else { b })),
            ];
            for (got, expected) in pairs {
                prop_assert!(got == expected || !is_number(&expected));
            }
            prop_assert!(x.sum().to_bits() == (a[0] + a[1]).to_bits() || x.sum().is_nan());
            prop_assert_eq!(both(Pair::splat(a[0])), [a[0].to_bits(); 2]);
        }
    }
}
