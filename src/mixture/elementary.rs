//! `exp`, `ln` and `ln_1p` of the engine's own, so that a fit gives the same bits
//! natively and in every browser: platform libraries round differently.
//!
//! They use only `+ - * /` and bit patterns, which IEEE 754 fixes, and no fused
//! multiply-add. They are branch-free enough for the compiler to vectorise.

const LOG2_E: f64 = std::f64::consts::LOG2_E;
/// ln 2 cut to 32 bits, so that its product with an exponent is exact.
const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
/// What is missing from `LN2_HIGH`.
const LN2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
/// Adding and subtracting 1.5 * 2^52 rounds to the nearest integer.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// e^x within 1 unit in the last place for -708 <= x <= 709; 0 below, e^709 above and for NaN.
///
/// x = k ln 2 + r with |r| <= ln 2 / 2, then the Taylor series of e^r to degree 13
/// (remainder below 5e-18), then the exponent k set directly.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    const MIN: f64 = -708.0;
    const MAX: f64 = 709.0;
    let y = if x < MAX { x } else { MAX };
    let y = if y > MIN { y } else { MIN };
    let shifted = y * LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (y - k * LN2_HIGH) - k * LN2_LOW;
    let mut p = 1.0 / 6_227_020_800.0;
    p = p * r + 1.0 / 479_001_600.0;
    p = p * r + 1.0 / 39_916_800.0;
    p = p * r + 1.0 / 3_628_800.0;
    p = p * r + 1.0 / 362_880.0;
    p = p * r + 1.0 / 40_320.0;
    p = p * r + 1.0 / 5_040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    // 1 + (r + r^2 p): the small part is added last.
    let value = 1.0 + (r + r * r * p);
    let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    if x < MIN { 0.0 } else { value * scale }
}

/// Natural logarithm within 2 units in the last place; minus infinity for x <= 0 and NaN.
///
/// x = 2^e m with m between sqrt(1/2) and sqrt(2), then
/// ln m = 2 artanh s, s = (m - 1) / (m + 1), as a series to s^23.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    // Lift subnormal numbers into the normal range.
    let (y, lift) = if x < f64::MIN_POSITIVE {
        (x * 18_014_398_509_481_984.0, 54.0)
    } else {
        (x, 0.0)
    };
    let bits = y.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as f64 - 1023.0 - lift;
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    let large = mantissa > std::f64::consts::SQRT_2;
    let m = if large { mantissa * 0.5 } else { mantissa };
    let e = if large { exponent + 1.0 } else { exponent };
    let s = (m - 1.0) / (m + 1.0);
    let s2 = s * s;
    let mut p = 1.0 / 23.0;
    p = p * s2 + 1.0 / 21.0;
    p = p * s2 + 1.0 / 19.0;
    p = p * s2 + 1.0 / 17.0;
    p = p * s2 + 1.0 / 15.0;
    p = p * s2 + 1.0 / 13.0;
    p = p * s2 + 1.0 / 11.0;
    p = p * s2 + 1.0 / 9.0;
    p = p * s2 + 1.0 / 7.0;
    p = p * s2 + 1.0 / 5.0;
    p = p * s2 + 1.0 / 3.0;
    let log_m = 2.0 * s + 2.0 * s * (s2 * p);
    let value = e * LN2_HIGH + (e * LN2_LOW + log_m);
    if x > 0.0 {
        if x == f64::INFINITY { x } else { value }
    } else {
        f64::NEG_INFINITY
    }
}

/// ln(1 + x) for x >= 0 within 3 units in the last place, also where 1 + x rounds x away.
///
/// With y the rounded 1 + x, ln(1 + x) = ln y + ln(1 + e / y), e the rounding error;
/// e is exact and so small that the second logarithm is e / y.
#[inline(always)]
pub fn ln_1p(x: f64) -> f64 {
    let y = 1.0 + x;
    let lost = x - (y - 1.0);
    // Beyond 2^53 nothing is lost that shows; at infinity `lost` is no number.
    ln(y)
        + if y < 9_007_199_254_740_992.0 {
            lost / y
        } else {
            0.0
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn units_apart(a: f64, b: f64) -> u64 {
        a.to_bits().abs_diff(b.to_bits())
    }

    proptest! {
        #[test]
        fn exp_agrees_with_the_platform_within_two_units(x in -707.9f64..708.9) {
            prop_assert!(units_apart(exp(x), x.exp()) <= 2, "{x}: {} {}", exp(x), x.exp());
        }

        #[test]
        fn ln_agrees_with_the_platform_within_three_units(e in -1000i32..1000, m in 1.0f64..2.0) {
            let x = m * 2f64.powi(e);
            prop_assert!(units_apart(ln(x), x.ln()) <= 3, "{x}: {} {}", ln(x), x.ln());
        }

        #[test]
        fn ln_is_accurate_next_to_one(d in -0.3f64..0.3) {
            let x = 1.0 + d;
            prop_assert!((ln(x) - x.ln()).abs() <= 4e-16 * x.ln().abs());
        }

        #[test]
        fn ln_1p_agrees_with_the_platform_within_four_units(e in -300i32..300, m in 1.0f64..2.0) {
            let x = m * 2f64.powi(e);
            prop_assert!(units_apart(ln_1p(x), x.ln_1p()) <= 4, "{x}: {} {}", ln_1p(x), x.ln_1p());
        }
    }

    #[test]
    fn ends_of_the_range_are_harmless() {
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp(-709.0), 0.0);
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f64::INFINITY).is_finite());
        assert!(exp(f64::NAN).is_finite());
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        assert_eq!(ln(-1.0), f64::NEG_INFINITY);
        assert_eq!(ln(f64::NAN), f64::NEG_INFINITY);
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(ln(f64::INFINITY), f64::INFINITY);
        assert!((ln(5e-324) - 5e-324f64.ln()).abs() < 1e-12);
        assert_eq!(ln_1p(0.0), 0.0);
        assert_eq!(ln_1p(f64::INFINITY), f64::INFINITY);
    }
}
