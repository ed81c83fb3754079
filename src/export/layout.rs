//! How JSON files are laid out: an object has a line for each of its fields, a list is one
//! line. Numbers are the shortest decimals that read back to the same bits.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::ExportError;

#[derive(Default)]
struct Layout {
    depth: usize,
}

impl Layout {
    fn line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
    }
}

impl Formatter for Layout {
    fn begin_array_value<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        w.write_all(if first { b"" } else { b", " })
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        if !first {
            w.write_all(b",")?;
        }
        self.line(w)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        self.line(writer)?;
        writer.write_all(b"}")
    }
}

/// The value as text, with a line end after it.
///
/// # Errors
/// If it is none that JSON can hold, which no file of ours is.
pub(super) fn laid_out(value: &impl Serialize) -> Result<String, ExportError> {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, Layout::default());
    value
        .serialize(&mut serializer)
        .map_err(|e| ExportError::Json(e.to_string()))?;
    bytes.push(b'\n');
    String::from_utf8(bytes).map_err(|e| ExportError::Json(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn objects_have_lines_and_lists_are_one() {
        let inner = BTreeMap::from([("b", vec![vec![1.0, -0.0], vec![1e-7, 0.1 + 0.2]])]);
        let text = laid_out(&BTreeMap::from([("a", inner)])).unwrap();
        assert_eq!(
            text,
            "{\n  \"a\": {\n    \"b\": [[1.0, -0.0], [1e-7, 0.30000000000000004]]\n  }\n}\n"
        );
    }
}
