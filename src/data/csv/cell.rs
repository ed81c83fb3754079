use super::dialect::Decimal;
use super::number::{self, Number};

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    /// A finite number.
    Number(f64),
    /// A finite number, spelled with thousands separators.
    Thousands(f64),
    /// An infinity, or a number beyond the largest double.
    Infinite,
    /// Nothing, or a word for nothing.
    Missing,
    /// Anything else.
    Text,
}

/// Words for nothing, in small letters.
const MISSING: [&str; 17] = [
    "na", "n/a", "#n/a", "<na>", "#na", "nan", "-nan", "+nan", "nat", "null", "none", "nil",
    "missing", "\\n", "?", "-", ".",
];
const INFINITE: [&str; 4] = ["inf", "infinity", "1.#inf", "∞"];

/// Reads a cell without its surrounding blanks (see [`clean`]).
pub(super) fn read(cell: &[u8], decimal: Decimal) -> Cell {
    if cell.is_empty() {
        return Cell::Missing;
    }
    match number::parse(cell, decimal) {
        Number::Plain(value) if value.is_finite() => Cell::Number(value),
        Number::Grouped(value) if value.is_finite() => Cell::Thousands(value),
        Number::Plain(_) | Number::Grouped(_) => Cell::Infinite,
        Number::No => word(cell),
    }
}

#[cold]
fn word(cell: &[u8]) -> Cell {
    let is = |word: &&str| cell.eq_ignore_ascii_case(word.as_bytes());
    if MISSING.iter().any(is) || cell == b"--" {
        return Cell::Missing;
    }
    let unsigned = cell
        .strip_prefix(b"-")
        .or(cell.strip_prefix(b"+"))
        .unwrap_or(cell);
    let infinite = |word: &&str| unsigned.eq_ignore_ascii_case(word.as_bytes());
    if INFINITE.iter().any(infinite) {
        return Cell::Infinite;
    }
    Cell::Text
}

/// The cell without blanks around it. Blanks before a quote hide it from the splitting
/// into cells, so such quotes are taken off here.
pub(super) fn clean(cell: &[u8]) -> &[u8] {
    let trimmed = trim(cell);
    match trimmed {
        [b'"', inner @ .., b'"'] if trimmed.len() < cell.len() && !inner.contains(&b'"') => {
            trim(inner)
        }
        _ => trimmed,
    }
}

/// Off with ASCII blanks and no-break spaces at both ends.
fn trim(mut cell: &[u8]) -> &[u8] {
    const NO_BREAK: &[u8] = "\u{a0}".as_bytes();
    loop {
        let before = cell.len();
        cell = cell.trim_ascii();
        cell = cell.strip_prefix(NO_BREAK).unwrap_or(cell);
        cell = cell.strip_suffix(NO_BREAK).unwrap_or(cell);
        if cell.len() == before {
            return cell;
        }
    }
}

/// The beginning of a cell or a name, fit for a message: at most `most` characters, those
/// that cannot be seen replaced by U+FFFD.
pub(super) fn shorten(cell: &[u8], most: usize) -> String {
    let head = &cell[..cell.len().min(4 * most + 4)];
    let head = String::from_utf8_lossy(head);
    let mut characters = head.chars().map(|character| match character {
        '\t' | '\n' | '\r' => ' ',
        unseen if unseen.is_control() => char::REPLACEMENT_CHARACTER,
        seen => seen,
    });
    let mut short: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() || head.len() < cell.len() {
        short = short
            .trim_end_matches(char::REPLACEMENT_CHARACTER)
            .to_owned();
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(cell: &str) -> Cell {
        read(clean(cell.as_bytes()), Decimal::Point)
    }

    #[test]
    fn words_for_nothing_are_missing() {
        for word in [
            "", "  ", "NA", "N/A", "#N/A", "NaN", "null", "None", "?", "-", ".",
        ] {
            assert_eq!(point(word), Cell::Missing, "{word}");
        }
    }

    #[test]
    fn infinity_is_not_a_number_to_use() {
        for word in ["Inf", "-Infinity", "inf", "+INF", "1e309", "-1e400"] {
            assert_eq!(point(word), Cell::Infinite, "{word}");
        }
    }

    #[test]
    fn blanks_and_the_quotes_they_hide_are_taken_off() {
        assert_eq!(point("  3.86\t"), Cell::Number(3.86));
        assert_eq!(point(" \"3.86\" "), Cell::Number(3.86));
        assert_eq!(point("\u{a0}4\u{a0} "), Cell::Number(4.0));
    }

    #[test]
    fn a_long_cell_is_shortened_between_characters() {
        let cell = "ä".repeat(1000);
        assert_eq!(shorten(cell.as_bytes(), 3), "äää…");
    }
}
