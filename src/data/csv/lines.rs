/// Finds the lines of ascending byte offsets, in time linear over all of them.
///
/// A line ends with LF, CR LF or CR.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    /// Over the text; its first line is line 1.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            line: 1,
        }
    }

    /// The line that holds the first byte from `offset` on that ends no line. Offsets that
    /// go back give the line of the furthest one asked before.
    pub(super) fn of(&mut self, offset: usize) -> u64 {
        let offset = offset.min(self.bytes.len());
        self.at(offset + line_ends(&self.bytes[offset..]))
    }

    /// The line to which the byte at `offset` belongs.
    pub(super) fn at(&mut self, offset: usize) -> u64 {
        while self.at < offset.min(self.bytes.len()) {
            let (byte, next) = (self.bytes[self.at], self.bytes.get(self.at + 1));
            self.line += u64::from(byte == b'\n' || byte == b'\r' && next != Some(&b'\n'));
            self.at += 1;
        }
        self.line
    }
}

/// Is it the end of a line, or part of one?
pub(super) fn is_end(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// How many bytes at the beginning are line ends.
pub(super) fn line_ends(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_end(byte)).count()
}

/// As [`line_ends`], and how many lines they end; a CR at the end of a text that is not
/// `whole` may be half of a line end and does not count.
#[inline]
pub(super) fn skip(bytes: &[u8], whole: bool) -> (usize, u64) {
    let (mut at, mut lines) = (0, 0);
    loop {
        at += match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'\r'), Some(b'\n')) => 2,
            (Some(b'\n'), _) | (Some(b'\r'), Some(_)) => 1,
            (Some(b'\r'), None) if whole => 1,
            _ => return (at, lines),
        };
        lines += 1;
    }
}

/// How many lines end in these bytes.
pub(super) fn count(bytes: &[u8]) -> u64 {
    let mut lines = Lines::new(bytes);
    lines.at(bytes.len()) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_line_ends_count_once() {
        let mut lines = Lines::new(b"a\nb\r\nc\rd");
        assert_eq!([0, 2, 5, 7].map(|offset| lines.of(offset)), [1, 2, 3, 4]);
    }

    #[test]
    fn line_ends_before_a_record_are_not_part_of_it() {
        let mut lines = Lines::new(b"a\r\n\n\nb\n");
        assert_eq!(lines.of(2), 4);
    }

    #[test]
    fn half_a_line_end_waits_for_the_other_half() {
        assert_eq!(skip(b"\n\r\n\r\r", true), (5, 4));
        assert_eq!(skip(b"\n\r\n\r\r", false), (4, 3));
        assert_eq!(skip(b"\r\nx", false), (2, 1));
    }
}
