//! The multivariate t distribution.
//!
//! t(x; mu, S, nu) = Gamma((nu + D) / 2) / Gamma(nu / 2) (nu pi)^(-D/2) |S|^(-1/2)
//! (1 + q / nu)^(-(nu + D) / 2), with q = (x - mu)^T S^-1 (x - mu) the squared distance
//! and S the scale matrix: the covariance is nu / (nu - 2) S, where nu > 2 (McLachlan and
//! Peel, Finite Mixture Models, 2000, chapter 7). It goes to N(x; mu, S) as nu grows, and
//! so, without loss of digits, do the functions here. They are meant for nu >= 1e-6.

use super::elementary::ln_1p;
use super::special::{LN_2_PI, ln_gamma_ratio};

/// What does not depend on the row: ln Gamma((nu + D) / 2) - ln Gamma(nu / 2)
/// - D / 2 ln(nu pi) - ln |S| / 2.
pub fn log_constant(d: usize, nu: f64, log_determinant: f64) -> f64 {
    let half = 0.5 * d as f64;
    ln_gamma_ratio(0.5 * nu, half) - half * LN_2_PI - 0.5 * log_determinant
}

/// What depends on the row: -(nu + D) / 2 ln(1 + q / nu), for `d` = D and a squared
/// distance `q` of 0 to 1e300. Finite; fit for a loop over a slice of distances.
#[inline(always)]
pub fn log_kernel(d: f64, nu: f64, q: f64) -> f64 {
    -0.5 * (nu + d) * ln_1p(q / nu)
}

/// u = (nu + D) / (nu + q), the weight of a row with squared distance `q` in the mean and
/// scale of its component: the expected precision, relative to S^-1, with which it was
/// drawn (Peel and McLachlan 2000, Robust mixture modelling using the t distribution).
/// 1 on average, near 0 far out, never above 1 + D / nu.
#[inline(always)]
pub fn precision_weight(d: f64, nu: f64, q: f64) -> f64 {
    (nu + d) / (nu + q)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn log_density(d: usize, nu: f64, log_determinant: f64, q: f64) -> f64 {
        log_constant(d, nu, log_determinant) + log_kernel(d as f64, nu, q)
    }

    #[test]
    fn constants_of_known_shapes_are_met() {
        // D, nu, constant with |S| = 1, from 50 digits.
        for (d, nu, expected) in [
            (1, 0.05, -2.2246787354096553),
            (1, 4.0, -0.9808292530117262),
            (3, 8.0, -2.6702026429031926),
            (2, 1e8, -1.8378770664093456),
            (5, 1e8, -4.594692628523364),
            (20, 0.05, 27.69322106021087),
            (100, 3.5, 31.634559370359618),
        ] {
            let got = log_constant(d, nu, 0.0);
            let error = (got - expected).abs();
            assert!(error <= 1e-15 * expected.abs() + 1e-14, "{d} {nu}: {got}");
        }
    }

    #[test]
    fn kernels_of_known_distances_are_met() {
        // D, nu, q, kernel, from 30 digits; with nu = 1e8, 1 + q / nu keeps half the digits of q.
        for (d, nu, q, expected) in [
            (1.0, 5.0, 2.0, -1.0094167098636389),
            (3.0, 0.5, 1e20, -81.8034858207715),
            (2.0, 1e8, 0.5, -0.250000004375),
            (2.0, 1e8, 50.0, -24.999994250001958),
            (2.0, 1e8, 8924557.0, -4274266.034912986f64),
        ] {
            let got = log_kernel(d, nu, q);
            assert!(
                (got - expected).abs() <= 1e-15 * expected.abs(),
                "{d} {nu} {q}: {got}"
            );
        }
    }

    /// The flow of the Nile as one t component with 5 degrees of freedom, fitted by others
    /// in 80-bit arithmetic.
    #[test]
    fn densities_and_weights_of_the_nile_are_met() {
        let (mean, scale) = (908.1490259933181, 21618.89540537513f64);
        let q = |x: f64| (x - mean) * (x - mean) / scale;
        for (x, expected) in [
            (919.35, -5.962761073674561),
            (1120.0, -7.001093843204076),
            (740.0, -6.656348116549061),
            (1424.49, -9.688661153240508),
            (1761.25, -12.095704121196416),
            (169299.0, -43.391268092791705),
        ] {
            let got = log_density(1, 5.0, scale.ln(), q(x));
            assert!((got - expected).abs() <= 1e-13, "{x}: {got}");
        }
        for (x, expected) in [(1120.0, 0.8479366412431709), (1160.0, 0.756243054257297)] {
            assert!((precision_weight(1.0, 5.0, q(x)) - expected).abs() <= 1e-14);
        }
    }

    proptest! {
        /// In one column, nu = 1 is Cauchy's distribution.
        #[test]
        fn one_degree_is_cauchy(x in -1e6f64..1e6) {
            let expected = -(std::f64::consts::PI * (1.0 + x * x)).ln();
            prop_assert!((log_density(1, 1.0, 0.0, x * x) - expected).abs() <= 1e-13);
        }

        #[test]
        fn many_degrees_are_gaussian(d in 1usize..30, q in 0.0f64..100.0) {
            let nu = 1e12;
            let gaussian = -0.5 * (d as f64 * LN_2_PI + q);
            // The two differ by about (q^2 - 2 q D - 2 D + D^2) / 4 nu.
            prop_assert!((log_density(d, nu, 0.0, q) - gaussian).abs() <= 1e-8);
            prop_assert!((precision_weight(d as f64, nu, q) - 1.0).abs() <= 1e-9);
        }
    }

    #[test]
    fn the_farthest_row_has_a_finite_density_and_next_to_no_weight() {
        for nu in [1e-6, 0.05, 1.0, 1e8] {
            assert!(log_density(3, nu, 0.0, 1e300).is_finite());
            assert!(precision_weight(3.0, nu, 1e300) < 1e-200);
        }
    }
}
