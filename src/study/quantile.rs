//! Quantiles of numbers.

use super::error::{StudyError, fraction};

/// The `q` quantile of the values, 0 <= q <= 1, with linear interpolation between the two nearest
/// (type 7 of Hyndman and Fan 1996, the default of R and numpy). Of scores, the quantile
/// 1 - a is a threshold that a share a of the rows exceeds.
///
/// # Errors
/// If there are no values, q is not from 0 to 1, or a value is NaN or infinite.
pub fn quantile(values: &[f64], q: f64) -> Result<f64, StudyError> {
    fraction("a quantile", q)?;
    if values.is_empty() {
        return Err(StudyError::Empty("values"));
    }
    if let Some(index) = values.iter().position(|v| !v.is_finite()) {
        return Err(StudyError::NotFinite {
            what: "values",
            index,
        });
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Ok(quantile_of_sorted(&sorted, q))
}

/// The same of finite values in rising order, at least one.
pub(super) fn quantile_of_sorted(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let below = place as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let part = place - below as f64;
    let (low, high) = (sorted[below], sorted[above]);
    // Not low + part * (high - low), which can overflow; and never out of the two, so that
    // a threshold between equal scores is that score.
    (low * (1.0 - part) + high * part).clamp(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quantiles_rise_from_the_least_to_the_greatest(
            values in prop::collection::vec(-1e3f64..1e3, 1..50), p in 0.0f64..=1.0, q in 0.0f64..=1.0
        ) {
            let of = |q| quantile(&values, q).unwrap();
            let (low, high) = (of(p.min(q)), of(p.max(q)));
            prop_assert!(low <= high + 1e-9);
            prop_assert_eq!(of(0.0), values.iter().copied().fold(f64::INFINITY, f64::min));
            prop_assert_eq!(of(1.0), values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            // At most the share asked for lies strictly above.
            let rows = values.iter().filter(|v| **v > of(q)).count() as f64;
            prop_assert!(rows <= (1.0 - q) * values.len() as f64 + 1.0);
        }
    }

    #[test]
    fn between_equal_values_lies_that_value_and_nothing_overflows() {
        let odd = 0.1 + 0.2;
        for i in 0..=100 {
            assert_eq!(quantile(&[odd; 7], f64::from(i) / 100.0), Ok(odd));
        }
        assert_eq!(quantile(&[f64::MAX, -f64::MAX], 0.5), Ok(0.0));
    }

    #[test]
    fn what_has_no_quantile_is_refused() {
        assert!(quantile(&[], 0.5).is_err());
        assert!(
            quantile(&[1.0], 1.5)
                .unwrap_err()
                .to_string()
                .contains("from 0 to 1")
        );
        assert!(quantile(&[1.0], f64::NAN).is_err());
        assert!(
            quantile(&[1.0, f64::NAN], 0.5)
                .unwrap_err()
                .to_string()
                .contains("number 2")
        );
    }
}
