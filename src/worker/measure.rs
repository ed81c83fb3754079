//! Measures this device: standard cells, fitted in this worker alone and then together with
//! shards, in the same way as a person's own data.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use super::messages::Reply;
use super::pool::{self, Heard, Pool};
use super::server::Server;
use super::sharing::WORTH_SHARING;
use crate::data::Matrix;
use crate::fit::{MULTIPLICATIONS, Plan, multiply};
use crate::later::later;
use crate::session::Run;
use crate::study::{CELLS, Cell};

/// Milliseconds without a look at the messages.
const SLICE: f64 = 30.0;

/// Milliseconds before anything is noted: the browser compiles what runs often once more, and
/// rows may still be on their way.
const WARM_UP: f64 = 400.0;

/// Each cell is measured for so many milliseconds and iterations at least.
const LONG_ENOUGH: f64 = 600.0;
pub const OFTEN_ENOUGH: usize = 10;

/// What is known so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Nanoseconds that a multiplication takes where nothing else holds it up.
    pub multiplication: f64,
    /// One for each cell and number of workers.
    pub speeds: Vec<Speed>,
    /// Has everything been measured?
    pub done: bool,
}

/// How fast one cell was fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Its index among [`CELLS`].
    pub cell: usize,
    /// Workers that shared its passes.
    pub workers: usize,
    /// Milliseconds an iteration, the median.
    pub milliseconds: f64,
    /// The log-likelihood after [`OFTEN_ENOUGH`] iterations.
    pub log_likelihood: f64,
}

impl Speed {
    /// Nanoseconds an iteration for one row and component.
    pub fn nanoseconds(&self) -> f64 {
        let cell = CELLS[self.cell];
        1e6 * self.milliseconds / (cell.n_rows * cell.n_components) as f64
    }

    /// How much of what the workers can multiply they did, 0 to 1, if a multiplication takes so
    /// many nanoseconds.
    pub fn share_of_limit(&self, multiplication: f64) -> f64 {
        let cell = CELLS[self.cell];
        // What was measured takes two numbers at a time.
        let limit = multiplication * (2 * cell.multiplications()) as f64 / cell.lanes() as f64;
        limit / self.nanoseconds() / self.workers as f64
    }
}

/// A measurement under way.
pub struct Measuring {
    /// Index of the cell.
    cell: usize,
    fit: Option<Fit>,
    measured: Measured,
}

/// One cell in one way.
struct Fit {
    matrix: Rc<Matrix>,
    plan: Rc<Plan>,
    run: Run,
    shared: bool,
    /// Milliseconds of an iteration, one entry a slice or a pass.
    times: Vec<f64>,
    spent: f64,
    /// When the first iteration began.
    first: Option<f64>,
    /// When the pass under way began.
    began: f64,
}

impl Fit {
    fn new(cell: Cell, matrix: Rc<Matrix>, shared: bool) -> Fit {
        let plan = Rc::new(cell.plan());
        Fit {
            run: Run::new(0, &matrix, cell.start(&matrix), &plan),
            matrix,
            plan,
            shared,
            times: Vec::new(),
            spent: 0.0,
            first: None,
            began: 0.0,
        }
    }

    fn iterate(&mut self) {
        // A cell's groups are far larger than what a component may collapse on.
        let _ = self.run.extend(&self.matrix, &self.plan);
        let _ = self.run.extend(&self.matrix, &self.plan);
    }

    /// Takes a time in: that of `count` iterations from `start` on.
    fn note(&mut self, start: f64, spent: f64, count: f64) {
        if start - *self.first.get_or_insert(start) >= WARM_UP {
            self.times.push(spent / count);
            self.spent += spent;
        }
    }

    fn is_over(&self) -> bool {
        self.spent >= LONG_ENOUGH && self.run.iterates().len() > OFTEN_ENOUGH
    }

    /// The median.
    fn milliseconds(&self) -> f64 {
        let mut times = self.times.clone();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    }
}

later! { Measure 1:
    /// Begins to measure.
    pub fn begin(server: &mut Server) {
        server.sharing.pool = None;
        server.measuring = Some(Box::new(Measuring {
            cell: 0,
            fit: None,
            measured: Measured {
                multiplication: multiplication(server),
                ..Measured::default()
            },
        }));
    }
}

later! { Measure 2:
    /// Measures for a slice of time; true if the next slice need not wait for shards.
    pub fn go_on(server: &mut Server) -> bool {
        let Some(mut measuring) = server.measuring.take() else {
            return false;
        };
        let more = measuring.slice(server);
        if !measuring.measured.done {
            server.measuring = Some(measuring);
        }
        more
    }
}

later! { Measure 3:
    /// Takes in what a shard said; true if the next slice need not wait for others.
    pub fn hear(server: &mut Server, i: usize, said: Option<&JsValue>) -> bool {
        let Some(mut measuring) = server.measuring.take() else {
            return false;
        };
        let more = measuring.hear(server, i, said);
        server.measuring = Some(measuring);
        more
    }
}

/// The fastest of many short tries: whatever else runs can only slow it down.
fn multiplication(server: &Server) -> f64 {
    const ROUNDS: usize = 100_000;
    let tries = (0..40).map(|i| {
        let start = server.now();
        let value = multiply(ROUNDS, 0.5 + f64::from(i) * 1e-3);
        let spent = server.now() - start;
        // Used, so that it is computed.
        if value > 2.0 { f64::MAX } else { spent }
    });
    // The clock has steps of a tenth of a millisecond: a mean over the better half.
    let mut times: Vec<f64> = tries.collect();
    times.sort_by(f64::total_cmp);
    let best: f64 = times[..20].iter().sum::<f64>() / 20.0;
    1e6 * best / (ROUNDS * MULTIPLICATIONS) as f64
}

impl Measuring {
    fn slice(&mut self, server: &mut Server) -> bool {
        let Some(&cell) = CELLS.get(self.cell) else {
            self.measured.done = true;
            self.tell(server);
            return true;
        };
        let Some(fit) = &mut self.fit else {
            let columns = cell.columns();
            let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let matrix = Matrix::from_columns(&slices).expect("cells are finite");
            self.fit = Some(Fit::new(cell, Rc::new(matrix), false));
            return true;
        };
        if fit.is_over() {
            let milliseconds = fit.milliseconds();
            let workers = match (&server.sharing.pool, fit.shared) {
                (Some(pool), true) => pool.n_workers(),
                _ => 1,
            };
            let again = (!fit.shared && milliseconds >= WORTH_SHARING).then(|| fit.matrix.clone());
            self.record(milliseconds, workers);
            if let Some(matrix) = &again {
                match server.sharing.pool.as_mut() {
                    Some(pool) => pool::give(pool, matrix),
                    None => server.sharing.pool = server.raise(matrix),
                }
            }
            self.fit = again
                .filter(|_| server.sharing.pool.is_some())
                .map(|matrix| Fit::new(cell, matrix, true));
            self.cell += usize::from(self.fit.is_none());
            self.tell(server);
            // New shards say when they stand.
            return self.fit.is_none() || server.sharing.pool.as_ref().is_some_and(Pool::is_free);
        }
        let start = server.now();
        if fit.shared {
            let free = server.sharing.pool.as_mut().filter(|pool| pool.is_free());
            if let Some(pool) = free
                && let Some(pass) = fit.run.next_pass(&fit.matrix, &fit.plan)
            {
                fit.began = start;
                pool::begin(pool, &fit.matrix, pass);
            }
            return false;
        }
        let (mut count, mut spent) = (0.0, 0.0);
        while count == 0.0 || spent < SLICE {
            fit.iterate();
            count += 1.0;
            spent = server.now() - start;
        }
        fit.note(start, spent, count);
        true
    }

    fn hear(&mut self, server: &mut Server, i: usize, said: Option<&JsValue>) -> bool {
        let (Some(fit), Some(pool)) = (&mut self.fit, &mut server.sharing.pool) else {
            return false;
        };
        let heard = match said {
            Some(said) => pool::hear(pool, i, said),
            None => Heard::Failed,
        };
        match heard {
            Heard::Wait | Heard::Drawn(_) => pool.is_free(),
            Heard::Failed => {
                server.sharing.pool = None;
                self.fit = None;
                self.cell += 1;
                true
            }
            Heard::Whole(pass, shares) => {
                fit.run.supply(pass, shares);
                fit.iterate();
                let spent = server.now() - fit.began;
                fit.note(fit.began, spent, 1.0);
                true
            }
        }
    }

    fn record(&mut self, milliseconds: f64, workers: usize) {
        if let Some(fit) = &self.fit {
            self.measured.speeds.push(Speed {
                cell: self.cell,
                workers,
                milliseconds,
                log_likelihood: fit.run.iterates()[OFTEN_ENOUGH].log_likelihood,
            });
        }
    }

    /// Tells the page.
    fn tell(&self, server: &Server) {
        let bytes = postcard::to_allocvec(&self.measured).unwrap_or_default();
        server.reply(&Reply::Measured(bytes));
    }
}
