/// What quotes do in the bytes of one record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quotes {
    /// Offset and field of a quote that is opened and not closed.
    pub(super) open: Option<(usize, usize)>,
    /// The first field that goes on after its closing quote, as `"4"5` does.
    pub(super) broken: Option<usize>,
}

/// Looks at the quotes of a record as the splitting into fields does: a quote opens only
/// at the very beginning of a field, two within are one.
pub(super) fn inspect(record: &[u8], delimiter: u8) -> Quotes {
    enum State {
        Start,
        Bare,
        Quoted,
        Closed,
    }
    let mut found = Quotes::default();
    let (mut state, mut field, mut opened) = (State::Start, 0, 0);
    for (at, &byte) in record.iter().enumerate() {
        state = match (state, byte) {
            (State::Quoted, b'"') => State::Closed,
            (State::Quoted, _) => State::Quoted,
            (State::Closed, b'"') => State::Quoted,
            (State::Start, b'"') => {
                opened = at;
                State::Quoted
            }
            (_, b'\n' | b'\r') => State::Start,
            (_, byte) if byte == delimiter => {
                field += 1;
                State::Start
            }
            (State::Closed, b' ' | b'\t') => State::Closed,
            (State::Closed, _) => {
                found.broken = found.broken.or(Some(field));
                State::Bare
            }
            _ => State::Bare,
        };
    }
    if matches!(state, State::Quoted) {
        found.open = Some((opened, field));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unclosed_quote_is_found_with_its_field() {
        assert_eq!(inspect(b"3,\"4\n5,6\n", b',').open, Some((2, 1)));
    }

    #[test]
    fn doubled_quotes_and_delimiters_within_are_content() {
        assert_eq!(
            inspect(b"2,\"said \"\"hi\"\", twice\",\"\"", b','),
            Quotes::default()
        );
    }

    #[test]
    fn a_quote_within_a_bare_field_opens_nothing() {
        assert_eq!(inspect(b"3,4\"5\n", b','), Quotes::default());
    }

    #[test]
    fn text_after_a_closing_quote_breaks_the_field() {
        assert_eq!(inspect(b"1,\"4\"5", b',').broken, Some(1));
    }
}
