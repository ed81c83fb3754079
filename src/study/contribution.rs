//! What each component brings to the likelihood.

use super::error::StudyError;
use super::rows::{for_each_block, weight};
use crate::data::Matrix;
use crate::mixture::{Mixture, n_shares};

/// What a component brings to the likelihood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// Effective points, the sum of its responsibilities n_k.
    pub count: f64,
    /// The sum of r_ik ln p(x_i) over the rows, in nats. Over the components these add up to
    /// the log-likelihood.
    pub log_likelihood: f64,
}

/// The log-likelihood dealt out to the components by responsibility. A component that sits
/// on few points and gains much by it has a `log_likelihood / count` far above the others'.
/// Rows
/// count by their weights; a noise component comes last. `mixture` is in the matrix's coordinates.
///
/// # Errors
/// If matrix and mixture differ in the number of columns.
pub fn contributions(matrix: &Matrix, mixture: &Mixture) -> Result<Vec<Contribution>, StudyError> {
    let none = Contribution {
        count: 0.0,
        log_likelihood: 0.0,
    };
    let mut all = vec![none; n_shares(mixture)];
    for_each_block(matrix, mixture, &mut |block, e| {
        for (k, c) in all.iter_mut().enumerate() {
            let rows = e.row(k)[..block.len()].iter().zip(e.log_density());
            for (i, (r, l)) in rows.enumerate() {
                let r = r * weight(block, i);
                c.count += r;
                c.log_likelihood += r * l;
            }
        }
    })?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::plane;
    use super::super::rows::uncentred;
    use super::*;
    use crate::study::{mean_log_density, sample_rows};

    #[test]
    fn contributions_add_up_to_the_likelihood() {
        let m = plane(&[
            (0.3, [0.0; 2], [1.0, 0.2, 1.0]),
            (0.7, [3.0, 1.0], [2.0, 0.0, 0.5]),
        ]);
        let matrix = uncentred(&sample_rows(&m, 700, 4).columns).unwrap();
        let all = contributions(&matrix, &m).unwrap();
        let total: f64 = all.iter().map(|c| c.log_likelihood).sum();
        let expected = 700.0 * mean_log_density(&matrix, &m).unwrap();
        assert!((total - expected).abs() < 1e-9 * expected.abs());
        assert!((all[0].count + all[1].count - 700.0).abs() < 1e-9);
    }
}
