//! An experiment as a text short enough for an address: what follows the `#` of a link.
//!
//! A link is a list of `key=value`, joined by `&`, that reads like the work it stands for. What is
//! as the page begins with is left out; keys that are not known are passed over; a value that
//! cannot be read is told and the rest is used.
//!
//! | key | value |
//! |---|---|
//! | `v` | version of this list, 1 |
//! | `d` | a built-in set by its id; else `f` and `own`, or `f`, `rows` and `h` |
//! | `f` | name of a file |
//! | `own` | its columns: `name:1.5,,2;name::word,word`, numbers or words, empty where missing |
//! | `rows`, `h` | number of rows of a file that is not in the link, and the hash of its table |
//! | `c` | fitted columns, from 0: `0.2` |
//! | `x`, `y` | the columns that the map shows |
//! | `na`, `w`, `lb`, `sq` | `fit` for rows with holes; columns of weights, labels, sequences |
//! | `k`, `cov`, `mod`, `alg`, `pr`, `init`, `seed`, `fl`, `kn` | what is asked of the fit |
//! | `tol`, `max`, `stop` | what ends it |
//! | `at` | a half-step: the settings after it act from there on |
//! | `do` | what is done there besides: `keep`, `split.0`, `merge.0.1` begin a new run |
//! | `it` | the half-step shown: `12e` is the one after the 12th E-step, `12` the one after the M-step |
//! | `sp` | half-steps a second |
//! | `cl`, `sel`, `th`, `ui`, `hide`, `lock` | how the page looks: [`Looks`] |
//!
//! Settings stay as they are until a later key changes them, across `at` and `do` as well. Numbers
//! are written so that they are read again to the last bit, so that a link leads to the same half-step
//! on every device.

mod read;
mod words;
mod write;

pub use read::{Unread, read};
pub use write::{write, write_looks};

use super::roles::{Missing, Roles};
use crate::fit::Settings;
use crate::mixture::CovarianceType;

/// Rows of a table of one's own that a link takes along.
pub const MOST_ROWS: usize = 300;

/// Everything that a link holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The data.
    pub data: Data,
    /// What was asked at first.
    pub first: Asked,
    /// What was done on the way, in order.
    pub steps: Vec<Step>,
    /// The half-step shown, of the run that the last step leads to.
    pub position: usize,
    /// The map's two columns, if not those that it begins with.
    pub axes: Option<[usize; 2]>,
    /// Half-steps a second; 0 for as fast as they come.
    pub speed: f64,
    /// How the page looks.
    pub looks: Looks,
}

/// The table that a link is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// A built-in set, by its id.
    Builtin(String),
    /// A table of the person's own, with its rows.
    Own {
        /// The file's name.
        name: String,
        /// The columns that play a role.
        columns: Vec<OwnColumn>,
    },
    /// A file that is too large for a link.
    File {
        /// The file's name.
        name: String,
        /// Rows of its table.
        rows: usize,
        /// [`Source::hash`](super::Source::hash) of it.
        hash: u64,
    },
}

/// A column in a link.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnColumn {
    /// Its name.
    pub name: String,
    /// Its values, one a row.
    pub values: OwnValues,
}

/// The values of a column in a link.
#[derive(Clone, Debug, PartialEq)]
pub enum OwnValues {
    /// Finite numbers, or none.
    Numbers(Vec<Option<f64>>),
    /// Words; an empty one is a missing one.
    Words(Vec<String>),
}

/// What was asked of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Which columns play which role; without a fitted one those that the data begin with.
    pub roles: Roles,
    /// What is asked of the fit.
    pub settings: Settings,
}

/// Something that was done at a half-step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The half-step of the run until then.
    pub at: usize,
    /// What was done.
    pub act: Act,
    /// What holds from there on.
    pub asked: Asked,
}

/// What can be done at a half-step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Settings were changed that act from there on.
    Set,
    /// A new run from the parameters as they stand.
    Keep,
    /// A new run with a component split in two.
    Split(usize),
    /// A new run with two components made one.
    Merge(usize, usize),
}

/// How the page that shows it looks: not the session's business.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// `th`: dark, light, or as the system says.
    pub dark: Option<bool>,
    /// `ui=embed`: the map, the keys and the curve alone.
    pub embed: bool,
    /// `cl`: how the climb is looked at: 1 by time, 2 its distance to the limit, 3 bound
    /// and gap, 4 points and means of the components.
    pub climb: u8,
    /// `sel`: the component that is pointed out.
    pub selected: Option<usize>,
    /// `hide`: controls that are not there.
    pub hide: Controls,
    /// `lock`: controls that can be seen and not used.
    pub lock: Controls,
}

/// A set of groups of controls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Controls(u8);

/// The groups, in the order of their bits.
pub const GROUPS: [&str; 7] = [
    "data", "columns", "model", "start", "steps", "timeline", "figures",
];

/// The first of them.
pub const DATA: usize = 0;

impl Controls {
    /// Is this group, by its place among [`GROUPS`], one of them?
    pub fn has(self, group: usize) -> bool {
        self.0 >> group & 1 == 1
    }

    /// The same with this group.
    #[must_use]
    pub fn with(self, group: usize) -> Controls {
        Controls(self.0 | 1 << group)
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Controls) -> Controls {
        Controls(self.0 | other.0)
    }

    /// Their names, with this between them.
    pub fn names(self, between: &str) -> String {
        let names = GROUPS.iter().enumerate().filter(|(i, _)| self.has(*i));
        names
            .map(|(_, name)| *name)
            .collect::<Vec<_>>()
            .join(between)
    }
}

impl Link {
    /// Does following it need more than what steps take? See [`crate::later::Part::Methods`].
    pub fn goes_beyond(&self) -> bool {
        let made = self.steps.iter().any(|step| step.act != Act::Set);
        let asked = self.steps.iter().map(|step| &step.asked);
        made || asked.chain([&self.first]).any(Asked::goes_beyond)
    }
}

impl Asked {
    fn goes_beyond(&self) -> bool {
        let usual = Settings::default();
        let (roles, s) = (&self.roles, &self.settings);
        let beside = [roles.weights, roles.labels, roles.sequences];
        !CovarianceType::ALL.contains(&s.covariance_type)
            || (s.model, s.algorithm) != (usual.model, usual.algorithm)
            || s.precision != usual.precision
            || (s.init, s.stop_rule) != (usual.init, usual.stop_rule)
            || roles.missing != Missing::Drop
            || beside.iter().any(Option::is_some)
    }

    /// What nothing has been asked of yet, of a set that suggests `k` components.
    pub(super) fn nothing(k: Option<usize>) -> Asked {
        let settings = Settings::default();
        Asked {
            roles: Roles::default(),
            settings: Settings {
                n_components: k.unwrap_or(settings.n_components),
                ..settings
            },
        }
    }
}

#[cfg(test)]
mod tests;
