use super::cell::{self, Cell};
use super::dialect::{Decimal, Delimiter};
use super::records::{Record, Splitter};

/// Names are cut to so many characters.
const LONGEST_NAME: usize = 200;

/// Does the first record name the columns? It does if it has text above numbers, and does
/// not if it has numbers above numbers, years excepted ([`names_years`]). Where no column
/// holds numbers below, it does unless there is a number in it.
pub(super) fn has_header(records: &[Record<'_>], decimal: Decimal) -> bool {
    let Some((first, below)) = records.split_first() else {
        return false;
    };
    let says = |record: &Record<'_>, column: usize| {
        record
            .get(column)
            .map_or(Cell::Missing, |raw| cell::read(cell::clean(raw), decimal))
    };
    let (mut any_text, mut any_number, mut number_above) = (false, false, false);
    for column in 0..first.len() {
        let above = says(first, column);
        let mut balance = 0i32;
        for record in below {
            balance += match says(record, column) {
                Cell::Missing => 0,
                Cell::Text => -1,
                _ => 1,
            };
        }
        match above {
            Cell::Missing => {}
            Cell::Text if balance > 0 => return true,
            Cell::Text => any_text = true,
            _ => {
                any_number = true;
                number_above |= balance > 0;
            }
        }
    }
    if number_above {
        return names_years(first, below, decimal);
    }
    any_text && !any_number
}

/// Consecutive years above cells none of which could be a year: names, and not a row.
fn names_years(first: &Record<'_>, below: &[Record<'_>], decimal: Decimal) -> bool {
    let year = |raw: &[u8]| match cell::read(cell::clean(raw), decimal) {
        Cell::Number(value) if value.trunc() == value && (1500.0..2500.0).contains(&value) => {
            Some(value)
        }
        _ => None,
    };
    let years: Option<Vec<f64>> = first.iter().map(year).collect();
    years.is_some_and(|years| {
        years.len() > 1
            && years.windows(2).all(|pair| pair[1] == pair[0] + 1.0)
            && below.len() > 1
            && below
                .iter()
                .flat_map(Record::iter)
                .all(|raw| year(raw).is_none())
    })
}

/// The names in a record; those not given are empty.
pub(super) fn names(record: &Record<'_>) -> Vec<String> {
    let name = |raw| {
        let name = cell::shorten(cell::clean(raw), LONGEST_NAME);
        name.replace(char::REPLACEMENT_CHARACTER, "")
            .trim()
            .to_owned()
    };
    record.iter().map(name).collect()
}

/// The names in a comment, if it has one for every column.
pub(super) fn comment_header(
    comment: &str,
    delimiter: Delimiter,
    decimal: Decimal,
    width: usize,
) -> Option<Vec<String>> {
    let inner = comment.trim_start_matches('#');
    let mut record = Record::default();
    Splitter::new(delimiter).cut(inner.as_bytes(), 0, true, &mut record);
    let words = record.iter().all(|raw| {
        matches!(
            cell::read(cell::clean(raw), decimal),
            Cell::Text | Cell::Missing
        )
    });
    (width > 1 && record.len() == width && words).then(|| {
        let mut names = names(&record);
        if let Some(first) = names.first_mut().filter(|name| name.is_empty()) {
            first.push('#');
        }
        names
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::*;

    fn header(text: &str) -> bool {
        let sample = Sample::of(text.as_bytes(), Delimiter::Comma);
        has_header(&sample.expect("the text is short").records, Decimal::Point)
    }

    #[test]
    fn text_above_numbers_is_a_header() {
        assert!(header("x,2019\n1,2\n3,4\n"));
    }

    #[test]
    fn a_label_beside_numbers_is_a_row() {
        assert!(!header("setosa,5.1\nvirginica,6.3\nsetosa,4.9\n"));
    }

    #[test]
    fn years_above_years_are_a_row() {
        assert!(header("2019,2020\n3.5,4.5\n7,8.5\n"));
        assert!(!header("2019,2020\n2018,4.5\n7,8.5\n"));
    }

    #[test]
    fn a_comment_with_a_name_for_every_column_names_them() {
        let names = |width| comment_header("# x, y", Delimiter::Comma, Decimal::Point, width);
        assert_eq!(names(2), Some(vec!["x".to_owned(), "y".to_owned()]));
        assert_eq!(names(3), None);
    }

    #[test]
    fn a_first_column_named_by_a_hash_sign_is_not_lost() {
        let names = comment_header("#,Name,HP", Delimiter::Comma, Decimal::Point, 3);
        assert_eq!(names.expect("three names for three columns")[0], "#");
    }
}
