//! Mini-batch k-means (Sculley 2010): centres that move a little with every small sample.

use super::random::Random;
use crate::data::Matrix;

/// Rows drawn at a time.
const BATCH_ROWS: usize = 256;

/// Batches that are drawn.
const BATCHES: usize = 100;

/// Moves `centres` (K x D) by 100 batches of 256 rows drawn with replacement: each drawn
/// row pulls its nearest centre by 1 / (rows that the centre has had). Costs the same
/// whatever N is.
pub fn mini_batch(
    matrix: &Matrix,
    mut centres: Vec<Vec<f64>>,
    random: &mut Random,
) -> Vec<Vec<f64>> {
    let mut had = vec![0.0; centres.len()];
    for _ in 0..BATCHES {
        let batch: Vec<Vec<f64>> = (0..BATCH_ROWS)
            .map(|_| matrix.row(random.below(matrix.n_rows())))
            .collect();
        // All rows of a batch are assigned before any of them pulls.
        let nearest: Vec<usize> = batch.iter().map(|x| nearest(x, &centres)).collect();
        for (x, k) in batch.iter().zip(nearest) {
            had[k] += 1.0;
            for (c, x) in centres[k].iter_mut().zip(x) {
                // A missing value pulls nowhere.
                let pull = (x - *c) / had[k];
                *c += if pull.is_nan() { 0.0 } else { pull };
            }
        }
    }
    centres
}

fn nearest(x: &[f64], centres: &[Vec<f64>]) -> usize {
    let squared = |c: &[f64]| -> f64 {
        let off = x.iter().zip(c).map(|(x, c)| (x - c) * (x - c));
        off.filter(|q| !q.is_nan()).sum()
    };
    let all = centres.iter().map(|c| squared(c)).enumerate();
    all.reduce(|a, b| if b.1 < a.1 { b } else { a })
        .map_or(0, |(k, _)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centres_come_near_the_means_of_groups_far_apart() {
        let x: Vec<f64> = (0..5000)
            .map(|i| f64::from(i % 2) * 50.0 + f64::from(i * 7 % 13) * 0.1)
            .collect();
        let matrix = Matrix::uncentred(&[&x]).unwrap();
        let start = vec![vec![1.0], vec![30.0]];
        let centres = mini_batch(&matrix, start, &mut Random::new(3));
        assert!((centres[0][0] - 0.6).abs() < 0.02, "{centres:?}");
        assert!((centres[1][0] - 50.6).abs() < 0.02, "{centres:?}");
    }
}
