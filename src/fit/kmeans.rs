//! k-means++ seeds and Lloyd's iterations: the default start, and k-means itself.

use super::missing::{stand_ins, whole_row};
use super::random::Random;
use crate::data::{BLOCK_ROWS, Block, Matrix};

/// Squared Euclidean distances of a block's rows from `centre`. Of a row that has o of the
/// D columns, D / o times the distance in those (Dixon 1979); 0 if it has none.
fn distances(block: &Block<'_>, centre: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    if block.has_holes() {
        for (i, q) in out.iter_mut().enumerate() {
            let mut known = 0usize;
            for (j, c) in centre.iter().enumerate() {
                let x = block.column(j)[i];
                if !x.is_nan() {
                    known += 1;
                    *q += (x - c) * (x - c);
                }
            }
            *q *= centre.len() as f64 / known.max(1) as f64;
        }
        return;
    }
    for (j, c) in centre.iter().enumerate() {
        for (q, x) in out.iter_mut().zip(block.column(j)) {
            *q += (x - c) * (x - c);
        }
    }
}

/// Squared distances of all rows from `centre`, lowered into `nearest` where smaller.
fn lower_distances(matrix: &Matrix, centre: &[f64], nearest: &mut [f64]) {
    let mut distance = [0.0; BLOCK_ROWS];
    for block in matrix.blocks() {
        let distance = &mut distance[..block.len()];
        distances(&block, centre, distance);
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
/// drawn uniformly. A row counts as often as its weight says; where a row drawn misses an
/// entry, the mean of the column stands for it.
pub fn kmeans_plus_plus(matrix: &Matrix, k: usize, random: &mut Random) -> Vec<Vec<f64>> {
    let first = match matrix.weights() {
        None => random.below(matrix.n_rows()),
        Some(weights) => random.weighted(weights).unwrap_or(0),
    };
    let first = whole_row(matrix, first, &stand_ins(matrix));
    more_centres(matrix, vec![first], k, random)
}

/// The given centres (at least one), and more drawn as k-means++ does until there are `k`.
pub(super) fn more_centres(
    matrix: &Matrix,
    mut centres: Vec<Vec<f64>>,
    k: usize,
    random: &mut Random,
) -> Vec<Vec<f64>> {
    let stand_ins = stand_ins(matrix);
    let mut nearest = squared_distances(matrix, &centres);
    while centres.len() < k {
        let drawn = match matrix.weights() {
            None => random.weighted(&nearest),
            Some(weights) => {
                let product: Vec<f64> = nearest.iter().zip(weights).map(|(q, w)| q * w).collect();
                random.weighted(&product)
            }
        };
        let row = drawn.unwrap_or_else(|| random.below(matrix.n_rows()));
        let centre = whole_row(matrix, row, &stand_ins);
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

/// Assigns every row to its nearest centre (K x D of them, K at most 255), or to the one that
/// it is labelled with.
pub fn assign(matrix: &Matrix, centres: Vec<Vec<f64>>) -> Clusters {
    let mut nearest = vec![f64::INFINITY; matrix.n_rows()];
    let mut labels = vec![0u8; matrix.n_rows()];
    let mut distance = [0.0; BLOCK_ROWS];
    for block in matrix.blocks() {
        let rows = block.first_row()..block.first_row() + block.len();
        let (nearest, labels) = (&mut nearest[rows.clone()], &mut labels[rows]);
        for (k, centre) in centres.iter().enumerate() {
            let distance = &mut distance[..block.len()];
            distances(&block, centre, distance);
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
        for (label, &known) in labels.iter_mut().zip(block.labels().unwrap_or(&[])) {
            *label = match usize::from(known) < centres.len() {
                true => known,
                false => *label,
            };
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

/// The mean row of each cluster, K x D: of the entries that are there, each as often as
/// its row's weight says. The old centre where a cluster has no rows.
pub fn averages(matrix: &Matrix, clusters: &Clusters) -> Vec<Vec<f64>> {
    if matrix.has_holes() || matrix.weights().is_some() {
        return uneven_averages(matrix, clusters);
    }
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

/// As [`averages`] for rows that do not all count the same.
fn uneven_averages(matrix: &Matrix, clusters: &Clusters) -> Vec<Vec<f64>> {
    let d = matrix.n_columns();
    let mut counts = vec![0.0; clusters.centres.len() * d];
    let mut sums = counts.clone();
    for block in matrix.blocks() {
        let labels = &clusters.labels[block.first_row()..block.first_row() + block.len()];
        for j in 0..d {
            for (i, &x) in block.column(j).iter().enumerate() {
                if !x.is_nan() {
                    let cell = usize::from(labels[i]) * d + j;
                    let w = block.weights().map_or(1.0, |w| w[i]);
                    counts[cell] += w;
                    sums[cell] += w * x;
                }
            }
        }
    }
    let mut centres = clusters.centres.clone();
    for (cell, c) in centres.iter_mut().flatten().enumerate() {
        if counts[cell] > 0.0 {
            *c = sums[cell] / counts[cell];
        }
    }
    centres
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
    fn rows_with_holes_go_to_the_centre_that_is_near_in_what_they_have() {
        let nan = f64::NAN;
        let x = [0.0, 1.0, nan, 10.0, 11.0, nan, nan];
        let y = [0.0, nan, 2.0, nan, 9.0, 10.0, nan];
        let m = Matrix::with_holes(&[&x, &y]).unwrap();
        let c = lloyd(&m, vec![vec![0.0, 0.0], vec![10.0, 10.0]], 100);
        let (a, b) = (m.centre()[0], m.centre()[1]);
        assert_eq!(c.labels, [0, 0, 0, 1, 1, 1, 0]);
        let moved: Vec<f64> = c
            .centres
            .iter()
            .flat_map(|c| [c[0] + a, c[1] + b])
            .collect();
        assert_eq!(moved, [0.5, 1.0, 10.5, 9.5]);
        // Twice the squared distance in the one column that row 1 has.
        assert_eq!(squared_distances(&m, &[vec![-a, -b]])[1], 2.0);
        assert_eq!(squared_distances(&m, &[vec![-a, -b]])[6], 0.0);
    }

    #[test]
    fn a_weight_counts_as_copies_and_a_label_is_kept() {
        let m = line(&[0.0, 3.0, 10.0])
            .with_weights(vec![2.0, 1.0, 1.0])
            .unwrap();
        let c = lloyd(&m, vec![vec![0.0], vec![10.0]], 100);
        assert_eq!(c.centres, [[1.0], [10.0]]);
        let m = line(&[0.0, 3.0, 10.0])
            .with_labels(vec![u8::MAX, 1, u8::MAX])
            .unwrap();
        let c = lloyd(&m, vec![vec![0.0], vec![10.0]], 100);
        assert_eq!(c.labels, [0, 1, 1]);
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
