//! Data on their way in. What takes long with many rows is done one thing after the other, so that
//! whoever opens them can tell how far it is, answer others, and leave them in between.

use std::rc::Rc;

use super::beyond;
use super::experiment::{self, Experiment};
use super::source::{Selection, Source};
use super::state::{Mode, Session};
use super::view::Problem;
use crate::fit::{InitMethod, Settings};
use crate::mixture::Mixture;

/// What has been made of the data.
#[derive(Debug)]
pub enum Opening {
    /// A table.
    Read(Rc<Source>),
    /// The matrix of the columns to begin with.
    Chosen(Selection),
    /// The first parameters.
    Begun(Selection, Box<Settings>, Mixture),
}

impl Opening {
    /// What comes next.
    pub fn words(&self) -> &'static str {
        match self {
            Opening::Read(_) => "choosing columns",
            Opening::Chosen(_) => "finding a start",
            Opening::Begun(..) => "evaluating it",
        }
    }
}

impl Session {
    /// Does the next thing; `None` once the data are those shown. Until then they are not, and
    /// can be left.
    ///
    /// # Errors
    /// If they cannot be fitted. Everything is as it was.
    pub fn go_on_opening(&mut self, opening: Opening) -> Result<Option<Opening>, Problem> {
        Ok(match opening {
            Opening::Read(source) => {
                let columns = source.default_columns();
                Some(Opening::Chosen(Selection::new(source, columns)?))
            }
            Opening::Chosen(selection) => {
                let mut settings = self.settings_for(&selection);
                // Those of other data are no start for these.
                if settings.init == InitMethod::Given {
                    settings.init = InitMethod::KMeans;
                }
                let mixture = experiment::begin(&selection, &settings)?;
                Some(Opening::Begun(selection, Box::new(settings), mixture))
            }
            Opening::Begun(selection, settings, mixture) => {
                let (version, run) = self.next_numbers();
                let next = Experiment::begun(selection, version, *settings, mixture, run)?;
                self.problem = None;
                self.past_is_stale = true;
                self.following = None;
                self.adopt(next, true);
                self.mode = Mode::Idle;
                if self.awaited.is_some() {
                    // The data are open, wherever else the link would lead.
                    self.problem = beyond::follow_awaited(self).err();
                }
                None
            }
        })
    }
}
