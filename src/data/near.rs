//! Rows in an order in which those of a block lie near one another.

use std::ops::Range;

use super::matrix::Matrix;

/// Places of a column that [`place`] tells apart.
const PLACES: usize = 1 << 12;

/// Some of the rows in an order in which, in at most two columns, neighbours lie near one
/// another: in slabs across the first column and, within each, along the second, `block` rows of
/// which make about a square (Leutenegger, Lopez and Edgington 1997). In three columns and more
/// blocks are too wide for any order to help; the rows stay as they are.
pub(super) fn order(matrix: &Matrix, rows: Range<usize>, block: usize) -> Vec<u32> {
    let n = rows.len();
    let places = |j: usize| -> Vec<u16> {
        let column = || rows.clone().map(|row| matrix.get(row, j));
        let (mean, scale) = (
            column().sum::<f64>() / n as f64,
            scale(matrix.variance()[j]),
        );
        column().map(|x| place((x - mean) / scale)).collect()
    };
    let all: Vec<u32> = (0..n as u32).collect();
    let mut order = match matrix.n_columns() {
        1 => sorted(&all, &places(0)),
        2 => {
            let across = sorted(&all, &places(0));
            let up = places(1);
            let slab = ((n.div_ceil(block) as f64).sqrt() as usize).max(1) * block;
            let mut slabs = Vec::with_capacity(n);
            for rows in across.chunks(slab) {
                slabs.extend(sorted(rows, &up));
            }
            slabs
        }
        _ => all,
    };
    for row in &mut order {
        *row += rows.start as u32;
    }
    order
}

/// The power of two next to a standard deviation.
pub(super) fn scale(variance: f64) -> f64 {
    let exponent = (variance.sqrt().to_bits() >> 52).clamp(1, 2045);
    f64::from_bits(exponent << 52)
}

/// Where a number lies among [`PLACES`] places between -8 and 8.
fn place(x: f64) -> u16 {
    let place = (x + 8.0) * (PLACES / 16) as f64;
    // What lies outside is counted with the outermost.
    (place as usize).min(PLACES - 1) as u16
}

/// Rows sorted by a place; equal ones in their order.
fn sorted(rows: &[u32], places: &[u16]) -> Vec<u32> {
    let place = |row: u32| usize::from(places[row as usize]);
    let mut starts = vec![0u32; PLACES + 1];
    for &row in rows {
        starts[place(row) + 1] += 1;
    }
    for p in 0..PLACES {
        starts[p + 1] += starts[p];
    }
    let mut to = vec![0; rows.len()];
    for &row in rows {
        let start = &mut starts[place(row)];
        to[*start as usize] = row;
        *start += 1;
    }
    to
}
