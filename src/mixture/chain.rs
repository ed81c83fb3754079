//! The hidden Markov chain: which component follows which.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::model::{MAX_COMPONENTS, letter};

/// How states follow one another in a sequence: K start probabilities, and K x K
/// transition probabilities whose rows sum to 1 (Rabiner 1989, section II).
///
/// p(z_1 = i) = start_i; p(z_{t+1} = j | z_t = i) = transitions_ij. State k emits rows
/// with the density of component k of the mixture that has the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chain {
    start: Vec<f64>,
    /// K x K, row by row.
    transitions: Vec<f64>,
    /// The diagonal.
    stays: Vec<f64>,
}

/// Why probabilities do not make a chain, or a chain does not go with a mixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainError {
    /// There are not K start probabilities and K x K transitions for K components.
    Lengths,
    /// The start probabilities are not K numbers from 0 to 1 that sum to 1 within 1e-6.
    Start,
    /// The same of the transitions out of a state.
    Row {
        /// The state, from 0.
        state: usize,
    },
    /// The mixture has a noise component.
    Noise,
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChainError::Lengths => write!(
                f,
                "give K start probabilities and K x K transitions for K components, 1 to {MAX_COMPONENTS}"
            ),
            ChainError::Start => write!(
                f,
                "the start probabilities are not numbers from 0 to 1 with sum 1: divide them by their sum"
            ),
            ChainError::Row { state } => write!(
                f,
                "the transitions from {} are not numbers from 0 to 1 with sum 1: divide them by their sum",
                letter(*state)
            ),
            ChainError::Noise => write!(
                f,
                "a hidden Markov model has no noise component: leave one of the two out"
            ),
        }
    }
}

impl std::error::Error for ChainError {}

impl Chain {
    /// Checks and takes K start probabilities and K x K transitions, row by row. Each
    /// distribution is divided by its sum.
    ///
    /// # Errors
    /// If one is not a distribution; the error names the state.
    pub fn new(mut start: Vec<f64>, mut transitions: Vec<f64>) -> Result<Chain, ChainError> {
        check(&start, &transitions)?;
        let k = start.len();
        for p in std::iter::once(&mut start[..]).chain(transitions.chunks_exact_mut(k)) {
            let sum: f64 = p.iter().sum();
            p.iter_mut().for_each(|v| *v /= sum);
        }
        Chain::restored(start, transitions)
    }

    /// As [`Self::new`], but the probabilities keep every bit: those of a chain as it was.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn restored(start: Vec<f64>, transitions: Vec<f64>) -> Result<Chain, ChainError> {
        check(&start, &transitions)?;
        let k = start.len();
        Ok(Chain {
            stays: transitions.iter().step_by(k + 1).copied().collect(),
            start,
            transitions,
        })
    }

    /// A chain of `k` states (1 to [`MAX_COMPONENTS`]) that begins in any of them, stays with
    /// probability `stay`, and leaves for any other alike.
    ///
    /// # Errors
    /// If `k` or `stay` is out of range.
    pub fn uniform(k: usize, stay: f64) -> Result<Chain, ChainError> {
        let others = k.saturating_sub(1);
        let (stay, leave) = match others {
            0 => (1.0, 0.0),
            _ => (stay, (1.0 - stay) / others as f64),
        };
        let entry = |cell: usize| {
            if cell.is_multiple_of(k + 1) {
                stay
            } else {
                leave
            }
        };
        Chain::new(
            vec![1.0 / k.max(1) as f64; k],
            (0..k * k).map(entry).collect(),
        )
    }

    /// K.
    pub fn n_states(&self) -> usize {
        self.start.len()
    }

    /// Start probabilities, K numbers.
    pub fn start(&self) -> &[f64] {
        &self.start
    }

    /// Transition probabilities, K x K: those out of state i are row i.
    pub fn transitions(&self) -> &[f64] {
        &self.transitions
    }

    /// Probabilities of staying, K numbers: the diagonal of the transitions.
    pub fn stays(&self) -> &[f64] {
        &self.stays
    }

    /// Free parameters: K - 1 of the start and K (K - 1) of the transitions.
    pub fn n_parameters(&self) -> usize {
        let k = self.n_states();
        (k - 1) * (k + 1)
    }
}

fn check(start: &[f64], transitions: &[f64]) -> Result<(), ChainError> {
    let k = start.len();
    if k == 0 || k > MAX_COMPONENTS || transitions.len() != k * k {
        return Err(ChainError::Lengths);
    }
    if !is_distribution(start) {
        return Err(ChainError::Start);
    }
    match transitions
        .chunks_exact(k)
        .position(|p| !is_distribution(p))
    {
        Some(state) => Err(ChainError::Row { state }),
        None => Ok(()),
    }
}

fn is_distribution(p: &[f64]) -> bool {
    let sum: f64 = p.iter().sum();
    // Written so that NaN fails too.
    p.iter().all(|&v| v >= 0.0) && (sum - 1.0).abs() <= 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_chain_is_refused_with_the_state() {
        let half = vec![0.5, 0.5];
        let with = |start: &[f64], transitions: &[f64]| {
            Chain::new(start.to_vec(), transitions.to_vec()).unwrap_err()
        };
        assert_eq!(with(&[], &[]), ChainError::Lengths);
        assert_eq!(with(&half, &[1.0, 0.0]), ChainError::Lengths);
        assert_eq!(with(&[0.5, 0.6], &[0.5; 4]), ChainError::Start);
        assert_eq!(with(&[f64::NAN, 1.0], &[0.5; 4]), ChainError::Start);
        let row = ChainError::Row { state: 1 };
        assert_eq!(with(&half, &[0.5, 0.5, 1.5, -0.5]), row);
        assert_eq!(with(&half, &[0.5, 0.5, 0.0, 0.0]), row);
        assert!(row.to_string().contains("from B"));
        assert!(Chain::uniform(2, 1.5).is_err() && Chain::uniform(0, 0.5).is_err());
    }

    #[test]
    fn a_uniform_chain_leaves_for_the_others_alike() {
        let chain = Chain::uniform(3, 0.8).unwrap();
        assert_eq!(chain.stays(), [0.8; 3]);
        assert!((chain.transitions()[1] - 0.1).abs() < 1e-15);
        assert_eq!(chain.n_parameters(), 8);
        assert_eq!(Chain::uniform(1, 0.5).unwrap().transitions(), [1.0]);
    }
}
