//! Responsibilities sorted and averaged for the heat map, in one pass over the rows.

use serde::{Deserialize, Serialize};

/// Steps of strength that rows are told apart by, where there are many of them.
const LEVELS: usize = 256;

/// What a responsibility of 1 is counted as: sums of whole numbers do not depend on their order.
pub(super) const UNIT: f64 = 16_777_216.0;

/// Collects responsibilities, row by row, and gives them sorted by strongest component and then
/// by how strong it is.
///
/// Rows that have a column each are sorted one by one. Of more, those with the same strongest component that is
/// equally strong to 1/256 share a shelf: their sums are kept, and no number a row. So
/// every row counts in the average of a column, and what several passes over parts of the
/// rows collect can be added up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shelves {
    k: usize,
    columns: usize,
    /// Sums of each shelf's responsibilities in parts of [`UNIT`], shelves x K.
    sums: Vec<f64>,
    /// Rows on each shelf.
    counts: Vec<u32>,
    /// Where each row is a shelf: keys in the order of the rows sorted.
    keys: Vec<u64>,
    n: usize,
}

impl Shelves {
    /// For `n` rows, `k` components and a heat map of so many columns, at most `n`.
    pub(super) fn new(n: usize, k: usize, columns: usize) -> Shelves {
        let few = n == columns;
        let shelves = if few { n } else { k * LEVELS };
        Shelves {
            k,
            columns,
            sums: vec![0.0; shelves * k],
            counts: vec![0; shelves],
            keys: Vec::with_capacity(if few { n } else { 0 }),
            n,
        }
    }

    /// Adds a block: of each row its K responsibilities in whole parts of [`UNIT`], and its
    /// strongest component.
    #[inline(never)]
    pub(super) fn take(&mut self, parts: &[f64], strongest: &[u8]) {
        let few = self.n == self.columns;
        for (row, &strongest) in parts.chunks_exact(self.k).zip(strongest) {
            let strongest = usize::from(strongest);
            let weakness = UNIT - row[strongest];
            let shelf = match few {
                true => {
                    // A sort of its own would be a kilobyte to download, for a few thousand rows.
                    let row = self.keys.len();
                    let key = key(strongest, weakness, row);
                    let place = self.keys.partition_point(|&before| before < key);
                    self.keys.insert(place, key);
                    row
                }
                false => {
                    let level = (weakness * (LEVELS as f64 / UNIT)) as u32 as usize;
                    strongest * LEVELS + level.min(LEVELS - 1)
                }
            };
            self.counts[shelf] += 1;
            let sums = &mut self.sums[shelf * self.k..][..self.k];
            for (sum, part) in sums.iter_mut().zip(row) {
                *sum += part;
            }
        }
    }

    /// Adds what was collected of other rows, where there are more of them than columns.
    pub(super) fn put(&mut self, other: &Shelves) {
        for (sum, other) in self.sums.iter_mut().zip(&other.sums) {
            *sum += other;
        }
        for (count, other) in self.counts.iter_mut().zip(&other.counts) {
            *count += other;
        }
    }

    /// Responsibilities in sorted order, averaged into the columns: K rows of as many numbers.
    pub(super) fn columns(self) -> Vec<f32> {
        let (columns, k) = (self.columns, self.k);
        // Ranks times columns exceed 32 bits.
        let (n, width) = (self.n as u64, columns as u64);
        let first_rank = |column: u64| (column * n).div_ceil(width);
        let mut heat = vec![0.0f64; k * columns];
        let mut rank = 0;
        for place in 0..self.counts.len() {
            let shelf = match self.keys.get(place) {
                Some(key) => (key & 0xffff_ffff) as usize,
                None => place,
            };
            let sums = &self.sums[shelf * k..][..k];
            let count = self.counts[shelf];
            let end = rank + u64::from(count);
            // A column holds the rows of rank r with r * columns / n equal to its number.
            while rank < end {
                let column = rank * width / n;
                let after = first_rank(column + 1).min(end);
                let part = (after - rank) as f64 / f64::from(count);
                for (c, sum) in sums.iter().enumerate() {
                    heat[c * columns + column as usize] += sum * part;
                }
                rank = after;
            }
        }
        let average = |(i, sum): (usize, &f64)| {
            let column = (i % columns) as u64;
            let rows = first_rank(column + 1) - first_rank(column);
            (sum / (rows as f64 * UNIT)) as f32
        };
        heat.iter().enumerate().map(average).collect()
    }
}

/// Component in the highest 8 bits, then 24 bits of how weak it is, then the row.
fn key(component: usize, weakness: f64, row: usize) -> u64 {
    let weakness = weakness.clamp(0.0, UNIT - 1.0) as u64;
    (component as u64) << 56 | weakness << 32 | row as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Random;

    /// Responsibilities of `n` rows, many of them clear.
    fn rows(n: usize, k: usize) -> Vec<Vec<f64>> {
        let mut random = Random::new(9);
        let mut one = |_| {
            let sharpness = 1 + random.below(12) as i32;
            let draws: Vec<f64> = (0..k).map(|_| random.uniform().powi(sharpness)).collect();
            let sum: f64 = draws.iter().sum();
            draws.iter().map(|v| v / sum).collect()
        };
        (0..n).map(&mut one).collect()
    }

    fn strongest(r: &[f64]) -> usize {
        (1..r.len()).fold(0, |s, c| if r[c] > r[s] { c } else { s })
    }

    fn shelved(rows: &[Vec<f64>], k: usize, columns: usize) -> Vec<f32> {
        let mut shelves = Shelves::new(rows.len(), k, columns);
        for row in rows {
            let parts: Vec<f64> = row.iter().map(|r| (r * UNIT).round()).collect();
            shelves.take(&parts, &[strongest(row) as u8]);
        }
        shelves.columns()
    }

    /// All rows sorted, then averaged.
    fn sorted(rows: &[Vec<f64>], k: usize, columns: usize) -> Vec<f32> {
        let mut order: Vec<&Vec<f64>> = rows.iter().collect();
        order.sort_by(|a, b| {
            let (i, j) = (strongest(a), strongest(b));
            i.cmp(&j).then(b[j].total_cmp(&a[i]))
        });
        let mut heat = vec![0.0; k * columns];
        let mut counts = vec![0.0f64; columns];
        for (rank, r) in order.iter().enumerate() {
            let column = rank * columns / rows.len();
            counts[column] += 1.0;
            for c in 0..k {
                heat[c * columns + column] += r[c];
            }
        }
        let average = |(i, sum): (usize, &f64)| (sum / counts[i % columns]) as f32;
        heat.iter().enumerate().map(average).collect()
    }

    #[test]
    fn rows_with_a_column_each_are_sorted_one_by_one() {
        for n in [1, 256, 700] {
            let rows = rows(n, 3);
            let (ours, theirs) = (shelved(&rows, 3, n), sorted(&rows, 3, n));
            for (a, b) in ours.iter().zip(&theirs) {
                assert!((a - b).abs() < 1e-6, "{n}: {a} {b}");
            }
        }
    }

    #[test]
    fn many_rows_are_averaged_as_if_sorted_within_a_step_and_every_row_counts() {
        let (n, k, columns) = (50_000, 4, 300);
        let rows = rows(n, k);
        let (ours, theirs) = (shelved(&rows, k, columns), sorted(&rows, k, columns));
        for column in 0..columns {
            let of = |heat: &[f32], c: usize| heat[c * columns + column];
            let most = (0..k).fold(0.0, |a: f32, c| a.max(of(&theirs, c)));
            for c in 0..k {
                let (a, b) = (of(&ours, c), of(&theirs, c));
                // The strongest decides the order; how the others share the rest does not.
                let step = if b == most { 1.0 / LEVELS as f32 } else { 0.1 };
                assert!((a - b).abs() < step, "{column}, {c}: {a} {b}");
            }
        }
        let size = |column: usize| {
            let first = |column: usize| (column * n).div_ceil(columns);
            (first(column + 1) - first(column)) as f64
        };
        for c in 0..k {
            let all: f64 = rows.iter().map(|r| r[c]).sum();
            let band = &ours[c * columns..][..columns];
            let shown: f64 = (0..columns).map(|i| f64::from(band[i]) * size(i)).sum();
            assert!((shown - all).abs() < 1e-3, "{shown} {all}");
        }
    }
}
