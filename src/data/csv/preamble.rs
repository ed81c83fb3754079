use super::dialect::Delimiter;
use super::lines::Lines;

/// What stands above the rows: a line `sep=;`, comments, blank lines.
pub(super) struct Preamble<'a> {
    /// Where the rows, or the names above them, begin.
    pub(super) end: usize,
    pub(super) delimiter: Option<Delimiter>,
    /// The comment right above the rows.
    pub(super) comment: Option<Comment<'a>>,
}

pub(super) struct Comment<'a> {
    pub(super) text: &'a str,
    pub(super) line: u64,
}

/// Where the rows, or the names above them, begin.
pub(super) fn end(text: &str) -> usize {
    Preamble::of(text).end
}

impl<'a> Preamble<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut found = Self {
            end: 0,
            delimiter: None,
            comment: None,
        };
        let mut lines = Lines::new(text.as_bytes());
        let mut anything = false;
        while found.end < text.len() {
            let rest = &text[found.end..];
            let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
            // A tab may be a row of two empty cells, but not above everything else.
            let line = rest[..length].trim();
            if line.starts_with('#') && !is_missing_word(line) {
                found.comment = Some(Comment {
                    text: line,
                    line: lines.of(found.end),
                });
            } else if let (false, Some(delimiter)) = (anything, separator(&rest[..length])) {
                found.delimiter = Some(delimiter);
            } else if line.is_empty() {
                found.comment = None;
            } else {
                break;
            }
            anything |= !line.is_empty();
            found.end += length;
            found.end += match rest.as_bytes()[length..] {
                [b'\r', b'\n', ..] => 2,
                [] => 0,
                _ => 1,
            };
        }
        found
    }
}

/// "#N/A,3" is a row and not a comment.
fn is_missing_word(line: &str) -> bool {
    let head = line.get(..3).unwrap_or_default();
    head.eq_ignore_ascii_case("#n/") || head.eq_ignore_ascii_case("#na")
}

/// The delimiter that a line `sep=;` names.
fn separator(line: &str) -> Option<Delimiter> {
    let line = line.trim_start();
    let line = line.trim_matches('"');
    if !line.get(..4)?.eq_ignore_ascii_case("sep=") {
        return None;
    }
    match line.as_bytes()[4..] {
        [b','] => Some(Delimiter::Comma),
        [b';'] => Some(Delimiter::Semicolon),
        [b'\t'] => Some(Delimiter::Tab),
        [b'|'] => Some(Delimiter::Bar),
        [byte] if byte.is_ascii_punctuation() || byte == b' ' => Some(Delimiter::Other(byte)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sep_line_names_the_delimiter() {
        let found = Preamble::of("SEP=;\r\nx;y\r\n1;2\r\n");
        assert_eq!(
            (found.end, found.delimiter),
            (7, Some(Delimiter::Semicolon))
        );
    }

    #[test]
    fn comments_and_blank_lines_come_before_the_rows() {
        let found = Preamble::of("\n# one\n\n#two\nx,y\n");
        assert_eq!(found.end, 13);
        assert_eq!(found.comment.map(|comment| comment.line), Some(4));
    }

    #[test]
    fn a_missing_value_is_not_a_comment() {
        assert_eq!(Preamble::of("#N/A,3\n1,2\n").end, 0);
    }
}
