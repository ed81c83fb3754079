use std::fmt;

use crate::data::MatrixError;

/// Why a question about a fit has no answer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum StudyError {
    /// There is nothing to compute with; the word says what is missing.
    Empty(&'static str),
    /// An entry is NaN, infinite or above 1e150.
    NotFinite {
        /// What the entry belongs to.
        what: &'static str,
        /// Its place, from 0.
        index: usize,
    },
    /// A number is below zero where none can be.
    Negative {
        /// What the number belongs to.
        what: &'static str,
        /// Its place, from 0.
        index: usize,
    },
    /// A number is zero or below where something is divided by it.
    NotPositive {
        /// What the number belongs to.
        what: &'static str,
        /// Its place, from 0.
        index: usize,
    },
    /// Two things that belong together differ in number.
    Lengths {
        /// What is counted.
        what: &'static str,
        /// As many as there should be.
        expected: usize,
        /// As many as there are.
        found: usize,
    },
    /// A share, quantile or level outside its range.
    Fraction {
        /// Its name.
        what: &'static str,
        /// What was given.
        value: f64,
    },
    /// A whole number below or above what makes sense.
    Count {
        /// Its name.
        what: &'static str,
        /// What was given.
        value: usize,
        /// The smallest that makes sense.
        least: usize,
        /// The largest that makes sense.
        most: usize,
    },
    /// A fit on some of the rows failed.
    Fit {
        /// What the rows were chosen for.
        what: &'static str,
        /// Which of them, from 0.
        index: usize,
    },
    /// An entry of the rows is missing.
    Missing,
    /// A mixture has a noise component, which has a density but no place.
    Noise,
    /// A component is so narrow in this column, beside the whole, that no grid can hold both.
    TooNarrow {
        /// The column, from 0.
        column: usize,
    },
    /// The rows do not make a matrix.
    Matrix(MatrixError),
}

impl fmt::Display for StudyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            StudyError::Empty(what) => write!(f, "there are no {what}: give at least one"),
            StudyError::NotFinite { what, index } => write!(
                f,
                "{what}: number {} is missing, infinite or above 1e150: leave it out or rescale",
                index + 1
            ),
            StudyError::Negative { what, index } => {
                write!(f, "{what}: number {} is negative: use 0 or more", index + 1)
            }
            StudyError::NotPositive { what, index } => write!(
                f,
                "{what}: number {} is not above zero: use a positive number",
                index + 1
            ),
            StudyError::Lengths {
                what,
                expected,
                found,
            } => write!(
                f,
                "{found} {what} where {expected} belong: use equally many"
            ),
            StudyError::Fraction { what, value } => {
                write!(f, "{what} of {value}: choose a number from 0 to 1")
            }
            StudyError::Count {
                what,
                value,
                least,
                most,
            } => write!(f, "{value} {what}: choose a number from {least} to {most}"),
            StudyError::Fit { what, index } => write!(
                f,
                "the fit of {what} {} failed: use fewer components or a higher floor",
                index + 1
            ),
            StudyError::Missing => {
                write!(f, "a value is missing: leave its row out or fill it in")
            }
            StudyError::Noise => write!(
                f,
                "a noise component has no place to draw from: compare the mixtures without it"
            ),
            StudyError::TooNarrow { column } => write!(
                f,
                "a component is too narrow in column {} for a grid over the whole: draw rows instead",
                column + 1
            ),
            StudyError::Matrix(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for StudyError {}

impl From<MatrixError> for StudyError {
    fn from(e: MatrixError) -> Self {
        StudyError::Matrix(e)
    }
}

/// Refuses lengths that differ.
pub(super) fn same(what: &'static str, expected: usize, found: usize) -> Result<(), StudyError> {
    match expected == found {
        true => Ok(()),
        false => Err(StudyError::Lengths {
            what,
            expected,
            found,
        }),
    }
}

/// Refuses what does not lie from 0 to 1.
pub(super) fn fraction(what: &'static str, value: f64) -> Result<f64, StudyError> {
    match (0.0..=1.0).contains(&value) {
        true => Ok(value),
        false => Err(StudyError::Fraction { what, value }),
    }
}

/// Refuses a count out of range.
pub(super) fn count(
    what: &'static str,
    value: usize,
    least: usize,
    most: usize,
) -> Result<usize, StudyError> {
    match (least..=most).contains(&value) {
        true => Ok(value),
        false => Err(StudyError::Count {
            what,
            value,
            least,
            most,
        }),
    }
}

/// Refuses no numbers, and numbers whose squares cannot be summed.
pub(super) fn finite(what: &'static str, values: &[f64]) -> Result<(), StudyError> {
    if values.is_empty() {
        return Err(StudyError::Empty(what));
    }
    match values.iter().position(|v| v.is_nan() || v.abs() > 1e150) {
        Some(index) => Err(StudyError::NotFinite { what, index }),
        None => Ok(()),
    }
}
