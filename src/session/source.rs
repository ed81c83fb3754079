//! The data of an experiment: a table, the columns chosen from it, and the matrix they make.

use std::cell::OnceCell;
use std::rc::Rc;

use super::beyond;
use super::roles::{self, Beside, Missing, Roles};
use super::view::{ColumnView, DataView, Problem};
use crate::data::builtin::{self, Builtin, Loader};
use crate::data::{Block, ColumnKind, Matrix, Table, UNLABELLED, Values};

/// A table and where it came from.
#[derive(Debug)]
pub struct Source {
    table: Table,
    builtin: Option<&'static Builtin>,
    provenance: String,
    warnings: Vec<String>,
    hash: OnceCell<u64>,
}

/// A mix of all names and cells: it finds a file that is another one, not one that was made to
/// look the same.
fn hash(table: &Table) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325u64;
    let mut add = |word: u64| {
        state = (state.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    };
    for column in table.columns() {
        let mut text = |text: &str| {
            text.bytes().for_each(|byte| add(byte.into()));
            add(1 << 32);
        };
        text(column.name());
        match column.values() {
            Values::Text(words) => words.iter().for_each(text),
            // One that is missing has many bits and is the same.
            Values::Number(numbers) => numbers.iter().for_each(|v| match v.is_nan() {
                true => add(1 << 33),
                false => add(v.to_bits()),
            }),
        }
    }
    state ^ state >> 32
}

impl Source {
    /// A built-in set.
    ///
    /// # Errors
    /// If there is none of this id, or its file does not arrive.
    pub fn builtin(id: &str, load: Loader) -> Result<Source, Problem> {
        let problem = |what: String, remedy: &str| Problem {
            what,
            remedy: remedy.to_owned(),
        };
        let set = builtin::find(id).ok_or_else(|| {
            problem(
                format!("There is no built-in set \u{201c}{id}\u{201d}."),
                "Choose one from the list.",
            )
        })?;
        let bytes = load(set).map_err(|why| {
            problem(
                format!("\u{201c}{}\u{201d} did not arrive: {why}.", set.title),
                "Is this device offline? Try again, or open a file of your own.",
            )
        })?;
        let table = set.read(&bytes).ok_or_else(|| {
            problem(
                format!(
                    "\u{201c}{}\u{201d} did not arrive: something else came in its place.",
                    set.title
                ),
                "Does this network ask for a login? Try again, or open a file of your own.",
            )
        })?;
        Ok(Source {
            table,
            builtin: Some(set),
            provenance: format!("{} {} {}", set.about, set.try_this, set.provenance),
            warnings: Vec::new(),
            hash: OnceCell::new(),
        })
    }

    /// A table of the person's own; `provenance` says how it was read, `warnings` what was
    /// guessed or dropped.
    pub fn own(table: Table, provenance: String, warnings: Vec<String>) -> Source {
        Source {
            table,
            builtin: None,
            provenance,
            warnings,
            hash: OnceCell::new(),
        }
    }

    /// Id of a built-in set.
    pub fn id(&self) -> Option<&'static str> {
        self.builtin.map(|set| set.id)
    }

    /// A number that tells this table from others: of its names and cells, not of the file that it
    /// was read from.
    pub fn hash(&self) -> u64 {
        *self.hash.get_or_init(|| hash(&self.table))
    }

    /// The rows and columns.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Id of the built-in set that it is.
    pub fn builtin_id(&self) -> Option<&'static str> {
        self.builtin.map(|set| set.id)
    }

    /// The K to begin with, if the source suggests one.
    pub fn suggested_components(&self) -> Option<usize> {
        self.builtin.map(|set| set.k)
    }

    /// The columns to begin with.
    pub fn default_columns(&self) -> Vec<usize> {
        let named: Vec<usize> = self
            .builtin
            .iter()
            .flat_map(|set| set.columns)
            .filter_map(|name| self.table.find(name))
            .collect();
        if named.is_empty() {
            self.table.default_columns()
        } else {
            named
        }
    }
}

/// The columns chosen from a source and the matrix of their rows.
#[derive(Clone, Debug)]
pub struct Selection {
    source: Rc<Source>,
    roles: Roles,
    /// What the label column calls each component.
    label_names: Rc<[String]>,
    /// Rows of the table that miss a value in a fitted column.
    incomplete: usize,
    n_sequences: usize,
    axes: [usize; 2],
    /// Rows that miss one of the map's two columns.
    n_not_drawn: usize,
    n_labelled: usize,
    matrix: Rc<Matrix>,
    /// A note that other data were forgotten to make room for these; empty if none were.
    pub(super) forgotten: &'static str,
    /// Table row of each matrix row, where rows with a missing value were left out.
    kept: Option<Rc<Vec<u32>>>,
}

impl Selection {
    /// Builds the matrix of the given columns. Rows with a missing value in one of them are
    /// left out.
    ///
    /// # Errors
    /// If a column is no number column, too few rows are complete, or a number cannot be squared.
    pub fn new(source: Rc<Source>, fitted: Vec<usize>) -> Result<Selection, Problem> {
        let roles = Roles {
            fitted,
            ..Roles::default()
        };
        Selection::with_roles(source, roles)
    }

    /// Builds the matrix of the fitted columns, with the rows' weights and known components.
    ///
    /// # Errors
    /// As [`Self::new`], and if a column cannot play its role; the message names column and row.
    pub fn with_roles(source: Rc<Source>, roles: Roles) -> Result<Selection, Problem> {
        let fitted = &roles.fitted;
        let table = &source.table;
        let problem = roles::problem;
        let mut columns = Vec::with_capacity(fitted.len());
        for &index in fitted {
            let Some(column) = table.columns().get(index) else {
                return Err(problem(
                    format!("There is no column {}.", index + 1),
                    "Choose columns of this table.",
                ));
            };
            match column.numbers() {
                Some(numbers) if column.kind() != ColumnKind::Empty => columns.push(numbers),
                _ => {
                    return Err(problem(
                        format!("Column \u{201c}{}\u{201d} holds no numbers.", column.name()),
                        "Choose columns of numbers.",
                    ));
                }
            }
        }
        if columns.is_empty() {
            return Err(problem(
                format!("\u{201c}{}\u{201d} has no column to fit.", table.name()),
                "Choose at least one column of numbers.",
            ));
        }
        let all = 0..table.n_rows() as u32;
        let has_all = |row: &u32| columns.iter().all(|c| !c[*row as usize].is_nan());
        let gaps = fitted.iter().any(|&c| table.columns()[c].missing() > 0);
        let incomplete = match gaps {
            true => table.n_rows() - all.clone().filter(has_all).count(),
            false => 0,
        };
        let fit_holes = roles.missing == Missing::Fit && incomplete > 0;
        let rows: Vec<u32> = match roles.missing {
            Missing::Drop if incomplete > 0 => all.filter(has_all).collect(),
            _ => all.collect(),
        };
        if rows.len() < 2 {
            return Err(problem(
                format!(
                    "Only {} of {} rows have a value in every chosen column.",
                    rows.len(),
                    table.n_rows()
                ),
                "Leave out the columns that are mostly empty, or fit rows by what they have.",
            ));
        }
        let all = rows.len() == table.n_rows();
        let matrix = if fit_holes {
            Matrix::with_holes(&columns)
        } else if all {
            Matrix::from_columns(&columns)
        } else {
            let cut: Vec<Vec<f64>> = columns
                .iter()
                .map(|c| rows.iter().map(|&row| c[row as usize]).collect())
                .collect();
            Matrix::from_columns(&cut.iter().map(Vec::as_slice).collect::<Vec<_>>())
        };
        let matrix = matrix.map_err(|e| roles::cannot(e, table, fitted))?;
        let roles_beside = [roles.weights, roles.labels, roles.sequences];
        let beside = match roles_beside.iter().any(Option::is_some) {
            true => beyond::beside(matrix, table, &roles, &rows)?,
            false => Beside {
                matrix,
                label_names: Vec::new(),
                n_sequences: 1,
            },
        };
        let axes = [fitted[0], fitted[1.min(fitted.len() - 1)]];
        let labels = beside.matrix.labels().unwrap_or(&[]);
        let selection = Selection {
            axes,
            n_not_drawn: 0,
            n_labelled: labels.iter().filter(|&&y| y != UNLABELLED).count(),
            matrix: Rc::new(beside.matrix),
            forgotten: "",
            kept: (!all).then(|| Rc::new(rows)),
            label_names: beside.label_names.into(),
            incomplete,
            n_sequences: beside.n_sequences,
            roles,
            source,
        };
        Ok(selection.drawn())
    }

    /// The same with other axes, if both are fitted columns and differ.
    pub fn with_axes(&self, x: usize, y: usize) -> Option<Selection> {
        let fitted = |c: &usize| self.roles.fitted.contains(c);
        (fitted(&x) && fitted(&y) && (x != y || self.roles.fitted.len() == 1)).then(|| {
            let other = Selection {
                axes: [x, y],
                ..self.clone()
            };
            other.drawn()
        })
    }

    /// Counts the rows that the map cannot show.
    fn drawn(mut self) -> Selection {
        let [x, y] = self.map_columns();
        let blocks = self.matrix.blocks().filter(Block::has_holes);
        let missing = |block: Block<'_>| {
            let pairs = block.column(x).iter().zip(block.column(y));
            pairs.filter(|(x, y)| x.is_nan() || y.is_nan()).count()
        };
        self.n_not_drawn = blocks.map(missing).sum();
        self
    }

    /// Where the table comes from.
    pub fn source(&self) -> &Rc<Source> {
        &self.source
    }

    /// Which columns of the table play which role.
    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    /// Indices of the map's two columns in the table.
    pub fn axes(&self) -> [usize; 2] {
        self.axes
    }

    /// How many components the label column names.
    pub fn n_labels(&self) -> usize {
        self.label_names.len()
    }

    /// What a fit reads.
    pub fn matrix(&self) -> &Rc<Matrix> {
        &self.matrix
    }

    /// Indices of the fitted columns in the table.
    pub fn fitted(&self) -> &[usize] {
        &self.roles.fitted
    }

    /// Indices of the map's two columns in the matrix; equal if only one column is fitted.
    pub fn map_columns(&self) -> [usize; 2] {
        self.axes.map(|axis| {
            self.roles
                .fitted
                .iter()
                .position(|&c| c == axis)
                .unwrap_or(0)
        })
    }

    /// Name of a matrix column.
    pub fn column_name(&self, column: usize) -> &str {
        self.source.table.columns()[self.roles.fitted[column]].name()
    }

    /// Table rows of the matrix rows, if some were left out.
    pub fn kept(&self) -> Option<&[u32]> {
        self.kept.as_ref().map(|rows| &rows[..])
    }

    /// Number of a matrix row in the table, from 1.
    pub fn row_number(&self, row: usize) -> usize {
        1 + self.kept.as_ref().map_or(row, |kept| kept[row] as usize)
    }

    /// Everything the page shows of the data.
    pub fn view(&self, version: u64) -> DataView {
        let table = &self.source.table;
        let [x, y] = self
            .map_columns()
            .map(|column| self.matrix.bounds()[column]);
        let mut notes = self.source.warnings.clone();
        notes.extend((!self.forgotten.is_empty()).then(|| self.forgotten.to_owned()));
        DataView {
            version,
            builtin: self.source.builtin.map(|set| set.id.to_owned()),
            name: table.name().to_owned(),
            provenance: self.source.provenance.clone(),
            warnings: notes,
            n_rows: table.n_rows(),
            n_fitted: self.matrix.n_rows(),
            columns: table
                .columns()
                .iter()
                .map(|c| ColumnView {
                    name: c.name().to_owned(),
                    kind: c.kind(),
                    missing: c.missing(),
                })
                .collect(),
            fitted: self.roles.fitted.clone(),
            axes: self.axes,
            bounds: [x[0], x[1], y[0], y[1]],
            missing: self.roles.missing,
            n_incomplete: self.incomplete,
            n_not_drawn: self.n_not_drawn,
            weights: self.roles.weights,
            labels: self.roles.labels,
            sequences: self.roles.sequences,
            n_sequences: self.n_sequences,
            label_names: self.label_names.to_vec(),
            n_labelled: self.n_labelled,
        }
    }
}
