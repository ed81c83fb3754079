//! What the E-step adds for rows with missing entries (Ghahramani and Jordan 1994), and
//! what stands for such entries where no component is known yet.

use super::beyond;
use super::e_step::counted;
use super::m_step::pairs;
use super::sums::Sums;
use crate::data::{BLOCK_ROWS, Block, Matrix};
use crate::mixture::Evaluator;

/// Adds the rows of a block with holes to the sums of component `k`, about `centre`, under
/// the responsibilities that `evaluator` has just computed.
///
/// Where x is missing its expectation stands in the sums: E x = mu_m + S_mo S_oo^-1 (x_o - mu_o)
/// in the first and, with the conditional covariance S_mm - S_mo S_oo^-1 S_om added, in the
/// second moments. `offsets` and `values` are scratch.
pub(super) fn add(
    sums: &mut Sums,
    block: &Block<'_>,
    evaluator: &mut Evaluator<'_>,
    k: usize,
    centre: &[f64],
    [offsets, values]: [&mut Vec<f64>; 2],
) {
    let dense = sums.second.len() != sums.first.len();
    let mut scratch = [0.0; BLOCK_ROWS];
    let r = counted(block, evaluator.row(k), &mut scratch).to_vec();
    evaluator.complete(block, k, values);
    sums.add(&block.filled(values), &r, centre, offsets);
    evaluator.each_pattern(k, |rows, marginal| {
        let count: f64 = rows.iter().map(|&i| r[i]).sum();
        let missing = marginal.missing();
        for (a, b) in pairs(missing.len(), dense) {
            let entry = match dense {
                true => missing[a] * (missing[a] + 1) / 2 + missing[b],
                false => missing[a],
            };
            sums.second[entry] += count * marginal.conditional(a, b);
        }
    });
}

/// The mean of the entries that each column has, D numbers in the matrix's coordinates.
pub(super) fn column_means(matrix: &Matrix) -> Vec<f64> {
    let d = matrix.n_columns();
    let (mut sums, mut counts) = (vec![0.0; d], vec![0.0; d]);
    for block in matrix.blocks() {
        for j in 0..d {
            for (i, &x) in block.column(j).iter().enumerate() {
                if !x.is_nan() {
                    let w = block.weights().map_or(1.0, |w| w[i]);
                    sums[j] += w * x;
                    counts[j] += w;
                }
            }
        }
    }
    let mean = |(s, c): (&f64, &f64)| if *c > 0.0 { s / c } else { 0.0 };
    sums.iter().zip(&counts).map(mean).collect()
}

/// The block with the entries of `row` (D numbers) where its own are missing; `values` is
/// scratch.
pub(super) fn fill<'a>(block: &Block<'a>, row: &[f64], values: &'a mut Vec<f64>) -> Block<'a> {
    values.clear();
    for (j, &stand_in) in row.iter().enumerate() {
        let column = block.column(j).iter();
        values.extend(column.map(|&x| if x.is_nan() { stand_in } else { x }));
        values.resize((j + 1) * BLOCK_ROWS, 0.0);
    }
    block.filled(values)
}

/// What stands for missing entries: the column means, or nothing if none is missing.
pub(super) fn stand_ins(matrix: &Matrix) -> Vec<f64> {
    match matrix.has_holes() {
        true => beyond::column_means(matrix),
        false => Vec::new(),
    }
}

/// A row with [`stand_ins`] where its entries are missing, D numbers.
pub(super) fn whole_row(matrix: &Matrix, row: usize, stand_ins: &[f64]) -> Vec<f64> {
    let mut row = matrix.row(row);
    for (x, m) in row.iter_mut().zip(stand_ins) {
        *x = if x.is_nan() { *m } else { *x };
    }
    row
}

/// [`stand_ins`], or 0 in every column if none is missing.
pub(super) fn stand_ins_or_zero(matrix: &Matrix) -> Vec<f64> {
    match matrix.has_holes() {
        true => stand_ins(matrix),
        false => vec![0.0; matrix.n_columns()],
    }
}
