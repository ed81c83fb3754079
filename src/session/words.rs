//! Numbers and lists as they stand in sentences.

use crate::digits::{exponent, fixed};

/// A number with a true minus sign and `digits` decimals, or in powers of ten where those
/// say nothing.
pub fn number(value: f64, digits: usize) -> String {
    let plain = value == 0.0 || (1e-3..1e9).contains(&value.abs());
    let text = if plain {
        fixed(value, digits)
    } else {
        exponent(value, 2)
    };
    text.replace('-', "\u{2212}")
}

/// "1 point", "3 points".
pub fn count(n: usize, noun: &str) -> String {
    match n {
        1 => format!("1 {noun}"),
        _ => format!("{n} {noun}s"),
    }
}

/// "A", "A and B", "A, B and C".
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_read_well() {
        assert_eq!(number(-1130.26404, 3), "\u{2212}1130.264");
        assert_eq!(number(1e-7, 3), "1.00e\u{2212}7");
        assert_eq!(number(0.0, 1), "0.0");
        assert_eq!(count(1, "point"), "1 point");
        assert_eq!(list(&["A".into(), "B".into(), "C".into()]), "A, B and C");
    }
}
