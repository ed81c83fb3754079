use serde::{Deserialize, Serialize};

/// How a component is doing, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Health {
    /// Nothing to report.
    Good,
    /// Fewer effective points than the free parameters of its covariance need.
    Thin,
    /// Its covariance is within rounding of a lower dimension, or held by the floor.
    Flat,
    /// It sits on one point or on copies of one point.
    Collapsed,
    /// No point gives it any responsibility.
    Empty,
}

impl Health {
    /// The word shown in the component table.
    pub fn word(self) -> &'static str {
        match self {
            Health::Good => "good",
            Health::Thin => "thin",
            Health::Flat => "flat",
            Health::Collapsed => "collapsed",
            Health::Empty => "empty",
        }
    }
}
