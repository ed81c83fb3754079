//! Tables in: CSV, columns and their types, the matrix that a fit reads, built-in sets.
//!
//! Whatever the source, it becomes a [`Table`]: named columns of numbers (NaN where one is
//! missing) or of text. [`csv::read`] makes one from the bytes of a file and says in [`Note`]s
//! what it guessed or left out; [`builtin`] has sets that come with the page. Rows, columns and
//! lines count from 0 in code and from 1 in messages.
//!
//! # The matrix
//!
//! A fit reads a [`Matrix`]: N rows of D chosen columns in the columns' own units, stored
//! column by column in [`Block`]s of [`BLOCK_ROWS`] rows and less the matrix's
//! [`centre`](Matrix::centre) (D numbers, their means), so that what is far from zero keeps its
//! digits. Beside the rows it may carry
//!
//! - weights, N numbers from 0 to 1e100: a row of weight 3 counts as three copies of it
//!   ([`Matrix::with_weights`]);
//! - labels, N components from 0, [`UNLABELLED`] where none is known: such a row belongs to its
//!   component alone ([`Matrix::with_labels`]);
//! - sequences: rows in order of time, cut where one ends ([`Matrix::with_sequences`]);
//! - holes: entries that are missing, which are NaN ([`Matrix::with_holes`]).
//!
//! [`Matrix::variance`] is each column's own, divided by the sum of the weights.
//!
//! # Errors
//!
//! A file that cannot be read is a [`csv::CsvError`] with line and column; columns that make no
//! matrix are a [`MatrixError`]: empty, of different lengths, not finite, so wide that their
//! squares are no numbers.

pub mod builtin;
pub mod csv;
mod gathered;
mod matrix;
mod near;
mod note;
mod remarks;
mod singles;
mod table;
mod text;

pub use gathered::{Gathered, STRETCH_BLOCKS, Side};
pub use matrix::{BLOCK_ROWS, Block, Matrix, MatrixError, UNLABELLED};
pub use note::{Names, Note, Places};
pub use remarks::remarks;
pub use singles::{SINGLE_ROWS, SingleBlock, Singles};
pub use table::{Column, ColumnKind, DEFAULT_COLUMNS, Table, Values};
pub use text::TextValues;
