//! The most probable path of states of a hidden Markov model.

use crate::data::Matrix;
use crate::mixture::elementary::ln;
use crate::mixture::{Evaluator, Mixture};

/// A path of states with its probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The state of each of the N rows, from 0.
    pub states: Vec<u8>,
    /// ln p(rows, states), the sum over all sequences; minus infinity if no path is possible.
    pub log_probability: f64,
}

/// The states z that maximise p(rows, z), sequence by sequence (Viterbi 1967; Rabiner 1989,
/// equations 32 to 35), the first on ties; `None` if `mixture` (in the matrix's coordinates)
/// has no chain. A labelled row is in its state.
///
/// Holds N x K bytes of pointers to the state before.
pub fn viterbi(matrix: &Matrix, mixture: &Mixture) -> Option<Path> {
    let chain = mixture.chain()?;
    let k = chain.n_states();
    let start: Vec<f64> = chain.start().iter().map(|&p| ln(p)).collect();
    let transitions: Vec<f64> = chain.transitions().iter().map(|&p| ln(p)).collect();
    let mut evaluator = Evaluator::unweighted(mixture);
    let mut from = vec![0u8; matrix.n_rows() * k];
    // ln p of the best path to each state, less that of the best path to any.
    let (mut best, mut next) = (vec![0.0; k], start.clone());
    let mut ends = Vec::with_capacity(matrix.breaks().len() + 1);
    let mut log_probability = 0.0;
    for block in matrix.blocks() {
        evaluator.emissions(&block);
        for i in 0..block.len() {
            let row = block.first_row() + i;
            if matrix.breaks().binary_search(&row).is_ok() {
                ends.push(highest(&best));
                next.copy_from_slice(&start);
            } else if row > 0 {
                for (j, next) in next.iter_mut().enumerate() {
                    let steps = best.iter().zip(transitions[j..].iter().step_by(k));
                    *next = f64::NEG_INFINITY;
                    for (i, (b, a)) in steps.enumerate() {
                        if b + a > *next {
                            *next = b + a;
                            from[row * k + j] = i as u8;
                        }
                    }
                }
            }
            for (j, (b, n)) in best.iter_mut().zip(&next).enumerate() {
                *b = n + evaluator.row(j)[i];
            }
            let top = best[highest(&best)];
            log_probability += top;
            if top > f64::NEG_INFINITY {
                best.iter_mut().for_each(|b| *b -= top);
            }
        }
    }
    ends.push(highest(&best));
    let mut states = vec![0u8; matrix.n_rows()];
    let mut end = matrix.n_rows();
    for (s, &last) in ends.iter().enumerate().rev() {
        let first = if s > 0 { matrix.breaks()[s - 1] } else { 0 };
        let mut state = last;
        for row in (first..end).rev() {
            states[row] = state as u8;
            state = usize::from(from[row * k + state]);
        }
        end = first;
    }
    Some(Path {
        states,
        log_probability,
    })
}

/// Index of the largest number, the first on ties.
fn highest(v: &[f64]) -> usize {
    let mut top = 0;
    for (i, x) in v.iter().enumerate() {
        if *x > v[top] {
            top = i;
        }
    }
    top
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::mixture::{Chain, Covariance, CovarianceType};

    fn two(chain: Option<Chain>) -> Mixture {
        let unit = Rc::new(Covariance::diagonal(vec![1.0]).unwrap());
        let mixture = Mixture::new(
            CovarianceType::Spherical,
            vec![0.5; 2],
            vec![vec![0.0], vec![3.0]],
            vec![unit.clone(), unit],
        )
        .unwrap();
        match chain {
            Some(chain) => mixture.with_chain(chain).unwrap(),
            None => mixture,
        }
    }

    #[test]
    fn a_mixture_without_a_chain_has_no_path() {
        let matrix = Matrix::uncentred(&[&[0.0, 1.0]]).unwrap();
        assert_eq!(viterbi(&matrix, &two(None)), None);
    }

    #[test]
    fn a_chain_holds_its_state_against_one_row_and_a_new_sequence_begins_anew() {
        let x = [0.0, 0.1, 2.0, -0.1, 0.0, 3.1, 2.9];
        let sticky = || Chain::new(vec![0.5; 2], vec![0.999, 0.001, 0.001, 0.999]).unwrap();
        let matrix = |lengths: &[usize]| {
            let matrix = Matrix::uncentred(&[&x]).unwrap();
            matrix.with_sequences(lengths).unwrap()
        };
        let states = |m: &Matrix| viterbi(m, &two(Some(sticky()))).unwrap().states;
        assert_eq!(states(&matrix(&[7])), [0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(states(&matrix(&[2, 1, 4])), [0, 0, 1, 0, 0, 1, 1]);
    }

    #[test]
    fn a_labelled_row_is_in_its_state_and_an_impossible_path_has_probability_0() {
        let matrix = Matrix::uncentred(&[&[0.0, 0.0, 0.0]]).unwrap();
        let matrix = matrix.with_labels(vec![255, 1, 0]).unwrap();
        let free = two(Some(Chain::uniform(2, 0.9).unwrap()));
        assert_eq!(viterbi(&matrix, &free).unwrap().states, [0, 1, 0]);
        let absorbing = Chain::new(vec![0.5; 2], vec![0.5, 0.5, 0.0, 1.0]).unwrap();
        let path = viterbi(&matrix, &two(Some(absorbing))).unwrap();
        assert_eq!(path.log_probability, f64::NEG_INFINITY);
    }
}
