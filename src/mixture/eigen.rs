//! Eigenvalues and eigenvectors of symmetric matrices.

/// Sweeps over all pairs at most; convergence is quadratic and needs six to ten.
const SWEEPS: usize = 60;

/// Eigenvalues, the largest first, and the eigenvectors that belong to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Eigen {
    /// D numbers, descending.
    pub values: Vec<f64>,
    /// D x D, one unit eigenvector a row, in the order of the values. The entry of largest
    /// magnitude (the first of those) is positive, so that the sign is no matter of chance.
    pub vectors: Vec<f64>,
}

/// The eigen-decomposition of a symmetric d x d matrix (row-major, finite), by cyclic Jacobi
/// rotations (Golub and Van Loan, Matrix Computations, 8.5).
///
/// Entry (p, q) counts as zero once it is nothing beside the square root of the entries
/// (p, p) and (q, q), not beside the largest of all: so the eigenvalues of a positive definite
/// matrix are found to many digits whatever the scales of its columns (Demmel and Veselic 1992).
pub fn symmetric_eigen(d: usize, matrix: &[f64]) -> Eigen {
    let mut a = matrix.to_vec();
    let mut rows = identity(d);
    for _ in 0..SWEEPS {
        let mut rotated = false;
        for p in 0..d {
            for q in p + 1..d {
                let (app, aqq, apq) = (a[p * d + p], a[q * d + q], a[p * d + q]);
                if apq.abs() <= f64::EPSILON * app.abs().sqrt() * aqq.abs().sqrt() {
                    continue;
                }
                rotated = true;
                let t = tangent(app, aqq, apq);
                let c = 1.0 / (1.0 + t * t).sqrt();
                rotate_both(d, &mut a, p, q, c, t * c);
                rotate_rows(d, &mut rows, p, q, c, t * c);
                // Known exactly; the turn itself would leave rounding.
                a[p * d + p] = app - t * apq;
                a[q * d + q] = aqq + t * apq;
                a[p * d + q] = 0.0;
                a[q * d + p] = 0.0;
            }
        }
        if !rotated {
            break;
        }
    }
    let mut order: Vec<usize> = (0..d).collect();
    order.sort_by(|&i, &j| a[j * d + j].total_cmp(&a[i * d + i]));
    let mut vectors = Vec::with_capacity(d * d);
    for &i in &order {
        let row = &rows[i * d..(i + 1) * d];
        let largest = row
            .iter()
            .fold(0.0f64, |m, &v| if v.abs() > m.abs() { v } else { m });
        let sign = if largest < 0.0 { -1.0 } else { 1.0 };
        vectors.extend(row.iter().map(|v| sign * v));
    }
    Eigen {
        values: order.iter().map(|&i| a[i * d + i]).collect(),
        vectors,
    }
}

/// The smaller tangent s / c of the turn ([`rotate_both`]) that makes entry (p, q), given with
/// its diagonal entries and not zero, zero; it adds the product of tangent and entry to the
/// larger diagonal entry and takes it from the smaller. Safe from overflow.
pub fn tangent(app: f64, aqq: f64, apq: f64) -> f64 {
    let theta = (0.5 * aqq - 0.5 * app) / apq;
    let magnitude = theta.abs();
    let t = if magnitude > 1e100 {
        0.5 / magnitude
    } else {
        1.0 / (magnitude + (magnitude * magnitude + 1.0).sqrt())
    };
    if theta < 0.0 { -t } else { t }
}

/// The d x d identity, row-major.
pub fn identity(d: usize) -> Vec<f64> {
    let mut matrix = vec![0.0; d * d];
    for diagonal in matrix.iter_mut().step_by(d + 1) {
        *diagonal = 1.0;
    }
    matrix
}

/// Turns rows p and q (p < q) of a d x d matrix in their plane: row p becomes
/// c row_p - s row_q, row q becomes s row_p + c row_q.
pub fn rotate_rows(d: usize, matrix: &mut [f64], p: usize, q: usize, c: f64, s: f64) {
    let (before, from_q) = matrix.split_at_mut(q * d);
    for (x, y) in before[p * d..(p + 1) * d].iter_mut().zip(&mut from_q[..d]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

/// The same turn applied to rows and columns of a symmetric matrix.
pub fn rotate_both(d: usize, matrix: &mut [f64], p: usize, q: usize, c: f64, s: f64) {
    rotate_rows(d, matrix, p, q, c, s);
    for row in matrix.chunks_exact_mut(d) {
        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn symmetric(d: usize) -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-2.0f64..2.0, d * d).prop_map(move |mut m| {
            for i in 0..d {
                for j in 0..i {
                    m[i * d + j] = m[j * d + i];
                }
            }
            m
        })
    }

    /// V^T diag(values) V, entry (i, j).
    fn composed(e: &Eigen, i: usize, j: usize) -> f64 {
        let d = e.values.len();
        (0..d)
            .map(|l| e.values[l] * e.vectors[l * d + i] * e.vectors[l * d + j])
            .sum()
    }

    proptest! {
        #[test]
        fn values_agree_with_nalgebra_and_compose_the_matrix(d in 1usize..8, m in symmetric(7)) {
            let m: Vec<f64> = (0..d).flat_map(|i| m[i * 7..i * 7 + d].to_vec()).collect();
            let ours = symmetric_eigen(d, &m);
            let theirs = nalgebra::DMatrix::from_row_slice(d, d, &m).symmetric_eigen();
            let mut values: Vec<f64> = theirs.eigenvalues.iter().copied().collect();
            values.sort_by(|a, b| b.total_cmp(a));
            for (a, b) in ours.values.iter().zip(&values) {
                prop_assert!((a - b).abs() < 1e-13 * values[0].abs().max(10.0), "{} {}", a, b);
            }
            for i in 0..d {
                for j in 0..d {
                    prop_assert!((composed(&ours, i, j) - m[i * d + j]).abs() < 1e-12);
                    let dot: f64 = (0..d).map(|l| ours.vectors[i * d + l] * ours.vectors[j * d + l]).sum();
                    prop_assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-13);
                }
                let row = &ours.vectors[i * d..(i + 1) * d];
                let largest = row.iter().fold(0.0f64, |m, &v| if v.abs() > m.abs() { v } else { m });
                prop_assert!(largest > 0.0);
            }
        }

        #[test]
        fn a_power_of_two_scales_the_values_and_nothing_else(m in symmetric(4), e in -480i32..480) {
            let scale = 2f64.powi(e);
            let (a, b) = (symmetric_eigen(4, &m), symmetric_eigen(4, &m.iter().map(|v| v * scale).collect::<Vec<_>>()));
            // sqrt(2^odd) rounds, so a rotation at the threshold may fall either way.
            for (x, y) in a.values.iter().zip(&b.values) {
                prop_assert!((x * scale - y).abs() <= 1e-13 * scale);
            }
            for (x, y) in a.vectors.iter().zip(&b.vectors) {
                prop_assert!((x - y).abs() <= 1e-9);
            }
        }
    }

    #[test]
    fn small_eigenvalues_beside_huge_ones_keep_their_digits() {
        // Correlation 1/2 between columns of scale 1e75 and 1e-75.
        let e = symmetric_eigen(2, &[1e150, 0.5, 0.5, 1e-150]);
        assert!((e.values[0] / 1e150 - 1.0).abs() < 1e-14);
        assert!((e.values[1] / 0.75e-150 - 1.0).abs() < 1e-14);
    }

    #[test]
    fn matrices_without_rank_end_and_have_no_nan() {
        for m in [[0.0; 9], [1.0; 9], [1e-300; 9], [1e300; 9]] {
            let e = symmetric_eigen(3, &m);
            assert!(e.values.iter().chain(&e.vectors).all(|v| v.is_finite()));
            assert!((e.values[0] - 3.0 * m[0]).abs() <= 1e-14 * m[0]);
            assert!(e.values[2].abs() <= 1e-14 * m[0]);
        }
    }
}
