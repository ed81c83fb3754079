use std::fmt;

use super::CsvError;

/// So many bytes at the beginning tell whether a file is text.
const LOOK: usize = 8192;

/// What the bytes of a file mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, with a mark or without.
    Utf8,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// Windows-1252, of which Latin-1 is a part: whatever is not UTF-8.
    Windows1252,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16Le => "UTF-16 (little-endian)",
            Encoding::Utf16Be => "UTF-16 (big-endian)",
            Encoding::Windows1252 => "Windows-1252",
        })
    }
}

/// Takes the bytes of a file as they come and gives its text: UTF-8 without a mark or DOS
/// end-of-file bytes at the end.
#[derive(Debug)]
pub(super) struct Decoder {
    /// Not known before the first bytes are there.
    encoding: Option<Encoding>,
    /// Bytes that mean nothing without those after them.
    waiting: Vec<u8>,
    /// DOS end-of-file bytes, which belong to the text if more of it comes.
    held: usize,
    /// Was the file found not to be UTF-8, so that it is Windows-1252 if it has no zeros?
    not_utf8: bool,
}

/// How decoding went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    /// Well.
    Text,
    /// What was taken for UTF-8 is none: the file has to be read from its beginning again.
    NotUtf8,
}

impl Decoder {
    /// At the beginning of a file.
    pub(super) fn new(not_utf8: bool) -> Self {
        Self {
            encoding: None,
            waiting: Vec::new(),
            held: 0,
            not_utf8,
        }
    }

    /// What was recognised; UTF-8 as long as nothing was.
    pub(super) fn encoding(&self) -> Encoding {
        self.encoding.unwrap_or(Encoding::Utf8)
    }

    /// Appends the text of the next bytes; `whole` if they are the last.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        whole: bool,
        text: &mut String,
    ) -> Result<Decoded, CsvError> {
        let joined;
        let mut bytes = bytes;
        if !self.waiting.is_empty() || self.encoding.is_none() {
            self.waiting.extend_from_slice(bytes);
            if self.encoding.is_none() && self.waiting.len() < LOOK && !whole {
                return Ok(Decoded::Text);
            }
            joined = std::mem::take(&mut self.waiting);
            bytes = &joined;
        }
        let encoding = match self.encoding {
            Some(encoding) => encoding,
            None => {
                let (encoding, mark) = recognise(bytes, self.not_utf8)?;
                self.encoding = Some(encoding);
                bytes = &bytes[mark..];
                encoding
            }
        };
        text.extend(std::iter::repeat_n('\x1a', std::mem::take(&mut self.held)));
        let rest = match encoding {
            Encoding::Utf8 => match utf8(bytes, whole, text) {
                Some(rest) => rest,
                None => return Ok(Decoded::NotUtf8),
            },
            Encoding::Utf16Le => utf16(bytes, whole, u16::from_le_bytes, text),
            Encoding::Utf16Be => utf16(bytes, whole, u16::from_be_bytes, text),
            Encoding::Windows1252 => windows_1252(bytes, text),
        };
        self.waiting.extend_from_slice(rest);
        let without = text.trim_end_matches('\x1a').len();
        self.held = text.len() - without;
        text.truncate(without);
        Ok(Decoded::Text)
    }

    /// Refuses what cannot be the beginning of a text.
    pub(super) fn check(&self, text: &str) -> Result<(), CsvError> {
        let head = &text.as_bytes()[..text.len().min(LOOK)];
        let digits = head.iter().any(u8::is_ascii_digit);
        if mostly_control(head) || self.encoding() == Encoding::Windows1252 && !digits {
            return Err(CsvError::Binary { kind: None });
        }
        Ok(())
    }
}

/// What the first bytes of a file say, and how many of them are only a mark.
fn recognise(bytes: &[u8], not_utf8: bool) -> Result<(Encoding, usize), CsvError> {
    if let Some(kind) = known_binary(bytes) {
        return Err(CsvError::Binary { kind: Some(kind) });
    }
    if bytes.starts_with(&[0xff, 0xfe, 0, 0]) || bytes.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err(CsvError::Encoding { name: "UTF-32" });
    }
    let single = match not_utf8 {
        true => Encoding::Windows1252,
        false => Encoding::Utf8,
    };
    Ok(match bytes {
        [0xef, 0xbb, 0xbf, ..] => (single, 3),
        [0xff, 0xfe, ..] => (Encoding::Utf16Le, 2),
        [0xfe, 0xff, ..] => (Encoding::Utf16Be, 2),
        _ => match zeros(bytes) {
            Zeros::Odd => (Encoding::Utf16Le, 0),
            Zeros::Even => (Encoding::Utf16Be, 0),
            Zeros::Neither => (single, 0),
        },
    })
}

/// Appends the text and returns the beginning of a character at the end; `None` if this
/// is not UTF-8.
fn utf8<'b>(bytes: &'b [u8], whole: bool, text: &mut String) -> Option<&'b [u8]> {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) if error.error_len().is_none() && !whole => error.valid_up_to(),
        Err(_) => return None,
    };
    let (valid, rest) = bytes.split_at(valid);
    text.push_str(std::str::from_utf8(valid).ok()?);
    Some(rest)
}

/// Appends the text and returns half a character at the end.
fn utf16<'b>(
    bytes: &'b [u8],
    whole: bool,
    unit: fn([u8; 2]) -> u16,
    text: &mut String,
) -> &'b [u8] {
    let (mut pairs, half) = bytes.as_chunks::<2>();
    let mut rest = half;
    if let Some((&last, before)) = pairs.split_last()
        && !whole
        && (0xd800..0xdc00).contains(&unit(last))
    {
        rest = &bytes[2 * before.len()..];
        pairs = before;
    }
    let units = pairs.iter().map(|&pair| unit(pair));
    text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    if whole { &[] } else { rest }
}

fn windows_1252<'b>(bytes: &'b [u8], text: &mut String) -> &'b [u8] {
    // 0x80 to 0x9f; the five that are undefined stay control characters, as the web has it.
    const UPPER: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    text.extend(bytes.iter().map(|&byte| match byte {
        0x80..=0x9f => UPPER[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }));
    &[]
}

enum Zeros {
    Even,
    Odd,
    Neither,
}

/// UTF-16 without a mark shows in Western text as zeros in every other byte.
fn zeros(bytes: &[u8]) -> Zeros {
    let (pairs, _) = bytes[..bytes.len().min(LOOK)].as_chunks::<2>();
    let even = pairs.iter().filter(|pair| pair[0] == 0).count();
    let odd = pairs.iter().filter(|pair| pair[1] == 0).count();
    let most = pairs.len() - pairs.len() / 5;
    if pairs.len() < 2 {
        Zeros::Neither
    } else if odd >= most && even == 0 {
        Zeros::Odd
    } else if even >= most && odd == 0 {
        Zeros::Even
    } else {
        Zeros::Neither
    }
}

/// Formats that are sent as "CSV" by mistake, by their first bytes.
fn known_binary(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 7] = [
        (
            b"PK\x03\x04",
            "a spreadsheet (xlsx, ods) or another zip archive",
        ),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook (xls)"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"\x89PNG", "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"%PDF-", "a PDF document"),
        (b"SQLite format 3\0", "an SQLite database"),
    ];
    let found = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic));
    found.map(|(_, kind)| *kind)
}

/// More than one control character in twenty, line ends and tabs not counted?
fn mostly_control(bytes: &[u8]) -> bool {
    let control = bytes
        .iter()
        .filter(|&&byte| {
            byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1a) || byte == 0x7f
        })
        .count();
    control * 20 > bytes.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A whole file in pieces of this size.
    fn decode(bytes: &[u8], piece: usize) -> Result<(String, Encoding), CsvError> {
        let mut decoder = Decoder::new(false);
        loop {
            let mut text = String::new();
            let mut pieces = bytes.chunks(piece);
            let decoded = loop {
                let next = pieces.next();
                let decoded = decoder.push(next.unwrap_or_default(), next.is_none(), &mut text)?;
                if next.is_none() || decoded == Decoded::NotUtf8 {
                    break decoded;
                }
            };
            if decoded == Decoded::Text {
                decoder.check(&text)?;
                return Ok((text, decoder.encoding()));
            }
            decoder = Decoder::new(true);
        }
    }

    fn text(bytes: &[u8]) -> (String, Encoding) {
        decode(bytes, bytes.len().max(1)).expect("this is text")
    }

    #[test]
    fn end_of_file_bytes_are_text_unless_they_end_it() {
        assert_eq!(text(b"1\x1a\x1a2\n\x1a\x1a").0, "1\x1a\x1a2\n");
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same_text(
            text in "([-0-9,\n]|é|€|\u{1f600}|\x1a){0,60}",
            kind in 0..5,
            cut in 0..9_usize,
            piece in 1..9_usize,
        ) {
            let mut bytes: Vec<u8> = match kind {
                0 => text.into_bytes(),
                1 => ["\u{feff}", &text].concat().into_bytes(),
                2 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                3 => ["\u{feff}", &text].concat().encode_utf16().flat_map(u16::to_be_bytes).collect(),
                _ => text.chars().map(|c| c as u8).collect(),
            };
            bytes.truncate(bytes.len().saturating_sub(cut));
            let whole = decode(&bytes, bytes.len().max(1));
            prop_assert_eq!(decode(&bytes, piece), whole);
        }
    }

    #[test]
    fn utf16_is_seen_without_a_mark() {
        let little: Vec<u8> = "x,y\n1,2\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(text(&little), ("x,y\n1,2\n".into(), Encoding::Utf16Le));
        let big: Vec<u8> = "x,y\n1,2\n"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        assert_eq!(text(&big), ("x,y\n1,2\n".into(), Encoding::Utf16Be));
    }

    #[test]
    fn whatever_is_not_utf8_is_windows_1252() {
        assert_eq!(
            text(b"temp\xe9rature \x80\n1\n"),
            ("température €\n1\n".into(), Encoding::Windows1252)
        );
    }

    #[test]
    fn a_workbook_is_named() {
        let error = decode(b"PK\x03\x04rest", 3).expect_err("a workbook is not text");
        assert!(error.what().contains("spreadsheet"));
    }

    #[test]
    fn what_is_neither_utf8_nor_has_digits_is_not_text() {
        let error = decode(&[0xed; 100], 100).expect_err("not text");
        assert_eq!(error, CsvError::Binary { kind: None });
    }

    #[test]
    fn random_bytes_are_not_text() {
        let mut state = 1u32;
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(4096)
        .collect();
        let error = decode(&bytes, 4096).expect_err("not text");
        assert_eq!(error, CsvError::Binary { kind: None });
    }

    #[test]
    fn a_few_zero_bytes_are_still_text() {
        assert_eq!(
            text(b"x,y\n1,2\n3,4\n5,\x006\n7,8\n9,10\n").1,
            Encoding::Utf8
        );
    }
}
