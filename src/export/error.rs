//! Why a file cannot be written or read.

use std::fmt;

use crate::mixture::MixtureError;

/// Why a file cannot be written or read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ExportError {
    /// It is no JSON, or a field is missing, unknown or of another type: what and where (line and
    /// column), in the reader's own words.
    Json(String),
    /// It is JSON of another kind.
    Format {
        /// What it says that it is; empty if it says nothing.
        found: String,
        /// What was expected.
        wanted: &'static str,
    },
    /// It was written by a newer program.
    Version {
        /// The version of its format.
        found: u64,
        /// The newest that can be read.
        newest: u64,
    },
    /// It has no checksum.
    NoChecksum,
    /// Its bytes are not those that were written.
    Checksum,
    /// A field holds what cannot be.
    Field {
        /// The path of the field, such as `parameters.means[1]`.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The parameters make no mixture.
    Mixture(MixtureError),
    /// The model needs a column that the table does not have.
    Column {
        /// Its name.
        name: String,
        /// Is there one of the name that holds no numbers?
        text: bool,
    },
    /// This kind of file is not made of this kind of model: which, and what to take instead.
    NotFor(String),
    /// The rows are not those that the file was made of.
    OtherRows {
        /// What the file calls them.
        name: String,
        /// How many there were.
        rows: usize,
    },
}

impl ExportError {
    /// A field that holds what cannot be.
    pub(super) fn field(path: impl Into<String>, why: impl Into<String>) -> ExportError {
        ExportError::Field {
            path: path.into(),
            why: why.into(),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            ExportError::Version { .. } => "Reload this page to have the newest one.",
            ExportError::Checksum | ExportError::NoChecksum => {
                "Take the file as it was exported, or export it again."
            }
            ExportError::Column { .. } => "Open the data that the model is for, then the model.",
            ExportError::OtherRows { .. } => {
                "Open the file that the run was made of, then the experiment."
            }
            ExportError::NotFor(_) => "",
            _ => "Is it a file that Mixscope exported?",
        }
    }
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExportError::Json(why) => write!(f, "it cannot be read: {why}"),
            ExportError::Format { found, wanted } if found.is_empty() => {
                write!(f, "it does not say that it is a {wanted}")
            }
            ExportError::Format { found, wanted } => {
                write!(f, "its format is \u{201c}{found}\u{201d}, not {wanted}")
            }
            ExportError::Version { found, newest } => write!(
                f,
                "it is of version {found} of its format, and this page reads versions up to {newest}"
            ),
            ExportError::NoChecksum => {
                write!(f, "it has no checksum where one belongs, at its end")
            }
            ExportError::Checksum => write!(
                f,
                "its checksum does not fit: it was changed or damaged after it was written"
            ),
            ExportError::Field { path, why } => write!(f, "{path}: {why}"),
            ExportError::Mixture(error) => write!(f, "parameters: {error}"),
            ExportError::Column { name, text: false } => write!(
                f,
                "it needs a column \u{201c}{name}\u{201d}, and the table that is open has none"
            ),
            ExportError::Column { name, text: true } => write!(
                f,
                "it needs numbers in the column \u{201c}{name}\u{201d}, which holds none in the table that is open"
            ),
            ExportError::NotFor(why) => f.write_str(why),
            ExportError::OtherRows { name, rows } => write!(
                f,
                "it replays a run on \u{201c}{name}\u{201d} ({rows} rows), and the rows that are open are others"
            ),
        }
    }
}

impl std::error::Error for ExportError {}

impl From<MixtureError> for ExportError {
    fn from(error: MixtureError) -> ExportError {
        ExportError::Mixture(error)
    }
}
