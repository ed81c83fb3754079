use super::cell::{self, Cell};
use super::dialect::Decimal;
use super::number;
use crate::data::{Note, Places, TextValues, Values, text};

/// A column keeps its cells as text until so many of them had a value.
const UNDECIDED: usize = 64;
/// Cells are shown in messages up to so many characters.
const SHOWN: usize = 40;

/// Takes the cells of a column, one after the other, and makes numbers of them if more
/// than half of those that have a value are numbers.
///
/// The choice falls after the first cells, so that numbers never exist as text in bulk,
/// and is looked at again at the end: text turns into numbers then, and numbers that
/// should have been text are reported by [`is_misread`](Self::is_misread), for their
/// spelling is gone and the column must be read again.
#[derive(Debug)]
pub(super) struct ColumnBuilder {
    cells: Cells,
    decimal: Decimal,
    numbers: usize,
    texts: usize,
    stray: Places,
    first_stray: String,
    infinite: Places,
    grouped: Places,
    first_grouped: String,
}

#[derive(Debug)]
enum Cells {
    Undecided(TextValues),
    Number(Vec<f64>),
    Text(TextValues),
}

impl ColumnBuilder {
    /// A column of which nothing is known, or one that is known to be text.
    pub(super) fn new(decimal: Decimal, is_text: bool) -> Self {
        Self {
            cells: if is_text {
                Cells::Text(TextValues::new())
            } else {
                Cells::Undecided(TextValues::new())
            },
            decimal,
            numbers: 0,
            texts: 0,
            stray: Places::default(),
            first_stray: String::new(),
            infinite: Places::default(),
            grouped: Places::default(),
            first_grouped: String::new(),
        }
    }

    /// The next cell, as it stands between delimiters, and its line.
    #[inline]
    pub(super) fn push(&mut self, raw: &[u8], line: u64) {
        if let Cells::Number(values) = &mut self.cells
            && let Some(value) = number::quick(raw, self.decimal)
        {
            values.push(value);
            self.numbers += 1;
        } else {
            self.push_any(raw, line);
        }
    }

    #[inline(never)]
    fn push_any(&mut self, raw: &[u8], line: u64) {
        let cell = cell::clean(raw);
        let said = cell::read(cell, self.decimal);
        match said {
            Cell::Number(_) => self.numbers += 1,
            Cell::Missing => {}
            Cell::Thousands(_) => {
                if self.grouped.count == 0 {
                    self.first_grouped = cell::shorten(cell, SHOWN);
                }
                self.grouped.add(|| line);
                self.numbers += 1;
            }
            Cell::Infinite => {
                self.infinite.add(|| line);
                self.numbers += 1;
            }
            Cell::Text => {
                if self.stray.count == 0 {
                    self.first_stray = cell::shorten(cell, SHOWN);
                }
                self.stray.add(|| line);
                self.texts += 1;
            }
        }
        match &mut self.cells {
            Cells::Number(values) => values.push(value_of(said)),
            Cells::Text(values) => values.push(&String::from_utf8_lossy(cell)),
            Cells::Undecided(values) => {
                values.push(&String::from_utf8_lossy(cell));
                if self.numbers + self.texts >= UNDECIDED {
                    self.decide();
                }
            }
        }
    }

    fn decide(&mut self) {
        if let Cells::Undecided(values) = &mut self.cells {
            self.cells = if self.texts > 0 && self.texts >= self.numbers {
                Cells::Text(std::mem::take(values))
            } else {
                Cells::Number(numbers(values, self.decimal))
            };
        }
    }

    /// Was this read as numbers although text prevails?
    pub(super) fn is_misread(&self) -> bool {
        matches!(self.cells, Cells::Number(_)) && self.texts > 0 && self.texts >= self.numbers
    }

    /// Bytes that its cells take.
    pub(super) fn bytes(&self) -> usize {
        match &self.cells {
            Cells::Number(values) => size_of_val(&values[..]),
            Cells::Undecided(values) | Cells::Text(values) => values.bytes(),
        }
    }

    /// Are its cells numbers, as far as known?
    pub(super) fn is_number(&self) -> bool {
        match self.cells {
            Cells::Number(_) => true,
            Cells::Undecided(_) | Cells::Text(_) => self.numbers > self.texts,
        }
    }

    /// Makes room, if there is any, for `times` as much as it holds, so that growing does not
    /// take more than it needs.
    pub(super) fn reserve(&mut self, times: f64) {
        match &mut self.cells {
            Cells::Number(values) => {
                let more = text::more(values.len(), values.capacity(), times);
                let _ = values.try_reserve_exact(more);
            }
            Cells::Text(values) => values.reserve(times),
            Cells::Undecided(_) => {}
        }
    }

    /// No cell with a value?
    pub(super) fn is_empty(&self) -> bool {
        self.numbers + self.texts == 0
    }

    /// Line and beginning of the first cell that is text.
    pub(super) fn first_text(&self) -> Option<(u64, &str)> {
        let line = *self.stray.lines.first()?;
        Some((line, &self.first_stray))
    }

    /// Do the rows, as far as known, seem to be named or numbered by this column?
    pub(super) fn may_name_rows(&self) -> bool {
        match &self.cells {
            Cells::Undecided(values) if self.texts >= self.numbers => !values.is_empty(),
            Cells::Undecided(values) => {
                crate::data::table::is_running(&numbers(values, self.decimal))
            }
            Cells::Number(values) => crate::data::table::is_running(values),
            Cells::Text(_) => true,
        }
    }

    /// The cells, and what is to be said of them under the name of the column.
    pub(super) fn finish(mut self, column: &str) -> (Values, Vec<Note>) {
        self.decide();
        let mut values = match self.cells {
            Cells::Text(values) if self.numbers > self.texts => numbers(&values, self.decimal),
            Cells::Number(values) => values,
            Cells::Text(mut values) | Cells::Undecided(mut values) => {
                values.shrink_to_fit();
                return (Values::Text(values), Vec::new());
            }
        };
        values.shrink_to_fit();
        let mut notes = Vec::new();
        let column = column.to_owned();
        if self.stray.count > 0 {
            notes.push(Note::TextCells {
                column: column.clone(),
                places: self.stray,
                example: self.first_stray,
            });
        }
        if self.infinite.count > 0 {
            notes.push(Note::Infinite {
                column: column.clone(),
                places: self.infinite,
            });
        }
        if self.grouped.count > 0 {
            notes.push(Note::Thousands {
                column,
                places: self.grouped,
                example: self.first_grouped,
            });
        }
        (Values::Number(values), notes)
    }
}

fn value_of(said: Cell) -> f64 {
    match said {
        Cell::Number(value) | Cell::Thousands(value) => value,
        Cell::Infinite | Cell::Missing | Cell::Text => f64::NAN,
    }
}

fn numbers(cells: &TextValues, decimal: Decimal) -> Vec<f64> {
    cells
        .iter()
        .map(|cell| value_of(cell::read(cell.as_bytes(), decimal)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column<'a>(cells: impl IntoIterator<Item = &'a str>) -> ColumnBuilder {
        let mut builder = ColumnBuilder::new(Decimal::Point, false);
        for (row, cell) in (2..).zip(cells) {
            builder.push(cell.as_bytes(), row);
        }
        builder
    }

    #[test]
    fn a_stray_word_among_numbers_is_missing_and_named() {
        let (values, notes) = column(["1", "2", "Total", "4"]).finish("x");
        let Values::Number(values) = values else {
            panic!("the column holds numbers");
        };
        assert!(values[2].is_nan());
        assert_eq!(
            notes,
            [Note::TextCells {
                column: "x".into(),
                places: Places {
                    count: 1,
                    lines: vec![4]
                },
                example: "Total".into()
            }]
        );
    }

    #[test]
    fn half_numbers_are_text() {
        let (values, notes) = column(["1", "a", "2", "b"]).finish("x");
        assert!(matches!(values, Values::Text(_)));
        assert!(notes.is_empty());
    }

    #[test]
    fn words_first_and_numbers_later_make_numbers() {
        let cells = std::iter::repeat_n("unknown", 70).chain(std::iter::repeat_n("5", 80));
        let builder = column(cells);
        assert!(!builder.is_misread());
        assert!(matches!(builder.finish("x").0, Values::Number(_)));
    }

    #[test]
    fn numbers_first_and_words_later_must_be_read_again() {
        let cells = std::iter::repeat_n("007", 70).chain(std::iter::repeat_n("A7", 80));
        assert!(column(cells).is_misread());
    }
}
