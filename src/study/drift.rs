//! How far one sample of numbers is from another.

use super::error::{StudyError, finite, same};
use super::rows::column;
use crate::data::Matrix;

/// Distances between two samples of one variable; all are 0 for equal samples and do not
/// depend on the order of the two, except the sign of the difference.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Drift {
    /// The integral of |F - G| over the line, in units of the data: how far a point has to
    /// travel on average (Vallender 1974).
    pub wasserstein_1: f64,
    /// The root of the mean squared way when quantile goes to quantile, in units of the
    /// data: [`Self::wasserstein_1`] with more weight on the tails.
    pub wasserstein_2: f64,
    /// The root of twice the integral of (F - G)^2 (Szekely 2003), in roots of the data's units.
    pub energy: f64,
    /// The largest |F - G|, from 0 to 1 (Kolmogorov 1933; Smirnov 1939).
    pub kolmogorov_smirnov: f64,
    /// The mean of the second sample less that of the first.
    pub mean_difference: f64,
}

/// A sample in rising order with what each value weighs.
struct Sorted {
    values: Vec<f64>,
    weights: Vec<f64>,
    total: f64,
}

impl Sorted {
    fn new(values: &[f64], weights: Option<&[f64]>) -> Result<Sorted, StudyError> {
        finite("values", values)?;
        if let Some(weights) = weights {
            same("weights", values.len(), weights.len())?;
            finite("weights", weights)?;
            if let Some(index) = weights.iter().position(|&w| w < 0.0) {
                return Err(StudyError::Negative {
                    what: "weights",
                    index,
                });
            }
        }
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        // Counts are whole numbers, and their sums exact.
        let weights: Vec<f64> = order
            .iter()
            .map(|&i| weights.map_or(1.0, |w| w[i]))
            .collect();
        let total: f64 = weights.iter().sum();
        if total <= 0.0 {
            return Err(StudyError::Empty("weights above 0"));
        }
        Ok(Sorted {
            values: order.iter().map(|&i| values[i]).collect(),
            weights,
            total,
        })
    }

    fn mean(&self) -> f64 {
        let shift = self.values[0];
        let parts = self.values.iter().zip(&self.weights);
        let sum: f64 = parts.map(|(x, w)| w * (x - shift)).sum();
        shift + sum / self.total
    }
}

/// The distances between the samples `a` and `b`, with weights (at least 0, in any unit) or
/// none; the sizes may differ, and ties count once each. Time is that of sorting.
///
/// # Errors
/// If a sample is empty, a number is not finite or above 1e150, or the weights are not as many
/// as the values, negative, or all 0.
pub fn drift(
    a: &[f64],
    weights_a: Option<&[f64]>,
    b: &[f64],
    weights_b: Option<&[f64]>,
) -> Result<Drift, StudyError> {
    let (a, b) = (Sorted::new(a, weights_a)?, Sorted::new(b, weights_b)?);
    let mut drift = Drift {
        mean_difference: b.mean() - a.mean(),
        ..Drift::default()
    };
    // Up the line from value to value: F and G are constant in between.
    let (mut i, mut j) = (0, 0);
    let (mut below_a, mut below_b) = (0.0, 0.0);
    let mut energy = 0.0;
    while i < a.values.len() || j < b.values.len() {
        let next = |s: &Sorted, i: usize| s.values.get(i).copied().unwrap_or(f64::INFINITY);
        let x = next(&a, i).min(next(&b, j));
        while next(&a, i) <= x {
            below_a += a.weights[i];
            i += 1;
        }
        while next(&b, j) <= x {
            below_b += b.weights[j];
            j += 1;
        }
        let gap = (below_a / a.total - below_b / b.total).abs();
        drift.kolmogorov_smirnov = drift.kolmogorov_smirnov.max(gap);
        let end = next(&a, i).min(next(&b, j));
        if end < f64::INFINITY {
            drift.wasserstein_1 += gap * (end - x);
            energy += gap * gap * (end - x);
        }
    }
    drift.energy = (2.0 * energy).sqrt();
    drift.wasserstein_2 = quantile_coupling(&a, &b).sqrt();
    Ok(drift)
}

/// The integral over u from 0 to 1 of (F^-1(u) - G^-1(u))^2.
fn quantile_coupling(a: &Sorted, b: &Sorted) -> f64 {
    let (mut i, mut j) = (0, 0);
    let (mut end_a, mut end_b) = (a.weights[0] / a.total, b.weights[0] / b.total);
    let (mut below_a, mut below_b) = (a.weights[0], b.weights[0]);
    let (mut at, mut sum) = (0.0, 0.0);
    loop {
        let end = end_a.min(end_b);
        let way = a.values[i] - b.values[j];
        sum += (end - at).max(0.0) * way * way;
        at = end;
        let (last_a, last_b) = (i + 1 == a.values.len(), j + 1 == b.values.len());
        if last_a && last_b {
            return sum;
        }
        let step_a = !last_a && (end_a <= end_b || last_b);
        let step_b = !last_b && (end_b <= end_a || last_a);
        if step_a {
            i += 1;
            below_a += a.weights[i];
            end_a = below_a / a.total;
        }
        if step_b {
            j += 1;
            below_b += b.weights[j];
            end_b = below_b / b.total;
        }
    }
}

/// [`drift()`] of every column between two matrices of the same columns, in the data's own
/// units, rows by their weights, without what is missing.
///
/// # Errors
/// If the matrices differ in the number of columns.
pub fn column_drift(before: &Matrix, after: &Matrix) -> Result<Vec<Drift>, StudyError> {
    same("columns", before.n_columns(), after.n_columns())?;
    (0..before.n_columns())
        .map(|j| {
            let ((a, weights_a), (b, weights_b)) = (column(before, j), column(after, j));
            drift(&a, Some(&weights_a), &b, Some(&weights_b))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Vec<f64>> {
        let cell = prop_oneof![-10.0f64..10.0, (0u8..5).prop_map(f64::from)];
        prop::collection::vec(cell, 1..40)
    }

    fn of(a: &[f64], b: &[f64]) -> Drift {
        drift(a, None, b, None).unwrap()
    }

    proptest! {
        #[test]
        fn distances_are_symmetric_and_zero_only_for_equal_samples(a in values(), b in values()) {
            let (ab, ba) = (of(&a, &b), of(&b, &a));
            prop_assert_eq!(ab, Drift { mean_difference: ab.mean_difference, ..ba });
            prop_assert_eq!(ab.mean_difference, -ba.mean_difference);
            prop_assert_eq!(of(&a, &a), Drift::default());
            let differ = { let (mut a, mut b) = (a.clone(), b.clone()); a.sort_by(f64::total_cmp); b.sort_by(f64::total_cmp); a.len() == b.len() && a != b };
            if differ {
                prop_assert!(ab.wasserstein_1 > 0.0 && ab.energy > 0.0 && ab.kolmogorov_smirnov > 0.0);
            }
            prop_assert!(ab.wasserstein_1 >= ab.mean_difference.abs() - 1e-12);
            prop_assert!(ab.wasserstein_2 >= ab.wasserstein_1 - 1e-12);
        }

        #[test]
        fn a_way_round_is_never_shorter(a in values(), b in values(), c in values()) {
            let (ab, bc, ac) = (of(&a, &b), of(&b, &c), of(&a, &c));
            prop_assert!(ac.wasserstein_1 <= ab.wasserstein_1 + bc.wasserstein_1 + 1e-12);
            prop_assert!(ac.wasserstein_2 <= ab.wasserstein_2 + bc.wasserstein_2 + 1e-12);
            prop_assert!(ac.energy <= ab.energy + bc.energy + 1e-12);
            prop_assert!(ac.kolmogorov_smirnov <= ab.kolmogorov_smirnov + bc.kolmogorov_smirnov + 1e-12);
        }

        #[test]
        fn a_shift_changes_nothing_and_a_scale_scales(a in values(), b in values(), e in -8i32..8, shift in -64i32..64) {
            let s = 2f64.powi(e);
            let change = |v: &[f64]| v.iter().map(|x| x * s + f64::from(shift)).collect::<Vec<_>>();
            let (plain, other) = (of(&a, &b), of(&change(&a), &change(&b)));
            let close = |x: f64, y: f64| (x - y).abs() < 1e-10 * (1.0 + s);
            prop_assert!(close(plain.wasserstein_1 * s, other.wasserstein_1));
            prop_assert!(close(plain.wasserstein_2 * s, other.wasserstein_2));
            prop_assert!((plain.energy * plain.energy * s - other.energy * other.energy).abs() < 1e-9 * (1.0 + s));
            prop_assert!(close(plain.kolmogorov_smirnov, other.kolmogorov_smirnov));
        }

        #[test]
        fn a_weight_of_two_is_a_row_twice(a in values(), b in values(), w in prop::collection::vec(0u8..4, 40)) {
            let weights: Vec<f64> = w[..a.len()].iter().map(|&w| f64::from(w)).collect();
            prop_assume!(weights.iter().any(|&w| w > 0.0));
            let repeated: Vec<f64> = a.iter().zip(&w).flat_map(|(&x, &w)| vec![x; usize::from(w)]).collect();
            let (weighted, plain) = (drift(&a, Some(&weights), &b, None).unwrap(), of(&repeated, &b));
            for (x, y) in [(weighted.wasserstein_1, plain.wasserstein_1), (weighted.wasserstein_2, plain.wasserstein_2),
                (weighted.energy, plain.energy), (weighted.kolmogorov_smirnov, plain.kolmogorov_smirnov), (weighted.mean_difference, plain.mean_difference)] {
                prop_assert!((x - y).abs() < 1e-9, "{x} {y}");
            }
        }
    }

    #[test]
    fn samples_that_cannot_be_compared_are_refused_with_the_place() {
        let no = |a: &[f64], w: Option<&[f64]>| drift(a, w, &[1.0], None).unwrap_err().to_string();
        assert!(no(&[], None).contains("no values"));
        assert!(no(&[1.0, f64::NAN], None).contains("number 2"));
        assert!(no(&[1.0, 1e200], None).contains("number 2"));
        assert!(no(&[1.0], Some(&[1.0, 2.0])).contains("2 weights where 1"));
        assert!(no(&[1.0], Some(&[-1.0])).contains("negative"));
        assert!(no(&[1.0], Some(&[0.0])).contains("weights above 0"));
    }
}
