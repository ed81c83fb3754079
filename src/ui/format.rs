//! Numbers in words that fit a narrow column.
//!
//! A negative number carries the true minus sign U+2212, everywhere, so that
//! figures line up and a reader of the page can replace one character to parse.

/// What stands where there is no number to show.
pub const NONE: &str = "–";

use crate::digits;
use crate::mixture::elementary::ln;

/// A number with a fixed count of decimals; infinities and NaN become a dash.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    with_minus(digits::fixed(value, decimals))
}

/// A number in about `digits` significant digits, without trailing noise:
/// `0.0123`, `54.4`, `1234`, `1.2e9`.
pub fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    // A little more, for rounding at powers of ten.
    let magnitude = (log10(value.abs()) + 1e-12).floor() as i32;
    let digits = digits as i32;
    if !(-4..=6).contains(&magnitude) {
        let places = (digits - 1).max(0) as usize;
        return with_minus(digits::exponent(value, places));
    }
    let places = (digits - 1 - magnitude).max(0) as usize;
    with_minus(digits::fixed(value, places))
}

/// A mean beside its standard deviation: about two decimals of it, no more than can matter.
pub fn beside(mean: f64, deviation: f64) -> String {
    let decimals = (1.6 - log10(deviation)).round();
    if !decimals.is_finite() || decimals > 6.0 || mean.abs() >= 1e7 {
        return significant(mean, 3);
    }
    fixed(mean, decimals.max(0.0) as usize)
}

/// What an iteration took; empty before the first.
pub fn effort(milliseconds: f64, workers: usize) -> String {
    let time = match milliseconds > 0.0 {
        true => significant(milliseconds, 2),
        false => return String::new(),
    };
    match workers {
        0 | 1 => format!("{time} ms an iteration"),
        n => format!("{time} ms an iteration, {n} workers"),
    }
}

/// Several numbers, separated by commas.
pub fn list(numbers: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for (i, number) in numbers.enumerate() {
        if i > 0 {
            text.push_str(", ");
        }
        text.push_str(&number);
    }
    text
}

/// A whole number with thin spaces between groups of three: `100 000`.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// What the browser writes for a number, as a person would type it: `0.000001` as `1e-6`.
pub fn field(text: &str) -> String {
    match text.strip_prefix("0.000") {
        Some(rest) => {
            let digits = rest.trim_start_matches('0');
            let power = 4 + rest.len() - digits.len();
            let (first, others) = digits.split_at(1.min(digits.len()));
            let point = if others.is_empty() { "" } else { "." };
            format!("{first}{point}{others}e-{power}")
        }
        None => text.to_owned(),
    }
}

/// The decimal logarithm of a number above zero.
fn log10(value: f64) -> f64 {
    ln(value) * std::f64::consts::LOG10_E
}

fn with_minus(text: String) -> String {
    // "-0.000" says nothing that "0.000" does not.
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| matches!(b, b'0' | b'.')) => rest.to_owned(),
        _ => text.replace('-', "−"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_likelihood_keeps_three_decimals_and_a_true_minus() {
        assert_eq!(fixed(-1130.26396, 3), "−1130.264");
        assert_eq!(fixed(-0.0001, 3), "0.000");
    }

    #[test]
    fn what_is_not_a_number_is_never_shown_as_one() {
        assert_eq!(fixed(f64::NAN, 3), NONE);
        assert_eq!(significant(f64::INFINITY, 3), NONE);
    }

    #[test]
    fn significant_digits_follow_the_magnitude() {
        assert_eq!(significant(2.0364, 3), "2.04");
        assert_eq!(significant(54.4785, 3), "54.5");
        assert_eq!(significant(-0.01234, 3), "−0.0123");
        assert_eq!(significant(1234.5, 3), "1234");
        assert_eq!(significant(1.234e9, 3), "1.23e9");
        assert_eq!(significant(2e-9, 2), "2.0e−9");
    }

    #[test]
    fn a_mean_has_the_decimals_that_its_deviation_gives_sense_to() {
        let means = [
            (2.0364, 0.26),
            (54.4785, 5.8),
            (-1.8149, 1.2),
            (1234.5, 300.0),
        ];
        let words = list(means.into_iter().map(|(mean, sd)| beside(mean, sd)));
        assert_eq!(words, "2.04, 54.5, −1.81, 1234");
        // A component that has collapsed has no deviation to go by.
        assert_eq!(beside(2.0364, 0.0), "2.04");
        assert_eq!(beside(2.0364, f64::NAN), "2.04");
    }

    #[test]
    fn what_an_iteration_took_is_said_once_there_was_one() {
        assert_eq!(effort(0.0, 0), "");
        assert_eq!(effort(0.0234, 1), "0.023 ms an iteration");
        assert_eq!(effort(13.56, 2), "14 ms an iteration, 2 workers");
    }

    #[test]
    fn large_counts_are_grouped_and_small_ones_are_not() {
        assert_eq!(count(272), "272");
        assert_eq!(count(9999), "9999");
        assert_eq!(count(1_000_000), "1\u{202f}000\u{202f}000");
    }

    #[test]
    fn a_field_shows_what_a_person_would_type() {
        assert_eq!(field("0.000001"), "1e-6");
        assert_eq!(field("0.0001234"), "1.234e-4");
        for plain in ["0", "0.05", "0.001", "2.5e-7", "1e+21", "-0.0001"] {
            assert_eq!(field(plain), plain);
        }
    }
}
