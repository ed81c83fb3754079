//! What a hidden Markov model has beside its components: where its chain begins, and the
//! M-step of start and transitions. Its emissions are fitted as the components of a mixture.

use super::e_step::Expectation;
use super::init::StartError;
use super::m_step::StepError;
use super::method::Knob;
use super::settings::{Settings, SettingsError};
use crate::mixture::{Chain, ChainCounts, Mixture};

/// The first chain: every state is as likely to be the first, is left with the probability
/// that the knob leaves, and leads to every other alike. No probability is 0, since EM
/// cannot leave 0.
pub(super) fn begin(mixture: Mixture, settings: &Settings) -> Result<Mixture, StartError> {
    let stay = settings.knobs.get(Knob::Stay);
    Chain::uniform(mixture.n_components(), stay)
        .ok()
        .and_then(|chain| mixture.with_chain(chain).ok())
        .ok_or(StartError::Settings(SettingsError::Knob(Knob::Stay)))
}

/// Gives `next`, the components after the M-step, the chain that belongs to them if
/// `before` has one.
pub(super) fn carry_on(
    before: &Mixture,
    next: Mixture,
    expectation: &Expectation,
) -> Result<Mixture, StepError> {
    let (Some(chain), Some(counts)) = (before.chain(), &expectation.chain) else {
        return Ok(next);
    };
    estimate(chain, counts)
        .and_then(|chain| next.with_chain(chain).ok())
        .ok_or(StepError::NotFinite { component: 0 })
}

/// The M-step (Rabiner 1989, equation 40): start_i = expected share of the sequences that begin
/// in i; transitions_ij = expected transitions from i to j / expected transitions from i.
/// A state that is never left keeps its transitions; what is 0 stays 0.
fn estimate(chain: &Chain, counts: &ChainCounts) -> Option<Chain> {
    let mut transitions = chain.transitions().to_vec();
    let k = chain.n_states();
    for (row, counts) in transitions
        .chunks_exact_mut(k)
        .zip(counts.transitions.chunks_exact(k))
    {
        share(row, counts);
    }
    let mut start = chain.start().to_vec();
    share(&mut start, &counts.starts);
    Chain::new(start, transitions).ok()
}

/// Shares by count, unless there are none.
fn share(p: &mut [f64], counts: &[f64]) {
    let total: f64 = counts.iter().sum();
    if total >= f64::MIN_POSITIVE {
        for (p, n) in p.iter_mut().zip(counts) {
            *p = n / total;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Matrix;
    use crate::fit::Algorithm;
    use crate::fit::{Model, start};

    #[test]
    fn a_state_that_is_never_left_keeps_its_transitions() {
        let chain = Chain::new(vec![0.5, 0.5], vec![0.9, 0.1, 0.25, 0.75]).unwrap();
        let counts = ChainCounts {
            starts: vec![1.0, 0.0],
            transitions: vec![3.0, 1.0, 0.0, 0.0],
        };
        let next = estimate(&chain, &counts).unwrap();
        assert_eq!(next.start(), [1.0, 0.0]);
        assert_eq!(next.transitions(), [0.75, 0.25, 0.25, 0.75]);
    }

    #[test]
    fn what_a_hidden_markov_model_cannot_take_is_refused_with_a_remedy() {
        let x: Vec<f64> = (0..40).map(|i| f64::from(i % 7)).collect();
        let rows = || Matrix::from_columns(&[&x]).unwrap();
        let markov = Settings {
            model: Model::Markov,
            ..Settings::default()
        };
        let weighted = rows().with_weights(vec![2.0; 40]).unwrap();
        let mut holes = x.clone();
        holes[3] = f64::NAN;
        let holes = Matrix::with_holes(&[&holes]).unwrap();
        let map = Settings {
            algorithm: Algorithm::Map,
            ..markov.clone()
        };
        let stay = Settings {
            knobs: markov.knobs.with(Knob::Stay, 1.0),
            ..markov.clone()
        };
        let table = [
            (
                &markov,
                &weighted,
                SettingsError::MarkovWeights,
                "weights out",
            ),
            (
                &markov,
                &holes,
                SettingsError::Holes,
                "leave those rows out",
            ),
            (
                &map,
                &rows(),
                SettingsError::Method {
                    model: Model::Markov,
                    algorithm: Algorithm::Map,
                },
                "choose",
            ),
            (&stay, &rows(), SettingsError::Knob(Knob::Stay), "Stay"),
        ];
        for (settings, matrix, error, words) in table {
            assert_eq!(start(matrix, settings), Err(StartError::Settings(error)));
            assert!(error.to_string().contains(words), "{error}");
        }
        let first = start(&rows(), &markov).unwrap();
        assert_eq!(first.extra(), Some(("Stays", &[0.8; 3][..])));
        assert_eq!(first.n_parameters(), 2 + 6 + 3 + 3);
    }
}
