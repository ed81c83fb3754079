/// The cells of a text column, end to end in one buffer.
///
/// A million cells cost their characters and one offset each, not a `String` each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextValues {
    buffer: String,
    ends: Vec<usize>,
}

impl TextValues {
    /// A column without rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a cell; an empty one counts as missing.
    pub fn push(&mut self, cell: &str) {
        self.buffer.push_str(cell);
        self.ends.push(self.buffer.len());
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// No cells?
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cell of a row, `None` beyond the last one.
    pub fn get(&self, row: usize) -> Option<&str> {
        let end = *self.ends.get(row)?;
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        self.buffer.get(start..end)
    }

    /// All cells in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|row| self.get(row).unwrap_or_default())
    }

    /// Bytes that the cells and their offsets take.
    pub(crate) fn bytes(&self) -> usize {
        self.buffer.len() + size_of_val(&self.ends[..])
    }

    /// Makes room, if there is any, for `times` as much as it holds.
    pub(crate) fn reserve(&mut self, times: f64) {
        let characters = more(self.buffer.len(), self.buffer.capacity(), times);
        let cells = more(self.ends.len(), self.ends.capacity(), times);
        let _ = self.buffer.try_reserve_exact(characters);
        let _ = self.ends.try_reserve_exact(cells);
    }

    /// Gives back what growing has reserved.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.buffer.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// How much more to reserve where `len` is to become `times` as much: nothing if there is room
/// for it, else a little more, so that an estimate that creeps up does not move it each time.
pub(crate) fn more(len: usize, capacity: usize, times: f64) -> usize {
    let wanted = len as f64 * times;
    match wanted > capacity as f64 {
        true => (1.02 * wanted) as usize - len,
        false => 0,
    }
}

impl<'a> FromIterator<&'a str> for TextValues {
    fn from_iter<I: IntoIterator<Item = &'a str>>(cells: I) -> Self {
        let mut values = Self::new();
        for cell in cells {
            values.push(cell);
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_went_in() {
        let values: TextValues = ["setosa", "", "größe"].into_iter().collect();
        assert_eq!(values.len(), 3);
        assert_eq!(values.iter().collect::<Vec<_>>(), ["setosa", "", "größe"]);
        assert_eq!(values.get(3), None);
    }
}
