//! Responsibilities of all rows, whether or not rows depend on their neighbours.

use super::chain::Chain;
use super::density::Evaluator;
use super::model::{Kind, Mixture};
use super::walk::{Along, ChainCounts, Walk};
use crate::data::{Block, Matrix};
use crate::later::later;

/// Responsibilities r_tk = p(component k | data) and log-densities, one block after another.
///
/// Rows of a mixture are independent: r_tk = w_k N(x_t; mu_k, S_k) / p(x_t). Those of a
/// hidden Markov model are not: r_tk = p(z_t = k | all rows of the sequence), and the
/// log-density of a row is ln p(x_t | rows before it), so that the log-densities sum to the
/// log-likelihood either way.
pub struct Responsibilities<'a> {
    rows: Rows<'a>,
}

enum Rows<'a> {
    Independent(Evaluator<'a>),
    Chain(Box<dyn Along + 'a>),
}

later! { Methods 6:
    fn walk<'a>(matrix: &'a Matrix, mixture: &'a Mixture, chain: &'a Chain) -> Box<dyn Along + 'a> {
        Box::new(Walk::new(matrix, mixture, chain))
    }
}

impl<'a> Responsibilities<'a> {
    /// Prepares `mixture` for the rows of `matrix`. A hidden Markov model is walked backward
    /// here, once.
    pub fn new(matrix: &'a Matrix, mixture: &'a Mixture) -> Self {
        let rows = match mixture.kind() {
            Kind::Chain(chain) => Rows::Chain(walk(matrix, mixture, chain)),
            _ => Rows::Independent(Evaluator::new(mixture)),
        };
        Responsibilities { rows }
    }

    /// Computes those of a block of the matrix. The blocks come in order, each once.
    pub fn take(&mut self, block: &Block<'_>) {
        match &mut self.rows {
            Rows::Independent(evaluator) => evaluator.responsibilities(block),
            Rows::Chain(walk) => walk.take(block),
        }
    }

    /// Responsibilities of component `k` (K is the noise component) for the block's rows (only the
    /// block's own length is meaningful).
    pub fn row(&self, k: usize) -> &[f64] {
        match &self.rows {
            Rows::Independent(evaluator) => evaluator.row(k),
            Rows::Chain(walk) => walk.row(k),
        }
    }

    /// What evaluates the rows, if they are independent.
    pub fn independent(&mut self) -> Option<&mut Evaluator<'a>> {
        match &mut self.rows {
            Rows::Independent(evaluator) => Some(evaluator),
            Rows::Chain(_) => None,
        }
    }

    /// [`Evaluator::precisions`] of the block's rows.
    pub fn precisions(&self, k: usize) -> &[f64] {
        match &self.rows {
            Rows::Independent(evaluator) => evaluator.precisions(k),
            Rows::Chain(_) => &[],
        }
    }

    /// Log-density of each row of the block.
    pub fn log_density(&self) -> &[f64] {
        match &self.rows {
            Rows::Independent(evaluator) => evaluator.log_density(),
            Rows::Chain(walk) => walk.log_density(),
        }
    }

    /// What a hidden Markov model expects of starts and transitions, summed over the blocks
    /// taken.
    pub fn into_chain_counts(self) -> Option<ChainCounts> {
        match self.rows {
            Rows::Independent(_) => None,
            Rows::Chain(walk) => Some(walk.into_counts()),
        }
    }
}
