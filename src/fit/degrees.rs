//! The M-step of the degrees of freedom of a t component.

use crate::mixture::special::{ln_minus_digamma, trigamma};

/// The fewest degrees of freedom that an M-step gives.
pub(super) const MIN_DEGREES: f64 = 0.05;
/// The most: by then a t component is a Gaussian one to the eye.
pub(super) const MAX_DEGREES: f64 = 1000.0;

/// Steps after which the bracket alone, halved each time, would have no digits left.
const MAX_STEPS: u32 = 100;

/// The degrees of freedom nu that maximise the expected log-likelihood of a t component in
/// `d` columns, given the responsibilities r and weights u of an E-step with `before`
/// degrees: the root of
///
/// ln(nu / 2) - psi(nu / 2) + 1 + `mean_tail` + psi((before + d) / 2) - ln((before + d) / 2) = 0,
///
/// with `mean_tail` = sum r (ln u - u) / sum r, which is at most -1 (Peel and McLachlan 2000,
/// Robust mixture modelling using the t distribution, section 5). Where the root is outside
/// [`MIN_DEGREES`] to [`MAX_DEGREES`] it is the nearer bound; a `mean_tail` that is no number,
/// from a component without points, leaves `before`.
///
/// Newton's method on 1 / (ln h - psi(h)) with h = nu / 2: nearly a straight line, and
/// between h and 2 h, so that a bracket comes for free; a step out of it halves it instead.
pub(super) fn degrees(d: usize, before: f64, mean_tail: f64) -> f64 {
    let target = ln_minus_digamma(0.5 * (before + d as f64)) - (1.0 + mean_tail);
    if target.is_nan() {
        return before;
    }
    if target <= ln_minus_digamma(0.5 * MAX_DEGREES) {
        return MAX_DEGREES;
    }
    if target >= ln_minus_digamma(0.5 * MIN_DEGREES) {
        return MIN_DEGREES;
    }
    let (mut low, mut high) = (0.5 / target, 1.0 / target);
    let mut h = high;
    for _ in 0..MAX_STEPS {
        let gap = ln_minus_digamma(h);
        if gap > target {
            low = h;
        } else {
            high = h;
        }
        let slope = 1.0 / h - trigamma(h);
        let mut next = h + gap * (1.0 - gap / target) / slope;
        if !(low..=high).contains(&next) {
            next = 0.5 * (low + high);
        }
        let moved = (next - h).abs();
        h = next;
        if moved <= 1e-15 * h {
            break;
        }
    }
    2.0 * h
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mixture::student::precision_weight;
    use proptest::prelude::*;

    /// The two sides of the equation that the result is to solve.
    fn sides(d: usize, before: f64, mean_tail: f64, nu: f64) -> (f64, f64) {
        let known = ln_minus_digamma(0.5 * (before + d as f64)) - (1.0 + mean_tail);
        (ln_minus_digamma(0.5 * nu), known)
    }

    /// The degrees after `steps` EM steps on one component whose squared distances are `q`.
    fn climb(d: usize, q: &[f64], steps: usize) -> f64 {
        (0..steps).fold(30.0, |nu, _| {
            let tail = |&q: &f64| {
                let u = precision_weight(d as f64, nu, q);
                u.ln() - u
            };
            degrees(d, nu, q.iter().map(tail).sum::<f64>() / q.len() as f64)
        })
    }

    /// Midpoints of n equal shares of (0, 1).
    fn shares(n: usize) -> impl Iterator<Item = f64> {
        (0..n).map(move |i| (i as f64 + 0.5) / n as f64)
    }

    #[test]
    fn first_steps_of_the_reference_are_met() {
        // Two fits with outliers, from 8 degrees each; responsibilities in 30 digits.
        for (mean_tail, expected) in [
            (-1.1060831231526704, 5.084040038334704),
            (-1.1810660546348972, 3.815949472094371),
            (-1.2502936933101696, 3.1194863595097324),
            (-1.0681510673265797, 6.145028186896041),
            (-1.2335143743549832, 3.262290282043273),
        ] {
            let nu = degrees(2, 8.0, mean_tail);
            assert!(
                (nu - expected).abs() <= 1e-14 * expected,
                "{nu} for {expected}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_result_is_a_root_or_a_bound(
            d in 1usize..50,
            before in MIN_DEGREES..MAX_DEGREES,
            e in -6.0f64..3.0,
        ) {
            let mean_tail = -1.0 - 10f64.powf(e);
            let nu = degrees(d, before, mean_tail);
            let (left, right) = sides(d, before, mean_tail, nu);
            if nu == MIN_DEGREES {
                prop_assert!(left <= right);
            } else if nu == MAX_DEGREES {
                prop_assert!(left >= right);
            } else {
                prop_assert!(nu > MIN_DEGREES && nu < MAX_DEGREES);
                prop_assert!((left - right).abs() <= 1e-14 * right, "{nu}: {left} {right}");
            }
        }

        #[test]
        fn every_answer_within_the_bounds_can_be_had(e in -1.3f64..2.99, d in 1usize..50) {
            let nu = 10f64.powf(e).max(MIN_DEGREES * 1.001);
            // A fixed point: the tail for which the degrees stay what they are.
            let mean_tail = ln_minus_digamma(0.5 * (nu + d as f64)) - ln_minus_digamma(0.5 * nu) - 1.0;
            // The tail is known to its last digit, and that is worth nu / 2 of the answer's.
            let got = degrees(d, nu, mean_tail);
            prop_assert!((got - nu).abs() <= (1e-14 + 1e-15 * nu) * nu, "{nu} {got}");
        }

        #[test]
        fn lighter_tails_give_more_degrees(before in 0.05f64..1000.0, e in -6.0f64..2.0, f in 1.001f64..10.0) {
            let light = degrees(2, before, -1.0 - 10f64.powf(e));
            let heavy = degrees(2, before, -1.0 - f * 10f64.powf(e));
            prop_assert!(light > heavy || light == MIN_DEGREES || heavy == MAX_DEGREES);
        }
    }

    #[test]
    fn beyond_the_bounds_the_nearer_one_is_taken() {
        assert_eq!(degrees(1, 4.0, -1e3), MIN_DEGREES);
        assert_eq!(degrees(1, 4.0, f64::NEG_INFINITY), MIN_DEGREES);
        assert_eq!(degrees(1, 4.0, 0.0), MAX_DEGREES);
        assert_eq!(degrees(1, 1e9, -1.0), MAX_DEGREES);
        assert_eq!(degrees(1, 4.0, f64::INFINITY), MAX_DEGREES);
    }

    #[test]
    fn a_component_without_points_keeps_its_degrees() {
        assert_eq!(degrees(3, 7.0, f64::NAN), 7.0);
    }

    /// In two columns q has the survival function exp(-q / 2). The climb slows down as
    /// it goes: the degrees grow with the square root of the steps.
    #[test]
    fn gaussian_data_climb_to_the_upper_bound() {
        let q: Vec<f64> = shares(100).map(|p| -2.0 * p.ln()).collect();
        let few = climb(2, &q, 100);
        assert!(few > 35.0 && few < climb(2, &q, 200), "{few}");
        assert_eq!(climb(2, &q, 30_000), MAX_DEGREES);
    }

    /// In two columns q has the survival function (1 + q / nu)^(-nu / 2).
    #[test]
    fn data_of_a_t_distribution_give_its_degrees_back() {
        for nu in [0.5, 2.0, 5.0] {
            let q: Vec<f64> = shares(20_000)
                .map(|p| nu * (p.powf(-2.0 / nu) - 1.0))
                .collect();
            let got = climb(2, &q, 200);
            assert!((got - nu).abs() <= 0.01 * nu, "{got} for {nu}");
        }
    }
}
