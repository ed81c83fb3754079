//! Rows drawn from the model, as CSV.

use std::rc::Rc;

use super::Pieces;
use super::cells::{distinct, push_number, push_text};
use super::model_file::column_names;
use crate::fit::Random;
use crate::mixture::{Mixture, Normals, draw, letter};
use crate::session::Experiment;

/// Rows of a piece.
const PIECE_ROWS: usize = 1 << 15;

/// Writes rows drawn from the parameters shown: the fitted columns, and `component`. Of a
/// hidden Markov model they are one sequence in its order; of a posterior they are drawn from the
/// mixture of its expected parameters. A noise component has a density but no place, and draws nothing. The same
/// seed gives the same rows, and the first ones do not depend on how many there are.
pub struct SamplesWriter {
    mixture: Rc<Mixture>,
    centre: Vec<f64>,
    names: Vec<String>,
    random: Random,
    normals: Normals,
    /// The state of the row before.
    state: Option<usize>,
    n: usize,
    drawn: usize,
}

impl SamplesWriter {
    /// Of `n` rows.
    pub fn new(experiment: &Experiment, n: usize, seed: u64) -> SamplesWriter {
        SamplesWriter {
            mixture: experiment.mixture(),
            centre: experiment.selection().matrix().centre().to_vec(),
            names: column_names(experiment.selection()),
            random: Random::new(seed),
            normals: Normals::default(),
            state: None,
            n,
            drawn: 0,
        }
    }

    fn component(&mut self) -> usize {
        let mixture = &self.mixture;
        let k = mixture.n_components();
        let weights = match (mixture.chain(), self.state) {
            (None, _) => mixture.weights(),
            (Some(chain), None) => chain.start(),
            (Some(chain), Some(before)) => &chain.transitions()[before * k..(before + 1) * k],
        };
        let component = self.random.weighted(weights).unwrap_or(0);
        self.state = Some(component);
        component
    }
}

impl Pieces for SamplesWriter {
    fn next(&mut self, out: &mut Vec<u8>) -> bool {
        if self.drawn == 0 {
            for name in &self.names {
                push_text(out, name);
                out.push(b',');
            }
            push_text(out, &distinct("component".to_owned(), &self.names));
            out.push(b'\n');
        }
        let end = (self.drawn + PIECE_ROWS).min(self.n);
        let mut row = vec![0.0; self.centre.len()];
        while self.drawn < end {
            let component = self.component();
            let (random, normals) = (&mut self.random, &mut self.normals);
            draw(
                &self.mixture,
                component,
                normals,
                &mut || random.uniform(),
                &mut row,
            );
            for (x, centre) in row.iter().zip(&self.centre) {
                push_number(out, x + centre);
                out.push(b',');
            }
            out.extend_from_slice(letter(component).as_bytes());
            out.push(b'\n');
            self.drawn += 1;
        }
        self.drawn < self.n
    }

    fn progress(&self) -> f64 {
        self.drawn as f64 / self.n.max(1) as f64
    }
}
