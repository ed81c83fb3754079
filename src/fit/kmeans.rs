//! k-means++ seeds and Lloyd's iterations: the default start, and k-means itself.

use super::kernel::{pairs, pairs_mut, sum};
use super::lanes::Pair;
use super::missing::{stand_ins, whole_row};
use super::random::Random;
use crate::data::{BLOCK_ROWS, Block, Matrix};

type Rows = [f64; BLOCK_ROWS];

/// Squared Euclidean distances of a block's rows from `centre`, and numbers that mean nothing
/// after the last row.
fn distances(block: &Block<'_>, centre: &[f64], out: &mut Rows) {
    out.fill(0.0);
    if block.has_holes() {
        return known_distances(block, centre, out);
    }
    for (j, c) in centre.iter().enumerate() {
        add_squares(block.padded_column(j), *c, out);
    }
}

#[inline(never)]
fn add_squares(x: &Rows, c: f64, out: &mut Rows) {
    let c = Pair::splat(c);
    for (q, x) in pairs_mut(out).iter_mut().zip(pairs(x)) {
        let off = Pair::load(x) - c;
        (Pair::load(q) + off * off).store(q);
    }
}

/// [`distances`] where entries are missing: of a row that has o of the D columns, D / o times the
/// distance in those (Dixon 1979); 0 if it has none.
fn known_distances(block: &Block<'_>, centre: &[f64], out: &mut Rows) {
    for (i, q) in out.iter_mut().enumerate().take(block.len()) {
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
}

/// Lowers `nearest` to the distances where these are smaller; their sum.
#[inline(never)]
fn lower(distances: &Rows, nearest: &mut Rows) -> f64 {
    for (n, q) in pairs_mut(nearest).iter_mut().zip(pairs(distances)) {
        let (before, q) = (Pair::load(n), Pair::load(q));
        before.where_greater(q, q, before).store(n);
    }
    sum(nearest)
}

/// Where the distances from centre `k` are smaller than the least so far, takes them and `k`.
#[inline(never)]
fn take_nearer(k: usize, distances: &Rows, least: &mut Rows, which: &mut Rows) {
    let k = Pair::splat(k as f64);
    let so_far = pairs_mut(least).iter_mut().zip(pairs_mut(which));
    for ((least, which), q) in so_far.zip(pairs(distances)) {
        let (before, is, q) = (Pair::load(least), Pair::load(which), Pair::load(q));
        before.where_greater(q, k, is).store(which);
        before.where_greater(q, q, before).store(least);
    }
}

/// Squared distances of all rows from the nearest of some centres.
struct Nearest {
    /// Block by block, 0 after the last row.
    rows: Vec<Rows>,
    /// Their sums, each row counted as often as its weight says.
    totals: Vec<f64>,
}

impl Nearest {
    /// With no centre yet.
    fn new(matrix: &Matrix) -> Nearest {
        let block = |block: Block<'_>| {
            let mut rows = [0.0; BLOCK_ROWS];
            rows[..block.len()].fill(f64::INFINITY);
            rows
        };
        let rows: Vec<Rows> = matrix.blocks().map(block).collect();
        Nearest {
            totals: vec![0.0; rows.len()],
            rows,
        }
    }

    fn add(&mut self, matrix: &Matrix, centre: &[f64]) {
        let mut from_centre = [0.0; BLOCK_ROWS];
        let rows = self.rows.iter_mut().zip(&mut self.totals);
        for (block, (rows, total)) in matrix.blocks().zip(rows) {
            distances(&block, centre, &mut from_centre);
            *total = lower(&from_centre, rows);
            if let Some(weights) = block.weights() {
                *total = rows.iter().zip(weights).map(|(q, w)| q * w).sum();
            }
        }
    }

    /// A row drawn in proportion to distance and weight: its block, then the row. `None` if every
    /// row lies on a centre.
    fn draw(&self, matrix: &Matrix, random: &mut Random) -> Option<usize> {
        let total: f64 = self.totals.iter().sum();
        let mut target = random.uniform() * total;
        let b = reach(&mut target, self.totals.iter().copied())?;
        let first = b * BLOCK_ROWS;
        let weight = |i: usize| matrix.weights().map_or(1.0, |w| w[first + i]);
        let rows = self.rows[b].iter().take(matrix.n_rows() - first);
        Some(first + reach(&mut target, rows.enumerate().map(|(i, q)| q * weight(i)))?)
    }
}

/// The first of these above zero at which their sum exceeds `target`, else the last above zero;
/// `target` is left with what remains of it there.
fn reach(target: &mut f64, weights: impl Iterator<Item = f64>) -> Option<usize> {
    let mut chosen = None;
    for (i, w) in weights.enumerate() {
        if w > 0.0 {
            chosen = Some(i);
            if *target < w {
                break;
            }
            *target -= w;
        }
    }
    chosen
}

/// D(x)^2 of every row, N numbers: its squared distance from the nearest of `centres`. The next
/// k-means++ centre is drawn in proportion (Arthur and Vassilvitskii 2007).
pub fn squared_distances(matrix: &Matrix, centres: &[Vec<f64>]) -> Vec<f64> {
    let mut nearest = Nearest::new(matrix);
    for centre in centres {
        nearest.add(matrix, centre);
    }
    let mut rows = nearest.rows.into_flattened();
    rows.truncate(matrix.n_rows());
    rows
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
    let mut nearest = Nearest::new(matrix);
    let mut taken = 0;
    while centres.len() < k {
        for centre in &centres[taken..] {
            nearest.add(matrix, centre);
        }
        taken = centres.len();
        let row = nearest.draw(matrix, random);
        let row = row.unwrap_or_else(|| random.below(matrix.n_rows()));
        centres.push(whole_row(matrix, row, &stand_ins));
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
    let mut labels = vec![0u8; matrix.n_rows()];
    let mut inertia = 0.0;
    for block in matrix.blocks() {
        let labels = &mut labels[block.first_row()..block.first_row() + block.len()];
        inertia += nearest(&block, &centres, labels);
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
        inertia,
    }
}

/// The nearest centre of each row of a block, the first on ties, into `labels`; the sum of the
/// squared distances from them.
fn nearest(block: &Block<'_>, centres: &[Vec<f64>], labels: &mut [u8]) -> f64 {
    let (mut least, mut which) = ([f64::INFINITY; BLOCK_ROWS], [0.0; BLOCK_ROWS]);
    let mut from_centre = [0.0; BLOCK_ROWS];
    for (k, centre) in centres.iter().enumerate() {
        distances(block, centre, &mut from_centre);
        take_nearer(k, &from_centre, &mut least, &mut which);
    }
    for (label, k) in labels.iter_mut().zip(&which) {
        *label = *k as u8;
    }
    least[..block.len()].iter().sum()
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
    fn blocks_of_rows_go_to_the_centres_that_rows_alone_go_to_bit_for_bit() {
        let mut random = Random::new(4);
        for (n, d, k) in [(5, 1, 2), (256, 2, 3), (1100, 3, 7), (700, 9, 12)] {
            let mut column = |_| -> Vec<f64> { (0..n).map(|_| random.uniform() * 8.0).collect() };
            let columns: Vec<Vec<f64>> = (0..d).map(&mut column).collect();
            let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let m = Matrix::uncentred(&slices).unwrap();
            let mut centres: Vec<Vec<f64>> = (0..k - 1).map(|c| m.row(c * n / k)).collect();
            // One twice: the first is taken.
            centres.push(centres[0].clone());
            let squared = |i: usize, c: &[f64]| -> f64 {
                c.iter()
                    .zip(m.row(i))
                    .fold(0.0, |q, (c, x)| q + (x - c) * (x - c))
            };
            let clusters = assign(&m, centres.clone());
            let nearest = squared_distances(&m, &centres);
            assert_eq!(nearest.len(), n);
            for (i, q) in nearest.iter().enumerate() {
                let all: Vec<f64> = centres.iter().map(|c| squared(i, c)).collect();
                let least = (0..k).fold(0, |b, c| if all[c] < all[b] { c } else { b });
                assert_eq!(usize::from(clusters.labels[i]), least);
                assert_eq!(q.to_bits(), all[least].to_bits());
            }
            let total: f64 = nearest.iter().sum();
            assert!((clusters.inertia - total).abs() <= 1e-12 * total);
        }
    }

    #[test]
    fn rows_are_drawn_in_proportion_to_distance_and_weight_whatever_their_block() {
        // Distances from 0: three rows that are not 0, in two of three blocks.
        let mut x = vec![0.0; 700];
        (x[3], x[600], x[699]) = (1.0, 2.0, 1.0);
        let mut weights = vec![1.0; 700];
        weights[699] = 3.0;
        let plain = line(&x);
        let weighted = plain.clone().with_weights(weights).unwrap();
        for (m, parts) in [(plain, [1.0, 4.0, 1.0]), (weighted, [1.0, 4.0, 3.0])] {
            let mut nearest = Nearest::new(&m);
            nearest.add(&m, &[0.0]);
            let mut random = Random::new(2);
            let mut hits = [0.0; 700];
            for _ in 0..20_000 {
                hits[nearest.draw(&m, &mut random).unwrap()] += 1.0;
            }
            for (row, part) in [3, 600, 699].into_iter().zip(parts) {
                let share = part / parts.iter().sum::<f64>();
                assert!(
                    (hits[row] / 20_000.0 - share).abs() < 0.015,
                    "{row}: {hits:?}"
                );
            }
            assert_eq!(hits.iter().sum::<f64>(), hits[3] + hits[600] + hits[699]);
            nearest.add(&m, &[1.0]);
            nearest.add(&m, &[2.0]);
            assert_eq!(nearest.draw(&m, &mut random), None);
        }
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
