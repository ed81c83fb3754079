use super::note::{Names, Note};
use super::{ColumnKind, Table};

/// Fewer complete rows than this say nothing about collinearity.
const ENOUGH_ROWS: usize = 10;
/// A look at so many rows decides whether all of them are worth the time.
const LOOK: usize = 1000;
/// Share of a column's variance that is not explained by others, below which it counts as none.
const UNEXPLAINED: f64 = 1e-12;

/// What is odd in a table and matters to a fit: columns that are constant or empty,
/// more columns than rows, columns that follow from others.
pub fn remarks(table: &Table) -> Vec<Note> {
    let mut notes = Vec::new();
    let named = |kind| -> Names {
        let columns = table.columns().iter();
        columns
            .filter(|column| column.kind() == kind)
            .map(|column| column.name())
            .collect()
    };
    let constant = named(ColumnKind::Constant);
    if constant.count > 0 {
        notes.push(Note::ConstantColumns(constant));
    }
    let empty = named(ColumnKind::Empty);
    if empty.count > 0 {
        notes.push(Note::EmptyColumns(empty));
    }
    let columns = table.numeric_columns().len();
    if columns >= table.n_rows() && columns > 1 && table.n_rows() >= ENOUGH_ROWS {
        notes.push(Note::FewRows {
            columns,
            rows: table.n_rows(),
        });
    }
    notes.extend(collinear(table));
    notes
}

/// The first of the columns chosen by default that is a linear function of those before it.
fn collinear(table: &Table) -> Option<Note> {
    let chosen = table.default_columns();
    let columns: Vec<&[f64]> = chosen
        .iter()
        .filter_map(|&index| table.columns()[index].numbers())
        .collect();
    let step = table.n_rows().div_ceil(LOOK).max(1);
    let found = dependent(&columns, step)?;
    let found = if step == 1 {
        found
    } else {
        dependent(&columns, 1)?
    };
    let name = |place: usize| table.columns()[chosen[place]].name();
    Some(Note::Collinear {
        column: name(found.place).to_owned(),
        others: found.on.iter().map(|&place| name(place)).collect(),
    })
}

struct Dependence {
    place: usize,
    on: Vec<usize>,
}

/// Regresses each column on those before it, by a Cholesky factor of the correlations
/// over every `step`-th row that is complete.
fn dependent(columns: &[&[f64]], step: usize) -> Option<Dependence> {
    let d = columns.len();
    let n_rows = columns.first()?.len();
    let rows = || {
        (0..n_rows)
            .step_by(step)
            .filter(|&row| columns.iter().all(|column| !column[row].is_nan()))
    };
    let count = rows().count();
    if d < 2 || count < ENOUGH_ROWS.max(d + 2) {
        return None;
    }
    let mut mean = vec![0.0; d];
    for row in rows() {
        for (mean, column) in mean.iter_mut().zip(columns) {
            *mean += column[row] / count as f64;
        }
    }
    let mut product = vec![0.0; d * d];
    let mut centred = vec![0.0; d];
    for row in rows() {
        for i in 0..d {
            centred[i] = columns[i][row] - mean[i];
            for j in 0..=i {
                product[i * d + j] += centred[i] * centred[j];
            }
        }
    }
    // The factor L of the correlation matrix R = L L^T, row by row.
    let mut factor = vec![0.0; d * d];
    for i in 0..d {
        let mut unexplained = 1.0;
        for j in 0..i {
            let scale = (product[i * d + i].sqrt()) * (product[j * d + j].sqrt());
            let mut sum = product[i * d + j] / scale;
            for k in 0..j {
                sum -= factor[i * d + k] * factor[j * d + k];
            }
            factor[i * d + j] = sum / factor[j * d + j];
            unexplained -= factor[i * d + j] * factor[i * d + j];
        }
        if unexplained < UNEXPLAINED {
            return Some(Dependence {
                place: i,
                on: regression(&factor, d, i),
            });
        }
        factor[i * d + i] = f64::sqrt(unexplained);
    }
    None
}

/// Those before column `i` that have a part in it: the standardised coefficients b of
/// the regression solve `L^T b = l`, where `l` is row `i` of the factor.
fn regression(factor: &[f64], d: usize, i: usize) -> Vec<usize> {
    let mut b = vec![0.0; i];
    for j in (0..i).rev() {
        let mut sum = factor[i * d + j];
        for k in j + 1..i {
            sum -= factor[k * d + j] * b[k];
        }
        b[j] = sum / factor[j * d + j];
    }
    (0..i).filter(|&j| f64::abs(b[j]) > 1e-5).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Column;

    fn table(columns: Vec<(&str, Vec<f64>)>) -> Table {
        let columns = columns
            .into_iter()
            .map(|(name, values)| Column::number(name, values))
            .collect();
        Table::new("t", columns)
    }

    #[test]
    fn a_sum_of_two_columns_follows_from_them() {
        let a: Vec<f64> = (0..40).map(|i| f64::from(i * i % 17)).collect();
        let b: Vec<f64> = (0..40).map(|i| f64::from(i * 5 % 13)).collect();
        let c: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 11)).collect();
        let sum = a.iter().zip(&c).map(|(a, c)| 3.0 * a - c + 1.0).collect();
        let notes = remarks(&table(vec![("a", a), ("b", b), ("c", c), ("sum", sum)]));
        let expected = Note::Collinear {
            column: "sum".into(),
            others: ["a", "c"].into_iter().collect(),
        };
        assert_eq!(notes, [expected]);
    }

    #[test]
    fn one_row_off_the_line_is_enough() {
        let a: Vec<f64> = (0..5000).map(|i| f64::from(i * 7919 % 5003)).collect();
        let mut b: Vec<f64> = a.iter().map(|a| 2.0 * a + 3.0).collect();
        b[1] += 50.0;
        assert!(remarks(&table(vec![("a", a), ("b", b)])).is_empty());
    }

    #[test]
    fn numbers_near_the_largest_double_are_not_called_collinear() {
        let a: Vec<f64> = (0..20).map(|i| f64::from(i) * 1e306).collect();
        let b: Vec<f64> = (0..20).map(|i| f64::from(i * i % 7) * 1e307).collect();
        assert!(remarks(&table(vec![("a", a), ("b", b)])).is_empty());
    }
}
