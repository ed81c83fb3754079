use std::borrow::Cow;
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

/// The file as UTF-8 without a mark or a DOS end-of-file byte; borrowed if it was that already.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), CsvError> {
    if let Some(kind) = known_binary(bytes) {
        return Err(CsvError::Binary { kind: Some(kind) });
    }
    if bytes.starts_with(&[0xff, 0xfe, 0, 0]) || bytes.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err(CsvError::Encoding { name: "UTF-32" });
    }
    let (text, encoding) = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => bytes_as_text(rest),
        [0xff, 0xfe, rest @ ..] => (utf16(rest, u16::from_le_bytes), Encoding::Utf16Le),
        [0xfe, 0xff, rest @ ..] => (utf16(rest, u16::from_be_bytes), Encoding::Utf16Be),
        _ => match zeros(bytes) {
            Zeros::Odd => (utf16(bytes, u16::from_le_bytes), Encoding::Utf16Le),
            Zeros::Even => (utf16(bytes, u16::from_be_bytes), Encoding::Utf16Be),
            Zeros::Neither => bytes_as_text(bytes),
        },
    };
    let head = &text.as_bytes()[..text.len().min(LOOK)];
    let digits = head.iter().any(u8::is_ascii_digit);
    if mostly_control(head) || encoding == Encoding::Windows1252 && !digits {
        return Err(CsvError::Binary { kind: None });
    }
    let without = text.trim_end_matches('\x1a').len();
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..without]),
        Cow::Owned(mut text) => {
            text.truncate(without);
            Cow::Owned(text)
        }
    };
    Ok((text, encoding))
}

fn bytes_as_text(bytes: &[u8]) -> (Cow<'_, str>, Encoding) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), Encoding::Utf8),
        Err(_) => (Cow::Owned(windows_1252(bytes)), Encoding::Windows1252),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'_, str> {
    let (pairs, _half) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| unit(pair));
    let mut text = String::with_capacity(bytes.len() / 2);
    text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    Cow::Owned(text)
}

fn windows_1252(bytes: &[u8]) -> String {
    // 0x80 to 0x9f; the five that are undefined stay control characters, as the web has it.
    const UPPER: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
    text.extend(bytes.iter().map(|&byte| match byte {
        0x80..=0x9f => UPPER[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }));
    text
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
    use super::*;

    fn text(bytes: &[u8]) -> (String, Encoding) {
        let (text, encoding) = decode(bytes).expect("this is text");
        (text.into_owned(), encoding)
    }

    #[test]
    fn plain_utf8_is_not_copied() {
        let (text, _) = decode("größe,y\n".as_bytes()).expect("this is text");
        assert!(matches!(text, Cow::Borrowed(_)));
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
        let error = decode(b"PK\x03\x04rest").expect_err("a workbook is not text");
        assert!(error.what().contains("spreadsheet"));
    }

    #[test]
    fn what_is_neither_utf8_nor_has_digits_is_not_text() {
        let error = decode(&[0xed; 100]).expect_err("not text");
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
        let error = decode(&bytes).expect_err("not text");
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
