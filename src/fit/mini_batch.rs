//! Mini-batch k-means (Sculley 2010): centres that move a little with every small sample.

use super::kmeans::assign;
use super::random::Random;
use crate::data::Matrix;

/// Rows drawn at a time.
const BATCH_ROWS: usize = 256;

/// Batches that are drawn.
const BATCHES: usize = 100;

/// Moves `centres` (K x D) by 100 batches of 256 rows drawn with replacement: each drawn
/// row pulls its nearest centre, or the one it is labelled with, by 1 / (rows that the centre has
/// had). Costs the same whatever N is.
pub fn mini_batch(
    matrix: &Matrix,
    mut centres: Vec<Vec<f64>>,
    random: &mut Random,
) -> Vec<Vec<f64>> {
    let mut had = vec![0.0; centres.len()];
    for _ in 0..BATCHES {
        let rows: Vec<usize> = (0..BATCH_ROWS)
            .map(|_| random.below(matrix.n_rows()))
            .collect();
        let batch = matrix.subset(&rows);
        // All rows of a batch are assigned before any of them pulls.
        let clusters = assign(&batch, centres);
        centres = clusters.centres;
        for (i, &label) in clusters.labels.iter().enumerate() {
            let k = usize::from(label);
            had[k] += 1.0;
            for (j, c) in centres[k].iter_mut().enumerate() {
                // A missing value pulls nowhere.
                let pull = (batch.get(i, j) - *c) / had[k];
                *c += if pull.is_nan() { 0.0 } else { pull };
            }
        }
    }
    centres
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
