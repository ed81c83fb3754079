//! Many starts, and the best fit that can be believed.

use super::health::{Health, health_of};
use crate::data::Matrix;
use crate::fit::{Em, Plan, Settings, StopReason, Trail, start};

/// The largest number of starts.
pub const MAX_RESTARTS: usize = 200;

/// What one start led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The seed that it began with: the same settings and seed give the same fit again.
    pub seed: u64,
    /// The objective that it reached.
    pub objective: f64,
    /// Iterations that it took.
    pub iterations: usize,
    /// Why it ended; `None` if it could not start or an M-step could not be completed.
    pub reason: Option<StopReason>,
    /// Can it be believed? Not if an M-step failed, nor if a component is empty, sits on a
    /// point or copies of one, or holds fewer points than it has numbers: such a fit wins by
    /// likelihood and is worthless.
    pub valid: bool,
}

/// Fits from several seeds, one iteration at a time, so that whoever drives it stays responsive.
#[derive(Debug)]
pub struct Search {
    settings: Settings,
    plan: Plan,
    n_starts: usize,
    outcomes: Vec<Outcome>,
    current: Option<(Em, Trail)>,
}

impl Search {
    /// Fits from the seeds `settings.seed`, the one after it, and so on: `n_starts` of them,
    /// at least 1 and at most [`MAX_RESTARTS`].
    pub fn new(matrix: &Matrix, settings: Settings, n_starts: usize) -> Search {
        Search {
            plan: Plan::new(&settings, matrix),
            n_starts: n_starts.clamp(1, MAX_RESTARTS),
            outcomes: Vec::new(),
            current: None,
            settings,
        }
    }

    /// How many starts there are in all.
    pub fn n_starts(&self) -> usize {
        self.n_starts
    }

    /// What the starts led to that are done, in the order of their seeds.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Are all of them done?
    pub fn is_done(&self) -> bool {
        self.outcomes.len() == self.n_starts
    }

    /// The valid fit with the highest objective so far, the first on ties.
    pub fn best(&self) -> Option<&Outcome> {
        let valid = self.outcomes.iter().filter(|o| o.valid);
        valid.reduce(|best, o| match o.objective > best.objective {
            true => o,
            false => best,
        })
    }

    /// One start, or one iteration of the fit under way.
    pub fn advance(&mut self, matrix: &Matrix) {
        if self.is_done() {
            return;
        }
        let Some((em, trail)) = &mut self.current else {
            let settings = Settings {
                seed: self.seed(),
                ..self.settings.clone()
            };
            // What is drawn on the way belongs to the seed as well.
            self.plan.seed = settings.seed;
            match start(matrix, &settings) {
                Ok(mixture) => {
                    let em = Em::new(matrix, mixture, &self.plan);
                    let trail = Trail::new(&em);
                    self.current = Some((em, trail));
                }
                Err(_) => self.outcomes.push(Outcome {
                    seed: settings.seed,
                    objective: f64::NEG_INFINITY,
                    iterations: 0,
                    reason: None,
                    valid: false,
                }),
            }
            return;
        };
        match em.iterate(matrix, &self.plan) {
            Err(_) => self.close(matrix, None),
            Ok(next) => {
                let reason = trail.follow(em, &next, matrix.total_weight(), &self.settings);
                *em = next;
                let over = trail.iterations() >= self.settings.max_iter;
                match reason {
                    Some(StopReason::StillClimbing | StopReason::Plateau) if !over => {}
                    Some(reason) => self.close(matrix, Some(reason)),
                    None => {}
                }
            }
        }
    }

    fn seed(&self) -> u64 {
        let done = self.outcomes.len() as u64;
        self.settings.seed.wrapping_add(done)
    }

    fn close(&mut self, matrix: &Matrix, reason: Option<StopReason>) {
        let Some((em, trail)) = self.current.take() else {
            return;
        };
        self.outcomes.push(Outcome {
            seed: self.seed(),
            objective: em.objective(),
            iterations: trail.iterations(),
            reason,
            valid: reason.is_some() && believable(matrix, &em, &self.plan),
        });
    }
}

fn believable(matrix: &Matrix, em: &Em, plan: &Plan) -> bool {
    let mixture = em.mixture();
    let mut counted = em.counts(matrix.total_weight()).into_iter().enumerate();
    // A posterior that leaves components empty says that they are not needed.
    mixture.posterior().is_some()
        || counted.all(|(k, count)| {
            let health = health_of(matrix, mixture, k, count, &plan.floor);
            matches!(health, Health::Good | Health::Flat)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{Algorithm, Floor, InitMethod};

    fn run(matrix: &Matrix, settings: Settings, n: usize) -> Search {
        let mut search = Search::new(matrix, settings, n);
        while !search.is_done() {
            search.advance(matrix);
        }
        search
    }

    /// Three groups, two of them near each other, and one point far away.
    fn groups() -> Matrix {
        let x: Vec<f64> = (0..91)
            .map(|i| match i {
                90 => 300.0,
                _ => f64::from(i % 3) * f64::from(i % 3) * 5.0 + f64::from(i * 7 % 11) * 0.2,
            })
            .collect();
        Matrix::from_columns(&[&x]).unwrap()
    }

    #[test]
    fn every_start_is_recorded_with_the_seed_that_gives_it_again() {
        let settings = Settings {
            n_components: 3,
            init: InitMethod::RandomPoints,
            seed: 7,
            ..Settings::default()
        };
        let all = run(&groups(), settings.clone(), 5);
        for (i, outcome) in all.outcomes().iter().enumerate() {
            assert_eq!(outcome.seed, 7 + i as u64);
            let again = run(
                &groups(),
                Settings {
                    seed: outcome.seed,
                    ..settings.clone()
                },
                1,
            );
            assert_eq!(&again.outcomes()[0], outcome);
        }
    }

    #[test]
    fn a_fit_that_sits_on_one_point_never_wins() {
        let settings = Settings {
            n_components: 2,
            init: InitMethod::KMeansPlusPlus,
            floor: Floor::relative(1e-6),
            ..Settings::default()
        };
        let matrix = groups();
        let search = run(&matrix, settings, 20);
        let highest = search.outcomes().iter().map(|o| o.objective);
        let highest = highest.fold(f64::NEG_INFINITY, f64::max);
        assert!(search.outcomes().iter().any(|o| !o.valid));
        assert!(search.best().is_none_or(|best| best.objective < highest));
    }

    #[test]
    fn the_best_is_at_least_as_good_as_every_other_valid_one() {
        let settings = Settings {
            n_components: 3,
            init: InitMethod::RandomPoints,
            ..Settings::default()
        };
        let without_outlier: Vec<usize> = (0..90).collect();
        let search = run(&groups().subset(&without_outlier), settings, 10);
        let best = search.best().unwrap();
        assert!(best.valid);
        let valid = search.outcomes().iter().filter(|o| o.valid);
        assert!(valid.clone().all(|o| o.objective <= best.objective));
    }

    #[test]
    fn a_fit_that_was_drawn_comes_again_from_its_seed() {
        let x: Vec<f64> = (0..200).map(|i| f64::from(i * i % 97)).collect();
        let matrix = Matrix::from_columns(&[&x]).unwrap();
        let settings = Settings {
            algorithm: Algorithm::Stochastic,
            tol: 1e-3,
            ..Settings::default()
        };
        for outcome in run(&matrix, settings.clone(), 3).outcomes() {
            assert!(outcome.iterations > 50, "the chain is 50 iterations long");
            let settings = Settings {
                seed: outcome.seed,
                ..settings.clone()
            };
            let plan = Plan::new(&settings, &matrix);
            let mut em = Em::new(&matrix, start(&matrix, &settings).unwrap(), &plan);
            for _ in 0..outcome.iterations {
                em = em.iterate(&matrix, &plan).unwrap();
            }
            assert_eq!(em.objective(), outcome.objective);
        }
    }
}
