//! Tables in: CSV, columns and their types, the matrix a fit reads, built-in sets.
