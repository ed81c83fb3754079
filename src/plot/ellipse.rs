//! Ellipses of a 2 x 2 covariance.

use super::turn::turn;

/// The principal axes of a covariance: standard deviations and direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Axes {
    /// Standard deviation along the longer axis.
    pub major: f64,
    /// Standard deviation along the shorter axis.
    pub minor: f64,
    /// Unit vector of the longer axis.
    pub direction: [f64; 2],
}

impl Axes {
    /// Eigen-decomposition of `[xx, xy, yy]` in closed form. What rounding has made
    /// negative counts as zero, what is not finite as no extent.
    pub fn of([xx, xy, yy]: [f64; 3]) -> Self {
        let flat = Axes {
            direction: [1.0, 0.0],
            ..Axes::default()
        };
        let size = xx.abs().max(xy.abs()).max(yy.abs());
        if ![xx, xy, yy].iter().all(|v| v.is_finite()) || size == 0.0 {
            return flat;
        }
        // Scaled, so that nothing overflows.
        let (a, b, c) = (xx / size, xy / size, yy / size);
        let mean = (a + c) / 2.0;
        let half = (a - c) / 2.0;
        let radius = half.hypot(b);
        // The smaller eigenvalue as det / larger: no cancellation.
        let large = (mean + radius).max(0.0);
        let small = match large > 0.0 {
            true => ((a * c - b * b) / large).max(0.0).min(large),
            false => 0.0,
        };
        // Half the angle of (half, b), by the half-angle formulas.
        let along = if radius > 0.0 { half / radius } else { 1.0 };
        let root = size.sqrt();
        Axes {
            major: large.sqrt() * root,
            minor: small.sqrt() * root,
            direction: [
                (0.5 * (1.0 + along)).max(0.0).sqrt(),
                (0.5 * (1.0 - along)).max(0.0).sqrt().copysign(b),
            ],
        }
    }

    /// `n` points of the ellipse at `radius` standard deviations around `mean`.
    pub fn outline(&self, mean: [f64; 2], radius: f64, n: usize) -> Vec<[f64; 2]> {
        let [ux, uy] = self.direction;
        let (a, b) = (self.major * radius, self.minor * radius);
        (0..n)
            .map(|i| {
                let [cos, sin] = turn(i as f64 / n as f64);
                [
                    mean[0] + a * cos * ux - b * sin * uy,
                    mean[1] + a * cos * uy + b * sin * ux,
                ]
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nearest(points: &[[f64; 2]], [x, y]: [f64; 2]) -> f64 {
        points
            .iter()
            .map(|p| (p[0] - x).hypot(p[1] - y))
            .fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn the_ellipse_of_diag_4_1_passes_through_its_vertices() {
        let points = Axes::of([4.0, 0.0, 1.0]).outline([0.0, 0.0], 1.0, 128);
        for vertex in [[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]] {
            assert!(nearest(&points, vertex) < 1e-12, "{vertex:?}");
        }
        let upright = Axes::of([1.0, 0.0, 4.0]).outline([5.0, -1.0], 2.0, 128);
        for vertex in [[5.0, 3.0], [7.0, -1.0]] {
            assert!(nearest(&upright, vertex) < 1e-12, "{vertex:?}");
        }
    }

    #[test]
    fn a_turned_ellipse_passes_through_its_vertices() {
        // Eigenvalues 4 and 1 along (1, 1) and (-1, 1).
        let points = Axes::of([2.5, 1.5, 2.5]).outline([1.0, 2.0], 1.0, 128);
        let (d, e) = (2f64.sqrt(), 0.5f64.sqrt());
        for vertex in [[1.0 + d, 2.0 + d], [1.0 - e, 2.0 + e]] {
            assert!(nearest(&points, vertex) < 1e-12, "{vertex:?}");
        }
    }

    #[test]
    fn a_singular_covariance_is_a_line_and_a_zero_one_a_dot() {
        let line = Axes::of([1.0, 2.0, 4.0]);
        assert!((line.major - 5f64.sqrt()).abs() < 1e-12 && line.minor < 1e-7);
        assert_eq!(Axes::of([0.0; 3]).major, 0.0);
        assert_eq!(
            Axes::of([f64::NAN, 0.0, 1.0]).outline([1.0, 1.0], 2.0, 3),
            [[1.0; 2]; 3]
        );
    }

    proptest! {
        #[test]
        fn every_point_lies_at_its_distance(
            a in 0.1..10.0, c in 0.1..10.0, rho in -0.99..0.99, radius in 0.5..3.0
        ) {
            let b: f64 = rho * f64::sqrt(a * c);
            let det = a * c - b * b;
            for [x, y] in Axes::of([a, b, c]).outline([0.0; 2], radius, 40) {
                let square = (c * x * x - 2.0 * b * x * y + a * y * y) / det;
                prop_assert!((square.sqrt() / radius - 1.0).abs() < 1e-9);
            }
        }

        #[test]
        fn axes_of_anything_are_finite(cov in [any::<f64>(), any::<f64>(), any::<f64>()]) {
            let axes = Axes::of(cov);
            prop_assert!(axes.major.is_finite() && axes.minor.is_finite());
            prop_assert!(axes.minor >= 0.0 && axes.minor <= axes.major * 1.000001);
        }
    }
}
