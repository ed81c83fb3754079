//! SHA-256 of files and of data (FIPS 180-4), as 64 hexadecimal digits.

use sha2::{Digest, Sha256};

use crate::data::Matrix;
use crate::session::Selection;

/// How the line begins that carries a file's checksum: its last but one.
const FIELD: &str = "  \"checksum\": \"";

/// What stands for the checksum while it is computed.
pub(super) const NONE_YET: &str = "";

fn hex(digest: impl AsRef<[u8]>) -> String {
    let digit = |d: u8| char::from_digit(u32::from(d), 16).unwrap_or('0');
    let bytes = digest.as_ref().iter();
    bytes.flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

/// The checksum of a file: of its bytes before the line that carries the checksum, without
/// carriage returns, which some programs add to line ends.
pub(super) fn of_text(text: &str) -> Option<String> {
    let (before, _) = text.rsplit_once(FIELD)?;
    let mut sha = Sha256::new();
    for piece in before.split('\r') {
        sha.update(piece);
    }
    Some(hex(sha.finalize()))
}

/// The same file with its checksum, which was [`NONE_YET`].
pub(super) fn signed(text: &str) -> Option<String> {
    let sum = of_text(text)?;
    let (before, after) = text.rsplit_once(FIELD)?;
    Some([before, FIELD, &sum, after].concat())
}

/// SHA-256 of the numbers that a fit reads: the fitted columns one after another, each as N
/// doubles of 8 bytes, least significant first, with a missing value as the NaN 0x7ff8000000000000;
/// then, where there are such, the weights of the rows in the same way, their labels as a
/// byte each (255: unknown), and the first row of every sequence but the first as 8 bytes each.
pub fn of_data(selection: &Selection) -> String {
    let table = selection.source().table();
    let mut sha = Sha256::new();
    for &index in selection.fitted() {
        let numbers = table.columns()[index].numbers().unwrap_or(&[]);
        match selection.kept() {
            None => add(&mut sha, numbers.iter().copied()),
            Some(rows) => add(&mut sha, rows.iter().map(|&row| numbers[row as usize])),
        }
    }
    add_beside(&mut sha, selection.matrix());
    hex(sha.finalize())
}

fn add_beside(sha: &mut Sha256, matrix: &Matrix) {
    add(sha, matrix.weights().unwrap_or(&[]).iter().copied());
    sha.update(matrix.labels().unwrap_or(&[]));
    for &row in matrix.breaks() {
        sha.update((row as u64).to_le_bytes());
    }
}

fn add(sha: &mut Sha256, numbers: impl Iterator<Item = f64>) {
    // Some thousand bytes at a time: a call for each number takes longer than the sum.
    let mut buffer = Vec::with_capacity(8192);
    for x in numbers {
        let x = if x.is_nan() { f64::NAN } else { x };
        buffer.extend_from_slice(&x.to_bits().to_le_bytes());
        if buffer.len() == 8192 {
            sha.update(&buffer);
            buffer.clear();
        }
    }
    sha.update(&buffer);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Column, Table};
    use crate::session::{Command, Missing, Session};

    #[test]
    fn the_checksum_of_a_text_is_that_of_sha256sum() {
        // printf '{\n  "a": 1,\n' | sha256sum
        let sum = "258d97188c1e1b71d2c4210444fd72c3cf58a6d7d799180006273b33f2d1d054";
        let text = "{\n  \"a\": 1,\n  \"checksum\": \"\"\n}\n";
        let signed = signed(text).unwrap();
        assert!(signed.contains(sum));
        assert_eq!(of_text(&signed), of_text(text));
        let crlf = signed.replace('\n', "\r\n");
        assert_eq!(of_text(&crlf), of_text(text));
        assert_eq!(of_text("{}"), None);
    }

    #[test]
    fn the_hash_of_data_is_that_of_numpy() {
        assert_eq!(f64::NAN.to_bits(), 0x7ff8_0000_0000_0000);
        let table = Table::new(
            "t",
            vec![
                Column::number("x", vec![1.0, 2.5, f64::NAN, -3.0]),
                Column::number("y", vec![0.1, 1e100, 7.0, 5.0]),
            ],
        );
        let mut session = Session::new();
        session.open_table(table, String::new(), Vec::new());
        // hashlib.sha256(numpy.array([[1, .1], [2.5, 1e100], [-3, 5]]).tobytes("F")).hexdigest()
        let dropped = of_data(session.experiment().selection());
        assert_eq!(dropped, DROPPED);
        session.handle(Command::SetComponents(1));
        session.handle(Command::SetMissing(Missing::Fit));
        assert_eq!(of_data(session.experiment().selection()), FITTED);
    }

    const DROPPED: &str = "fdae28e3d3eb182007203f0a53cf72ba6e555837235114fea7864219b112cda0";
    const FITTED: &str = "25243cd6ffbb39e843385b50e0658b4212dc9c8977307d0dfd9ff03b749f7031";
}
