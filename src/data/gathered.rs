//! The rows in an order in which near ones share a block, in double precision.

use super::matrix::{BLOCK_ROWS, Block, Matrix};
use super::near;

/// Blocks of a stretch.
pub const STRETCH_BLOCKS: usize = 64;

/// Rows of a stretch: rows change places within one.
const STRETCH_ROWS: usize = STRETCH_BLOCKS * BLOCK_ROWS;

/// The rows of a matrix of one or two columns, those of each whole stretch in an order in which a
/// block covers a small part of the plane; with the box of each such block. What is left of the last
/// stretch stays as it is.
#[derive(Clone, Debug)]
pub struct Gathered {
    rows: Matrix,
    /// D a block.
    sides: Vec<Side>,
}

/// One side of the box that holds a block's rows: middle - half to middle + half.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Side {
    /// Less the matrix's centre.
    pub middle: f64,
    /// Half the length.
    pub half: f64,
}

impl Gathered {
    /// `None` where there is nothing to gather: in less than a stretch of rows, with missing entries,
    /// or with more than two columns, where boxes of so few rows are too large to be of use.
    pub fn of(matrix: &Matrix) -> Option<Gathered> {
        let stretches = matrix.n_rows() / STRETCH_ROWS;
        if stretches == 0 || matrix.n_columns() > 2 || matrix.has_holes() {
            return None;
        }
        let gathered = stretches * STRETCH_ROWS;
        let starts = (0..gathered).step_by(STRETCH_ROWS);
        let near = |start| near::order(matrix, start..start + STRETCH_ROWS, BLOCK_ROWS);
        let mut order: Vec<usize> = starts.flat_map(near).map(|row| row as usize).collect();
        order.extend(gathered..matrix.n_rows());
        let rows = matrix.subset(&order);
        let blocks = rows.blocks().take(stretches * STRETCH_BLOCKS);
        let sides = blocks.flat_map(|block| {
            let columns = 0..matrix.n_columns();
            columns.map(move |j| side(bounds(block.column(j).iter().copied())))
        });
        Some(Gathered {
            sides: sides.collect(),
            rows,
        })
    }

    /// Block number `b` with the sides of its box, if it lies in a whole stretch.
    pub fn block(&self, b: usize) -> Option<(Block<'_>, &[Side])> {
        let d = self.rows.n_columns();
        let sides = self.sides.get(b * d..(b + 1) * d)?;
        Some((self.rows.block(b), sides))
    }
}

fn bounds(numbers: impl Iterator<Item = f64>) -> [f64; 2] {
    numbers.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| {
        [
            if x < low { x } else { low },
            if x > high { x } else { high },
        ]
    })
}

fn side([low, high]: [f64; 2]) -> Side {
    Side {
        middle: 0.5 * (low + high),
        half: 0.5 * (high - low),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scattered(n: usize, d: usize) -> Matrix {
        let number = |i: usize, j: usize| ((i * (7919 + 2 * j) + 31 * j) % 10_007) as f64 * 0.1;
        let columns: Vec<Vec<f64>> = (0..d)
            .map(|j| (0..n).map(|i| number(i, j)).collect())
            .collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        Matrix::from_columns(&slices).unwrap()
    }

    #[test]
    fn every_row_is_there_once_in_its_stretch_with_its_weight() {
        let n = 2 * STRETCH_ROWS + 300;
        for d in [1, 2] {
            let matrix = scattered(n, d);
            let weights: Vec<f64> = (0..n).map(|i| (i % 7) as f64).collect();
            let matrix = matrix.with_weights(weights).unwrap();
            let gathered = Gathered::of(&matrix).unwrap();
            let row = |m: &Matrix, i: usize| {
                let mut row = m.row(i);
                row.push(m.weights().unwrap()[i]);
                row.into_iter().map(f64::to_bits).collect::<Vec<_>>()
            };
            for stretch in [0..STRETCH_ROWS, STRETCH_ROWS..2 * STRETCH_ROWS] {
                let [mut before, mut after] = [&matrix, &gathered.rows]
                    .map(|m| stretch.clone().map(|i| row(m, i)).collect::<Vec<_>>());
                assert_ne!(before, after);
                before.sort();
                after.sort();
                assert_eq!(before, after);
            }
            for i in 2 * STRETCH_ROWS..n {
                assert_eq!(row(&matrix, i), row(&gathered.rows, i));
            }
            assert!(gathered.block(2 * STRETCH_BLOCKS).is_none());
        }
    }

    #[test]
    fn boxes_hold_their_rows_and_are_small() {
        for d in [1, 2] {
            let gathered = Gathered::of(&scattered(STRETCH_ROWS, d)).unwrap();
            let mut covered = 0.0;
            for b in 0..STRETCH_BLOCKS {
                let (block, sides) = gathered.block(b).unwrap();
                for (j, side) in sides.iter().enumerate() {
                    let within = |x: &f64| (x - side.middle).abs() <= side.half * (1.0 + 1e-9);
                    assert!(block.column(j).iter().all(within));
                }
                covered += sides.iter().map(|s| 2.0 * s.half / 1000.7).product::<f64>();
            }
            // Blocks in the order of the file cover everything, each of them.
            assert!(covered < 3.0, "{d}: {covered}");
        }
    }

    #[test]
    fn few_rows_many_columns_and_constant_columns_are_no_trouble() {
        assert!(Gathered::of(&scattered(STRETCH_ROWS - 1, 2)).is_none());
        assert!(Gathered::of(&scattered(STRETCH_ROWS, 3)).is_none());
        let x = vec![3.0; STRETCH_ROWS];
        let gathered = Gathered::of(&Matrix::from_columns(&[&x, &x]).unwrap()).unwrap();
        assert_eq!(gathered.block(0).unwrap().1[1].half, 0.0);
    }
}
