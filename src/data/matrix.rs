use std::cell::OnceCell;
use std::fmt;
use std::ops::Range;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::gathered::Gathered;
use super::singles::Singles;

/// The label of a row whose component is not known.
pub const UNLABELLED: u8 = u8::MAX;

/// Rows of one block: the K x 256 densities of a block stay in the processor's nearest cache.
pub const BLOCK_ROWS: usize = 256;

/// The rows that a fit reads: N x D finite numbers. A column that lies far from zero
/// for its spread is centred at its mean, so that data at an offset of 1e8 keep their
/// covariance; the subtraction is exact there (Sterbenz 1974). Rows lie in blocks of [`BLOCK_ROWS`], columns one after
/// another inside a block, so that one instruction serves several rows.
///
/// Beside the numbers a row may have a weight ([`Self::with_weights`]), a known component
/// ([`Self::with_labels`]), and missing entries ([`Self::with_holes`]); and rows may form
/// sequences in time ([`Self::with_sequences`]).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Matrix {
    n_rows: usize,
    n_columns: usize,
    centre: Vec<f64>,
    variance: Vec<f64>,
    resolution: Vec<f64>,
    bounds: Vec<[f64; 2]>,
    values: Vec<f64>,
    total_weight: f64,
    beside: Beside,
    #[serde(skip)]
    singles: OnceCell<Rc<Singles>>,
    #[serde(skip)]
    gathered: OnceCell<Option<Rc<Gathered>>>,
}

/// What rows have beside their numbers; shared by clones.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Beside {
    weights: Option<Rc<[f64]>>,
    labels: Option<Rc<[u8]>>,
    /// The first row of every sequence but the first, ascending.
    breaks: Rc<[usize]>,
    /// Has the block an entry that is missing? Empty if none has.
    holes: Rc<[bool]>,
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
    /// Every entry of the column is missing, in all rows that have a weight.
    NothingObserved {
        /// The column, from 0.
        column: usize,
    },
    /// A row weight is negative, NaN or above 1e100.
    Weight {
        /// The row, from 0.
        row: usize,
    },
    /// No row has a weight above zero.
    NoWeight,
    /// Sequence lengths are not all above zero, or do not sum to the number of rows.
    Sequences,
}

impl fmt::Display for MatrixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MatrixError::Empty => write!(
                f,
                "there are no numbers to fit: give at least one column and one row"
            ),
            MatrixError::Lengths => write!(
                f,
                "columns, weights and labels differ in length: give one entry a row in each"
            ),
            MatrixError::NotFinite { column, row } => write!(
                f,
                "column {} has no finite number in row {}: leave one of the two out",
                column + 1,
                row + 1
            ),
            MatrixError::TooWide { column } => write!(
                f,
                "column {} spans more than 1e150: its variance exceeds what a double can hold; divide it by a constant",
                column + 1
            ),
            MatrixError::NothingObserved { column } => write!(
                f,
                "column {} has no value in any row: leave it out",
                column + 1
            ),
            MatrixError::Weight { row } => write!(
                f,
                "the weight of row {} is not a number from 0 to 1e100: use such a number, or divide all weights by a constant",
                row + 1
            ),
            MatrixError::NoWeight => write!(
                f,
                "no row has a weight above 0: give one to some row, or leave the weights out"
            ),
            MatrixError::Sequences => write!(
                f,
                "the lengths of the sequences are not all above 0 with the number of rows as sum: give each row to one sequence"
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
        Self::stored(columns, true, false)
    }

    /// As [`Self::from_columns`], but entries may be missing: NaN. A row may miss all of them.
    ///
    /// # Errors
    /// As [`Self::from_columns`], and if a column has no value at all.
    pub fn with_holes(columns: &[&[f64]]) -> Result<Self, MatrixError> {
        Self::stored(columns, true, true)
    }

    /// Stores columns as they are.
    ///
    /// # Errors
    /// As [`Self::from_columns`].
    pub fn uncentred(columns: &[&[f64]]) -> Result<Self, MatrixError> {
        Self::stored(columns, false, false)
    }

    fn stored(columns: &[&[f64]], centred: bool, holes_allowed: bool) -> Result<Self, MatrixError> {
        let n_rows = columns.first().map_or(0, |c| c.len());
        if n_rows == 0 {
            return Err(MatrixError::Empty);
        }
        let n_columns = columns.len();
        let n_blocks = n_rows.div_ceil(BLOCK_ROWS);
        let mut matrix = Matrix {
            n_rows,
            n_columns,
            centre: Vec::with_capacity(n_columns),
            variance: Vec::with_capacity(n_columns),
            resolution: Vec::with_capacity(n_columns),
            bounds: Vec::with_capacity(n_columns),
            values: vec![0.0; n_blocks * BLOCK_ROWS * n_columns],
            total_weight: n_rows as f64,
            beside: Beside::default(),
            singles: OnceCell::new(),
            gathered: OnceCell::new(),
        };
        let mut holes = vec![false; n_blocks];
        for (j, column) in columns.iter().enumerate() {
            if column.len() != n_rows {
                return Err(MatrixError::Lengths);
            }
            let survey = Survey::of(column);
            let [least, most] = survey.bounds;
            let whole = survey.observed == n_rows;
            if !(least.is_finite() && most.is_finite() && (whole || holes_allowed)) {
                let bad = |v: &f64| !(v.is_finite() || holes_allowed && v.is_nan());
                return Err(match column.iter().position(bad) {
                    Some(row) => MatrixError::NotFinite { column: j, row },
                    None => MatrixError::NothingObserved { column: j },
                });
            }
            let mean = survey.sum / survey.observed as f64;
            let centre = if centred {
                survey.exact_centre(mean)
            } else {
                0.0
            };
            let mut squares = 0.0;
            for (b, rows) in column.chunks(BLOCK_ROWS).enumerate() {
                let start = (b * n_columns + j) * BLOCK_ROWS;
                for (slot, x) in matrix.values[start..].iter_mut().zip(rows) {
                    *slot = x - centre;
                }
                squares += squares_about(rows, mean);
                holes[b] |= !whole && rows.iter().any(|x| x.is_nan());
            }
            let largest = least.abs().max(most.abs());
            // A margin of 1e4 below the largest double for sums of products.
            if !(squares < 1e304 && largest < 1e150) {
                return Err(MatrixError::TooWide { column: j });
            }
            matrix.centre.push(centre);
            matrix.variance.push(squares / survey.observed as f64);
            matrix.resolution.push(4.0 * f64::EPSILON * largest);
            matrix.bounds.push(survey.bounds);
        }
        if holes.contains(&true) {
            matrix.beside.holes = holes.into();
        }
        Ok(matrix)
    }

    /// The same rows, each counting as many times as its weight says (N numbers from 0 to
    /// 1e100): a fit with weight 3 is the fit with three copies.
    ///
    /// # Errors
    /// If there are not N of them, one is not such a number, all are 0, a column has no entry
    /// in the rows that count, or its weighted squares exceed what a double can hold.
    pub fn with_weights(mut self, weights: Vec<f64>) -> Result<Self, MatrixError> {
        if weights.len() != self.n_rows {
            return Err(MatrixError::Lengths);
        }
        if let Some(row) = weights.iter().position(|w| !(0.0..=1e100).contains(w)) {
            return Err(MatrixError::Weight { row });
        }
        if !weights.iter().any(|&w| w > 0.0) {
            return Err(MatrixError::NoWeight);
        }
        for j in 0..self.n_columns {
            let observed = |i: usize| {
                let x = self.get(i, j);
                (!x.is_nan()).then_some((x, weights[i]))
            };
            let rows = || (0..self.n_rows).filter_map(observed);
            let total: f64 = rows().map(|(_, w)| w).sum();
            if total == 0.0 {
                return Err(MatrixError::NothingObserved { column: j });
            }
            let mean = rows().map(|(x, w)| w * x).sum::<f64>() / total;
            let squares: f64 = rows().map(|(x, w)| w * (x - mean) * (x - mean)).sum();
            // The margin of the columns themselves.
            if squares >= 1e304 {
                return Err(MatrixError::TooWide { column: j });
            }
            self.variance[j] = squares / total;
        }
        self.total_weight = weights.iter().sum();
        self.beside.weights = Some(weights.into());
        Ok(self)
    }

    /// The same rows, the component of some of them known: N labels, [`UNLABELLED`] where
    /// it is not.
    ///
    /// # Errors
    /// If there are not N of them.
    pub fn with_labels(mut self, labels: Vec<u8>) -> Result<Self, MatrixError> {
        if labels.len() != self.n_rows {
            return Err(MatrixError::Lengths);
        }
        self.beside.labels = Some(labels.into());
        Ok(self)
    }

    /// The same rows as sequences in time, one after another, of the given lengths.
    ///
    /// # Errors
    /// If a length is 0 or they do not sum to N.
    pub fn with_sequences(mut self, lengths: &[usize]) -> Result<Self, MatrixError> {
        let total = lengths
            .iter()
            .fold(0, |sum: usize, l| sum.saturating_add(*l));
        if lengths.contains(&0) || total != self.n_rows {
            return Err(MatrixError::Sequences);
        }
        let mut breaks = Vec::with_capacity(lengths.len());
        let mut row = 0;
        for length in &lengths[..lengths.len() - 1] {
            row += length;
            breaks.push(row);
        }
        self.beside.breaks = breaks.into();
        Ok(self)
    }

    /// The weights of the rows, if they have any.
    pub fn weights(&self) -> Option<&[f64]> {
        self.beside.weights.as_deref()
    }

    /// The known components of the rows, if any are known.
    pub fn labels(&self) -> Option<&[u8]> {
        self.beside.labels.as_deref()
    }

    /// The first row of every sequence but the first, ascending.
    pub fn breaks(&self) -> &[usize] {
        &self.beside.breaks
    }

    /// Is an entry missing?
    pub fn has_holes(&self) -> bool {
        !self.beside.holes.is_empty()
    }

    /// How many rows there are: the sum of their weights, N without weights.
    pub fn total_weight(&self) -> f64 {
        self.total_weight
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

    /// The smallest and the largest entry of each column, the centre not subtracted.
    pub fn bounds(&self) -> &[[f64; 2]] {
        &self.bounds
    }

    /// The rows in single precision, without holes; copied the first time.
    pub fn singles(&self) -> &Rc<Singles> {
        self.singles.get_or_init(|| Rc::new(Singles::of(self)))
    }

    /// The blocks in order.
    pub fn blocks(&self) -> impl DoubleEndedIterator<Item = Block<'_>> {
        (0..self.n_rows.div_ceil(BLOCK_ROWS)).map(|b| self.block(b))
    }

    /// Block number `b`, from 0.
    ///
    /// # Panics
    /// If there is none.
    pub fn block(&self, b: usize) -> Block<'_> {
        let first_row = b * BLOCK_ROWS;
        let rows = first_row..(first_row + BLOCK_ROWS).min(self.n_rows);
        let size = BLOCK_ROWS * self.n_columns;
        Block {
            first_row,
            len: rows.len(),
            values: &self.values[b * size..(b + 1) * size],
            weights: self.weights().map(|w| &w[rows.clone()]),
            labels: self.labels().map(|l| &l[rows]),
            has_holes: self.beside.holes.get(b) == Some(&true),
        }
    }

    /// The rows with near ones side by side, put there the first time; `None` where there is
    /// nothing to gather.
    pub fn gathered(&self) -> Option<&Gathered> {
        let gather = || Gathered::of(self).map(Rc::new);
        self.gathered.get_or_init(gather).as_deref()
    }

    /// Every `step`-th row, in the same coordinates.
    pub fn thinned(&self, step: usize) -> Matrix {
        let rows: Vec<usize> = (0..self.n_rows).step_by(step.max(1)).collect();
        self.subset(&rows)
    }

    /// These rows in this order, in the same coordinates and with the variance of all
    /// rows. A row may come more than once. They form one sequence.
    pub fn subset(&self, rows: &[usize]) -> Matrix {
        let n_blocks = rows.len().div_ceil(BLOCK_ROWS);
        let mut values = vec![0.0; n_blocks * BLOCK_ROWS * self.n_columns];
        let mut holes = vec![false; if self.has_holes() { n_blocks } else { 0 }];
        for (to, &from) in rows.iter().enumerate() {
            for j in 0..self.n_columns {
                let x = self.get(from, j);
                values[self.place(to, j)] = x;
                if x.is_nan() {
                    holes[to / BLOCK_ROWS] = true;
                }
            }
        }
        let weights = |w: &[f64]| -> Rc<[f64]> { rows.iter().map(|&i| w[i]).collect() };
        let weights = self.weights().map(weights);
        let labels = |l: &[u8]| rows.iter().map(|&i| l[i]).collect();
        Matrix {
            n_rows: rows.len(),
            values,
            centre: self.centre.clone(),
            variance: self.variance.clone(),
            resolution: self.resolution.clone(),
            bounds: self.bounds.clone(),
            n_columns: self.n_columns,
            total_weight: sum_of(weights.as_deref(), rows.len()),
            beside: Beside {
                weights,
                labels: self.labels().map(labels),
                breaks: Rc::default(),
                holes: holes.into(),
            },
            singles: OnceCell::new(),
            gathered: OnceCell::new(),
        }
    }

    /// The rows of some of the chunks of `rows` rows (a multiple of [`BLOCK_ROWS`]) each, in the
    /// same coordinates and with the variance of all rows. They form one sequence.
    pub fn chunks(&self, chunks: Range<usize>, rows: usize) -> Matrix {
        let rows = chunks.start * rows..(chunks.end * rows).min(self.n_rows);
        let blocks = rows.start / BLOCK_ROWS..rows.end.div_ceil(BLOCK_ROWS);
        let block = BLOCK_ROWS * self.n_columns;
        let weights: Option<Rc<[f64]>> = self.weights().map(|w| w[rows.clone()].into());
        Matrix {
            n_rows: rows.len(),
            n_columns: self.n_columns,
            centre: self.centre.clone(),
            variance: self.variance.clone(),
            resolution: self.resolution.clone(),
            bounds: self.bounds.clone(),
            values: self.values[blocks.start * block..blocks.end * block].to_vec(),
            total_weight: sum_of(weights.as_deref(), rows.len()),
            beside: Beside {
                weights,
                labels: self.labels().map(|l| l[rows].into()),
                breaks: Rc::default(),
                holes: self.beside.holes.get(blocks).unwrap_or(&[]).into(),
            },
            singles: OnceCell::new(),
            gathered: OnceCell::new(),
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

/// The sum of the weights of `n` rows.
fn sum_of(weights: Option<&[f64]>, n: usize) -> f64 {
    weights.map_or(n as f64, |weights| weights.iter().sum())
}

/// Partial sums and bounds, so that one need not wait for another.
const LANES: usize = 8;

/// What one look at a column tells. Missing entries (NaN) have no part in it.
struct Survey {
    sum: f64,
    observed: usize,
    bounds: [f64; 2],
}

impl Survey {
    #[inline(never)]
    fn of(column: &[f64]) -> Survey {
        let mut sums = [0.0; LANES];
        let mut missing = [0usize; LANES];
        let mut least = [f64::INFINITY; LANES];
        let mut most = [f64::NEG_INFINITY; LANES];
        for rows in column.chunks(LANES) {
            for (l, &x) in rows.iter().enumerate() {
                let gone = x.is_nan();
                sums[l] += if gone { 0.0 } else { x };
                missing[l] += usize::from(gone);
                least[l] = if x < least[l] { x } else { least[l] };
                most[l] = if x > most[l] { x } else { most[l] };
            }
        }
        Survey {
            sum: sums.iter().sum(),
            observed: column.len() - missing.iter().sum::<usize>(),
            bounds: [
                least.iter().fold(f64::INFINITY, |a, &b| a.min(b)),
                most.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b)),
            ],
        }
    }

    /// The mean of a column whose values all lie within a fifth of it, else 0: the two
    /// cases in which subtracting it from every value rounds nothing.
    fn exact_centre(&self, mean: f64) -> f64 {
        let [least, most] = self.bounds;
        match (mean - least).max(most - mean) < mean.abs() / 5.0 {
            true => mean,
            false => 0.0,
        }
    }
}

/// The sum of squared distances from `mean` of the entries that are not missing.
#[inline(never)]
fn squares_about(rows: &[f64], mean: f64) -> f64 {
    let mut sums = [0.0; LANES];
    for rows in rows.chunks(LANES) {
        for (sum, x) in sums.iter_mut().zip(rows) {
            let off = x - mean;
            *sum += if off.is_nan() { 0.0 } else { off * off };
        }
    }
    sums.iter().sum()
}

/// Up to [`BLOCK_ROWS`] rows in a row.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    first_row: usize,
    len: usize,
    values: &'a [f64],
    weights: Option<&'a [f64]>,
    labels: Option<&'a [u8]>,
    has_holes: bool,
}

impl<'a> Block<'a> {
    /// `len` rows that belong to no matrix: columns of [`BLOCK_ROWS`] entries one after another.
    pub fn of(values: &'a [f64], len: usize) -> Block<'a> {
        Block {
            first_row: 0,
            len,
            values,
            weights: None,
            labels: None,
            has_holes: false,
        }
    }

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

    /// Column `j` with numbers that mean nothing after the last row, if the block has fewer rows
    /// than others.
    pub fn padded_column(&self, j: usize) -> &'a [f64; BLOCK_ROWS] {
        let columns = self.values.as_chunks::<BLOCK_ROWS>().0;
        &columns[j]
    }

    /// The same rows with other numbers and no holes: columns of [`BLOCK_ROWS`] entries
    /// one after another.
    pub fn filled<'b>(&self, values: &'b [f64]) -> Block<'b>
    where
        'a: 'b,
    {
        Block {
            values,
            has_holes: false,
            ..*self
        }
    }

    /// The weights of these rows, if they have any.
    pub fn weights(&self) -> Option<&'a [f64]> {
        self.weights
    }

    /// The labels of these rows, if any are known.
    pub fn labels(&self) -> Option<&'a [u8]> {
        self.labels
    }

    /// Is an entry of these rows missing (NaN)?
    pub fn has_holes(&self) -> bool {
        self.has_holes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_variance_and_bounds_are_those_of_the_entries_that_are_there() {
        for n in [1, 7, 8, 300, 1001] {
            for every in [1, 3] {
                let entry = |i: usize| f64::from((i * 37 % 101) as u32) + 1e3;
                let has = |i: &usize| i.is_multiple_of(every);
                let x: Vec<f64> = (0..n)
                    .map(|i| if has(&i) { entry(i) } else { f64::NAN })
                    .collect();
                let there: Vec<f64> = (0..n).filter(has).map(entry).collect();
                let count = there.len() as f64;
                let mean = there.iter().sum::<f64>() / count;
                let squares: f64 = there.iter().map(|x| (x - mean) * (x - mean)).sum();
                let m = Matrix::with_holes(&[&x]).unwrap();
                assert!((m.centre()[0] - mean).abs() < 1e-10);
                assert!((m.variance()[0] - squares / count).abs() < 1e-9);
                let least = there.iter().copied().fold(f64::INFINITY, f64::min);
                let most = there.iter().copied().fold(0.0, f64::max);
                assert_eq!(m.bounds(), [[least, most]]);
                assert_eq!(m.has_holes(), there.len() < n);
            }
        }
    }

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
