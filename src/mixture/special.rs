//! The gamma function's logarithm and its derivatives, of the engine's own: the same bits
//! everywhere, as [`elementary`](super::elementary).
//!
//! An argument x is raised to y = x + n >= 8 by Gamma(x + 1) = x Gamma(x) (DLMF 5.5.1 and
//! 5.5.2); there Stirling's series to B_20 leaves less than 1e-16 (DLMF 5.11.1 and 5.11.2).
//! All functions are finite for every argument: below 1e-150, and for NaN, they have their
//! value at 1e-150; above 1e300 that at 1e300.

use super::elementary::{ln, ln_1p};

/// ln(2 pi)
pub const LN_2_PI: f64 = 1.837_877_066_409_345_3;
/// ln pi
const LN_PI: f64 = 1.144_729_885_849_400_2;

/// The Bernoulli numbers B_2, B_4, ..., B_20.
const BERNOULLI: [f64; 10] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
    43867.0 / 798.0,
    -174_611.0 / 330.0,
];

/// An argument x raised to y = x + n, and what both ends contribute.
struct Raised {
    y: f64,
    /// Product of (x + i) / y, i = 0..n: Gamma(y) / Gamma(x) / y^n.
    product: f64,
    /// Sum of 1 / (x + i).
    sum: f64,
    /// Sum of 1 / (x + i)^2.
    squares: f64,
    /// ln Gamma(y) - (y - 1/2) ln y + y - ln(2 pi) / 2.
    stirling: f64,
    /// ln y - psi(y).
    gap: f64,
    /// psi'(y).
    trigamma: f64,
}

/// The range in which no function below leaves the doubles.
fn in_range(x: f64) -> f64 {
    // A comparison with NaN is false.
    let x = if x > 1e-150 { x } else { 1e-150 };
    if x < 1e300 { x } else { 1e300 }
}

/// n such that x + n >= 8.
fn steps(x: f64) -> u32 {
    8u32.saturating_sub(x as u32)
}

fn raise(x: f64, n: u32) -> Raised {
    let y = x + f64::from(n);
    let (mut product, mut sum, mut squares) = (1.0, 0.0, 0.0);
    for i in 0..n {
        let factor = x + f64::from(i);
        product *= factor / y;
        sum += 1.0 / factor;
        squares += 1.0 / (factor * factor);
    }
    let w = 1.0 / (y * y);
    let (mut s, mut g, mut t) = (0.0, 0.0, 0.0);
    let mut order = 2.0 * BERNOULLI.len() as f64;
    for b in BERNOULLI.into_iter().rev() {
        s = s * w + b / (order * (order - 1.0));
        g = g * w + b / order;
        t = t * w + b;
        order -= 2.0;
    }
    Raised {
        y,
        product,
        sum,
        squares,
        stirling: s / y,
        gap: 0.5 / y + g * w,
        trigamma: (1.0 + 0.5 / y + t * w) / y,
    }
}

/// ln Gamma(x) for x > 0, within 2e-15 |ln Gamma(x)| + 2e-15.
pub fn ln_gamma(x: f64) -> f64 {
    let x = in_range(x);
    let r = raise(x, steps(x));
    (x - 0.5) * ln(r.y) - r.y + (0.5 * LN_2_PI + r.stirling) - ln(r.product)
}

/// ln Gamma(x + a) - ln Gamma(x) - a ln x for x > 0 and 0 <= a <= 1e6, which goes to 0 as
/// x grows: no digits are lost to the two logarithms, however large they are.
///
/// With y the raised x: (x + a - 1/2) ln(1 + a / y) - a + a ln(y / x)
/// plus the difference of Stirling's series, less ln of the ratio of the products.
pub fn ln_gamma_ratio(x: f64, a: f64) -> f64 {
    let x = in_range(x);
    let n = steps(x);
    let (low, high) = (raise(x, n), raise(x + a, n));
    (x + a - 0.5) * ln_1p(a / low.y) - a + a * ln(low.y / x) + (high.stirling - low.stirling)
        - ln(high.product / low.product)
}

/// ln x - psi(x) for x > 0, psi the digamma function: falls from infinity to 0, between
/// 1 / 2x and 1 / x (Alzer 1997, On some inequalities for the gamma and psi functions).
/// Within 5e-15 of its value, also where ln and psi agree in most of their digits.
pub fn ln_minus_digamma(x: f64) -> f64 {
    let x = in_range(x);
    let r = raise(x, steps(x));
    r.gap + (r.sum - ln(r.y / x))
}

/// psi(x) = d ln Gamma(x) / dx for x > 0, within 2e-15 |psi(x)| + 1e-15.
pub fn digamma(x: f64) -> f64 {
    ln(in_range(x)) - ln_minus_digamma(x)
}

/// psi'(x), the second derivative of ln Gamma, for x > 0, within 2e-15 of its value.
pub fn trigamma(x: f64) -> f64 {
    let x = in_range(x);
    let r = raise(x, steps(x));
    r.trigamma + r.squares
}

/// ln Gamma_d(x), the multivariate gamma function, for x > (d - 1) / 2:
/// d (d - 1) / 4 ln pi + sum over j < d of ln Gamma(x - j / 2) (DLMF 35.3.4).
pub fn ln_multigamma(d: usize, x: f64) -> f64 {
    let d = d as f64;
    let (mut sum, mut j) = (0.25 * d * (d - 1.0) * LN_PI, 0.0);
    while j < d {
        sum += ln_gamma(x - 0.5 * j);
        j += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// x, ln Gamma(x), psi(x), psi'(x), from 50 digits.
    #[rustfmt::skip]
    const KNOWN: [[f64; 4]; 25] = [
        [1e-06, 13.815509980749432, -1000000.5772140201, 1000000000001.645],
        [0.001, 6.907178885383853, -1000.5755719318103, 1000001.6425331958],
        [0.025, 3.674956947385165, -40.536827082849385, 1601.5867976993522],
        [0.25, 1.2880225246980774, -4.2274535333762655, 17.19732915450711],
        [0.5, 0.5723649429247001, -1.9635100260214235, 4.934802200544679],
        [0.75, 0.20328095143129538, -1.0858608797864722, 2.5418796476716063],
        [0.999, 0.0005780385328913802, -0.5788618021086455, 1.6473414317770505],
        [1.0001, -5.771334222047127e-05, -0.5770511835143348, 1.6446936879331444],
        [1.25, -0.09827183642181316, -0.22745353337626542, 1.1973291545071107],
        [1.4616321449683622, -0.12148629053584961, -9.241265521729427e-17, 0.9676722454476212],
        [1.5, -0.12078223763524522, 0.03648997397857652, 0.9348022005446793],
        [1.999, -0.0004224618006921073, 0.4221391988923556, 0.6453384277720445],
        [2.0001, 4.2281658112919945e-05, 0.4228488264846654, 0.6448936579371437],
        [2.5, 0.2846828704729192, 0.7031566406452432, 0.49035775610023485],
        [3.75, 1.486815578593417, 1.1825373886117962, 0.3053398526902531],
        [5.0, 3.1780538303479458, 1.5061176684318005, 0.22132295573711533],
        [7.9375, 8.399444525124958, 2.0072856526575245, 0.13425249264731706],
        [8.0, 8.525161361065415, 2.01564147795561, 0.1331370146940314],
        [10.25, 13.368023671476045, 2.277704790686724, 0.10247452151799187],
        [50.5, 146.51925549072064, 3.912039670928392, 0.01999933342663716],
        [171.5, 709.1431630309282, 5.141664981433999, 0.0058479365506103834],
        [1000.0, 5905.220423209181, 6.907255195648812, 0.0010005001666666333],
        [12345.678, 103959.91990554606, 9.421020820741761, 8.100328723111207e-05],
        [1000000.0, 12815504.569147611, 13.815510057964191, 1.0000005000001667e-06],
        [100000000.0, 1742068066.1038346, 18.420680738952367, 1.000000005e-08],
    ];

    fn near(got: f64, expected: f64, relative: f64, absolute: f64) -> bool {
        (got - expected).abs() <= relative * expected.abs() + absolute
    }

    #[test]
    fn known_values_are_met() {
        for [x, g, p, t] in KNOWN {
            assert!(near(ln_gamma(x), g, 2e-15, 2e-15), "{x} {}", ln_gamma(x));
            assert!(near(digamma(x), p, 2e-15, 1e-15), "{x} {}", digamma(x));
            assert!(near(trigamma(x), t, 2e-15, 0.0), "{x} {}", trigamma(x));
        }
    }

    #[test]
    fn known_multivariate_values_are_met() {
        // d, x, ln Gamma_d(x), from 50 digits.
        for (d, x, expected) in [
            (1, 0.75, 0.20328095143129538),
            (2, 1.5, 0.4515827052894549),
            (3, 7.25, 20.104800157934413),
            (20, 30.5, 1255.9569353426689),
            (50, 1000.0, 291736.5616687291),
        ] {
            let got = ln_multigamma(d, x);
            assert!(near(got, expected, 2e-15, 2e-15), "{d} {x} {got}");
        }
    }

    proptest! {
        #[test]
        fn each_function_steps_by_its_recurrence(e in -6.0f64..8.0) {
            let x = 10f64.powf(e);
            let g = ln_gamma(x);
            prop_assert!(near(ln_gamma(x + 1.0), g + x.ln(), 4e-15, 8e-15 + 4e-15 * x.ln().abs()));
            let p = digamma(x);
            prop_assert!(near(digamma(x + 1.0), p + 1.0 / x, 4e-15, 4e-15 + 4e-15 / x));
            let t = trigamma(x);
            prop_assert!(near(trigamma(x + 1.0), t - 1.0 / (x * x), 0.0, 8e-15 * t));
        }

        /// DLMF 5.5.5.
        #[test]
        fn duplication_holds(e in -6.0f64..8.0) {
            let x = 10f64.powf(e);
            let (low, high, double) = (ln_gamma(x), ln_gamma(x + 0.5), ln_gamma(2.0 * x));
            let expected = (1.0 - 2.0 * x) * 2f64.ln() + 0.5 * LN_PI + double;
            prop_assert!(near(low + high, expected, 0.0, 1e-14 + 4e-15 * double.abs()));
            let expected = 0.5 * (digamma(x) + digamma(x + 0.5)) + 2f64.ln();
            prop_assert!(near(digamma(2.0 * x), expected, 4e-15, 4e-15 + 4e-15 * digamma(x).abs()));
        }

        /// DLMF 5.5.3 and 5.5.4.
        #[test]
        fn reflection_holds(x in 0.01f64..0.99) {
            let angle = std::f64::consts::PI * x;
            let expected = (std::f64::consts::PI / angle.sin()).ln();
            prop_assert!(near(ln_gamma(x) + ln_gamma(1.0 - x), expected, 4e-15, 1e-14));
            let expected = std::f64::consts::PI / angle.tan();
            prop_assert!(near(digamma(1.0 - x) - digamma(x), expected, 1e-14, 1e-13));
        }

        #[test]
        fn the_gap_below_the_logarithm_falls_between_its_bounds(e in -100.0f64..100.0) {
            let x = 10f64.powf(e);
            let gap = ln_minus_digamma(x);
            prop_assert!(0.5 / x <= gap * (1.0 + 5e-15) && gap <= 1.0 / x, "{x} {gap}");
            prop_assert!(ln_minus_digamma(x * (1.0 + 1e-12)) < gap, "{x}");
        }

        #[test]
        fn a_ratio_of_whole_steps_is_a_product(e in -6.0f64..8.0, a in 1u32..40) {
            let x = 10f64.powf(e);
            let expected: f64 = (1..a).map(|i| (f64::from(i) / x).ln_1p()).sum();
            let got = ln_gamma_ratio(x, f64::from(a));
            prop_assert!(near(got, expected, 4e-15, 4e-14), "{x} {a} {got} {expected}");
        }

        #[test]
        fn nothing_leaves_the_doubles(bits in any::<u64>()) {
            let x = f64::from_bits(bits);
            for value in [ln_gamma(x), digamma(x), trigamma(x), ln_minus_digamma(x), ln_gamma_ratio(x, 1.5)] {
                prop_assert!(value.is_finite(), "{x}");
            }
        }
    }

    #[test]
    fn the_ends_of_the_range_are_finite_too() {
        for x in [
            0.0,
            -1.0,
            5e-324,
            f64::MAX,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ] {
            for value in [
                ln_gamma(x),
                digamma(x),
                trigamma(x),
                ln_gamma_ratio(x, 50.0),
                ln_multigamma(3, x),
            ] {
                assert!(value.is_finite(), "{x}");
            }
        }
    }
}
