use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::TextValues;

/// How many columns a fit takes unless told otherwise.
pub const DEFAULT_COLUMNS: usize = 8;

/// Rows and named columns, as a file or a built-in set gives them.
///
/// All columns have the same number of rows and distinct names.
///
/// ```
/// use mixscope::data::{Column, Table};
///
/// let table = Table::new("pair", vec![
///     Column::number("x", vec![1.0, 2.0, f64::NAN]),
///     Column::number("x", vec![7.0, 7.0, 7.0]),
/// ]);
/// assert_eq!(table.n_rows(), 3);
/// assert_eq!(table.columns()[0].missing(), 1);
/// assert_eq!(table.columns()[1].name(), "x (2)");
/// assert_eq!(table.default_columns(), [0]);
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    name: String,
    columns: Vec<Column>,
    n_rows: usize,
}

/// A column: its name and its cells.
#[derive(Clone, Debug)]
pub struct Column {
    name: String,
    values: Values,
    kind: ColumnKind,
    missing: usize,
}

/// The cells of a column.
#[derive(Clone, Debug)]
pub enum Values {
    /// Finite numbers; NaN stands for a missing one.
    Number(Vec<f64>),
    /// Words, dates, codes.
    Text(TextValues),
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnKind {
    /// Numbers: can be fitted.
    Number,
    /// Numbers, all the same: cannot inform a fit.
    Constant,
    /// Words, dates, codes: cannot be fitted.
    Text,
    /// No value at all.
    Empty,
}

impl Table {
    /// A table of these columns. Names are made distinct: an empty one becomes
    /// "column 3" (its place, counted from 1), the second "v" becomes "v (2)".
    ///
    /// # Panics
    ///
    /// If the columns differ in their number of rows.
    pub fn new(name: impl Into<String>, mut columns: Vec<Column>) -> Self {
        let n_rows = columns.first().map_or(0, Column::n_rows);
        assert!(
            columns.iter().all(|column| column.n_rows() == n_rows),
            "the columns of a table have the same number of rows"
        );
        make_distinct(&mut columns);
        Self {
            name: name.into(),
            columns,
            n_rows,
        }
    }

    /// Name of the set or the file, to be shown as text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The columns, in the order of the file.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.columns.len()
    }

    /// Indices of the columns that can be fitted or looked at as numbers, constant ones included.
    pub fn numeric_columns(&self) -> Vec<usize> {
        self.indices(|column| matches!(column.kind, ColumnKind::Number | ColumnKind::Constant))
    }

    /// Index of the column of that name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The columns that a fit takes unless told otherwise: those that vary, without
    /// the ones that only number the rows, at most [`DEFAULT_COLUMNS`] from the left.
    /// A table in which only such numbers vary gives those.
    pub fn default_columns(&self) -> Vec<usize> {
        let varying = self.indices(|column| column.kind == ColumnKind::Number);
        let mut chosen: Vec<usize> = varying
            .iter()
            .copied()
            .filter(|&index| !self.columns[index].numbers_the_rows(index))
            .collect();
        if chosen.is_empty() {
            chosen = varying;
        }
        chosen.truncate(DEFAULT_COLUMNS);
        chosen
    }

    fn indices(&self, keep: impl Fn(&Column) -> bool) -> Vec<usize> {
        (0..self.columns.len())
            .filter(|&index| keep(&self.columns[index]))
            .collect()
    }
}

impl Column {
    /// A column of numbers; whatever is not finite counts as missing.
    pub fn number(name: impl Into<String>, mut values: Vec<f64>) -> Self {
        let mut missing = 0;
        let mut first = f64::NAN;
        let mut varies = false;
        for value in &mut values {
            if !value.is_finite() {
                *value = f64::NAN;
                missing += 1;
            } else if first.is_nan() {
                first = *value;
            } else {
                varies |= *value != first;
            }
        }
        let kind = match (first.is_nan(), varies) {
            (true, _) => ColumnKind::Empty,
            (false, false) => ColumnKind::Constant,
            (false, true) => ColumnKind::Number,
        };
        Self {
            name: name.into(),
            values: Values::Number(values),
            kind,
            missing,
        }
    }

    /// A column of text; an empty cell counts as missing.
    pub fn text(name: impl Into<String>, values: TextValues) -> Self {
        let missing = values.iter().filter(|cell| cell.is_empty()).count();
        let kind = if missing == values.len() {
            ColumnKind::Empty
        } else {
            ColumnKind::Text
        };
        Self {
            name: name.into(),
            values: Values::Text(values),
            kind,
            missing,
        }
    }

    /// Its name, to be shown as text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its cells.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Its numbers, NaN where one is missing; `None` for a text column.
    pub fn numbers(&self) -> Option<&[f64]> {
        match &self.values {
            Values::Number(values) => Some(values),
            Values::Text(_) => None,
        }
    }

    /// What it holds.
    pub fn kind(&self) -> ColumnKind {
        self.kind
    }

    /// Cells without a value.
    pub fn missing(&self) -> usize {
        self.missing
    }

    /// Number of cells.
    pub fn n_rows(&self) -> usize {
        match &self.values {
            Values::Number(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    /// Bytes that its cells take.
    pub fn bytes(&self) -> usize {
        match &self.values {
            Values::Number(values) => size_of_val(&values[..]),
            Values::Text(values) => values.bytes(),
        }
    }

    /// Does it merely number or name the rows? The values alone do not tell (x = 0, 1, 2 ...
    /// may be a measurement), so the name has to agree: "id" and the like with integers
    /// that never repeat, or an invented name with integers that run from 0 or 1.
    fn numbers_the_rows(&self, index: usize) -> bool {
        let Some(values) = self.numbers() else {
            return false;
        };
        let name = self.name.to_ascii_lowercase();
        if index == 0 && (name == "column 1" || name.starts_with("unnamed: 0")) {
            return is_running(values);
        }
        let named_so = matches!(
            name.as_str(),
            "id" | "ids"
                | "index"
                | "idx"
                | "row"
                | "rows"
                | "row names"
                | "rownames"
                | "rowid"
                | "row_id"
                | "nr"
                | "no"
                | "no."
                | "#"
                | "obs"
                | "key"
                | "uid"
        ) || name.ends_with("_id")
            || name.ends_with(" id")
            || self.name.ends_with("Id") && self.name.len() > 2
            || self.name.ends_with("ID") && self.name.len() > 2;
        named_so && (is_running(values) || never_repeats(values))
    }
}

/// 0, 1, 2 ... or 1, 2, 3 ... in every row?
pub(crate) fn is_running(values: &[f64]) -> bool {
    let Some(&first) = values.first() else {
        return false;
    };
    (first == 0.0 || first == 1.0)
        && values
            .iter()
            .enumerate()
            .all(|(row, &value)| value == first + row as f64)
}

/// Integers, each at most once?
fn never_repeats(values: &[f64]) -> bool {
    // As most numbers of rows do; a set of millions takes seconds.
    if values.is_sorted_by(|a, b| a < b) {
        return values.iter().all(|value| value.trunc() == *value);
    }
    let mut seen = HashSet::with_capacity(values.len());
    values
        .iter()
        .filter(|value| !value.is_nan())
        .all(|&value| value.trunc() == value && seen.insert((value + 0.0).to_bits()))
}

/// Numbers the repetitions of a name; a name that is given wins over one that is invented.
fn make_distinct(columns: &mut [Column]) {
    let mut taken: HashSet<String> = columns.iter().map(|column| column.name.clone()).collect();
    let mut met: HashMap<String, usize> = HashMap::new();
    for (index, column) in columns.iter_mut().enumerate() {
        let mut invented = 1;
        let number = if column.name.is_empty() {
            column.name = format!("column {}", index + 1);
            if taken.insert(column.name.clone()) {
                continue;
            }
            &mut invented
        } else {
            met.entry(column.name.clone()).or_insert(0)
        };
        *number += 1;
        if *number == 1 {
            continue;
        }
        // The number goes on from the last repetition, so that this stays linear.
        let name = loop {
            let name = format!("{} ({number})", column.name);
            if taken.insert(name.clone()) {
                break name;
            }
            *number += 1;
        };
        column.name = name;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(given: &[&str]) -> Vec<String> {
        let columns = given
            .iter()
            .map(|name| Column::number(*name, vec![1.0, 2.0]))
            .collect();
        let table = Table::new("t", columns);
        table
            .columns()
            .iter()
            .map(|c| c.name().to_owned())
            .collect()
    }

    #[test]
    fn equal_names_are_numbered() {
        assert_eq!(names(&["v", "v", "v"]), ["v", "v (2)", "v (3)"]);
    }

    #[test]
    fn a_number_that_is_taken_is_passed_over() {
        assert_eq!(names(&["v", "v (2)", "v"]), ["v", "v (2)", "v (3)"]);
    }

    #[test]
    fn an_empty_name_becomes_its_place() {
        assert_eq!(names(&["", "x", ""]), ["column 1", "x", "column 3"]);
    }

    #[test]
    fn an_invented_name_gives_way_to_a_real_one() {
        assert_eq!(names(&["", "column 1"]), ["column 1 (2)", "column 1"]);
    }

    #[test]
    fn infinity_counts_as_missing() {
        let column = Column::number("x", vec![1.0, f64::INFINITY, 2.0]);
        assert_eq!(column.missing(), 1);
        assert!(column.numbers().is_some_and(|values| values[1].is_nan()));
    }

    #[test]
    fn one_value_alone_is_constant() {
        let column = Column::number("x", vec![f64::NAN, 3.0]);
        assert_eq!(column.kind(), ColumnKind::Constant);
        assert_eq!(
            Column::number("x", vec![f64::NAN]).kind(),
            ColumnKind::Empty
        );
    }

    #[test]
    fn an_unnamed_running_first_column_is_not_fitted() {
        let table = Table::new(
            "t",
            vec![
                Column::number("", vec![0.0, 1.0, 2.0]),
                Column::number("x", vec![4.0, 1.0, 2.5]),
            ],
        );
        assert_eq!(table.default_columns(), [1]);
    }

    #[test]
    fn a_named_running_column_is_a_measurement() {
        let table = Table::new(
            "t",
            vec![
                Column::number("x", vec![0.0, 1.0, 2.0]),
                Column::number("id", vec![17.0, 9.0, 23.0]),
                Column::number("humid", vec![17.0, 9.0, 23.0]),
            ],
        );
        assert_eq!(table.default_columns(), [0, 2]);
    }

    #[test]
    fn a_table_of_row_numbers_alone_is_fitted_by_them() {
        let table = Table::new("t", vec![Column::number("id", vec![1.0, 2.0, 3.0])]);
        assert_eq!(table.default_columns(), [0]);
    }

    #[test]
    fn at_most_eight_columns_are_chosen() {
        let columns = (0..12)
            .map(|i| Column::number(format!("c{i}"), vec![1.0, 5.0, 2.0]))
            .collect();
        assert_eq!(Table::new("t", columns).default_columns().len(), 8);
    }
}
