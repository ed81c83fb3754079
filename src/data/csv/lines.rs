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
        let offset = offset + line_ends(&self.bytes[offset.min(self.bytes.len())..]);
        while self.at < offset.min(self.bytes.len()) {
            let (byte, next) = (self.bytes[self.at], self.bytes.get(self.at + 1));
            self.line += u64::from(byte == b'\n' || byte == b'\r' && next != Some(&b'\n'));
            self.at += 1;
        }
        self.line
    }
}

/// How many bytes at the beginning are line ends.
pub(super) fn line_ends(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| matches!(byte, b'\n' | b'\r'))
        .count()
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
}
