//! Four single-precision numbers side by side, as every processor and WebAssembly have them:
//! what [`super::lanes`] is for doubles. Each operation is the IEEE 754 one on all four, so
//! that the bits are the same everywhere.

use std::ops::{Add, Div, Mul, Sub};

/// Numbers in a [`Quad`].
pub(super) const QUAD: usize = 4;

/// Four numbers.
#[derive(Clone, Copy)]
pub(super) struct Quad(Four);

#[cfg(target_arch = "wasm32")]
type Four = core::arch::wasm32::v128;
#[cfg(not(target_arch = "wasm32"))]
type Four = [f32; QUAD];

#[cfg(target_arch = "wasm32")]
mod operations {
    use super::{QUAD, Quad};
    use core::arch::wasm32::{
        f32x4, f32x4_add, f32x4_div, f32x4_extract_lane, f32x4_mul, f32x4_pmax, f32x4_splat,
        f32x4_sub, i32x4_add, i32x4_shl,
    };

    impl Quad {
        #[inline(always)]
        pub(in super::super) fn splat(v: f32) -> Quad {
            Quad(f32x4_splat(v))
        }
        #[inline(always)]
        pub(in super::super) fn load([a, b, c, d]: &[f32; QUAD]) -> Quad {
            Quad(f32x4(*a, *b, *c, *d))
        }
        #[inline(always)]
        pub(in super::super) fn store(self, to: &mut [f32; QUAD]) {
            *to = [
                f32x4_extract_lane::<0>(self.0),
                f32x4_extract_lane::<1>(self.0),
                f32x4_extract_lane::<2>(self.0),
                f32x4_extract_lane::<3>(self.0),
            ];
        }
        #[inline(always)]
        pub(super) fn added(self, o: Quad) -> Quad {
            Quad(f32x4_add(self.0, o.0))
        }
        #[inline(always)]
        pub(super) fn less(self, o: Quad) -> Quad {
            Quad(f32x4_sub(self.0, o.0))
        }
        #[inline(always)]
        pub(super) fn times(self, o: Quad) -> Quad {
            Quad(f32x4_mul(self.0, o.0))
        }
        #[inline(always)]
        pub(super) fn over(self, o: Quad) -> Quad {
            Quad(f32x4_div(self.0, o.0))
        }
        #[inline(always)]
        pub(super) fn at_least(self, least: Quad) -> Quad {
            Quad(f32x4_pmax(least.0, self.0))
        }
        #[inline(always)]
        pub(super) fn plus_bits(self, o: Quad, shift: u32) -> Quad {
            Quad(i32x4_add(self.0, i32x4_shl(o.0, shift)))
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Quad {
    #[inline(always)]
    fn of(f: impl Fn(usize) -> f32) -> Quad {
        Quad([f(0), f(1), f(2), f(3)])
    }
    #[inline(always)]
    pub(super) fn splat(v: f32) -> Quad {
        Quad([v; QUAD])
    }
    #[inline(always)]
    pub(super) fn load(v: &[f32; QUAD]) -> Quad {
        Quad(*v)
    }
    #[inline(always)]
    pub(super) fn store(self, to: &mut [f32; QUAD]) {
        *to = self.0;
    }
    #[inline(always)]
    fn added(self, o: Quad) -> Quad {
        Quad::of(|i| self.0[i] + o.0[i])
    }
    #[inline(always)]
    fn less(self, o: Quad) -> Quad {
        Quad::of(|i| self.0[i] - o.0[i])
    }
    #[inline(always)]
    fn times(self, o: Quad) -> Quad {
        Quad::of(|i| self.0[i] * o.0[i])
    }
    #[inline(always)]
    fn over(self, o: Quad) -> Quad {
        Quad::of(|i| self.0[i] / o.0[i])
    }
    /// The numbers, or `least` where they are smaller or NaN.
    #[inline(always)]
    fn at_least(self, least: Quad) -> Quad {
        Quad::of(|i| match self.0[i] > least.0[i] {
            true => self.0[i],
            false => least.0[i],
        })
    }
    /// The numbers whose bits are those of `self` plus those of `o` shifted up.
    #[inline(always)]
    fn plus_bits(self, o: Quad, shift: u32) -> Quad {
        let bits = |i: usize| self.0[i].to_bits();
        Quad::of(|i| f32::from_bits(bits(i).wrapping_add(o.0[i].to_bits() << shift)))
    }
}

impl Quad {
    /// The sum of all four, as a double.
    #[inline(always)]
    pub(super) fn sum(self) -> f64 {
        let mut four = [0.0; QUAD];
        self.store(&mut four);
        let [a, b, c, d] = four.map(f64::from);
        (a + c) + (b + d)
    }

    /// 2^x for -[`LEAST`] <= x <= 100 within 2e-7 of itself.
    ///
    /// x = k + f with |f| <= 1/2: a polynomial for 2^f, and k into its exponent.
    #[inline(always)]
    pub(super) fn exp2(self) -> Quad {
        let round = Quad::splat(ROUND);
        let c = |n: usize| Quad::splat(EXP2[n]);
        // k in the lowest bits.
        let shifted = self + round;
        let f = self - (shifted - round);
        let p = c(4) * f + c(3);
        let p = p * f + c(2);
        let p = p * f + c(1);
        let p = p * f + c(0);
        let p = p * f + Quad::splat(1.0);
        p.plus_bits(shifted, 23)
    }

    /// As [`Self::exp2`], and 0 for what is below the least.
    #[inline(always)]
    pub(super) fn exp2_or_zero(self) -> Quad {
        self.at_least(Quad::splat(LEAST)).exp2() - Quad::splat(LEAST_POWER)
    }
}

impl Add for Quad {
    type Output = Quad;
    #[inline(always)]
    fn add(self, o: Quad) -> Quad {
        self.added(o)
    }
}

impl Sub for Quad {
    type Output = Quad;
    #[inline(always)]
    fn sub(self, o: Quad) -> Quad {
        self.less(o)
    }
}

impl Mul for Quad {
    type Output = Quad;
    #[inline(always)]
    fn mul(self, o: Quad) -> Quad {
        self.times(o)
    }
}

impl Div for Quad {
    type Output = Quad;
    #[inline(always)]
    fn div(self, o: Quad) -> Quad {
        self.over(o)
    }
}

/// The exponent below which a power is taken for 0.
pub(super) const LEAST: f32 = -100.0;
/// 2^-100.
const LEAST_POWER: f32 = f32::from_bits(27 << 23);
/// Adding and subtracting 1.5 * 2^23 rounds to the nearest whole number.
const ROUND: f32 = 12_582_912.0;

/// Coefficients of f ... f^5 for which 1 + ... is nearest to 2^f for |f| <= 1/2: within 9.2e-8 of
/// it, as exact at 0 (by Lawson's iteration: least squares, weighted by the errors so far).
const EXP2: [f32; 5] = [
    f32::from_bits(std::f32::consts::LN_2.to_bits() - 3),
    0.240_222_42,
    0.055_507_336,
    0.009_671_513,
    0.001_326_472_7,
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn four(q: Quad) -> [f32; QUAD] {
        let mut to = [0.0; QUAD];
        q.store(&mut to);
        to
    }

    #[test]
    fn powers_have_ends() {
        let far = Quad::load(&[f32::NEG_INFINITY, f32::NAN, -1e30, LEAST]);
        assert_eq!(four(far.exp2_or_zero()), [0.0; QUAD]);
        let whole = Quad::load(&[0.0, -99.0, 60.0, 1.0]);
        let powers = [0.0, -99.0, 60.0, 1.0].map(f64::exp2).map(|p| p as f32);
        assert_eq!(four(whole.exp2()), powers);
    }

    proptest! {
        #[test]
        fn powers_agree_with_those_of_doubles(x in prop::array::uniform4(-99f32..60.0)) {
            for (x, y) in x.iter().zip(four(Quad::load(&x).exp2())) {
                let exact = f64::from(*x).exp2();
                prop_assert!((f64::from(y) - exact).abs() < 2e-7 * exact, "{x}: {y}");
            }
        }

        #[test]
        fn four_numbers_are_each_of_them(a in any::<[f32; QUAD]>(), b in any::<[f32; QUAD]>()) {
            let (x, y) = (Quad::load(&a), Quad::load(&b));
            let each = |f: fn(f32, f32) -> f32| [0, 1, 2, 3].map(|i| f(a[i], b[i]));
            let pairs = [
                (four(x + y), each(|a, b| a + b)),
                (four(x - y), each(|a, b| a - b)),
                (four(x * y), each(|a, b| a * b)),
                (four(x / y), each(|a, b| a / b)),
                (four(x.at_least(y)), each(|a, b| if a > b { a } else { b })),
            ];
            for (got, expected) in pairs {
                for (got, expected) in got.iter().zip(expected) {
                    prop_assert!(got.to_bits() == expected.to_bits() || expected.is_nan());
                }
            }
            prop_assert_eq!(four(Quad::splat(a[0])).map(f32::to_bits), [a[0].to_bits(); QUAD]);
            let sum = (f64::from(a[0]) + f64::from(a[2])) + (f64::from(a[1]) + f64::from(a[3]));
            prop_assert!(x.sum().to_bits() == sum.to_bits() || sum.is_nan());
            let bits = |i: usize| a[i].to_bits().wrapping_add(b[i].to_bits() << 23);
            prop_assert_eq!(four(x.plus_bits(y, 23)).map(f32::to_bits), [0, 1, 2, 3].map(bits));
        }
    }
}
