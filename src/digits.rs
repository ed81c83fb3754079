//! How a number is written, in every message and everywhere on the page.
//!
//! The standard library writes any double to any length, with arithmetic of its own that takes
//! 7 kB of the download. What a person reads has at most nineteen decimals, or few digits and
//! a power of ten.

use std::fmt;

/// From here on [`fixed`] writes a power of ten: a double has no decimals left.
const LARGE: f64 = 1e15;

/// With this many decimals, at most 19: `-1130.264`. The double's own binary value is
/// rounded, ties to even, as the standard library does. From 1e15 on in powers of ten; `NaN`,
/// `inf` and `-inf` where it is none.
pub fn fixed(value: f64, decimals: usize) -> String {
    let mut text = sign(value).to_owned();
    match finite(value) {
        Err(word) => text.push_str(word),
        Ok(size) if size >= LARGE => text.push_str(&exponent(size, 6)),
        Ok(size) => push_fixed(&mut text, size, decimals),
    }
    text
}

/// With a power of ten and this many decimals, at most 12: `1.20e-7`.
pub fn exponent(value: f64, decimals: usize) -> String {
    let mut text = sign(value).to_owned();
    match finite(value) {
        Err(word) => text.push_str(word),
        Ok(size) => {
            let (mut mantissa, mut power) = scaled(size);
            let mut digits = String::new();
            push_fixed(&mut digits, mantissa, decimals);
            if digits.starts_with("10") {
                mantissa /= 10.0;
                power += 1;
                digits.clear();
                push_fixed(&mut digits, mantissa, decimals);
            }
            text += &digits;
            text.push('e');
            text += &power.to_string();
        }
    }
    text
}

/// A number in a sentence: up to six digits, without zeros at the end; a power of ten below
/// 1e-4 and from 1e15 on. `0.05`, `1e-6`, `54.4785`.
pub struct Brief(pub f64);

impl fmt::Display for Brief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = match finite(self.0) {
            Ok(size) => size,
            Err(word) => return write!(f, "{}{word}", sign(self.0)),
        };
        if size != 0.0 && !(1e-4..LARGE).contains(&size) {
            let text = exponent(self.0, 5);
            let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
            return write!(f, "{}e{power}", trimmed(digits));
        }
        let (_, power) = scaled(size);
        let decimals = usize::try_from(5 - power).unwrap_or(0);
        f.write_str(trimmed(&fixed(self.0, decimals)))
    }
}

/// Without zeros at the end of the decimals.
fn trimmed(text: &str) -> &str {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    }
}

fn sign(value: f64) -> &'static str {
    if value.is_sign_negative() && !value.is_nan() {
        "-"
    } else {
        ""
    }
}

/// |value|, or the word for what is not finite.
fn finite(value: f64) -> Result<f64, &'static str> {
    match value {
        v if v.is_nan() => Err("NaN"),
        v if v.is_infinite() => Err("inf"),
        v => Ok(v.abs()),
    }
}

/// `size` = m 2^-s with whole m < 2^53. The decimals are m's last s bits: times 10^decimals
/// they are whole again above the point, and round.
fn push_fixed(text: &mut String, size: f64, decimals: usize) {
    let decimals = decimals.min(19);
    let bits = size.to_bits();
    let biased = (bits >> 52) as u32;
    let m = (bits & ((1 << 52) - 1)) | (u64::from(biased > 0) << 52);
    let shift = 1075 - biased.max(1);
    let unit = 10_u128.pow(decimals as u32);
    let (mut whole, decimal) = if shift == 0 {
        (m, 0)
    } else if shift > 127 {
        // Below 2^-74: no decimal that is written.
        (0, 0)
    } else {
        let whole = if shift < 64 { m >> shift } else { 0 };
        let rest = u128::from(m) - (u128::from(whole) << shift);
        let scaled = rest * unit;
        let (floor, left) = (scaled >> shift, scaled & ((1 << shift) - 1));
        let half = 1_u128 << (shift - 1);
        // Without decimals it is the whole part that is to become even.
        let odd = (if decimals == 0 {
            u128::from(whole)
        } else {
            floor
        }) & 1
            == 1;
        (
            whole,
            floor + u128::from(left > half || (left == half && odd)),
        )
    };
    let mut decimal = decimal as u64;
    if u128::from(decimal) >= unit {
        whole += 1;
        decimal = 0;
    }
    text.push_str(&whole.to_string());
    if decimals > 0 {
        let digits = decimal.to_string();
        text.push('.');
        for _ in digits.len()..decimals {
            text.push('0');
        }
        text.push_str(&digits);
    }
}

/// A number from 1 to 10 and the power of ten that it is to be multiplied with; off by some
/// units of the fourteenth digit at most, after 308 divisions.
fn scaled(size: f64) -> (f64, i32) {
    let (mut mantissa, mut power) = (size, 0);
    if size == 0.0 {
        return (0.0, 0);
    }
    for (step, by) in [(1e100, 100), (1e10, 10), (10.0, 1)] {
        while mantissa >= step {
            mantissa /= step;
            power += by;
        }
        while mantissa < 1.0 {
            mantissa *= step;
            power -= by;
        }
    }
    (mantissa, power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_number_is_named() {
        assert_eq!(fixed(f64::NAN, 3), "NaN");
        assert_eq!(fixed(-f64::INFINITY, 3), "-inf");
        assert_eq!(exponent(f64::INFINITY, 3), "inf");
        assert_eq!(Brief(-f64::NAN).to_string(), "NaN");
    }

    #[test]
    fn sentences_have_the_digits_that_one_would_type() {
        let pairs = [
            (0.0, "0"),
            (1e-6, "1e-6"),
            (0.05, "0.05"),
            (54.4785, "54.4785"),
            (1.0 / 3.0, "0.333333"),
            (200.0, "200"),
            (-1e9, "-1000000000"),
            (1e308, "1e308"),
            (9.999_999_9e-5, "1e-4"),
            (2.5e-310, "2.5e-310"),
        ];
        for (value, text) in pairs {
            assert_eq!(Brief(value).to_string(), text);
        }
    }

    #[test]
    fn ties_go_to_the_even_digit() {
        for value in [0.5, 1.5, 2.5, 0.125, 0.375, -0.5, 1e14 + 0.5] {
            for decimals in 0..4 {
                assert_eq!(fixed(value, decimals), format!("{value:.decimals$}"));
            }
        }
    }

    proptest! {
        #[test]
        fn decimals_are_those_of_the_standard_library(
            mantissa in -1e15..1e15_f64, power in 0..40_i32, decimals in 0..=19_usize,
        ) {
            let value = mantissa * 10_f64.powi(-power);
            prop_assert_eq!(fixed(value, decimals), format!("{value:.decimals$}"));
        }

        #[test]
        fn powers_of_ten_are_those_of_the_standard_library(
            value in any::<f64>().prop_filter("finite", |v| v.is_finite()), decimals in 0..=6_usize,
        ) {
            // Where the next digits are not too near a tie for fourteen digits to tell.
            let near = |v: f64| format!("{v:.decimals$e}");
            prop_assume!(near(value * (1.0 - 1e-13)) == near(value * (1.0 + 1e-13)));
            prop_assert_eq!(exponent(value, decimals), near(value));
        }
    }
}
