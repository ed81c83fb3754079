//! Tables in: CSV, columns and their types, the matrix a fit reads, built-in sets.

mod matrix;

pub use matrix::{BLOCK_ROWS, Block, Matrix, MatrixError};
