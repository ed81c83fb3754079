//! The one spelling of the built-in sets: names in the first line, commas, numbers as plain
//! decimals, no comma within a cell. What the page opens on needs no more than this, and the
//! reader for any file at all is loaded when a file is opened.

use crate::data::{Column, Table, TextValues};

/// The table of a set's file; `None` if it is not in that spelling.
pub(super) fn read(name: &str, bytes: &[u8]) -> Option<Table> {
    let mut lines = std::str::from_utf8(bytes).ok()?.lines();
    let names: Vec<&str> = lines.next()?.split(',').map(bare).collect();
    let mut columns = vec![Vec::new(); names.len()];
    for line in lines {
        let mut cells = line.split(',');
        for column in &mut columns {
            column.push(bare(cells.next()?));
        }
        if cells.next().is_some() {
            return None;
        }
    }
    if columns[0].len() < 2 {
        return None;
    }
    let columns = names.into_iter().zip(columns).map(|(name, cells)| {
        let numbers: Option<Vec<f64>> = cells.iter().map(|cell| number(cell)).collect();
        match numbers {
            Some(numbers) => Column::number(name, numbers),
            None => Column::text(name, cells.into_iter().collect::<TextValues>()),
        }
    });
    Some(Table::new(name, columns.collect()))
}

fn bare(cell: &str) -> &str {
    cell.trim_matches('"')
}

/// The double nearest to a decimal of at most 15 digits: a quotient of two exact doubles.
fn number(cell: &str) -> Option<f64> {
    let (sign, digits) = match cell.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, cell),
    };
    let (mut mantissa, mut divisor, mut decimals) = (0.0, 1.0, false);
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                mantissa = 10.0 * mantissa + f64::from(byte - b'0');
                if decimals {
                    divisor *= 10.0;
                }
            }
            b'.' if !decimals => decimals = true,
            _ => return None,
        }
    }
    (1..=16)
        .contains(&digits.len())
        .then(|| sign * (mantissa / divisor))
}
