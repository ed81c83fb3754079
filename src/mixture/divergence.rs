//! How far one Gaussian is from another, in closed form.

use super::covariance::Covariance;
use super::eigen::symmetric_eigen;
use super::elementary::ln;

/// Stands for every larger divergence, so that sums of several stay finite.
const FARTHEST: f64 = 1e300;

/// Entry (i, j), j <= i, of the Cholesky factor.
fn factor(covariance: &Covariance, i: usize, j: usize) -> f64 {
    if i == j {
        return covariance.pivot(i);
    }
    covariance.factor_row(i).get(j).copied().unwrap_or(0.0)
}

/// Entry `row` of L^-1 v by forward substitution, given the entries before it from `first` on.
fn substitute(covariance: &Covariance, row: usize, v: f64, solved: &[f64], first: usize) -> f64 {
    let known = covariance.factor_row(row).iter().skip(first).zip(solved);
    known.fold(v, |rest, (l, z)| rest - l * z) / covariance.pivot(row)
}

/// The Kullback-Leibler divergence KL(N(m0, S0) || N(m1, S1)) in nats, at least 0 and 0 only
/// for equal Gaussians: 1/2 (tr S1^-1 S0 + (m1 - m0)^T S1^-1 (m1 - m0) - D + ln |S1| / |S0|)
/// (Kullback 1959, chapter 9). Means are D numbers, covariances D x D, all of one D.
///
/// With the Cholesky factors L0, L1 and Z = L1^-1 L0 it is half the sum of z_jj^2 - 1 -
/// ln z_jj^2, of the z_ij^2 below the diagonal and of the squared distance of the means: no
/// term is negative, so nothing cancels between nearby Gaussians.
pub fn kl_divergence(m0: &[f64], s0: &Covariance, m1: &[f64], s1: &Covariance) -> f64 {
    let d = s0.dimension();
    let mut solved = Vec::with_capacity(d);
    let mut sum = 0.0;
    for row in 0..d {
        let z = substitute(s1, row, m1[row] - m0[row], &solved, 0);
        solved.push(z);
        sum += z * z;
    }
    for column in 0..d {
        solved.clear();
        for row in column..d {
            let z = substitute(s1, row, factor(s0, row, column), &solved, column);
            solved.push(z);
            let q = z * z;
            sum += if row == column {
                (q - 1.0 - ln(q)).max(0.0)
            } else {
                q
            };
        }
    }
    let divergence = 0.5 * sum;
    // Written so that NaN is far too.
    if divergence < FARTHEST {
        divergence
    } else {
        FARTHEST
    }
}

/// KL in one direction plus KL in the other (Jeffreys 1946), in nats; arguments as in
/// [`kl_divergence`].
pub fn symmetric_kl(m0: &[f64], s0: &Covariance, m1: &[f64], s1: &Covariance) -> f64 {
    kl_divergence(m0, s0, m1, s1) + kl_divergence(m1, s1, m0, s0)
}

/// The Bhattacharyya distance -ln of the integral of sqrt(p q), in nats, at least 0:
/// 1/8 (m1 - m0)^T S^-1 (m1 - m0) + 1/2 ln(|S| / sqrt(|S0| |S1|)) with S = (S0 + S1) / 2
/// (Bhattacharyya 1943; Kailath 1967). Of two equally likely
/// Gaussians the best rule confuses at most a share of exp(-distance) / 2. Arguments as in [`kl_divergence`].
pub fn bhattacharyya(m0: &[f64], s0: &Covariance, m1: &[f64], s1: &Covariance) -> f64 {
    let d = s0.dimension();
    let mean = (0..d * d)
        .map(|e| 0.5 * s0.get(e / d, e % d) + 0.5 * s1.get(e / d, e % d))
        .collect();
    let Ok(s) = Covariance::dense(d, mean) else {
        return FARTHEST;
    };
    let mut solved = Vec::with_capacity(d);
    let mut squared = 0.0;
    for row in 0..d {
        let z = substitute(&s, row, m1[row] - m0[row], &solved, 0);
        solved.push(z);
        squared += z * z;
    }
    let shape = s.log_determinant() - 0.5 * (s0.log_determinant() + s1.log_determinant());
    let distance = 0.125 * squared + 0.5 * shape.max(0.0);
    if distance < FARTHEST {
        distance
    } else {
        FARTHEST
    }
}

/// The squared 2-Wasserstein distance |m0 - m1|^2 + tr(S0 + S1 - 2 (S1^1/2 S0 S1^1/2)^1/2), in the
/// data's units squared, at least 0 (Dowson and Landau 1982; Bures 1969). The trace of the
/// root is the sum of the singular values of L1^T L0, whose squares are the eigenvalues of
/// L1^T S0 L1. Arguments as in [`kl_divergence`].
pub fn squared_wasserstein_2(m0: &[f64], s0: &Covariance, m1: &[f64], s1: &Covariance) -> f64 {
    let d = s0.dimension();
    // L1^T L0.
    let product: Vec<f64> = (0..d * d)
        .map(|e| {
            let (i, j) = (e / d, e % d);
            let rows = i.max(j)..d;
            rows.map(|l| factor(s1, l, i) * factor(s0, l, j)).sum()
        })
        .collect();
    let gram: Vec<f64> = (0..d * d)
        .map(|e| {
            let (i, j) = (&product[e / d * d..][..d], &product[e % d * d..][..d]);
            i.iter().zip(j).map(|(a, b)| a * b).sum()
        })
        .collect();
    let roots = symmetric_eigen(d, &gram).values;
    let root: f64 = roots.iter().map(|v| v.max(0.0).sqrt()).sum();
    let traces: f64 = (0..d).map(|j| s0.get(j, j) + s1.get(j, j)).sum();
    let apart: f64 = m0.iter().zip(m1).map(|(a, b)| (a - b) * (a - b)).sum();
    let distance = apart + (traces - 2.0 * root).max(0.0);
    if distance < FARTHEST {
        distance
    } else {
        FARTHEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{DMatrix, DVector};
    use proptest::prelude::*;

    fn gaussian(d: usize) -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
        let mean = prop::collection::vec(-3.0f64..3.0, d);
        let root = prop::collection::vec(-2.0f64..2.0, d * d);
        (mean, root).prop_map(move |(mean, root)| {
            let a = DMatrix::from_row_slice(d, d, &root);
            let s = &a * a.transpose() + DMatrix::identity(d, d) * 0.3;
            (mean, s.transpose().as_slice().to_vec())
        })
    }

    fn of(d: usize, matrix: &[f64]) -> Covariance {
        Covariance::dense(d, matrix.to_vec()).unwrap()
    }

    proptest! {
        #[test]
        fn kl_is_the_textbook_formula((m0, c0) in gaussian(4), (m1, c1) in gaussian(4)) {
            let (s0, s1) = (DMatrix::from_row_slice(4, 4, &c0), DMatrix::from_row_slice(4, 4, &c1));
            let inverse = s1.clone().try_inverse().unwrap();
            let shift = DVector::from_column_slice(&m1) - DVector::from_column_slice(&m0);
            let expected = 0.5 * ((&inverse * &s0).trace() + shift.dot(&(&inverse * &shift)) - 4.0
                + (s1.determinant() / s0.determinant()).ln());
            let kl = kl_divergence(&m0, &of(4, &c0), &m1, &of(4, &c1));
            prop_assert!((kl - expected).abs() < 1e-8 * expected.abs().max(1.0), "{kl} {expected}");
        }

        #[test]
        fn divergences_are_zero_for_equal_gaussians_and_positive_for_others((m0, c0) in gaussian(3), (m1, c1) in gaussian(3)) {
            let (s0, s1) = (of(3, &c0), of(3, &c1));
            prop_assert_eq!(kl_divergence(&m0, &s0, &m0, &s0), 0.0);
            prop_assert!(bhattacharyya(&m0, &s0, &m0, &s0) < 1e-14);
            prop_assert!(kl_divergence(&m0, &s0, &m1, &s1) > 0.0);
            prop_assert!(bhattacharyya(&m0, &s0, &m1, &s1) > 0.0);
            prop_assert_eq!(symmetric_kl(&m0, &s0, &m1, &s1), symmetric_kl(&m1, &s1, &m0, &s0));
        }

        #[test]
        fn the_way_between_gaussians_is_a_distance_and_keeps_to_the_axes((m0, c0) in gaussian(3), (m1, c1) in gaussian(3), (m2, c2) in gaussian(3)) {
            let (s0, s1, s2) = (of(3, &c0), of(3, &c1), of(3, &c2));
            let w = |m0: &[f64], s0: &Covariance, m1: &[f64], s1: &Covariance| squared_wasserstein_2(m0, s0, m1, s1).sqrt();
            let (ab, bc, ac) = (w(&m0, &s0, &m1, &s1), w(&m1, &s1, &m2, &s2), w(&m0, &s0, &m2, &s2));
            prop_assert!((ab - w(&m1, &s1, &m0, &s0)).abs() < 1e-9);
            prop_assert!(ac <= ab + bc + 1e-9);
            prop_assert!(squared_wasserstein_2(&m0, &s0, &m0, &s0) < 1e-12 * c0.iter().map(|v| v.abs()).fold(1.0, f64::max));
            let diagonal = |c: &[f64]| Covariance::diagonal(vec![c[0], c[4], c[8]]).unwrap();
            let expected: f64 = (0..3).map(|j| (m0[j] - m1[j]).powi(2) + (c0[4 * j].sqrt() - c1[4 * j].sqrt()).powi(2)).sum();
            let along = squared_wasserstein_2(&m0, &diagonal(&c0), &m1, &diagonal(&c1));
            prop_assert!((along - expected).abs() < 1e-10 * expected.max(1.0));
        }

        #[test]
        fn a_change_of_units_leaves_the_divergence((m0, c0) in gaussian(2), (m1, c1) in gaussian(2), e in -100i32..100) {
            let s = 2f64.powi(e);
            let scaled = |c: &[f64], s: f64| c.iter().map(|v| v * s).collect::<Vec<_>>();
            let plain = kl_divergence(&m0, &of(2, &c0), &m1, &of(2, &c1));
            let other = kl_divergence(&scaled(&m0, s), &of(2, &scaled(&c0, s * s)), &scaled(&m1, s), &of(2, &scaled(&c1, s * s)));
            prop_assert!((plain - other).abs() < 1e-10 * plain);
        }
    }

    #[test]
    fn the_families_agree_and_the_farthest_stays_finite() {
        let diagonal = Covariance::diagonal(vec![2.0, 5.0]).unwrap();
        let dense = of(2, &[2.0, 0.0, 0.0, 5.0]);
        let other = of(2, &[1.0, 0.4, 0.4, 3.0]);
        let (m0, m1) = ([0.0, 1.0], [2.0, -1.0]);
        assert_eq!(
            symmetric_kl(&m0, &diagonal, &m1, &other),
            symmetric_kl(&m0, &dense, &m1, &other)
        );
        let tiny = Covariance::diagonal(vec![1e-300]).unwrap();
        let huge = Covariance::diagonal(vec![1e300]).unwrap();
        assert!(symmetric_kl(&[0.0], &tiny, &[1e140], &huge).is_finite());
        assert!(bhattacharyya(&[0.0], &tiny, &[1e149], &tiny).is_finite());
    }
}
