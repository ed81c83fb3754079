use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::matrix::Matrix;
use super::near;

/// Rows of one block of [`Singles`]: as many bytes as a block of a [`Matrix`] has.
pub const SINGLE_ROWS: usize = 512;

/// The rows of a matrix in single precision, in another order: those of a block lie near one
/// another, so that a pass can tell beforehand which components they are far from.
///
/// Each block has a centre, one of its rows, and each column a scale, a power of two: what is
/// stored is (x - centre) / scale, rounded once. So data far from the origin, tiny or in groups
/// far tighter than they lie apart keep their digits, and what comes of a pass is brought
/// back without rounding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Singles {
    n_rows: usize,
    n_columns: usize,
    scale: Vec<f64>,
    /// Of each block: D numbers in the matrix's coordinates.
    centres: Vec<f64>,
    /// Of each block: D times the middle and half the width of its rows, scaled, about its centre.
    boxes: Vec<[f32; 2]>,
    /// Block by block, column by column.
    values: Vec<f32>,
}

/// One block.
#[derive(Clone, Copy, Debug)]
pub struct SingleBlock<'a> {
    /// Rows that mean something.
    pub len: usize,
    /// D numbers.
    pub centre: &'a [f64],
    /// D times the middle and half the width.
    pub bounds: &'a [[f32; 2]],
    /// D columns; what follows the last row is 0.
    pub columns: &'a [[f32; SINGLE_ROWS]],
}

impl Singles {
    /// Copies the rows of a matrix without holes.
    pub fn of(matrix: &Matrix) -> Singles {
        let (n, d) = (matrix.n_rows(), matrix.n_columns());
        let scale: Vec<f64> = matrix.variance().iter().map(|v| near::scale(*v)).collect();
        let order = near::order(matrix, 0..n, SINGLE_ROWS);
        let n_blocks = n.div_ceil(SINGLE_ROWS);
        let mut values = vec![0.0; n_blocks * SINGLE_ROWS * d];
        let mut centres = Vec::with_capacity(n_blocks * d);
        let mut boxes = Vec::with_capacity(n_blocks * d);
        let blocks = values.chunks_exact_mut(SINGLE_ROWS * d.max(1));
        for (rows, values) in order.chunks(SINGLE_ROWS).zip(blocks) {
            let middle = rows[rows.len() / 2] as usize;
            for (j, to) in values.chunks_exact_mut(SINGLE_ROWS).enumerate() {
                let centre = matrix.get(middle, j);
                let (mut least, mut most) = (0.0f32, 0.0f32);
                for (to, &row) in to.iter_mut().zip(rows) {
                    *to = ((matrix.get(row as usize, j) - centre) / scale[j]) as f32;
                    least = if *to < least { *to } else { least };
                    most = if *to > most { *to } else { most };
                }
                centres.push(centre);
                let half = (most - least) * 0.5;
                boxes.push([least + half, half]);
            }
        }
        Singles {
            n_rows: n,
            n_columns: d,
            scale,
            centres,
            boxes,
            values,
        }
    }

    /// Some of the chunks of `rows` rows (a multiple of [`SINGLE_ROWS`]) each.
    pub fn chunks(&self, chunks: Range<usize>, rows: usize) -> Singles {
        let d = self.n_columns;
        let rows = chunks.start * rows..(chunks.end * rows).min(self.n_rows);
        let blocks = rows.start / SINGLE_ROWS..rows.end.div_ceil(SINGLE_ROWS);
        let each = blocks.start * d..blocks.end * d;
        Singles {
            n_rows: rows.len(),
            n_columns: d,
            scale: self.scale.clone(),
            centres: self.centres[each.clone()].to_vec(),
            boxes: self.boxes[each.clone()].to_vec(),
            values: self.values[each.start * SINGLE_ROWS..each.end * SINGLE_ROWS].to_vec(),
        }
    }

    /// N.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// D.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// What one unit stands for, D powers of two.
    pub fn scale(&self) -> &[f64] {
        &self.scale
    }

    /// The blocks in order.
    pub fn blocks(&self) -> impl Iterator<Item = SingleBlock<'_>> {
        let d = self.n_columns;
        let columns = self.values.as_chunks::<SINGLE_ROWS>().0;
        columns
            .chunks_exact(d)
            .enumerate()
            .map(move |(b, columns)| {
                let rest = self.n_rows - b * SINGLE_ROWS;
                SingleBlock {
                    len: rest.min(SINGLE_ROWS),
                    centre: &self.centres[b * d..(b + 1) * d],
                    bounds: &self.boxes[b * d..(b + 1) * d],
                    columns,
                }
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups far from the origin and tiny, one row far from all others.
    fn columns(n: usize, d: usize) -> Vec<Vec<f64>> {
        let entry = |i: usize, j: usize| match i {
            7 => 3e5,
            _ => (i * 7919 % 1009) as f64 * 0.01 + ((i * (j + 2)) % 5) as f64 * 40.0,
        };
        let column = |j: usize| (0..n).map(|i| (entry(i, j) + 1e7) * 1e-9).collect();
        (0..d).map(column).collect()
    }

    #[test]
    fn every_row_is_there_once_and_rounded_once() {
        for (n, d) in [(1, 1), (3000, 1), (5000, 2), (700, 4), (512, 2)] {
            let columns = columns(n, d);
            let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let matrix = Matrix::from_columns(&slices).unwrap();
            let singles = Singles::of(&matrix);
            let mut rows: Vec<Vec<f64>> = (0..n).map(|i| matrix.row(i)).collect();
            let mut back = Vec::new();
            for block in singles.blocks() {
                for i in 0..block.len {
                    let entry = |j: usize| {
                        let x = block.columns[j][i];
                        let [middle, half] = block.bounds[j];
                        assert!(
                            (x - middle).abs() <= half * 1.000_001,
                            "{x} {middle} {half}"
                        );
                        f64::from(x) * singles.scale()[j] + block.centre[j]
                    };
                    back.push((0..d).map(entry).collect::<Vec<f64>>());
                }
            }
            assert_eq!(back.len(), n);
            let order = |a: &Vec<f64>, b: &Vec<f64>| {
                a[0].total_cmp(&b[0]).then(a[d - 1].total_cmp(&b[d - 1]))
            };
            rows.sort_by(order);
            back.sort_by(order);
            let width = 5e5 * 1e-9;
            for (row, back) in rows.iter().flatten().zip(back.iter().flatten()) {
                assert!((row - back).abs() <= 1.2e-7 * width, "{row} {back}");
            }
        }
    }

    #[test]
    fn rows_of_a_block_lie_near_one_another() {
        let columns = columns(20_000, 2);
        let matrix = Matrix::from_columns(&[&columns[0], &columns[1]]).unwrap();
        let singles = Singles::of(&matrix);
        let areas = singles.blocks().map(|block| {
            let [[_, x], [_, y]] = [block.bounds[0], block.bounds[1]];
            4.0 * f64::from(x) * f64::from(y)
        });
        let mut areas: Vec<f64> = areas.collect();
        areas.sort_by(f64::total_cmp);
        let [[_, most], [_, up]] = [matrix.bounds()[0], matrix.bounds()[1]];
        assert!(most > 0.0 && up > 0.0);
        let scale = singles.scale()[0] * singles.scale()[1];
        // Without the row far out all lie in a square of this width.
        let whole = (175e-9_f64).powi(2) / scale;
        let middle = areas[areas.len() / 2];
        assert!(middle < 0.2 * whole, "{middle} {whole}");
    }

    #[test]
    fn scales_are_powers_of_two_near_a_standard_deviation() {
        for deviation in [1e-300, 3e-7, 1.0, 1.99, 2.0, 5e100] {
            let scale = near::scale(deviation * deviation);
            assert!(scale.to_bits() & ((1 << 52) - 1) == 0);
            assert!(
                scale <= deviation * 1.000_001 && deviation < 2.000_001 * scale
                    || deviation < 1e-200
            );
        }
    }
}
