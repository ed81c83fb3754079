//! Columns that are not fitted but say something of the rows: a weight, a known component.

use serde::{Deserialize, Serialize};

use super::view::Problem;
use crate::data::{Column, Matrix, MatrixError, Table, UNLABELLED, Values};
use crate::mixture::MAX_COMPONENTS;

/// What becomes of rows that miss a value in a fitted column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Missing {
    /// They are left out.
    #[default]
    Drop,
    /// They are fitted by what they have (Ghahramani and Jordan 1994).
    Fit,
}

/// Which columns of a table play which role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// Indices of the columns that are fitted.
    pub fitted: Vec<usize>,
    /// What becomes of rows that miss a value in one of them.
    pub missing: Missing,
    /// The column that gives each row its weight.
    pub weights: Option<usize>,
    /// The column that gives rows their component.
    pub labels: Option<usize>,
    /// The column that tells sequences apart: one begins wherever its value changes.
    pub sequences: Option<usize>,
}

/// A matrix with what columns beside the fitted ones say of its rows.
pub(super) struct Beside {
    pub(super) matrix: Matrix,
    /// What the label column calls each component.
    pub(super) label_names: Vec<String>,
    pub(super) n_sequences: usize,
}

/// Adds to the matrix of these rows what the columns that play a role say of them.
///
/// # Errors
/// If a column cannot play its role.
pub(super) fn beside(
    mut matrix: Matrix,
    table: &Table,
    roles: &Roles,
    rows: &[u32],
) -> Result<Beside, Problem> {
    let cannot = |e| cannot(e, table, &roles.fitted);
    let (mut label_names, mut n_sequences) = (Vec::new(), 1);
    if let Some(column) = roles.weights {
        let weights = weights(table, roles, column, rows)?;
        matrix = matrix.with_weights(weights).map_err(cannot)?;
    }
    if let Some(column) = roles.labels {
        let (labels, names) = labels(table, roles, column, rows)?;
        matrix = matrix.with_labels(labels).map_err(cannot)?;
        label_names = names;
    }
    if let Some(column) = roles.sequences {
        let lengths = sequences(table, roles, column, rows)?;
        matrix = matrix.with_sequences(&lengths).map_err(cannot)?;
        n_sequences = lengths.len();
    }
    Ok(Beside {
        matrix,
        label_names,
        n_sequences,
    })
}

/// Why these columns make no matrix.
pub(super) fn cannot(e: MatrixError, table: &Table, fitted: &[usize]) -> Problem {
    match e {
        MatrixError::TooWide { column } => problem(
            format!(
                "Column \u{201c}{}\u{201d} spans more than 1e150: its variance exceeds what a double can hold.",
                table.columns()[fitted[column]].name()
            ),
            "Leave it out, or divide it by a constant.",
        ),
        other => problem(format!("These columns cannot be fitted: {other}."), ""),
    }
}

/// The weights of these rows of the table.
///
/// # Errors
/// If there is no such column, if it is fitted, or if a row has no weight of 0 or more in it.
fn weights(table: &Table, roles: &Roles, index: usize, rows: &[u32]) -> Result<Vec<f64>, Problem> {
    let column = not_fitted(table, roles, index, "the weights of the rows")?;
    let name = column.name();
    let Some(numbers) = column.numbers() else {
        return Err(problem(
            format!("Column \u{201c}{name}\u{201d} holds no numbers, so it cannot weigh the rows."),
            "Choose a column of numbers of 0 or more.",
        ));
    };
    let of = |&row: &u32| (row + 1, numbers[row as usize]);
    match rows.iter().map(of).find(|(_, w)| w.is_nan() || *w < 0.0) {
        Some((row, w)) => Err(problem(
            format!(
                "Row {row} has {} in column \u{201c}{name}\u{201d}, so it has no weight.",
                if w.is_nan() {
                    "no value"
                } else {
                    "a negative value"
                }
            ),
            "Give it a number of 0 or more, or choose another column.",
        )),
        None if rows.iter().all(|row| of(row).1 == 0.0) => Err(problem(
            format!("Column \u{201c}{name}\u{201d} is 0 in every row that is fitted."),
            "Choose a column with weights above 0.",
        )),
        None => Ok(rows.iter().map(|row| of(row).1).collect()),
    }
}

/// The component of each of these rows of the table, and what stands in the column for each
/// component: its distinct values in the order in which they come.
///
/// # Errors
/// If there is no such column, if it is fitted, holds numbers that are not whole, no value at
/// all, or more than [`MAX_COMPONENTS`] different ones.
fn labels(
    table: &Table,
    roles: &Roles,
    index: usize,
    rows: &[u32],
) -> Result<(Vec<u8>, Vec<String>), Problem> {
    let column = not_fitted(table, roles, index, "the components of the rows")?;
    let name = column.name();
    let mut names: Vec<String> = Vec::new();
    let mut labels = Vec::with_capacity(rows.len());
    for &row in rows {
        let cell = cell(column, row as usize).ok_or_else(|| {
            problem(
                format!(
                    "Row {} has a number in column \u{201c}{name}\u{201d} that is not whole, so it names no component.",
                    row + 1
                ),
                "Choose a column of words or of whole numbers.",
            )
        })?;
        if cell.is_empty() {
            labels.push(UNLABELLED);
            continue;
        }
        let known = names.iter().position(|n| *n == cell);
        let label = known.unwrap_or(names.len());
        if label == MAX_COMPONENTS {
            return Err(problem(
                format!(
                    "Column \u{201c}{name}\u{201d} has more than {MAX_COMPONENTS} different values: row {} brings one too many.",
                    row + 1
                ),
                "Choose a column with one value a component.",
            ));
        }
        if known.is_none() {
            names.push(cell);
        }
        labels.push(label as u8);
    }
    if names.is_empty() {
        return Err(problem(
            format!("Column \u{201c}{name}\u{201d} has no value in any row that is fitted."),
            "Choose a column that names the component of some rows.",
        ));
    }
    Ok((labels, names))
}

/// The lengths of the sequences that these rows of the table make, in their order: one begins
/// wherever the column has another value than in the row before.
///
/// # Errors
/// If there is no such column, or it is fitted.
fn sequences(
    table: &Table,
    roles: &Roles,
    index: usize,
    rows: &[u32],
) -> Result<Vec<usize>, Problem> {
    let column = not_fitted(table, roles, index, "the sequence of the rows")?;
    let differ = |a: usize, b: usize| match column.values() {
        Values::Text(values) => values.get(a) != values.get(b),
        Values::Number(v) => v[a] != v[b] && !(v[a].is_nan() && v[b].is_nan()),
    };
    let together = rows.chunk_by(|&a, &b| !differ(a as usize, b as usize));
    Ok(together.map(<[u32]>::len).collect())
}

/// A cell as the name of a component: empty if there is none, `None` if it cannot be one.
fn cell(column: &Column, row: usize) -> Option<String> {
    match column.values() {
        Values::Text(values) => Some(values.get(row).unwrap_or_default().to_owned()),
        Values::Number(values) => match values[row] {
            v if v.is_nan() => Some(String::new()),
            v if v.trunc() == v && v.abs() < 1e15 => Some((v as i64).to_string()),
            _ => None,
        },
    }
}

/// A column that is not fitted.
fn not_fitted<'a>(
    table: &'a Table,
    roles: &Roles,
    index: usize,
    role: &str,
) -> Result<&'a Column, Problem> {
    let Some(column) = table.columns().get(index) else {
        return Err(problem(
            format!("There is no column {}.", index + 1),
            "Choose a column of this table.",
        ));
    };
    if roles.fitted.contains(&index) {
        return Err(problem(
            format!(
                "Column \u{201c}{}\u{201d} cannot be fitted and give {role} at once.",
                column.name()
            ),
            "Leave it out of the fit, or choose another column.",
        ));
    }
    Ok(column)
}

pub(super) fn problem(what: String, remedy: &str) -> Problem {
    Problem {
        what,
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::TextValues;

    fn table() -> Table {
        let words: TextValues = ["b", "", "a", "b"].into_iter().collect();
        Table::new(
            "t",
            vec![
                Column::number("x", vec![1.0, 2.0, 3.0, 4.0]),
                Column::text("kind", words),
                Column::number("code", vec![7.0, f64::NAN, -2.0, 7.0]),
                Column::number("w", vec![1.0, 0.5, -1.0, f64::NAN]),
                Column::number("zero", vec![0.0, 0.0, 1.0, 1.0]),
            ],
        )
    }

    fn roles() -> Roles {
        Roles {
            fitted: vec![0],
            ..Roles::default()
        }
    }

    #[test]
    fn labels_are_the_distinct_values_in_order_of_first_appearance() {
        let of = |column, rows: &[u32]| labels(&table(), &roles(), column, rows).unwrap();
        let all = [0, 1, 2, 3];
        assert_eq!(
            of(1, &all),
            (vec![0, UNLABELLED, 1, 0], vec!["b".into(), "a".into()])
        );
        assert_eq!(
            of(2, &all),
            (vec![0, UNLABELLED, 1, 0], vec!["7".into(), "-2".into()])
        );
        assert_eq!(of(1, &[2, 3]), (vec![0, 1], vec!["a".into(), "b".into()]));
    }

    #[test]
    fn a_sequence_begins_wherever_its_column_changes() {
        let of = |column, rows: &[u32]| sequences(&table(), &roles(), column, rows);
        let all = [0, 1, 2, 3];
        assert_eq!(of(4, &all), Ok(vec![2, 2]));
        assert_eq!(of(1, &all), Ok(vec![1, 1, 1, 1]));
        // Without the rows between, the same value goes on.
        assert_eq!(of(1, &[0, 3]), Ok(vec![2]));
        assert!(of(0, &all).unwrap_err().what.contains("at once"));
    }

    #[test]
    fn what_cannot_be_a_label_or_a_weight_is_told_with_column_and_row() {
        let all = [0, 1, 2, 3];
        let label =
            |column, rows: &[u32]| labels(&table(), &roles(), column, rows).unwrap_err().what;
        let weight =
            |column, rows: &[u32]| weights(&table(), &roles(), column, rows).unwrap_err().what;
        assert!(label(3, &all).contains("Row 2 ") && label(3, &all).contains("\u{201c}w\u{201d}"));
        assert!(label(0, &all).contains("at once"));
        assert!(label(9, &all).contains("no column 10"));
        assert!(label(1, &[1]).contains("no value in any row"));
        assert!(weight(3, &all).contains("Row 3 has a negative value"));
        assert!(weight(3, &[0, 3]).contains("Row 4 has no value"));
        assert!(weight(1, &all).contains("holds no numbers"));
        assert!(weight(4, &[0, 1]).contains("0 in every row"));
        assert_eq!(weights(&table(), &roles(), 3, &[0, 1]), Ok(vec![1.0, 0.5]));
        let many = Table::new(
            "t",
            vec![Column::number("x", (0..40).map(f64::from).collect())],
        );
        let rows: Vec<u32> = (0..40).collect();
        let what = labels(&many, &Roles::default(), 0, &rows).unwrap_err().what;
        assert!(
            what.contains("more than 32") && what.contains("row 33"),
            "{what}"
        );
    }
}
