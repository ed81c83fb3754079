//! The rows of the table with what the model says of each, as CSV.

use std::rc::Rc;

use super::Pieces;
use super::cells::{distinct, push_number, push_text};
use crate::data::{BLOCK_ROWS, Block, Matrix, Table, Values};
use crate::mixture::{Mixture, Responsibilities, letter, n_shares};
use crate::session::{Experiment, Selection};
use crate::study::{impute, quantile};

/// Rows of a piece: some 5 MB of text.
const PIECE_ROWS: usize = 1 << 15;

/// The share of the fitted rows that are flagged as anomalies: those of the lowest density.
pub const ANOMALOUS: f64 = 0.01;

/// Writes every row of the table with all its columns and
///
/// - `label`: the component of the highest responsibility, A, B ..., or `noise`;
/// - `responsibility_A`, ...: one for each component, and `responsibility_noise`;
/// - `log_density`: ln p(x), of a hidden Markov model given the rows before, of a variational
///   posterior the bound that its E-step has;
/// - `anomaly`: 1 if the log-density is lower than that of 99 of 100 fitted rows, else 0;
/// - for each fitted column with gaps that were fitted, `NAME_imputed`: the value, or where it is
///   missing its mean given what is known of the row.
///
/// These are empty for rows that were left out of the fit.
pub struct RowsWriter {
    selection: Selection,
    mixture: Rc<Mixture>,
    /// ln p of the fitted rows, as far as they have been scored.
    log_density: Vec<f64>,
    /// What an anomaly is below; known once all are scored.
    threshold: Option<f64>,
    /// Matrix columns with gaps.
    gaps: Vec<usize>,
    /// Matrix rows written.
    written: usize,
    rows_a_piece: usize,
}

impl RowsWriter {
    /// Of the parameters that an experiment shows.
    pub fn new(experiment: &Experiment) -> RowsWriter {
        let selection = experiment.selection().clone();
        let mixture = experiment.mixture();
        let matrix = selection.matrix();
        let mut gaps = Vec::new();
        if matrix.has_holes() {
            let columns = selection.source().table().columns();
            let missing = |&j: &usize| columns[selection.fitted()[j]].missing() > 0;
            gaps = (0..matrix.n_columns()).filter(missing).collect();
        }
        // A chain is walked from its first row for every piece: fewer of them for more rows.
        let rows_a_piece = match mixture.chain() {
            None => PIECE_ROWS,
            Some(_) => PIECE_ROWS.max((matrix.n_rows() / 16).next_multiple_of(BLOCK_ROWS)),
        };
        RowsWriter {
            log_density: Vec::with_capacity(matrix.n_rows()),
            threshold: None,
            gaps,
            written: 0,
            rows_a_piece,
            mixture,
            selection,
        }
    }

    /// Scores the next rows; at the end of them the threshold is known.
    fn score(&mut self) {
        let matrix = self.selection.matrix();
        let (from, to) = (
            self.log_density.len(),
            self.log_density.len() + self.rows_a_piece,
        );
        let log_density = &mut self.log_density;
        each_block(matrix, &self.mixture, from, to, &mut |block, r| {
            log_density.extend_from_slice(&r.log_density()[..block.len()]);
        });
        if self.log_density.len() == matrix.n_rows() {
            // A density that is no number is an anomaly below all others.
            let finite: Vec<f64> = self
                .log_density
                .iter()
                .copied()
                .filter(|l| l.is_finite())
                .collect();
            self.threshold = Some(quantile(&finite, ANOMALOUS).unwrap_or(f64::NEG_INFINITY));
        }
    }

    fn header(&self, out: &mut Vec<u8>) {
        let table = self.selection.source().table();
        let mut names: Vec<String> = table
            .columns()
            .iter()
            .map(|c| c.name().to_owned())
            .collect();
        let k = self.mixture.n_components();
        let mut own = vec!["label".to_owned()];
        let called = |c: usize| {
            if c == k {
                "noise".to_owned()
            } else {
                letter(c)
            }
        };
        own.extend((0..n_shares(&self.mixture)).map(|c| format!("responsibility_{}", called(c))));
        own.push("log_density".to_owned());
        own.push("anomaly".to_owned());
        let imputed = |&j: &usize| format!("{}_imputed", self.selection.column_name(j));
        own.extend(self.gaps.iter().map(imputed));
        for name in own {
            names.push(distinct(name, &names));
        }
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            push_text(out, name);
        }
        out.push(b'\n');
    }

    /// Writes the next fitted rows, and those between and after them that were left out.
    fn write(&mut self, out: &mut Vec<u8>, threshold: f64) {
        let matrix = self.selection.matrix().clone();
        let selection = self.selection.clone();
        let table = selection.source().table();
        let end = (self.written + self.rows_a_piece).min(matrix.n_rows());
        let n_own = 3 + n_shares(&self.mixture) + self.gaps.len();
        let mut next_row = match self.written {
            0 => 0,
            written => selection.row_number(written) - 1,
        };
        let left_out = |out: &mut Vec<u8>, from: usize, to: usize| {
            for row in from..to {
                push_row(out, table, row);
                out.extend(std::iter::repeat_n(b',', n_own));
                out.push(b'\n');
            }
        };
        each_block(
            &matrix,
            &self.mixture,
            self.written,
            end,
            &mut |block, r| {
                let filled = self.filled(&matrix, block);
                for i in 0..block.len() {
                    let row = selection.row_number(block.first_row() + i) - 1;
                    left_out(out, next_row, row);
                    next_row = row + 1;
                    push_row(out, table, row);
                    self.push_own(out, i, r);
                    let log_density = self.log_density[block.first_row() + i];
                    out.push(b',');
                    push_number(out, log_density);
                    let odd = log_density.is_nan() || log_density < threshold;
                    out.extend_from_slice(if odd { b",1" } else { b",0" });
                    for (g, &j) in self.gaps.iter().enumerate() {
                        out.push(b',');
                        match filled.get(i * self.gaps.len() + g) {
                            Some(x) => push_number(out, *x),
                            None => push_number(out, block.column(j)[i] + matrix.centre()[j]),
                        }
                    }
                    out.push(b'\n');
                }
            },
        );
        self.written = end;
        if end == matrix.n_rows() {
            left_out(out, next_row, table.n_rows());
        } else {
            left_out(out, next_row, selection.row_number(end) - 1);
        }
    }

    /// Label and responsibilities of row `i` of a block.
    fn push_own(&self, out: &mut Vec<u8>, i: usize, r: &Responsibilities<'_>) {
        let shares = n_shares(&self.mixture);
        let mut best = 0;
        for c in 1..shares {
            if r.row(c)[i] > r.row(best)[i] {
                best = c;
            }
        }
        out.push(b',');
        match best == self.mixture.n_components() {
            true => out.extend_from_slice(b"noise"),
            false => out.extend_from_slice(letter(best).as_bytes()),
        }
        for c in 0..shares {
            out.push(b',');
            push_number(out, r.row(c)[i]);
        }
    }

    /// The columns with gaps of a block that has some, row by row, the gaps filled.
    fn filled(&self, matrix: &Matrix, block: &Block<'_>) -> Vec<f64> {
        if !block.has_holes() {
            return Vec::new();
        }
        let rows: Vec<usize> = (0..block.len()).map(|i| block.first_row() + i).collect();
        let mut found = impute(&matrix.subset(&rows), &self.mixture)
            .into_iter()
            .peekable();
        let mut filled = Vec::with_capacity(block.len() * self.gaps.len());
        for i in 0..block.len() {
            for &j in &self.gaps {
                filled.push(match found.next_if(|f| (f.row, f.column) == (i, j)) {
                    Some(imputed) => imputed.mean,
                    None => block.column(j)[i] + matrix.centre()[j],
                });
            }
        }
        filled
    }
}

impl Pieces for RowsWriter {
    fn next(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(threshold) = self.threshold else {
            self.score();
            return true;
        };
        if self.written == 0 {
            self.header(out);
        }
        self.write(out, threshold);
        self.written < self.selection.matrix().n_rows()
    }

    fn progress(&self) -> f64 {
        // Scoring takes about a tenth of the time that writing takes.
        let n = self.selection.matrix().n_rows() as f64;
        (0.1 * self.log_density.len() as f64 + 0.9 * self.written as f64) / n
    }
}

/// Calls `each` with the blocks of the rows from `from` (the first of a block) to `to`.
fn each_block(
    matrix: &Matrix,
    mixture: &Mixture,
    from: usize,
    to: usize,
    each: &mut dyn FnMut(&Block<'_>, &Responsibilities<'_>),
) {
    let mut responsibilities = Responsibilities::new(matrix, mixture);
    for block in matrix.blocks().take(to.div_ceil(BLOCK_ROWS)) {
        let wanted = block.first_row() >= from;
        if wanted || mixture.chain().is_some() {
            responsibilities.take(&block);
        }
        if wanted {
            each(&block, &responsibilities);
        }
    }
}

/// The row as the table has it.
fn push_row(out: &mut Vec<u8>, table: &Table, row: usize) {
    for (index, column) in table.columns().iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match column.values() {
            Values::Number(numbers) => push_number(out, numbers[row]),
            Values::Text(cells) => push_text(out, cells.get(row).unwrap_or_default()),
        }
    }
}
