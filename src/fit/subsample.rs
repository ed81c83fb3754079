//! A start that has seen little: EM on a random part of the rows, then on all of them.

use super::em::Em;
use super::m_step::{StepError, m_step};
use super::plan::Plan;
use super::scheme::{Kept, Memory};
use super::shuffle::Shuffle;
use crate::data::Matrix;

/// EM goes over to all rows once an iteration gains less than this a row. The parameters that
/// a part of n rows would end at are themselves off by about 1 / sqrt(n).
const LITTLE: f64 = 1e-4;

/// It goes over after so many iterations in any case.
const MOST_ITERATIONS: usize = 200;

/// The size of the part: as asked; 0 asks for a tenth of the rows, but not fewer than 200.
pub(super) fn size(asked: usize, n: usize) -> usize {
    match asked {
        0 => n.min(200.max(n / 10)),
        rows => rows.min(n),
    }
}

/// The rows of the part that a seed gives, ascending.
pub(super) fn rows(seed: u64, size: usize, n: usize) -> Vec<usize> {
    let order = Shuffle::new(seed, 0, n);
    let mut rows: Vec<usize> = (0..size).map(|i| order.at(i)).collect();
    rows.sort_unstable();
    rows
}

/// One iteration of EM on the part or, once that gained little, on all rows.
pub(super) fn iterate(em: &Em, matrix: &Matrix, plan: &Plan) -> Result<Em, StepError> {
    let Some(rows) = plan.scheme.rows(em.state(), plan.seed, matrix.n_rows()) else {
        return em.step(matrix, plan);
    };
    let part = matrix.subset(&rows);
    let next = m_step(&part, em.mixture(), em.expectation(), plan)?;
    let memory = em.state().memory.clone();
    let arrived = em.arrive(matrix, next, memory.clone(), plan)?;
    let gain = (arrived.objective() - em.objective()) / matrix.total_weight();
    if gain >= LITTLE && em.state().stage() + 1 < MOST_ITERATIONS {
        return Ok(arrived);
    }
    let done = Memory {
        kept: Kept::Done,
        ..memory
    };
    em.arrive(matrix, arrived.mixture().clone(), done, plan)
}
