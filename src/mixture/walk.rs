//! Forward and backward along the rows of a hidden Markov model.

use super::chain::Chain;
use super::density::Evaluator;
use super::elementary::{exp, ln};
use super::model::Mixture;
use crate::data::{BLOCK_ROWS, Block, Matrix};

/// Probabilities above this are multiplied as they are; a product below it may have lost
/// something to underflow, and is formed again from logarithms.
const TINY: f64 = 1e-200;

/// How often a sequence is expected to begin in a state, and to go from one to another.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainCounts {
    /// Expected number of sequences that begin in each state, K numbers.
    pub starts: Vec<f64>,
    /// Expected number of transitions, K x K: those out of state i are row i.
    pub transitions: Vec<f64>,
}

/// p(z_t = k | all rows of the sequence) by the forward-backward recursions (Rabiner 1989,
/// section III), block by block.
///
/// A first pass, from the last row to the first, keeps what the rows behind each block say
/// of its last row: K numbers a block. The second goes forward and forms the backward
/// variables of one block again, so that no N x K matrix exists.
///
/// Both variables sum to 1 in every row, as do their products. Where one of their entries is
/// near underflow ([`TINY`]) they are kept as logarithms too, so that a state of probability
/// e^-5000 can still win.
pub(super) struct Walk<'a> {
    chain: &'a Chain,
    evaluator: Evaluator<'a>,
    /// The first row of every sequence but the first.
    breaks: &'a [usize],
    start: Message,
    /// Output i from j: the transitions.
    back: Product,
    /// Output j from i: the transitions transposed.
    ahead: Product,
    /// The backward variable of the last row of each block.
    ends: Vec<Message>,
    /// N(x; mu_k, S_k) of the rows of a block over the largest of the row, BLOCK_ROWS x K.
    emissions: Vec<f64>,
    /// ln of those largest, BLOCK_ROWS.
    highest: Vec<f64>,
    /// Emission times backward variable of the rows of a block.
    behind: Vec<Message>,
    /// Forward variable of the row before.
    forward: Message,
    /// Posteriors, K x BLOCK_ROWS.
    table: Vec<f64>,
    /// ln p(x_t | rows before it), BLOCK_ROWS.
    log_density: Vec<f64>,
    counts: ChainCounts,
}

impl<'a> Walk<'a> {
    /// The backward pass over all rows.
    pub(super) fn new(matrix: &'a Matrix, mixture: &'a Mixture, chain: &'a Chain) -> Walk<'a> {
        let k = chain.n_states();
        let a = chain.transitions();
        let transposed = (0..k * k).map(|cell| a[cell % k * k + cell / k]).collect();
        let mut walk = Walk {
            chain,
            evaluator: Evaluator::unweighted(mixture),
            breaks: matrix.breaks(),
            start: Message::of(chain.start()),
            back: Product::new(a.to_vec()),
            ahead: Product::new(transposed),
            ends: Vec::new(),
            emissions: vec![0.0; BLOCK_ROWS * k],
            highest: vec![0.0; BLOCK_ROWS],
            behind: vec![Message::even(k); BLOCK_ROWS],
            forward: Message::even(k),
            table: vec![0.0; k * BLOCK_ROWS],
            log_density: vec![0.0; BLOCK_ROWS],
            counts: ChainCounts {
                starts: vec![0.0; k],
                transitions: vec![0.0; k * k],
            },
        };
        let mut backward = Message::even(k);
        for block in matrix.blocks().rev() {
            walk.ends.push(backward.clone());
            walk.read(&block);
            walk.go_back(&block, &mut backward);
        }
        walk.ends.reverse();
        walk
    }
}

/// What goes along the rows of a sequence. It is a trait so that whoever holds one need
/// not have its code: see [`crate::later`].
pub(super) trait Along {
    /// The forward pass over one block; the blocks come in order.
    fn take(&mut self, block: &Block<'_>);
    /// Posteriors of state `k` of the last block taken.
    fn row(&self, k: usize) -> &[f64];
    /// ln p(x_t | rows before it in the sequence) of the last block taken.
    fn log_density(&self) -> &[f64];
    /// Sums over all blocks taken so far.
    fn into_counts(self: Box<Self>) -> ChainCounts;
}

impl Along for Walk<'_> {
    fn take(&mut self, block: &Block<'_>) {
        let k = self.chain.n_states();
        let mut backward = self.ends[block.first_row() / BLOCK_ROWS].clone();
        self.read(block);
        self.go_back(block, &mut backward);
        let mut foretold = Message::even(k);
        let mut transitions = vec![0.0; k * k];
        for i in 0..block.len() {
            let first = self.begins(block.first_row() + i);
            if first {
                foretold.clone_from(&self.start);
            } else {
                self.ahead.apply(&self.forward, &mut foretold);
            }
            let factor = self.posterior(i, &foretold);
            if first {
                for (k, n) in self.counts.starts.iter_mut().enumerate() {
                    *n += self.table[k * BLOCK_ROWS + i];
                }
            } else {
                self.count(i, factor, &mut transitions);
            }
            let emissions = &self.emissions[i * k..(i + 1) * k];
            let ln_emission = |c: usize| self.evaluator.row(c)[i] - self.highest[i];
            let (sum, shift) = self.forward.emit(&foretold, emissions, ln_emission);
            self.highest[i] += shift;
            self.log_density[i] = sum;
            if shift == f64::NEG_INFINITY {
                // The rows before make this one impossible: it begins anew.
                self.forward.plain.copy_from_slice(emissions);
                self.forward.wide = false;
            }
        }
        for (l, top) in self.log_density[..block.len()]
            .iter_mut()
            .zip(&self.highest)
        {
            *l = top + ln(*l);
        }
        for (total, n) in self.counts.transitions.iter_mut().zip(&transitions) {
            *total += n;
        }
    }

    fn row(&self, k: usize) -> &[f64] {
        &self.table[k * BLOCK_ROWS..(k + 1) * BLOCK_ROWS]
    }

    fn log_density(&self) -> &[f64] {
        &self.log_density
    }

    fn into_counts(self: Box<Self>) -> ChainCounts {
        self.counts
    }
}

impl Walk<'_> {
    fn begins(&self, row: usize) -> bool {
        row == 0 || self.breaks.binary_search(&row).is_ok()
    }

    /// The block's emissions, row by row.
    fn read(&mut self, block: &Block<'_>) {
        let k = self.chain.n_states();
        self.evaluator.emissions(block);
        self.highest.fill(f64::NEG_INFINITY);
        for c in 0..k {
            for (h, &e) in self.highest.iter_mut().zip(self.evaluator.row(c)) {
                *h = if e > *h { e } else { *h };
            }
        }
        let mut column = [0.0; BLOCK_ROWS];
        for c in 0..k {
            let logs = self.evaluator.row(c).iter().zip(&self.highest);
            for (e, (log, h)) in column.iter_mut().zip(logs) {
                *e = exp(log - h);
            }
            for (row, e) in self.emissions.chunks_exact_mut(k).zip(&column) {
                row[c] = *e;
            }
        }
    }

    /// `backward` comes as the backward variable of the block's last row and leaves as that of
    /// the row before the block: sum over j of a_ij N_j(x) b_j, up to a factor.
    fn go_back(&mut self, block: &Block<'_>, backward: &mut Message) {
        let k = self.chain.n_states();
        for i in (0..block.len()).rev() {
            let emissions = &self.emissions[i * k..(i + 1) * k];
            let ln_emission = |c: usize| self.evaluator.row(c)[i] - self.highest[i];
            let (_, shift) = self.behind[i].emit(backward, emissions, ln_emission);
            if self.begins(block.first_row() + i) || shift == f64::NEG_INFINITY {
                // Impossible rows say nothing of those before them either.
                *backward = Message::even(k);
            } else {
                self.back.apply(&self.behind[i], backward);
            }
        }
    }

    /// Posteriors of row `i` from what the rows before it foretell. Gives what the products
    /// were divided by.
    fn posterior(&mut self, i: usize, foretold: &Message) -> Factor {
        let message = &self.behind[i];
        let place = self.table.iter_mut().skip(i).step_by(BLOCK_ROWS);
        let pairs = || foretold.plain.iter().zip(&message.plain);
        let total: f64 = pairs().map(|(p, m)| p * m).sum();
        if total > TINY {
            for (r, (p, m)) in place.zip(pairs()) {
                *r = p * m / total;
            }
            return Factor::Plain(total);
        }
        let joint = || (0..foretold.plain.len()).map(|j| foretold.ln(j) + message.ln(j));
        let top = highest(joint());
        if top > f64::NEG_INFINITY {
            let total: f64 = joint().map(|v| exp(v - top)).sum();
            for (r, v) in place.zip(joint()) {
                *r = exp(v - top) / total;
            }
            return Factor::Underflowed;
        }
        // Impossible: the row alone, with what follows it, decides.
        let sum: f64 = message.plain.iter().sum();
        for (r, m) in place.zip(&message.plain) {
            *r = m / sum;
        }
        Factor::Impossible
    }

    /// Adds p(z_{t-1} = i, z_t = j | all rows) of row `at` of the block.
    fn count(&self, at: usize, factor: Factor, transitions: &mut [f64]) {
        let k = self.chain.n_states();
        let (from, to) = (&self.forward, &self.behind[at]);
        match factor {
            Factor::Plain(total) => {
                let rows = self.back.entries.chunks_exact(k).zip(&from.plain);
                for (out, (row, f)) in transitions.chunks_exact_mut(k).zip(rows) {
                    let share = f / total;
                    for (n, (a, m)) in out.iter_mut().zip(row.iter().zip(&to.plain)) {
                        *n += share * (a * m);
                    }
                }
            }
            Factor::Underflowed => {
                let cells = || {
                    let logs = self.back.logs.iter().enumerate();
                    logs.map(|(cell, a)| from.ln(cell / k) + a + to.ln(cell % k))
                };
                let top = highest(cells());
                let total: f64 = cells().map(|v| exp(v - top)).sum();
                for (n, v) in transitions.iter_mut().zip(cells()) {
                    *n += exp(v - top) / total;
                }
            }
            Factor::Impossible => {}
        }
    }
}

/// What joint probabilities are divided by.
#[derive(Clone, Copy)]
enum Factor {
    Plain(f64),
    /// Their sum is no double above [`TINY`]: their logarithms have it.
    Underflowed,
    /// They are all 0.
    Impossible,
}

/// A forward or backward variable, or a product of it: K probabilities up to a factor.
#[derive(Clone)]
struct Message {
    plain: Vec<f64>,
    /// Their logarithms, where an entry is not above [`TINY`].
    logs: Vec<f64>,
    wide: bool,
}

impl Message {
    fn even(k: usize) -> Message {
        Message::of(&vec![1.0 / k as f64; k])
    }

    fn of(plain: &[f64]) -> Message {
        Message {
            plain: plain.to_vec(),
            logs: plain.iter().map(|&p| ln(p)).collect(),
            wide: true,
        }
    }

    fn ln(&self, j: usize) -> f64 {
        match self.wide {
            true => self.logs[j],
            false => ln(self.plain[j]),
        }
    }

    /// Becomes `before` times the emissions of a row, over their sum. Gives the sum as a number and
    /// the logarithm of a factor; if every product is 0, that is minus infinity, and the
    /// message even.
    fn emit(
        &mut self,
        before: &Message,
        emissions: &[f64],
        ln_emission: impl Fn(usize) -> f64,
    ) -> (f64, f64) {
        let (mut sum, mut least) = (0.0, f64::INFINITY);
        for (m, (b, e)) in self
            .plain
            .iter_mut()
            .zip(before.plain.iter().zip(emissions))
        {
            *m = b * e;
            sum += *m;
            least = if *m < least { *m } else { least };
        }
        self.wide = least <= TINY;
        let mut top = 0.0;
        if self.wide {
            for (j, l) in self.logs.iter_mut().enumerate() {
                *l = before.ln(j) + ln_emission(j);
            }
            top = highest(self.logs.iter().copied());
            if top == f64::NEG_INFINITY {
                *self = Message::even(self.plain.len());
                return (1.0, top);
            }
            sum = 0.0;
            for (m, l) in self.plain.iter_mut().zip(&self.logs) {
                *m = exp(l - top);
                sum += *m;
            }
            let total = top + ln(sum);
            self.logs.iter_mut().for_each(|l| *l -= total);
        }
        let scale = 1.0 / sum;
        self.plain.iter_mut().for_each(|m| *m *= scale);
        (sum, top)
    }
}

/// A K x K matrix of probabilities that multiplies messages.
struct Product {
    entries: Vec<f64>,
    logs: Vec<f64>,
}

impl Product {
    fn new(entries: Vec<f64>) -> Product {
        Product {
            logs: entries.iter().map(|&p| ln(p)).collect(),
            entries,
        }
    }

    /// The product.
    fn apply(&self, message: &Message, out: &mut Message) {
        let k = message.plain.len();
        let mut least = f64::INFINITY;
        for (row, p) in self.entries.chunks_exact(k).zip(&mut out.plain) {
            *p = row.iter().zip(&message.plain).map(|(a, m)| a * m).sum();
            least = if *p < least { *p } else { least };
        }
        out.wide = least <= TINY;
        if !out.wide {
            return;
        }
        for (j, row) in self.logs.chunks_exact(k).enumerate() {
            out.logs[j] = match out.plain[j] > TINY {
                true => ln(out.plain[j]),
                false => log_sum(row.iter().enumerate().map(|(i, a)| a + message.ln(i))),
            };
        }
    }
}

fn highest(v: impl Iterator<Item = f64>) -> f64 {
    v.fold(f64::NEG_INFINITY, |top, v| if v > top { v } else { top })
}

/// ln of the sum of e^v; minus infinity if all of them are.
fn log_sum(v: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = highest(v.clone());
    if top == f64::NEG_INFINITY {
        return top;
    }
    top + ln(v.map(|v| exp(v - top)).sum())
}
