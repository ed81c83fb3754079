//! The history of half-steps of one run. History is parameters: no per-row array is kept.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::data::Matrix;
use crate::fit::{Em, Moves, Objective, Plan, Share, State, StepError, e_step, moves};
use crate::mixture::Mixture;
use crate::study::{Decomposition, Health, decompose, health_of};

/// Old mixtures are thinned out above this many numbers (64 MB); they come back by
/// repeating the iterations between two that were kept, to the same bits.
const MOST_NUMBERS: usize = 8_000_000;

/// What is remembered of the parameters after t iterations.
#[derive(Clone, Debug)]
pub struct Iterate {
    /// Total log-likelihood; in single precision until [`Run::settle`] was asked for it.
    pub log_likelihood: f64,
    /// Is it known in double precision although the pass was not?
    settled: bool,
    /// The value of what the curve shows here.
    pub objective: f64,
    /// What that is.
    pub shown: Objective,
    /// Means, K x D.
    pub means: Vec<Vec<f64>>,
    /// Effective counts of the E-step with these parameters, K numbers.
    pub counts: Vec<f64>,
    /// The same of the noise component.
    pub noise_count: f64,
    /// How that E-step changed the strongest components, once somebody asked.
    moves: OnceCell<Moves>,
    /// The share of all pairs of a row and a component that the E-step could leave out, 0 to 1:
    /// [`Expectation::left_out`](crate::fit::Expectation::left_out).
    pub left_out: f64,
    /// What its log-likelihood consists of, once somebody asked.
    decomposition: OnceCell<Option<Decomposition>>,
    /// How the components are doing, once somebody asked.
    healths: OnceCell<Vec<Health>>,
    /// What led here from the iterate before.
    plan: Rc<Plan>,
    state: Option<State>,
}

/// A run: where it started, every iteration since, and what ended it.
///
/// Half-step 0 is the start; half-step 2t + 1 is the E-step with the parameters after t
/// iterations; half-step 2t + 2 the M-step that follows it.
#[derive(Clone, Debug)]
pub struct Run {
    /// A number of its own.
    pub id: u64,
    /// Shared by all that began as one run.
    origin: Rc<()>,
    iterates: Vec<Rc<Iterate>>,
    head: Rc<Em>,
    last: usize,
    failure: Option<StepError>,
    ahead: Option<Ahead>,
    most_numbers: usize,
}

/// A pass over the rows that the next iteration needs, to be made in shares.
#[derive(Clone, Debug)]
pub struct Pass {
    head: Rc<Em>,
    plan: Rc<Plan>,
    /// The parameters to evaluate.
    pub mixture: Rc<Mixture>,
    /// In single precision ([`share_single`](crate::fit::share_single()))?
    pub single: bool,
}

/// A pass that was made before it was asked for.
#[derive(Clone, Debug)]
struct Ahead {
    pass: Pass,
    shares: Vec<Share>,
}

impl Run {
    /// A run that starts from `mixture` (in the matrix's coordinates).
    pub fn new(id: u64, matrix: &Matrix, mixture: Mixture, plan: &Rc<Plan>) -> Run {
        let head = Rc::new(Em::new(matrix, mixture, plan));
        Run {
            id,
            origin: Rc::new(()),
            iterates: vec![Rc::new(remember(&head, matrix, plan.clone()))],
            head,
            last: 0,
            failure: None,
            ahead: None,
            most_numbers: MOST_NUMBERS,
        }
    }

    /// Index of the newest half-step.
    pub fn last(&self) -> usize {
        self.last
    }

    /// Why the run cannot go on, if it cannot.
    pub fn failure(&self) -> Option<&StepError> {
        self.failure.as_ref()
    }

    /// What is remembered of the parameters after each iteration, the start first.
    pub fn iterates(&self) -> &[Rc<Iterate>] {
        &self.iterates
    }

    /// Records one more half-step. An E-step costs nothing: it was computed with the
    /// log-likelihood of the parameters.
    ///
    /// # Errors
    /// If the M-step cannot be completed; the run stays where it is and remembers why.
    pub fn extend(&mut self, matrix: &Matrix, plan: &Rc<Plan>) -> Result<(), StepError> {
        if self.last.is_multiple_of(2) {
            self.last += 1;
            return Ok(());
        }
        let ahead = self.ahead.take().filter(|ahead| {
            Rc::ptr_eq(&ahead.pass.head, &self.head) && Rc::ptr_eq(&ahead.pass.plan, plan)
        });
        let next = match ahead {
            Some(Ahead { pass, shares }) => {
                let mixture = Rc::unwrap_or_clone(pass.mixture);
                self.head.iterate_with(matrix, plan, mixture, shares)
            }
            None => self.head.iterate(matrix, plan),
        };
        match next {
            Ok(em) => {
                self.head = Rc::new(em);
                self.iterates
                    .push(Rc::new(remember(&self.head, matrix, plan.clone())));
                self.last += 1;
                self.thin_out();
                Ok(())
            }
            Err(e) => {
                self.failure = Some(e.clone());
                Err(e)
            }
        }
    }

    /// The pass that extending the run under `plan` would make, if it can be made in shares.
    pub fn next_pass(&self, matrix: &Matrix, plan: &Rc<Plan>) -> Option<Pass> {
        Some(Pass {
            mixture: Rc::new(self.head.next_mixture(matrix, plan)?),
            single: self.head.next_is_single(),
            head: self.head.clone(),
            plan: plan.clone(),
        })
    }

    /// Gives the shares of a pass, in the order of the rows. They serve the next extension, unless
    /// the run goes on from elsewhere by then; its result is the same with and without them.
    pub fn supply(&mut self, pass: Pass, shares: Vec<Share>) {
        self.ahead = Some(Ahead { pass, shares });
    }

    /// The parameters after `t` iterations, unless they were thinned out.
    pub fn kept(&self, t: usize) -> Option<&Mixture> {
        self.iterates[t].state.as_ref().map(|state| &*state.mixture)
    }

    /// The plan that led to the parameters after `t` iterations.
    pub fn plan(&self, t: usize) -> &Rc<Plan> {
        &self.iterates[t].plan
    }

    /// How the components were doing after `t` iterations, judged by the responsibilities that
    /// led there; `None` where those parameters were thinned out before anybody asked.
    pub fn healths(&self, matrix: &Matrix, t: usize) -> Option<&[Health]> {
        let iterate = &self.iterates[t];
        if iterate.healths.get().is_none() {
            let mixture = &iterate.state.as_ref()?.mixture;
            let counts = &self.iterates[t.saturating_sub(1)].counts;
            let floor = &iterate.plan.floor;
            let of = |k: usize| health_of(matrix, mixture, k, counts[k], floor);
            let healths = (0..mixture.n_components()).map(of).collect();
            let _ = iterate.healths.set(healths);
        }
        iterate.healths.get().map(Vec::as_slice)
    }

    /// What the log-likelihood after `t` iterations, 1 or more, consists of, with the
    /// responsibilities of the E-step before.
    pub fn decomposition(&self, matrix: &Matrix, t: usize) -> Option<Decomposition> {
        let made = || {
            decompose(
                matrix,
                &self.mixture(matrix, t - 1),
                &self.mixture(matrix, t),
            )
        };
        *self.iterates[t].decomposition.get_or_init(made)
    }

    /// Did both begin as one run?
    pub fn is_kin(&self, other: &Run) -> bool {
        Rc::ptr_eq(&self.origin, &other.origin)
    }

    /// How many iterates both have in common, the start among them: those to which the same plans led
    /// from the same start.
    pub fn in_common(&self, other: &Run) -> usize {
        if !self.is_kin(other) {
            return 0;
        }
        let same = |(a, b): &(&Rc<Iterate>, &Rc<Iterate>)| {
            Rc::ptr_eq(&a.plan, &b.plan) || a.plan == b.plan
        };
        let both = self.iterates.iter().zip(&other.iterates);
        1 + both.skip(1).take_while(same).count()
    }

    /// Numbers of the mixtures that it keeps and `other` does not.
    pub fn numbers_beside(&self, other: &Run) -> usize {
        let shared = |(a, b): &(&Rc<Iterate>, &Rc<Iterate>)| Rc::ptr_eq(a, b);
        let pairs = self.iterates.iter().zip(&other.iterates);
        let both = pairs.filter(shared).filter(|(a, _)| a.state.is_some());
        let kept = self.iterates.iter().filter(|i| i.state.is_some());
        (kept.count() - both.count()) * self.numbers_each()
    }

    /// Forgets everything after half-step `position`, to go on under another plan.
    pub fn cut(&mut self, matrix: &Matrix, position: usize, plan: &Rc<Plan>) {
        self.failure = None;
        self.last = self.last.min(position);
        let t = self.last / 2;
        let state = self.state(matrix, t);
        self.iterates.truncate(t + 1);
        self.head = Rc::new(Em::resume(matrix, state, plan));
    }

    /// The parameters after `t` iterations, or the newest if there are fewer, in the
    /// matrix's coordinates. `matrix` must be the one of the run.
    pub fn mixture(&self, matrix: &Matrix, t: usize) -> Rc<Mixture> {
        self.state(matrix, t).mixture
    }

    /// The parameters after `t` iterations if they are at hand, and need not be computed again.
    pub fn kept_mixture(&self, t: usize) -> Option<Rc<Mixture>> {
        let state = self.iterates.get(t)?.state.as_ref()?;
        Some(state.mixture.clone())
    }

    /// How the E-step with the parameters after `t` iterations changed the strongest components
    /// of the rows; `None` for the first one, and after one over some of the rows.
    pub fn moves(&self, matrix: &Matrix, t: usize) -> Option<Moves> {
        let before = t.checked_sub(1)?;
        if self.iterates[before].shown.of_some_rows() {
            return None;
        }
        let between = || {
            moves(
                matrix,
                &self.mixture(matrix, before),
                &self.mixture(matrix, t),
            )
        };
        Some(*self.iterates[t].moves.get_or_init(between))
    }

    /// Evaluates the parameters after `t` iterations once more if that was done in single
    /// precision: whoever looks at them is told their log-likelihood and counts in double
    /// precision. The path goes on from what it went on from.
    pub fn settle(&mut self, matrix: &Matrix, t: usize) {
        let iterate = &self.iterates[t];
        if iterate.settled || iterate.shown != Objective::Single {
            return;
        }
        let mixture = self.mixture(matrix, t);
        let exact = e_step(matrix, &mixture, mixture.means());
        let iterate = Rc::make_mut(&mut self.iterates[t]);
        iterate.log_likelihood = exact.log_likelihood;
        iterate.counts = exact.sums.iter().map(|sums| sums.count).collect();
        iterate.settled = true;
    }

    fn state(&self, matrix: &Matrix, t: usize) -> State {
        let t = t.min(self.iterates.len() - 1);
        if let Some(state) = &self.iterates[t].state {
            return state.clone();
        }
        let kept = (0..t)
            .rev()
            .find_map(|s| Some((s, self.iterates[s].state.clone()?)));
        let Some((from, state)) = kept else {
            return self.head.state().clone();
        };
        let mut em = Em::resume(matrix, state, &self.iterates[from + 1].plan);
        for iterate in &self.iterates[from + 1..=t] {
            match em.iterate(matrix, &iterate.plan) {
                Ok(next) => em = next,
                // It succeeded when it was recorded and gives the same bits now.
                Err(_) => break,
            }
        }
        em.state().clone()
    }

    /// Drops every second kept mixture but the first and the last while there are too many numbers.
    fn thin_out(&mut self) {
        let each = self.numbers_each();
        let kept: Vec<usize> = (0..self.iterates.len())
            .filter(|&t| self.iterates[t].state.is_some())
            .collect();
        if kept.len() < 4 || kept.len() * each <= self.most_numbers {
            return;
        }
        for &t in kept[..kept.len() - 1].iter().skip(1).step_by(2) {
            Rc::make_mut(&mut self.iterates[t]).state = None;
        }
    }

    /// Numbers of a mixture: its covariances and their factors.
    fn numbers_each(&self) -> usize {
        let mixture = self.head.mixture();
        let (k, d) = (mixture.n_components(), mixture.dimension());
        match mixture.covariance_type().is_dense() {
            true => 2 * k * d * d,
            false => 2 * k * d,
        }
    }
}

fn remember(em: &Em, matrix: &Matrix, plan: Rc<Plan>) -> Iterate {
    let expectation = em.expectation();
    Iterate {
        log_likelihood: em.log_likelihood(),
        settled: false,
        objective: em.objective(),
        shown: em.shown(),
        means: em.mixture().means().to_vec(),
        counts: em.counts(matrix.total_weight()),
        noise_count: expectation.noise_count,
        left_out: expectation.left_out / (matrix.n_rows() * em.mixture().n_components()) as f64,
        moves: OnceCell::new(),
        healths: OnceCell::new(),
        decomposition: OnceCell::new(),
        plan,
        state: Some(em.state().clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{Algorithm, Precision, Settings, share, start};

    #[test]
    fn a_thinned_history_comes_back_to_the_same_bits() {
        let x: Vec<f64> = (0..300).map(|i| f64::from(i * i % 97)).collect();
        let y: Vec<f64> = (0..300).map(|i| f64::from(i * 7 % 41)).collect();
        let matrix = Matrix::from_columns(&[&x, &y]).unwrap();
        let mixture = start(&matrix, &Settings::default()).unwrap();
        let plan = Rc::new(Plan::plain(vec![0.0; 2]));
        let mut whole = Run::new(1, &matrix, mixture.clone(), &plan);
        let mut thin = Run::new(1, &matrix, mixture, &plan);
        thin.most_numbers = 200;
        for _ in 0..60 {
            whole.extend(&matrix, &plan).unwrap();
            thin.extend(&matrix, &plan).unwrap();
        }
        let dropped = thin.iterates.iter().filter(|i| i.state.is_none()).count();
        assert!(dropped > 10, "{dropped}");
        for t in 0..=30 {
            assert_eq!(whole.mixture(&matrix, t), thin.mixture(&matrix, t), "{t}");
        }
        thin.cut(&matrix, 21, &plan);
        assert_eq!((thin.last(), thin.iterates().len()), (21, 11));
        thin.extend(&matrix, &plan).unwrap();
        assert_eq!(whole.mixture(&matrix, 11), thin.mixture(&matrix, 11));
    }

    #[test]
    fn a_pass_made_ahead_gives_the_same_run_and_one_of_another_run_is_not_used() {
        let x: Vec<f64> = (0..5000).map(|i| f64::from(i * i % 97)).collect();
        let matrix = Matrix::from_columns(&[&x]).unwrap();
        let mixture = start(&matrix, &Settings::default()).unwrap();
        let plan = Rc::new(Plan::plain(vec![0.0]));
        let mut alone = Run::new(1, &matrix, mixture.clone(), &plan);
        let mut helped = Run::new(1, &matrix, mixture, &plan);
        let mut before: Option<(Pass, Vec<Share>)> = None;
        for t in 0..10 {
            for run in [&mut alone, &mut helped] {
                run.extend(&matrix, &plan).unwrap();
            }
            let pass = helped.next_pass(&matrix, &plan).unwrap();
            let shares = vec![share(&matrix, &pass.mixture, 0..3, 0)];
            let made = (pass, shares);
            let (pass, shares) = match before.replace(made.clone()) {
                Some(stale) if t % 3 == 2 => stale,
                _ => made,
            };
            helped.supply(pass, shares);
            for run in [&mut alone, &mut helped] {
                run.extend(&matrix, &plan).unwrap();
            }
            assert!(helped.ahead.is_none());
        }
        for t in 0..=10 {
            assert_eq!(alone.mixture(&matrix, t), helped.mixture(&matrix, t), "{t}");
        }
    }

    #[test]
    fn a_thinned_history_of_several_algorithms_comes_back_to_the_same_bits() {
        let x: Vec<f64> = (0..300).map(|i| f64::from(i * i % 97)).collect();
        let y: Vec<f64> = (0..300).map(|i| f64::from(i * 7 % 41)).collect();
        let matrix = Matrix::from_columns(&[&x, &y]).unwrap();
        let plan = |algorithm| {
            let settings = Settings {
                algorithm,
                precision: Precision::Fast,
                ..Settings::default()
            };
            Rc::new(Plan::new(&settings, &matrix))
        };
        let mixture = start(&matrix, &Settings::default()).unwrap();
        let first = plan(Algorithm::Stepwise);
        let mut whole = Run::new(1, &matrix, mixture.clone(), &first);
        let mut thin = Run::new(1, &matrix, mixture, &first);
        thin.most_numbers = 200;
        for algorithm in [
            Algorithm::Stepwise,
            Algorithm::Squarem,
            Algorithm::Stochastic,
            Algorithm::Daarem,
            Algorithm::Annealing,
            Algorithm::Em,
            Algorithm::Subsample,
        ] {
            // Where there is a way, in single precision.
            let plan = plan(algorithm);
            for run in [&mut whole, &mut thin] {
                run.cut(&matrix, run.last(), &plan);
                for _ in 0..14 {
                    run.extend(&matrix, &plan).unwrap();
                }
            }
        }
        let dropped = thin.iterates.iter().filter(|i| i.state.is_none()).count();
        assert!(dropped > 10, "{dropped}");
        for t in 0..=49 {
            assert_eq!(whole.mixture(&matrix, t), thin.mixture(&matrix, t), "{t}");
        }
    }
}
