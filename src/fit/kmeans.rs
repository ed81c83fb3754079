//! k-means++ seeds and Lloyd's iterations: the default start, and k-means itself.

use super::random::Random;
use crate::data::{BLOCK_ROWS, Matrix};

/// Squared Euclidean distances of all rows from `centre`, lowered into `nearest` where smaller.
fn lower_distances(matrix: &Matrix, centre: &[f64], nearest: &mut [f64]) {
    let mut distance = [0.0; BLOCK_ROWS];
    for block in matrix.blocks() {
        let distance = &mut distance[..block.len()];
        distance.fill(0.0);
        for (j, c) in centre.iter().enumerate() {
            for (q, x) in distance.iter_mut().zip(block.column(j)) {
                *q += (x - c) * (x - c);
            }
        }
        let nearest = &mut nearest[block.first_row()..block.first_row() + block.len()];
        for (n, &q) in nearest.iter_mut().zip(distance.iter()) {
            *n = if q < *n { q } else { *n };
        }
    }
}

/// D(x)^2 of every row, N numbers: its squared distance from the nearest of `centres`. The next
/// k-means++ centre is drawn in proportion (Arthur and Vassilvitskii 2007).
pub fn squared_distances(matrix: &Matrix, centres: &[Vec<f64>]) -> Vec<f64> {
    let mut nearest = vec![f64::INFINITY; matrix.n_rows()];
    for centre in centres {
        lower_distances(matrix, centre, &mut nearest);
    }
    nearest
}

/// K rows as k-means++ draws them (Arthur and Vassilvitskii 2007), K x D. Where fewer than K distinct rows exist, the rest are
/// drawn uniformly.
pub fn kmeans_plus_plus(matrix: &Matrix, k: usize, random: &mut Random) -> Vec<Vec<f64>> {
    let mut centres = vec![matrix.row(random.below(matrix.n_rows()))];
    let mut nearest = squared_distances(matrix, &centres);
    while centres.len() < k {
        let row = random
            .weighted(&nearest)
            .unwrap_or_else(|| random.below(matrix.n_rows()));
        let centre = matrix.row(row);
        lower_distances(matrix, &centre, &mut nearest);
        centres.push(centre);
    }
    centres
}

/// A partition of the rows around K centres.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    /// K x D.
    pub centres: Vec<Vec<f64>>,
    /// Nearest centre of each row, the first on ties.
    pub labels: Vec<u8>,
    /// Sum of squared distances of the rows from their centres.
    pub inertia: f64,
}

/// Assigns every row to its nearest centre (K x D of them, K at most 256).
pub fn assign(matrix: &Matrix, centres: Vec<Vec<f64>>) -> Clusters {
    let mut nearest = vec![f64::INFINITY; matrix.n_rows()];
    let mut labels = vec![0u8; matrix.n_rows()];
    let mut distance = [0.0; BLOCK_ROWS];
    for block in matrix.blocks() {
        let rows = block.first_row()..block.first_row() + block.len();
        let (nearest, labels) = (&mut nearest[rows.clone()], &mut labels[rows]);
        for (k, centre) in centres.iter().enumerate() {
            let distance = &mut distance[..block.len()];
            distance.fill(0.0);
            for (j, c) in centre.iter().enumerate() {
                for (q, x) in distance.iter_mut().zip(block.column(j)) {
                    *q += (x - c) * (x - c);
                }
            }
            for ((n, label), &q) in nearest
                .iter_mut()
                .zip(labels.iter_mut())
                .zip(distance.iter())
            {
                let nearer = q < *n;
                *n = if nearer { q } else { *n };
                *label = if nearer { k as u8 } else { *label };
            }
        }
    }
    Clusters {
        centres,
        labels,
        inertia: nearest.iter().sum(),
    }
}

/// Lloyd's algorithm (1982) from `centres` (K x D): assign, average, until no centre moves or after
/// `max_iter` rounds. A centre without rows stays where it is.
pub fn lloyd(matrix: &Matrix, centres: Vec<Vec<f64>>, max_iter: usize) -> Clusters {
    let mut clusters = assign(matrix, centres);
    for _ in 0..max_iter {
        let centres = averages(matrix, &clusters);
        if centres == clusters.centres {
            break;
        }
        clusters = assign(matrix, centres);
    }
    clusters
}

/// The mean row of each cluster, K x D; the old centre where a cluster has no rows.
pub fn averages(matrix: &Matrix, clusters: &Clusters) -> Vec<Vec<f64>> {
    let (k, d) = (clusters.centres.len(), matrix.n_columns());
    let mut counts = vec![0usize; k];
    let mut sums = vec![0.0; k * d];
    for block in matrix.blocks() {
        let labels = &clusters.labels[block.first_row()..block.first_row() + block.len()];
        for &label in labels {
            counts[usize::from(label)] += 1;
        }
        for j in 0..d {
            for (&label, x) in labels.iter().zip(block.column(j)) {
                sums[usize::from(label) * d + j] += x;
            }
        }
    }
    clusters
        .centres
        .iter()
        .enumerate()
        .map(|(c, old)| match counts[c] {
            0 => old.clone(),
            n => sums[c * d..(c + 1) * d]
                .iter()
                .map(|s| s / n as f64)
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(x: &[f64]) -> Matrix {
        Matrix::uncentred(&[x]).unwrap()
    }

    #[test]
    fn lloyd_finds_two_separate_groups() {
        let m = line(&[0.0, 1.0, 2.0, 10.0, 11.0, 12.0]);
        let c = lloyd(&m, vec![vec![0.0], vec![1.0]], 100);
        assert_eq!(c.centres, [[1.0], [11.0]]);
        assert_eq!(c.labels, [0, 0, 0, 1, 1, 1]);
        assert_eq!(c.inertia, 4.0);
    }

    #[test]
    fn seeds_are_distinct_rows_while_there_are_any_and_never_too_few() {
        let m = line(&[1.0, 1.0, 1.0, 5.0, 9.0]);
        for seed in 0..50 {
            let mut centres: Vec<f64> = kmeans_plus_plus(&m, 3, &mut Random::new(seed)).concat();
            centres.sort_by(f64::total_cmp);
            assert_eq!(centres, [1.0, 5.0, 9.0]);
            assert_eq!(kmeans_plus_plus(&m, 5, &mut Random::new(seed)).len(), 5);
        }
    }
}
