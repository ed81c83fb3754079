//! The doors to what the first view does not need: priors, other densities, algorithms,
//! families and starts. What is reached only through these comes later: see
//! [`crate::later`]. Each is called for a half-step, or for a block of rows.

use std::ops::Range;
use std::rc::Rc;

use super::assign::Assign;
use super::e_step::{Expectation, Obvious};
use super::em::{Em, State};
use super::init::{self, StartError};
use super::kernel::{Component, Kernel, Rows};
use super::m_step::{Moments, StepError};
use super::plan::{Objective, Plan};
use super::prior::Prior;
use super::scheme::Scheme;
use super::settings::Settings;
use super::shapes::{self, Scatter, Shaped};
use super::share::{Node, Share, n_chunks};
use super::single;
use super::space::{self, Space};
use super::stopping;
use super::sums::Sums;
use super::variational::{self, VariationalPrior};
use super::{begin, em, markov, missing, robust};
use crate::data::{Block, Gathered, Matrix, Side, Singles};
use crate::later::later;
use crate::mixture::{Covariance, CovarianceType, Evaluator, Mixture};

later! { Steps 10:
    /// What the fast pass has no way for.
    pub(super) fn take(
        obvious: &mut Obvious<'_>,
        block: &Block<'_>,
        node: &mut Node,
    ) {
        obvious.take(block, node);
    }
}

later! { Steps 11:
    /// See [`Space::exponents`].
    pub(super) fn exponents(
        space: &mut Space,
        component: &Component,
        block: &Block<'_>,
        constant: f64,
        out: &mut Rows,
    ) {
        space.exponents(component, block, constant, out);
    }
}

later! { Steps 12:
    /// See [`Space::add`].
    pub(super) fn add(
        space: &mut Space,
        component: &Component,
        block: &Block<'_>,
        r: &Rows,
        total: &mut Sums,
    ) {
        space.add(component, block, r, total);
    }
}

later! { Steps 13:
    /// See [`space::pack`].
    pub(super) fn pack(triangle: &[f64], d: usize) -> Vec<f64> {
        space::pack(triangle, d)
    }
}

later! { Steps 14:
    /// The E-step in single precision, of rows that are copied for it the first time.
    pub(super) fn single(matrix: &Matrix, mixture: &Mixture) -> Expectation {
        let share = share_single(matrix.singles(), mixture, 0..n_chunks(matrix), 0);
        Expectation::join(matrix, mixture.means(), Assign::Soft, [share])
            .expect("the share of all rows is the pass over all rows")
    }
}

later! { Steps 15:
    /// The share that some chunks of these rows have in a pass in single precision under
    /// `mixture` about its means. The first of them is number `place` of all chunks.
    pub fn share_single(
        singles: &Singles,
        mixture: &Mixture,
        chunks: Range<usize>,
        place: usize,
    ) -> Share {
        single::share(singles, mixture, chunks, place)
    }
}

later! { Steps 16:
    /// The rows for a pass that leaves components out of blocks, if that pays.
    pub(super) fn gathered<'a>(kernel: &Kernel, matrix: &'a Matrix) -> Option<&'a Gathered> {
        match kernel.pays_to_leave_out() {
            true => matrix.gathered(),
            false => None,
        }
    }
}

later! { Steps 17:
    /// See [`Kernel::leave_out`].
    pub(super) fn leave_out(kernel: &mut Kernel, sides: &[Side]) -> usize {
        kernel.leave_out(sides)
    }
}

later! { Methods 20:
    pub(super) fn m_step_of_posterior(
        matrix: &Matrix,
        mixture: &Mixture,
        expectation: &Expectation,
        prior: &VariationalPrior,
        floor: &[f64],
    ) -> Result<Mixture, StepError> {
        variational::m_step(matrix, mixture, expectation, prior, floor)
    }
}

later! { Methods 21:
    pub(super) fn expansions(mixture: &Mixture, sums: &[Sums], kent: bool) -> Option<Vec<f64>> {
        robust::expansions(mixture, sums, kent)
    }
}

later! { Methods 22:
    pub(super) fn moments(sums: &Sums, alpha: f64, origin: &[f64], dense: bool) -> Moments {
        robust::moments(sums, alpha, origin, dense)
    }
}

later! { Methods 23:
    pub(super) fn with_degrees(
        next: Mixture,
        mixture: &Mixture,
        sums: &[Sums],
        alphas: &[f64],
    ) -> Result<Mixture, StepError> {
        robust::with_degrees(next, mixture, sums, alphas)
    }
}

later! { Methods 24:
    pub(super) fn pull(prior: &Prior, moments: &mut Moments, centre: &[f64]) {
        prior.pull(moments, centre);
    }
}

later! { Methods 25:
    pub(super) fn shaped(
        family: CovarianceType,
        d: usize,
        scatters: &[Scatter<'_>],
        previous: &[Rc<Covariance>],
    ) -> Shaped {
        shapes::otherwise(family, d, scatters, previous)
    }
}

later! { Methods 26:
    pub(super) fn carry_on(
        before: &Mixture,
        next: Mixture,
        expectation: &Expectation,
    ) -> Result<Mixture, StepError> {
        markov::carry_on(before, next, expectation)
    }
}

later! { Methods 27:
    pub(super) fn prior(settings: &Settings, matrix: &Matrix) -> Prior {
        Prior::new(settings, matrix)
    }
}

later! { Methods 28:
    pub(super) fn variational_prior(
        settings: &Settings,
        matrix: &Matrix,
    ) -> Option<VariationalPrior> {
        VariationalPrior::of(settings, matrix)
    }
}

later! { Methods 29:
    pub(super) fn scheme(settings: &Settings, matrix: &Matrix) -> Scheme {
        Scheme::otherwise(settings, matrix)
    }
}

later! { Methods 30:
    pub(super) fn beside_likelihood(plan: &Plan, mixture: &Mixture) -> f64 {
        match &plan.variational {
            Some(prior) => -prior.divergence(mixture),
            None => plan.prior.as_ref().map_or(0.0, |p| p.log_density(mixture)),
        }
    }
}

later! { Methods 31:
    pub(super) fn first_posterior(matrix: &Matrix, mixture: Mixture, plan: &Plan) -> Mixture {
        variational::first(matrix, mixture, plan)
    }
}

later! { Methods 32:
    pub(super) fn plug_in_log_likelihood(matrix: &Matrix, mixture: &Mixture) -> f64 {
        variational::log_density(matrix, &mixture.plug_in())
    }
}

later! { Methods 33:
    pub(super) fn iterate(em: &Em, matrix: &Matrix, plan: &Plan) -> Result<Em, StepError> {
        em.iterate_otherwise(matrix, plan)
    }
}

later! { Methods 34:
    pub(super) fn rows(scheme: &Scheme, state: &State, seed: u64, n: usize) -> Option<Vec<usize>> {
        scheme.rows(state, seed, n)
    }
}

later! { Methods 35:
    pub(super) fn expectation_of_part(
        matrix: &Matrix,
        rows: &[usize],
        mixture: &Mixture,
    ) -> Expectation {
        em::part(matrix, rows, mixture)
    }
}

later! { Methods 36:
    pub(super) fn assign(scheme: &Scheme, state: &State, seed: u64) -> Assign {
        scheme.assign(state, seed)
    }
}

later! { Methods 37:
    pub(super) fn objective(scheme: &Scheme, state: &State, n: usize) -> Option<Objective> {
        scheme.objective(state, n)
    }
}

later! { Methods 38:
    pub(super) fn share_out(assign: Assign, table: &mut [f64], block: &Block<'_>) -> f64 {
        assign.apply(table, block)
    }
}

later! { Methods 39:
    pub(super) fn add_incomplete(
        sums: &mut Sums,
        block: &Block<'_>,
        evaluator: &mut Evaluator<'_>,
        k: usize,
        centre: &[f64],
        room: [&mut Vec<f64>; 2],
    ) {
        missing::add(sums, block, evaluator, k, centre, room);
    }
}

later! { Methods 40:
    pub(super) fn add_robust(
        sums: &mut Sums,
        block: &Block<'_>,
        r: &[f64],
        u: &[f64],
        centre: &[f64],
        offsets: &mut Vec<f64>,
    ) {
        sums.add_robust(block, r, u, centre, offsets);
    }
}

later! { Methods 41:
    pub(super) fn components(matrix: &Matrix, settings: &Settings) -> Result<Mixture, StartError> {
        init::components_otherwise(matrix, settings)
    }
}

later! { Methods 42:
    pub(super) fn column_means(matrix: &Matrix) -> Vec<f64> {
        missing::column_means(matrix)
    }
}

later! { Methods 43:
    pub(super) fn begin(
        normal: Mixture,
        matrix: &Matrix,
        settings: &Settings,
    ) -> Result<Mixture, StartError> {
        begin::otherwise(normal, matrix, settings)
    }
}

later! { Methods 44:
    pub(super) fn step_length(before: &Mixture, now: &Mixture) -> f64 {
        stopping::length_of_step(before, now)
    }
}
