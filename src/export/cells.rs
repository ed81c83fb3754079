//! Cells of a CSV file (RFC 4180): commas between them, a point for decimals, line ends of one
//! character.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, and a formula can
//! send other cells away. So text from the person's file, names of columns included, that
//! begins so gets an apostrophe before it, which spreadsheets take for "this is text"
//! (OWASP, CSV injection). The same holds
//! - after spaces and invisible characters, which some programs strip;
//! - for the full-width forms of the four, which some programs fold;
//! - after a separator, a quote or a line end inside the text: a spreadsheet that separates at
//!   semicolons would begin a cell there.
//!
//! What is a number stays a number, with its sign.

/// The shortest decimal that reads back to the same bits; `null` where it is none.
pub(super) fn shortest(x: f64) -> String {
    // JSON's way to write a number is every program's. Nothing that is a number is refused.
    serde_json::to_string(&x).unwrap_or_default()
}

/// Appends a number; nothing if it is missing.
pub(super) fn push_number(out: &mut Vec<u8>, x: f64) {
    if x.is_nan() {
        return;
    }
    let whole = x.trunc() == x && x.abs() < 1e15 && !(x == 0.0 && x.is_sign_negative());
    match whole {
        true => out.extend_from_slice((x as i64).to_string().as_bytes()),
        false => out.extend_from_slice(shortest(x).as_bytes()),
    }
}

/// Appends text that is no formula to anybody, in quotes where it needs them.
pub(super) fn push_text(out: &mut Vec<u8>, text: &str) {
    let plain = |c: char| !(c.is_control() || matches!(c, ',' | ';' | '"' | '|' | '\''));
    let edge = |c: Option<char>| c.is_none_or(|c| !is_invisible(c) && !is_trigger(c));
    if text.chars().all(plain) && edge(text.chars().next()) && edge(text.chars().last()) {
        return out.extend_from_slice(text.as_bytes());
    }
    if is_number(text) {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    let mut begins = true;
    for (at, c) in text.char_indices() {
        if begins && is_trigger(c) && !is_number(cell_from(text, at)) {
            out.push(b'\'');
        }
        begins = separates(c) || begins && is_invisible(c);
        if c == '"' {
            out.push(b'"');
        }
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    out.push(b'"');
}

/// What a program that separates there would take for the cell.
fn cell_from(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    rest.split(separates).next().unwrap_or(rest)
}

fn separates(c: char) -> bool {
    matches!(c, ',' | ';' | '|' | '"' | '\'' | '\t' | '\n' | '\r')
}

fn is_trigger(c: char) -> bool {
    matches!(
        c,
        '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'
    )
}

fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// A plain decimal number, which no program runs.
fn is_number(text: &str) -> bool {
    let digits = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    text.chars().all(digits) && text.parse::<f64>().is_ok()
}

/// A name that none of `taken` has: the name itself, or with a number behind it.
pub(super) fn distinct(name: String, taken: &[String]) -> String {
    let mut numbered = name.clone();
    let mut n = 2;
    while taken.contains(&numbered) {
        numbered = format!("{name} ({n})");
        n += 1;
    }
    numbered
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(text: &str) -> String {
        let mut out = Vec::new();
        push_text(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    fn number(x: f64) -> String {
        let mut out = Vec::new();
        push_number(&mut out, x);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn formulas_become_text_and_numbers_stay_numbers() {
        for (text, written) in [
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("+cmd|' /C calc'!A0", "\"'+cmd|' /C calc'!A0\""),
            ("-2+3+cmd", "\"'-2+3+cmd\""),
            (" =1", "\" '=1\""),
            ("\u{feff}=1", "\"\u{feff}'=1\""),
            ("\t=1", "\"\t'=1\""),
            ("\u{ff1d}1", "\"'\u{ff1d}1\""),
            ("a;=1;b", "\"a;'=1;b\""),
            ("a\n=1", "\"a\n'=1\""),
            ("a\",=1", "\"a\"\",'=1\""),
            ("-", "\"'-\""),
            ("-5", "-5"),
            ("+5.5e-3", "+5.5e-3"),
            ("a;-5", "\"a;-5\""),
            ("setosa", "setosa"),
            ("2026-11-21", "2026-11-21"),
            ("a=b", "a=b"),
            ("a,b", "\"a,b\""),
            ("he said \"no\"", "\"he said \"\"no\"\"\""),
            ("", ""),
        ] {
            assert_eq!(cell(text), written, "{text}");
        }
    }

    #[test]
    fn numbers_are_the_shortest_that_come_back() {
        for (x, written) in [
            (1.0, "1"),
            (-3.0, "-3"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-7, "1e-7"),
            (1e22, "1e+22"),
            (-0.0, "-0.0"),
            (f64::NAN, ""),
        ] {
            assert_eq!(number(x), written);
        }
    }

    proptest! {
        #[test]
        fn any_number_comes_back_to_the_bit(bits in any::<u64>()) {
            let x = f64::from_bits(bits);
            if x.is_finite() {
                prop_assert_eq!(number(x).parse::<f64>().unwrap().to_bits(), bits);
            }
        }

        /// A reader of CSV gives the text back, but for the apostrophes; and however one
        /// separates, no cell of it begins as a formula.
        #[test]
        fn any_text_comes_back_without_a_formula(text in "[ -~\\t\\n\u{ff1d}]{0,12}") {
            let line = format!("{}\n", cell(&text));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
            let read: Vec<_> = reader.records().map(Result::unwrap).collect();
            let read = read.first().map_or("", |r| r.get(0).unwrap());
            prop_assert_eq!(read.replace('\'', ""), text.replace('\'', ""));
            for part in read.split([',', ';', '|', '"', '\t', '\n', '\r']) {
                let part = part.trim_start();
                prop_assert!(!part.starts_with(is_trigger) || is_number(part), "{}", part);
            }
        }
    }
}
