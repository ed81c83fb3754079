//! When the iterations of a run were there. Clocks are no part of a session, whose runs are the
//! same on every device.

use crate::session::Experiment;

/// Milliseconds at which each iterate of the newest run was there.
#[derive(Default)]
pub struct Times {
    run: u64,
    /// When the first of them was seen.
    start: f64,
    taken: Vec<f64>,
}

impl Times {
    /// Takes the time of the iterates that are new.
    pub fn take(&mut self, experiment: &Experiment, now: f64) {
        let run = experiment.run();
        let n = run.iterates().len();
        if self.run != run.id {
            // One goes back to a run: nobody knows any more.
            let known = if n == 1 { now } else { f64::NAN };
            (self.run, self.start) = (run.id, known);
            self.taken.clear();
        }
        self.taken.resize(n, now - self.start);
    }

    /// Those of this run; none of another.
    pub fn of(&self, experiment: &Experiment) -> &[f64] {
        match self.run == experiment.run().id {
            true => &self.taken,
            false => &[],
        }
    }
}
