//! The session's worker lets shards take part where its iterations take long.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::pool::{self, Heard, OnShard, Pool};
use super::server::{SLICE, Server};
use super::{measure, parts};
use crate::data::Matrix;
use crate::later::Part;
use crate::plot::{PictureRequest, Sketch};

/// Milliseconds an iteration from which on it is worth sharing out: a message there and back
/// costs about 0.1.
pub const WORTH_SHARING: f64 = 0.5;

/// Workers beside this one at most, however many processors there are.
const MOST_SHARDS: usize = 7;

/// Who takes part.
#[derive(Default)]
pub struct Sharing {
    /// The shards, once there are any.
    pub pool: Option<Pool>,
    /// What is called with what they say.
    pub on_shard: Option<OnShard>,
    /// A run, and the milliseconds that its iterations took without help.
    pub alone: (u64, f64),
    /// When the pass under way began, in milliseconds, or as much later as was drawn since.
    pub pass_began: f64,
    /// The picture that shards take part in.
    pub drawing: Option<PictureRequest>,
    /// Did shards fail once? They are not tried again.
    failed: bool,
}

impl Server {
    /// Lets shards take part in the pass that is due. False if it has to be made alone.
    pub(super) fn share_out(&mut self) -> bool {
        let matrix = self.session.experiment().selection().matrix().clone();
        let (run, alone) = self.sharing.alone;
        if run != self.session.experiment().run().id {
            return false;
        }
        if alone < WORTH_SHARING || self.sharing.failed {
            // They would keep the memory of rows that nobody needs.
            let pool = self.sharing.pool.take();
            self.sharing.pool = pool.filter(|pool| pool.holds(&matrix));
            return false;
        }
        match &mut self.sharing.pool {
            None => {
                self.sharing.pool = self.raise(&matrix);
                self.sharing.failed = self.sharing.pool.is_none();
                return false;
            }
            Some(pool) if !pool.holds(&matrix) => pool::give(pool, &matrix),
            Some(_) => {}
        }
        let began = self.now();
        let free = self.sharing.pool.as_mut().filter(|pool| pool.is_free());
        let Some(pool) = free else { return false };
        // An M-step: not made for nothing.
        let Some(pass) = self.session.next_pass() else {
            return false;
        };
        pool::begin(pool, &matrix, pass);
        self.sharing.pass_began = began;
        true
    }

    /// Lets shards take part in a picture; gives it back if it has to be drawn alone.
    pub(super) fn share_drawing(&mut self, sketch: Sketch) -> Option<Sketch> {
        let matrix = self.session.experiment().selection().matrix().clone();
        let pool = self.sharing.pool.as_mut();
        let pool = pool.filter(|pool| pool.holds(&matrix) && pool.stands());
        match pool {
            Some(pool) if self.measuring.is_none() && sketch.can_be_shared() => {
                self.sharing.drawing = Some(sketch.request().clone());
                pool::draw(pool, &matrix, sketch);
                None
            }
            _ => Some(sketch),
        }
    }

    /// A picture took long: shards are raised to take part in the next.
    pub(super) fn share_next_drawing(&mut self, matrix: &Rc<Matrix>) {
        if self.measuring.is_some() || self.sharing.failed {
            return;
        }
        match &mut self.sharing.pool {
            None => {
                self.sharing.pool = self.raise(matrix);
                self.sharing.failed = self.sharing.pool.is_none();
            }
            Some(pool) if !pool.holds(matrix) => pool::give(pool, matrix),
            Some(_) => {}
        }
    }

    /// The page waits for a picture that shards took part in until they died or were given other
    /// rows: it is drawn anew.
    pub(super) fn redraw_lost(&mut self) {
        if !self.sharing.pool.as_ref().is_some_and(Pool::draws)
            && let Some(request) = self.sharing.drawing.take()
        {
            self.picture.get_or_insert(request);
        }
    }

    pub(super) fn raise(&self, matrix: &Rc<Matrix>) -> Option<Pool> {
        let processors = self.scope.navigator().hardware_concurrency() as usize;
        let n = processors.saturating_sub(1).min(MOST_SHARDS);
        let on_shard = self.sharing.on_shard.as_ref().filter(|_| n > 0)?;
        parts::load(Part::Shards).ok()?;
        pool::raise(matrix, n, on_shard)
    }

    fn at_e_step(&self) -> bool {
        self.session.experiment().position() % 2 == 1
    }

    pub(super) fn hear_shard(&mut self, i: usize, said: Option<&JsValue>) {
        if self.measuring.is_some() {
            if measure::hear(self, i, said) {
                self.schedule();
            }
            return;
        }
        let began = self.now();
        let Some(pool) = &mut self.sharing.pool else {
            return;
        };
        let heard = match said {
            Some(said) => pool::hear(pool, i, said),
            None => Heard::Failed,
        };
        match heard {
            Heard::Wait => {}
            Heard::Drawn(picture) => {
                self.sharing.drawing = None;
                self.send_picture(*picture);
                self.has_drawn(began);
                self.schedule();
            }
            Heard::Failed => {
                self.sharing.pool = None;
                self.sharing.failed = true;
                self.schedule();
            }
            Heard::Whole(pass, shares) => {
                self.effort.workers = pool.n_workers();
                self.session.supply(pass, shares);
                self.session.advance();
                // A free play takes both half-steps of the iteration.
                if self.hurries() && self.at_e_step() {
                    self.session.advance();
                }
                let now = self.now();
                self.effort.milliseconds = now - self.sharing.pass_began;
                // Passes may be faster than any screen.
                if !self.hurries() || now - self.shown >= SLICE {
                    self.show();
                }
                match self.session.pace() {
                    // Messages of the page came in between the answers.
                    None => self.tick(),
                    Some(_) => self.schedule(),
                }
            }
        }
    }
}
