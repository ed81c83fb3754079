//! Forward and backward along the rows of a hidden Markov model.

use super::chain::Chain;
use super::density::Evaluator;
use super::elementary::{exp, ln};
use super::model::Mixture;
use crate::data::{BLOCK_ROWS, Block, Matrix};

/// A sum of products of probabilities below this may have lost some of them to underflow:
/// it is formed again from logarithms.
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
/// Both variables are kept as logarithms below their largest, so that a state of
/// probability e^-5000 can still win; the products with the K x K transitions use plain
/// numbers where none of them can have been lost ([`TINY`]).
pub(super) struct Walk<'a> {
    chain: &'a Chain,
    evaluator: Evaluator<'a>,
    /// The first row of every sequence but the first.
    breaks: &'a [usize],
    log_start: Vec<f64>,
    /// Output i from j: the transitions.
    back: Product,
    /// Output j from i: the transitions transposed.
    ahead: Product,
    /// ln of the backward variable of the last row of each block, K numbers a block.
    ends: Vec<f64>,
    /// ln N(x; mu_k, S_k) of the rows of a block, BLOCK_ROWS x K.
    emissions: Vec<f64>,
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
            log_start: chain.start().iter().map(|&p| ln(p)).collect(),
            back: Product::new(a.to_vec()),
            ahead: Product::new(transposed),
            ends: vec![0.0; matrix.n_rows().div_ceil(BLOCK_ROWS) * k],
            emissions: vec![0.0; BLOCK_ROWS * k],
            behind: vec![Message::even(k); BLOCK_ROWS],
            forward: Message::even(k),
            table: vec![0.0; k * BLOCK_ROWS],
            log_density: vec![0.0; BLOCK_ROWS],
            counts: ChainCounts {
                starts: vec![0.0; k],
                transitions: vec![0.0; k * k],
            },
        };
        let mut backward = vec![0.0; k];
        for block in matrix.blocks().rev() {
            let b = block.first_row() / BLOCK_ROWS;
            walk.ends[b * k..(b + 1) * k].copy_from_slice(&backward);
            walk.read(&block);
            walk.go_back(&block, &mut backward);
        }
        walk
    }

    /// The forward pass over one block; the blocks come in order.
    pub(super) fn take(&mut self, block: &Block<'_>) {
        let k = self.chain.n_states();
        let b = block.first_row() / BLOCK_ROWS;
        let mut backward = self.ends[b * k..(b + 1) * k].to_vec();
        self.read(block);
        self.go_back(block, &mut backward);
        let (mut plain, mut logs) = (vec![0.0; k], vec![0.0; k]);
        let mut transitions = vec![0.0; k * k];
        for i in 0..block.len() {
            let first = self.begins(block.first_row() + i);
            let scale = if first {
                plain.copy_from_slice(self.chain.start());
                logs.copy_from_slice(&self.log_start);
                0.0
            } else {
                self.ahead.apply(&self.forward, &mut plain, &mut logs);
                ln(self.forward.plain.iter().sum())
            };
            let known = self.posterior(i, &plain, &logs);
            if first {
                for (k, n) in self.counts.starts.iter_mut().enumerate() {
                    *n += self.table[k * BLOCK_ROWS + i];
                }
            } else {
                self.count(i, known, &mut transitions);
            }
            let emissions = &self.emissions[i * k..(i + 1) * k];
            for ((f, l), e) in self.forward.logs.iter_mut().zip(&logs).zip(emissions) {
                *f = l + e;
            }
            let top = self.forward.normalise();
            self.log_density[i] = top - scale + ln(self.forward.plain.iter().sum());
            if top == f64::NEG_INFINITY {
                // The rows before make this one impossible: it begins anew.
                self.forward.logs.copy_from_slice(emissions);
                self.forward.normalise();
            }
        }
        for (total, n) in self.counts.transitions.iter_mut().zip(&transitions) {
            *total += n;
        }
    }

    /// Posteriors of state `k` of the last block taken.
    pub(super) fn row(&self, k: usize) -> &[f64] {
        &self.table[k * BLOCK_ROWS..(k + 1) * BLOCK_ROWS]
    }

    /// ln p(x_t | rows before it in the sequence) of the last block taken.
    pub(super) fn log_density(&self) -> &[f64] {
        &self.log_density
    }

    /// Sums over all blocks taken so far.
    pub(super) fn into_counts(self) -> ChainCounts {
        self.counts
    }

    fn begins(&self, row: usize) -> bool {
        row == 0 || self.breaks.binary_search(&row).is_ok()
    }

    /// The block's emissions, row by row.
    fn read(&mut self, block: &Block<'_>) {
        let k = self.chain.n_states();
        self.evaluator.emissions(block);
        for c in 0..k {
            let column = &self.evaluator.row(c)[..block.len()];
            for (row, e) in self.emissions.chunks_exact_mut(k).zip(column) {
                row[c] = *e;
            }
        }
    }

    /// `backward` comes as the logarithm of the backward variable of the block's last row and
    /// leaves as that of the row before the block: sum over j of a_ij N_j(x) b_j, up to a factor.
    fn go_back(&mut self, block: &Block<'_>, backward: &mut [f64]) {
        let k = self.chain.n_states();
        let mut plain = vec![0.0; k];
        for i in (0..block.len()).rev() {
            let begins = self.begins(block.first_row() + i);
            let message = &mut self.behind[i];
            let emissions = &self.emissions[i * k..(i + 1) * k];
            for ((m, e), b) in message.logs.iter_mut().zip(emissions).zip(&*backward) {
                *m = e + b;
            }
            message.normalise();
            if begins {
                backward.fill(0.0);
                continue;
            }
            self.back.apply(message, &mut plain, backward);
            if backward.iter().all(|&b| b == f64::NEG_INFINITY) {
                // Impossible rows say nothing of those before them.
                backward.fill(0.0);
            }
        }
    }

    /// Posteriors of row `i` from what the rows before it foretell: p(z = j) proportional to
    /// `plain[j]`, `logs[j]` its logarithm. Gives what the products were divided by.
    fn posterior(&mut self, i: usize, plain: &[f64], logs: &[f64]) -> Factor {
        let message = &self.behind[i];
        let place = self.table.iter_mut().skip(i).step_by(BLOCK_ROWS);
        let total: f64 = plain.iter().zip(&message.plain).map(|(p, m)| p * m).sum();
        if total > TINY {
            for (r, (p, m)) in place.zip(plain.iter().zip(&message.plain)) {
                *r = p * m / total;
            }
            return Factor::Plain(total);
        }
        let joint = || logs.iter().zip(&message.logs).map(|(l, m)| l + m);
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
                    logs.map(|(cell, a)| from.logs[cell / k] + a + to.logs[cell % k])
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

/// A forward or backward variable: K numbers above 0, the largest of them 1.
#[derive(Clone)]
struct Message {
    logs: Vec<f64>,
    plain: Vec<f64>,
}

impl Message {
    fn even(k: usize) -> Message {
        Message {
            logs: vec![0.0; k],
            plain: vec![1.0; k],
        }
    }

    /// Takes the largest logarithm from all and gives it. If all are minus infinity, so is what is
    /// given, and the message becomes even.
    fn normalise(&mut self) -> f64 {
        let top = highest(self.logs.iter().copied());
        if top == f64::NEG_INFINITY {
            self.logs.fill(0.0);
            self.plain.fill(1.0);
            return top;
        }
        for (l, p) in self.logs.iter_mut().zip(&mut self.plain) {
            *l -= top;
            *p = exp(*l);
        }
        top
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

    /// The product, which may have underflowed, and its logarithm, which has not.
    fn apply(&self, message: &Message, plain: &mut [f64], logs: &mut [f64]) {
        let k = plain.len();
        let rows = self.entries.chunks_exact(k).zip(self.logs.chunks_exact(k));
        for ((row, log_row), (p, l)) in rows.zip(plain.iter_mut().zip(logs)) {
            *p = row.iter().zip(&message.plain).map(|(a, m)| a * m).sum();
            *l = match *p > TINY {
                true => ln(*p),
                false => log_sum(log_row.iter().zip(&message.logs).map(|(a, m)| a + m)),
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
