//! The strongest component of each row, and how it changes from one E-step to the next.
//!
//! No iteration needs it, so it is computed where somebody asks.

use super::FastResponsibilities;
use crate::data::{BLOCK_ROWS, Matrix};
use crate::mixture::{Mixture, n_shares};

/// How rows changed their strongest component between two E-steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moves {
    /// Rows whose strongest component is another one now.
    pub rows: usize,
    /// The commonest change: from, to, rows.
    pub commonest: Option<(usize, usize, usize)>,
}

/// The strongest component of each of the N rows under `mixture` (in the matrix's coordinates),
/// the first on ties; K is the noise component.
pub fn strongest(matrix: &Matrix, mixture: &Mixture) -> Vec<u8> {
    let mut labels = Vec::with_capacity(matrix.n_rows());
    let mut responsibilities = FastResponsibilities::new(matrix, mixture);
    let mut strongest = [0; BLOCK_ROWS];
    for block in matrix.blocks() {
        responsibilities.take(&block);
        responsibilities.strongest(n_shares(mixture), &mut strongest);
        labels.extend_from_slice(&strongest[..block.len()]);
    }
    labels
}

/// What changed from the E-step under the mixture `before` to the one under `now`, of as many
/// components.
pub fn moves(matrix: &Matrix, before: &Mixture, now: &Mixture) -> Moves {
    let k = n_shares(now);
    let mut table = vec![0usize; k * k];
    let mut both = [before, now].map(|mixture| FastResponsibilities::new(matrix, mixture));
    let mut labels = [[0; BLOCK_ROWS]; 2];
    for block in matrix.blocks() {
        for (responsibilities, labels) in both.iter_mut().zip(&mut labels) {
            responsibilities.take(&block);
            responsibilities.strongest(k, labels);
        }
        let [from, to] = &labels;
        for (from, to) in from.iter().zip(to).take(block.len()) {
            table[usize::from(*from) * k + usize::from(*to)] += 1;
        }
    }
    count(&table, k)
}

/// The moves of a K x K table of rows by where they were and are.
fn count(table: &[usize], k: usize) -> Moves {
    let mut moves = Moves {
        rows: 0,
        commonest: None,
    };
    for (cell, &rows) in table.iter().enumerate() {
        let (from, to) = (cell / k, cell % k);
        if from != to && rows > 0 {
            moves.rows += rows;
            if moves.commonest.is_none_or(|(_, _, most)| rows > most) {
                moves.commonest = Some((from, to, rows));
            }
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{Settings, start};
    use crate::mixture::Responsibilities;

    #[test]
    fn moves_count_rows_and_name_the_commonest_change() {
        let moves = count(&[1, 1, 0, 0, 1, 0, 0, 2, 1], 3);
        assert_eq!(moves.rows, 3);
        assert_eq!(moves.commonest, Some((2, 1, 2)));
    }

    #[test]
    fn the_strongest_component_has_the_largest_responsibility() {
        let mut x: Vec<f64> = (0..700).map(|i| f64::from(i * i % 97)).collect();
        let y: Vec<f64> = (0..700).map(|i| f64::from(i * 7 % 41)).collect();
        // Too far out for the fast way.
        x[300] = 1e9;
        let matrix = Matrix::from_columns(&[&x, &y]).unwrap();
        let [before, now] = [1, 2].map(|seed| {
            let settings = Settings {
                n_components: 4,
                seed,
                ..Settings::default()
            };
            start(&matrix, &settings).unwrap()
        });
        let labels = [&before, &now].map(|mixture| {
            let labels = strongest(&matrix, mixture);
            let mut responsibilities = Responsibilities::new(&matrix, mixture);
            for block in matrix.blocks() {
                responsibilities.take(&block);
                for i in 0..block.len() {
                    let of = |c: usize| responsibilities.row(c)[i];
                    let label = usize::from(labels[block.first_row() + i]);
                    assert!((0..4).all(|c| of(c) <= of(label) * (1.0 + 1e-12)));
                }
            }
            labels
        });
        let moved = labels[0].iter().zip(&labels[1]).filter(|(a, b)| a != b);
        let moves = moves(&matrix, &before, &now);
        assert_eq!(moves.rows, moved.count());
        assert!(moves.rows > 0);
    }
}
