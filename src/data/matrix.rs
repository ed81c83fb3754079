use std::fmt;

/// Rows of one block: the K x 256 densities of a block stay in the processor's nearest cache.
pub const BLOCK_ROWS: usize = 256;

/// The rows that a fit reads: N x D finite numbers. A column that lies far from zero
/// for its spread is centred at its mean, so that data at an offset of 1e8 keep their
/// covariance; the subtraction is exact there (Sterbenz 1974). Rows lie in blocks of [`BLOCK_ROWS`], columns one after
/// another inside a block, so that one instruction serves several rows.
#[derive(Clone, Debug)]
pub struct Matrix {
    n_rows: usize,
    n_columns: usize,
    centre: Vec<f64>,
    variance: Vec<f64>,
    resolution: Vec<f64>,
    values: Vec<f64>,
}

/// Why columns do not make a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MatrixError {
    /// No column, or no row.
    Empty,
    /// Columns differ in length.
    Lengths,
    /// An entry is NaN or infinite.
    NotFinite {
        /// Its column, from 0.
        column: usize,
        /// Its row, from 0.
        row: usize,
    },
    /// The column spans so much that its variance is no double.
    TooWide {
        /// The column, from 0.
        column: usize,
    },
}

impl fmt::Display for MatrixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MatrixError::Empty => write!(f, "there are no numbers to fit"),
            MatrixError::Lengths => write!(f, "the columns differ in length"),
            MatrixError::NotFinite { column, row } => write!(
                f,
                "column {} has no finite number in row {}",
                column + 1,
                row + 1
            ),
            MatrixError::TooWide { column } => write!(
                f,
                "column {} spans more than 1e150: its variance exceeds what a double can hold; divide it by a constant",
                column + 1
            ),
        }
    }
}

impl std::error::Error for MatrixError {}

impl Matrix {
    /// Stores D columns of N numbers, centred where that gains digits.
    ///
    /// # Errors
    /// If there is nothing, lengths differ, or a column cannot be squared.
    pub fn from_columns(columns: &[&[f64]]) -> Result<Self, MatrixError> {
        let centre = columns.iter().map(|c| exact_centre(c)).collect();
        Self::centred_at(columns, centre)
    }

    /// Stores columns as they are.
    ///
    /// # Errors
    /// As [`Self::from_columns`].
    pub fn uncentred(columns: &[&[f64]]) -> Result<Self, MatrixError> {
        Self::centred_at(columns, vec![0.0; columns.len()])
    }

    fn centred_at(columns: &[&[f64]], centre: Vec<f64>) -> Result<Self, MatrixError> {
        let n_rows = columns.first().map_or(0, |c| c.len());
        if n_rows == 0 {
            return Err(MatrixError::Empty);
        }
        let n_columns = columns.len();
        let mut variance = Vec::with_capacity(n_columns);
        let mut resolution = Vec::with_capacity(n_columns);
        let mut values = vec![0.0; n_rows.div_ceil(BLOCK_ROWS) * BLOCK_ROWS * n_columns];
        for (j, column) in columns.iter().enumerate() {
            if column.len() != n_rows {
                return Err(MatrixError::Lengths);
            }
            if let Some(row) = column.iter().position(|v| !v.is_finite()) {
                return Err(MatrixError::NotFinite { column: j, row });
            }
            let mean = mean(column);
            let mut largest = 0.0f64;
            let mut squares = 0.0;
            for (b, rows) in column.chunks(BLOCK_ROWS).enumerate() {
                let start = (b * n_columns + j) * BLOCK_ROWS;
                for (slot, &x) in values[start..].iter_mut().zip(rows) {
                    *slot = x - centre[j];
                    largest = largest.max(x.abs());
                    squares += (x - mean) * (x - mean);
                }
            }
            // A margin of 1e4 below the largest double for sums of products.
            if !(squares < 1e304 && largest < 1e150) {
                return Err(MatrixError::TooWide { column: j });
            }
            variance.push(squares / n_rows as f64);
            resolution.push(4.0 * f64::EPSILON * largest);
        }
        Ok(Matrix {
            n_rows,
            n_columns,
            centre,
            variance,
            resolution,
            values,
        })
    }

    /// N.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// D.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// What was subtracted from each column: its mean, or 0.
    pub fn centre(&self) -> &[f64] {
        &self.centre
    }

    /// Variance of each column about its mean (divided by N).
    pub fn variance(&self) -> &[f64] {
        &self.variance
    }

    /// The smallest difference that means anything in each column: rounding of its
    /// largest entry. A standard deviation below it is a collapse, at any scale.
    pub fn resolution(&self) -> &[f64] {
        &self.resolution
    }

    /// The blocks in order.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        self.values
            .chunks_exact(BLOCK_ROWS * self.n_columns)
            .enumerate()
            .map(|(b, values)| Block {
                first_row: b * BLOCK_ROWS,
                len: BLOCK_ROWS.min(self.n_rows - b * BLOCK_ROWS),
                values,
            })
    }

    /// Every `step`-th row, in the same coordinates.
    pub fn thinned(&self, step: usize) -> Matrix {
        let rows: Vec<usize> = (0..self.n_rows).step_by(step.max(1)).collect();
        let mut values = vec![0.0; rows.len().div_ceil(BLOCK_ROWS) * BLOCK_ROWS * self.n_columns];
        for (to, &from) in rows.iter().enumerate() {
            for j in 0..self.n_columns {
                values[self.place(to, j)] = self.get(from, j);
            }
        }
        Matrix {
            n_rows: rows.len(),
            values,
            centre: self.centre.clone(),
            variance: self.variance.clone(),
            resolution: self.resolution.clone(),
            n_columns: self.n_columns,
        }
    }

    /// Where the entry of a row and column lies.
    fn place(&self, row: usize, column: usize) -> usize {
        let (b, i) = (row / BLOCK_ROWS, row % BLOCK_ROWS);
        (b * self.n_columns + column) * BLOCK_ROWS + i
    }

    /// Entry of a row and column, less the centre.
    pub fn get(&self, row: usize, column: usize) -> f64 {
        self.values[self.place(row, column)]
    }

    /// One row less the centre, D numbers.
    pub fn row(&self, row: usize) -> Vec<f64> {
        (0..self.n_columns).map(|j| self.get(row, j)).collect()
    }
}

/// The mean of a column whose values all lie within a fifth of it, else 0: the two
/// cases in which subtracting it from every value rounds nothing.
fn exact_centre(column: &[f64]) -> f64 {
    let mean = mean(column);
    let farthest = column.iter().map(|x| (x - mean).abs()).fold(0.0, f64::max);
    if farthest < mean.abs() / 5.0 {
        mean
    } else {
        0.0
    }
}

fn mean(column: &[f64]) -> f64 {
    column.iter().sum::<f64>() / column.len().max(1) as f64
}

/// Up to [`BLOCK_ROWS`] rows in a row.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    first_row: usize,
    len: usize,
    values: &'a [f64],
}

impl<'a> Block<'a> {
    /// Index of its first row in the matrix.
    pub fn first_row(&self) -> usize {
        self.first_row
    }

    /// Number of rows.
    #[expect(clippy::len_without_is_empty, reason = "a block is never empty")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Column `j` of these rows.
    pub fn column(&self, j: usize) -> &'a [f64] {
        &self.values[j * BLOCK_ROWS..j * BLOCK_ROWS + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_in() {
        let a: Vec<f64> = (0..1000).map(f64::from).collect();
        let b: Vec<f64> = (0..1000).map(|i| f64::from(i * i)).collect();
        let m = Matrix::from_columns(&[&a, &b]).unwrap();
        for i in [0, 255, 256, 999] {
            assert_eq!(m.get(i, 0) + m.centre()[0], a[i]);
            assert!((m.get(i, 1) + m.centre()[1] - b[i]).abs() < 1e-9);
        }
        assert_eq!(m.blocks().map(|b| b.len()).sum::<usize>(), 1000);
        assert_eq!(m.blocks().last().unwrap().column(1).len(), 1000 - 768);
    }

    #[test]
    fn a_thinned_matrix_has_every_nth_row() {
        let a: Vec<f64> = (0..1000).map(|i| f64::from(i) + 1e6).collect();
        let b: Vec<f64> = (0..1000).map(|i| f64::from(i * i)).collect();
        let all = Matrix::from_columns(&[&a, &b]).unwrap();
        let few = all.thinned(3);
        assert_eq!((few.n_rows(), few.centre()), (334, all.centre()));
        for i in [0, 100, 333] {
            assert_eq!(few.row(i), all.row(3 * i));
        }
    }

    #[test]
    fn what_cannot_be_fitted_is_refused_with_the_place() {
        assert_eq!(Matrix::from_columns(&[]).unwrap_err(), MatrixError::Empty);
        assert_eq!(
            Matrix::from_columns(&[&[]]).unwrap_err(),
            MatrixError::Empty
        );
        assert_eq!(
            Matrix::from_columns(&[&[1.0], &[1.0, 2.0]]).unwrap_err(),
            MatrixError::Lengths
        );
        assert_eq!(
            Matrix::from_columns(&[&[1.0, f64::NAN]]).unwrap_err(),
            MatrixError::NotFinite { column: 0, row: 1 }
        );
        assert_eq!(
            Matrix::from_columns(&[&[1.0, -1e160]]).unwrap_err(),
            MatrixError::TooWide { column: 0 }
        );
        assert_eq!(
            Matrix::from_columns(&[&[1e308, 1e308, 1e308]]).unwrap_err(),
            MatrixError::TooWide { column: 0 }
        );
    }
}
