//! What the page shows of a run's past beside its trace: what happened, what else the start has led
//! to, and the runs before.

use serde::{Deserialize, Serialize};

use super::branch::is_part;
use super::events::{Event, difference, events};
use super::explain::Bound;
use super::state::Session;

/// A future that was left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BranchView {
    /// Its number: see [`Command::TakeBranch`](super::Command::TakeBranch).
    pub nth: usize,
    /// The half-step at which it parts from the run shown.
    pub from: usize,
    /// Its newest half-step.
    pub last: usize,
    /// What is asked of it that is not asked of the run shown.
    pub words: String,
    /// Its objective by iteration, from iteration `from / 2` on.
    pub objectives: Vec<f64>,
}

/// Everything of the past that changes more rarely than the half-step shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// What happened, in the order of the half-steps.
    pub events: Vec<Event>,
    /// What the same start has led to otherwise, the oldest first.
    pub branches: Vec<BranchView>,
    /// Objectives by iteration of the runs before this one on the same columns, the last first.
    pub ghosts: Vec<Vec<f64>>,
    /// Bound and gap of the last iterations up to the one shown, the oldest first, if they were
    /// asked for: [`Command::Explain`](super::Command::Explain).
    pub bounds: Vec<Bound>,
    /// What the half-step shown did to them, in words.
    pub explained: String,
}

impl Session {
    /// The past of the run shown.
    pub fn past(&self) -> Past {
        let e = &self.now;
        let branches = e.branches.iter().enumerate();
        // One that was caught up with has nothing to show.
        let shown = branches.filter(|(_, branch)| !is_part(&branch.run, &e.run));
        let (bounds, explained) = self.explained();
        Past {
            bounds,
            explained,
            events: events(e),
            branches: shown
                .map(|(nth, branch)| {
                    let common = branch.run.in_common(&e.run).max(1) - 1;
                    let iterates = &branch.run.iterates()[common..];
                    BranchView {
                        nth,
                        from: 2 * common,
                        last: branch.run.last(),
                        words: difference(&e.settings, &branch.settings)
                            .unwrap_or_else(|| "as now in the end".to_owned()),
                        objectives: iterates.iter().map(|i| i.objective).collect(),
                    }
                })
                .collect(),
            ghosts: e.ghosts.iter().map(|ghost| ghost.to_vec()).collect(),
        }
    }

    /// The past if it is not as it was the last time, for a page that keeps it.
    pub fn new_past(&mut self) -> Option<Past> {
        if !std::mem::take(&mut self.past_is_stale) {
            return None;
        }
        let past = self.past();
        (past != self.sent_past).then(|| {
            self.sent_past = past.clone();
            past
        })
    }
}
