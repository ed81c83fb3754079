//! Tables in: CSV, columns and their types, the matrix a fit reads, built-in sets.
//!
//! Whatever the source, it becomes a [`Table`]: named columns of numbers (NaN where
//! one is missing) or of text. [`csv::read`] makes one from the bytes of a file and
//! says in [`Note`]s what it guessed or left out; [`builtin`] has sets that come with
//! the page. A fit reads a [`Matrix`] of chosen columns.

pub mod builtin;
pub mod csv;
mod matrix;
mod note;
mod remarks;
mod table;
mod text;

pub use matrix::{BLOCK_ROWS, Block, Matrix, MatrixError, UNLABELLED};
pub use note::{Names, Note, Places};
pub use remarks::remarks;
pub use table::{Column, ColumnKind, DEFAULT_COLUMNS, Table, Values};
pub use text::TextValues;
