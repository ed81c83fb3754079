//! Round numbers for axes, and how they are written.

use crate::digits::fixed;
use crate::mixture::elementary::ln;

/// A round number on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where it is, in the axis's units.
    pub value: f64,
    /// How it is written.
    pub label: String,
}

/// The ticks of an axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ticks {
    /// From low to high, all within the axis.
    pub ticks: Vec<Tick>,
    /// When the labels would be too long, what they leave out: the value is this plus the label.
    pub base: Option<String>,
}

impl Ticks {
    /// The widest label in CSS pixels at this font size.
    pub fn label_width(&self, size: f64) -> f64 {
        self.ticks
            .iter()
            .map(|tick| super::text::width(&tick.label, size))
            .fold(0.0, f64::max)
    }
}

/// Longest label before another way of writing is tried.
const LONG: usize = 7;
/// Longest label at all: beyond it a common base is taken off.
const TOO_LONG: usize = 11;

/// Round numbers between `lo` and `hi`, at most about `about` of them and never
/// more than 50; none if the two are not finite or not in order.
pub fn ticks(lo: f64, hi: f64, about: usize) -> Ticks {
    let Some(step) = step(lo, hi, about) else {
        return Ticks::default();
    };
    let values = multiples(lo, hi, step);
    // One number alone says nothing about the scale.
    if values.len() < 2 && about < 12 {
        return ticks(lo, hi, about + 2);
    }
    let digits = -exponent(step);
    let (labels, longest) = write_all(&values, digits);
    if longest <= TOO_LONG {
        return Ticks {
            ticks: pair(&values, labels),
            base: None,
        };
    }
    // Far from zero and close together: write the distance from a round base.
    let Some(wide) = self::step(0.0, lo.abs().max(hi.abs()), 1).map(|_| step * 1e3) else {
        return Ticks::default();
    };
    let base = (lo / wide).floor() * wide;
    let offsets: Vec<f64> = values.iter().map(|v| v - base).collect();
    let (labels, _) = write_all(&offsets, digits);
    Ticks {
        ticks: pair(&values, labels),
        base: Some(number(base, digits.max(0))),
    }
}

/// The same, only at whole numbers: iterations.
pub fn whole_ticks(lo: f64, hi: f64, about: usize) -> Ticks {
    let Some(step) = step(lo, hi, about).map(|s| s.max(1.0).round()) else {
        return Ticks::default();
    };
    let values = multiples(lo, hi, step);
    let labels = write_all(&values, 0).0;
    Ticks {
        ticks: pair(&values, labels),
        base: None,
    }
}

fn pair(values: &[f64], labels: Vec<String>) -> Vec<Tick> {
    values
        .iter()
        .zip(labels)
        .map(|(&value, label)| Tick { value, label })
        .collect()
}

/// The step 1, 2 or 5 times a power of ten that gives at most about `about` steps.
fn step(lo: f64, hi: f64, about: usize) -> Option<f64> {
    let span = hi - lo;
    if !(span.is_finite() && span > 1e-300) {
        return None;
    }
    // Half-steps that rounding cannot tell from the ends are no ticks.
    if span < lo.abs().max(hi.abs()) * 1e-13 {
        return None;
    }
    let raw = span / about.clamp(1, 50) as f64;
    let exponent = exponent(raw);
    [1.0, 2.0, 5.0, 10.0]
        .map(|m| m * power(exponent))
        .into_iter()
        .find(|&s| s >= raw * 0.999_999)
}

fn multiples(lo: f64, hi: f64, step: f64) -> Vec<f64> {
    let slack = 1e-9;
    let first = (lo / step - slack).ceil();
    let last = (hi / step + slack).floor();
    let count = (last - first).clamp(-1.0, 60.0) as i64 + 1;
    let exponent = exponent(step);
    (0..count)
        .map(|i| {
            let multiple = first + i as f64;
            // Dividing by a power of ten keeps 0.3 what one writes as 0.3.
            let value = if exponent < 0 && exponent > -300 {
                multiple * (step * power(-exponent)).round() / power(-exponent)
            } else {
                multiple * step
            };
            value.max(lo).min(hi) + 0.0
        })
        .collect()
}

fn power(exponent: i32) -> f64 {
    10f64.powi(exponent)
}

fn exponent(v: f64) -> i32 {
    if v == 0.0 || !v.is_finite() {
        return 0;
    }
    let guess = (ln(v.abs()) * std::f64::consts::LOG10_E).floor() as i32;
    // log10 may be off by a rounding at powers of ten.
    if power(guess + 1) <= v.abs() * (1.0 + 1e-12) {
        guess + 1
    } else {
        guess
    }
}

/// Writes all the same way, so that the column lines up; also the longest label's length.
fn write_all(values: &[f64], digits: i32) -> (Vec<String>, usize) {
    let largest = values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let magnitude = exponent(largest);
    let plain_fits = magnitude < 15 && digits <= 12;
    let plain: Vec<String> = if plain_fits {
        values.iter().map(|&v| number(v, digits.max(0))).collect()
    } else {
        Vec::new()
    };
    let longest = |labels: &[String]| labels.iter().map(|l| l.chars().count()).max();
    let plain_length = longest(&plain).unwrap_or(usize::MAX);
    if plain_length <= LONG {
        return (plain, plain_length);
    }
    let powers: Vec<String> = values
        .iter()
        .map(|&v| scientific(v, magnitude, digits))
        .collect();
    let power_length = longest(&powers).unwrap_or(usize::MAX);
    if power_length < plain_length {
        (powers, power_length)
    } else {
        (plain, plain_length)
    }
}

/// A number with `digits` decimals, thin spaces between thousands and a true minus sign.
pub fn number(v: f64, digits: i32) -> String {
    if !v.is_finite() {
        return "–".into();
    }
    let text = fixed(v.abs(), digits.clamp(0, 17) as usize);
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text.as_str(), None),
    };
    let mut out = String::with_capacity(text.len() + 8);
    if v < 0.0 && text.bytes().any(|b| b.is_ascii_digit() && b != b'0') {
        out.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        // Four figures need no gap, five do.
        if i > 0 && whole.len() > 4 && (whole.len() - i).is_multiple_of(3) {
            out.push('\u{2009}');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// As 2e6 or −1.5e−7: what one would type, with true minus signs. All labels of
/// an axis share the power of ten, so that they can be compared at a glance.
fn scientific(v: f64, power_of_ten: i32, digits: i32) -> String {
    if v == 0.0 {
        return "0".into();
    }
    // In two halves: 10^-310 is no longer a number with all its digits.
    let half = power_of_ten / 2;
    let mantissa = v / power(half) / power(power_of_ten - half);
    let decimals = (power_of_ten + digits).clamp(0, 15);
    let sign = if power_of_ten < 0 { "−" } else { "" };
    let exponent = power_of_ten.abs();
    format!("{}e{sign}{exponent}", number(mantissa, decimals))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(lo: f64, hi: f64, about: usize) -> Vec<String> {
        let found = ticks(lo, hi, about).ticks;
        found.into_iter().map(|t| t.label).collect()
    }

    #[test]
    fn labels_are_what_one_would_write() {
        assert_eq!(labels(0.4, 6.6, 7), ["1", "2", "3", "4", "5", "6"]);
        assert_eq!(labels(-0.31, 0.31, 4), ["−0.2", "0.0", "0.2"]);
        assert_eq!(labels(-421.0, -370.0, 4), ["−420", "−400", "−380"]);
        assert_eq!(labels(0.0, 2.1e6, 3), ["0", "1e6", "2e6"]);
        assert_eq!(labels(0.0, 1.6e6, 4), ["0", "0.5e6", "1.0e6", "1.5e6"]);
        assert_eq!(
            labels(0.0, 30_000.0, 3),
            ["0", "10\u{2009}000", "20\u{2009}000", "30\u{2009}000"]
        );
        assert_eq!(labels(0.0, 2.5e-7, 3), ["0", "1e−7", "2e−7"]);
    }

    #[test]
    fn far_from_zero_a_base_is_taken_off() {
        let found = ticks(123_456_789.1, 123_456_789.5, 4);
        assert_eq!(found.base.as_deref(), Some("123\u{2009}456\u{2009}700.0"));
        assert_eq!(found.ticks[0].label, "89.1");
    }

    #[test]
    fn ranges_that_are_none_have_no_ticks() {
        for (lo, hi) in [
            (1.0, 1.0),
            (2.0, 1.0),
            (f64::NAN, 1.0),
            (0.0, f64::INFINITY),
        ] {
            assert!(ticks(lo, hi, 5).ticks.is_empty());
            assert!(whole_ticks(lo, hi, 5).ticks.is_empty());
        }
    }

    #[test]
    fn iterations_are_whole() {
        let found = whole_ticks(0.0, 3.0, 8);
        let labels: Vec<_> = found.ticks.into_iter().map(|t| t.label).collect();
        assert_eq!(labels, ["0", "1", "2", "3"]);
    }

    proptest! {
        #[test]
        fn ticks_increase_and_lie_inside(a in any::<f64>(), b in any::<f64>(), n in 0usize..80) {
            for found in [ticks(a, b, n), whole_ticks(a, b, n)] {
                prop_assert!(found.ticks.len() <= 61);
                for pair in found.ticks.windows(2) {
                    prop_assert!(pair[0].value < pair[1].value);
                }
                for tick in &found.ticks {
                    prop_assert!(tick.value >= a && tick.value <= b);
                    prop_assert!(tick.label.chars().count() <= 24, "{}", tick.label);
                }
            }
        }

        #[test]
        fn usual_ranges_get_a_handful(lo in -1e6..1e6, span in 1e-3..1e6) {
            let n = ticks(lo, lo + span, 6).ticks.len();
            prop_assert!((2..=7).contains(&n), "{n}");
        }
    }
}
