//! What one start has led to: when something is changed in the past, the future recorded so far
//! stays as a branch, and one can go back to it.

use std::rc::Rc;

use super::experiment::Experiment;
use super::run::Run;
use super::state::{Mode, Session};
use crate::fit::{Plan, Settings};

/// Branches of a run that are kept beside the one shown.
const MOST_BRANCHES: usize = 8;

/// Numbers of mixtures that everything one can go back to may hold together (256 MB). A run by
/// itself thins out what it keeps: see [`Run`].
const MOST_NUMBERS: usize = 32_000_000;

/// Settings that were changed along a run and act from a half-step on.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The half-step.
    pub at: usize,
    /// What holds from there on.
    pub settings: Rc<Settings>,
}

/// A run from the same start as the one shown, with what was asked of it.
#[derive(Clone, Debug)]
pub struct Branch {
    pub(super) settings: Settings,
    pub(super) plan: Rc<Plan>,
    pub(super) run: Run,
    pub(super) changes: Vec<Change>,
}

impl Branch {
    /// All that an experiment has recorded.
    pub(super) fn of(e: &Experiment) -> Branch {
        Branch {
            settings: e.settings.clone(),
            plan: e.plan.clone(),
            run: e.run.clone(),
            changes: e.changes.clone(),
        }
    }
}

/// Has `other` everything that `run` has recorded?
pub(super) fn is_part(run: &Run, other: &Run) -> bool {
    run.in_common(other) == run.iterates().len()
}

impl Experiment {
    /// Goes on from the half-step shown under the plan and the settings that were just
    /// changed; what was recorded before the change, `left`, stays as a branch. Where a branch has
    /// gone on under such a plan already, its future is that of the run.
    pub(super) fn branch_off(&mut self, left: Branch) {
        let (position, matrix) = (self.position, self.selection.matrix().clone());
        let settings = Rc::new(self.settings.clone());
        self.changes.retain(|change| change.at < position);
        if self.changes.last().map_or(&self.first, |c| &c.settings) != &settings {
            self.changes.push(Change {
                at: position,
                settings,
            });
        }
        self.run.cut(&matrix, position, &self.plan);
        let here = self.run.iterates().len();
        let goes_on = |branch: &&Rc<Branch>| {
            let run = &branch.run;
            run.iterates().len() > here
                && run.in_common(&self.run) == here
                && **run.plan(here) == *self.plan
                && branch.changes == self.changes
        };
        if let Some(branch) = self.branches.iter().find(goes_on) {
            self.run = branch.run.clone();
        }
        self.keep(Rc::new(left));
    }

    /// Keeps a branch, unless there is nothing in it that another one has not.
    fn keep(&mut self, branch: Rc<Branch>) {
        let within = |other: &Run| is_part(&branch.run, other);
        if within(&self.run) || self.branches.iter().any(|b| within(&b.run)) {
            return;
        }
        self.branches.retain(|b| !is_part(&b.run, &branch.run));
        self.branches.push(branch);
        if self.branches.len() > MOST_BRANCHES {
            self.branches.remove(0);
        }
    }

    /// Keeps what another experiment has led to, if it began as this one did.
    pub(super) fn keep_all(&mut self, other: &Experiment) {
        if self.run.is_kin(&other.run) {
            for branch in &other.branches {
                self.keep(branch.clone());
            }
            self.keep(Rc::new(Branch::of(other)));
        }
    }
}

impl Session {
    /// To the newest half-step of a branch; undo comes back.
    pub(super) fn take_branch(&mut self, nth: usize) {
        let Some(branch) = self.now.branches.get(nth).cloned() else {
            return;
        };
        self.mode = Mode::Idle;
        let before = self.now.clone();
        let now = &mut self.now;
        now.branches.remove(nth);
        now.settings = branch.settings.clone();
        now.plan = branch.plan.clone();
        now.run = branch.run.clone();
        now.changes = branch.changes.clone();
        now.position = now.run.last();
        now.keep_all(&before);
        self.anew();
        self.remember(before);
    }

    /// Sees to it that what one can go back to does not fill the memory.
    pub(super) fn forget_the_oldest(&mut self) {
        self.forget_beyond(MOST_NUMBERS);
    }

    fn forget_beyond(&mut self, most: usize) {
        // Each is compared with the one after it, with which it shares most.
        let branches = self.now.branches.iter();
        let mut numbers: usize = branches.map(|b| b.run.numbers_beside(&self.now.run)).sum();
        let mut newer = &self.now;
        let mut keep = 0;
        for before in self.undo.iter().rev() {
            numbers += before.run.numbers_beside(&newer.run);
            if numbers > most {
                break;
            }
            (newer, keep) = (before, keep + 1);
        }
        self.undo.drain(..self.undo.len() - keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Floor;
    use crate::session::Command;

    #[test]
    fn what_one_can_go_back_to_stays_within_its_numbers() {
        let mut session = Session::new();
        for step in 0..12 {
            for _ in 0..10 {
                session.handle(Command::Step);
            }
            session.handle(Command::Seek(10));
            let floor = Floor::relative(1e-6 * f64::from(step + 2));
            session.handle(Command::SetFloor(floor));
        }
        assert_eq!(session.undo.len(), 12);
        assert_eq!(session.now.branches.len(), MOST_BRANCHES);
        // Ten iterates of 3 components in 2 dimensions that no other one has: 240 numbers each.
        let each = 5 * 24;
        let branches: usize = session
            .now
            .branches
            .iter()
            .map(|b| b.run.numbers_beside(&session.now.run))
            .sum();
        assert_eq!(branches, MOST_BRANCHES * 10 * 24);
        session.forget_beyond(branches + 3 * 2 * each);
        assert_eq!(session.undo.len(), 3);
        session.forget_beyond(0);
        assert!(session.undo.is_empty());
    }
}
