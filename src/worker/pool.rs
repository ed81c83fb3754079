//! Passes over the rows in several workers at once, for data on which an iteration takes
//! long.
//!
//! The rows go over once, cut between chunks; a pass sends parameters and gets sums. The session's worker makes the first
//! share itself. Shares are put together as one pass alone would have summed them, to the
//! same bits ([`crate::fit::Share`]).

use std::ops::Range;
use std::rc::{Rc, Weak};

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::messages::{READY, pack, unpack};
use super::parts;
use super::shard::{Answer, NAME, Order};
use crate::data::Matrix;
use crate::fit::{CHUNK_ROWS, Share, cuts, share, share_single};
use crate::later::{Part, later};
use crate::session::Pass;

/// Chunks that go over in one message: copies of all rows at once would take twice their memory.
const CHUNKS_AT_ONCE: usize = 64;

/// What a shard said: its number, and the message, or `None` if it died.
pub type OnShard = Rc<dyn Fn(usize, Option<JsValue>)>;

/// Workers that hold the rows of one matrix between them.
pub struct Pool {
    matrix: Weak<Matrix>,
    shards: Vec<Shard>,
    has_methods: bool,
    /// Have the shards their rows in single precision?
    has_singles: bool,
    number: u64,
    under_way: Option<UnderWay>,
}

struct Shard {
    worker: Worker,
    chunks: Range<usize>,
    ready: bool,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

struct UnderWay {
    pass: Pass,
    own: Share,
    /// One a shard.
    shares: Vec<Option<Share>>,
}

/// What came of a shard's message.
pub enum Heard {
    /// Not all have answered yet.
    Wait,
    /// All shares of a pass, in the order of the rows.
    Whole(Pass, Vec<Share>),
    /// The shard is of no use.
    Failed,
}

impl Drop for Shard {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

impl Pool {
    /// Does it hold these rows?
    pub fn holds(&self, matrix: &Rc<Matrix>) -> bool {
        std::ptr::eq(self.matrix.as_ptr(), Rc::as_ptr(matrix))
    }

    /// Can it take a pass?
    pub fn is_free(&self) -> bool {
        self.under_way.is_none() && self.shards.iter().all(|shard| shard.ready)
    }

    /// Is a pass under way?
    pub fn is_busy(&self) -> bool {
        self.under_way.is_some()
    }

    /// How many workers make a pass, this one included.
    pub fn n_workers(&self) -> usize {
        1 + self.shards.len()
    }
}

later! { Shards 2:
    /// Starts `n` workers for these rows beside this one; `on_shard` is called with what they say.
    pub fn raise(matrix: &Rc<Matrix>, n: usize, on_shard: &OnShard) -> Option<Pool> {
        let shards = (0..n).map(|i| start(i, on_shard.clone()));
        let mut pool = Pool {
            matrix: Weak::new(),
            shards: shards.collect::<Result<_, JsValue>>().ok()?,
            has_methods: false,
            has_singles: false,
            number: 0,
            under_way: None,
        };
        pool.take_rows(matrix);
        Some(pool)
    }
}

later! { Shards 5:
    /// Gives the workers other rows. A worker that is kept need not compile its program again.
    pub fn give(pool: &mut Pool, matrix: &Rc<Matrix>) {
        pool.take_rows(matrix);
    }
}

later! { Shards 3:
    /// Makes a pass: this worker's share at once, the others by message. The pool is free.
    pub fn begin(pool: &mut Pool, matrix: &Matrix, pass: Pass) {
        if parts::has(Part::Methods) && !std::mem::replace(&mut pool.has_methods, true) {
            pool.tell(&Order::Load);
        }
        if pass.single && !std::mem::replace(&mut pool.has_singles, true) {
            for shard in &pool.shards {
                for part in pieces(shard.chunks.clone()) {
                    let singles = matrix.singles().chunks(part.clone(), CHUNK_ROWS);
                    shard.tell(&Order::Singles(part.start, singles));
                }
            }
        }
        pool.number += 1;
        pool.tell(&Order::Pass(pool.number, pass.mixture.clone(), pass.single));
        let end = pool.shards.first().map_or(0, |shard| shard.chunks.start);
        let own = match pass.single {
            true => share_single(matrix.singles(), &pass.mixture, 0..end, 0),
            false => share(matrix, &pass.mixture, 0..end, 0),
        };
        pool.under_way = Some(UnderWay {
            pass,
            own,
            shares: pool.shards.iter().map(|_| None).collect(),
        });
    }
}

later! { Shards 4:
    /// Takes in what a shard said.
    pub fn hear(pool: &mut Pool, i: usize, data: &JsValue) -> Heard {
        let Some(shard) = pool.shards.get_mut(i) else {
            return Heard::Wait;
        };
        if let Some(word) = data.as_string() {
            if word != READY {
                return Heard::Failed;
            }
            shard.ready = true;
            if let Some(matrix) = pool.matrix.upgrade() {
                shard.send_rows(&matrix);
            }
            return Heard::Wait;
        }
        let answer = unpack::<Answer>(data).filter(|(answer, _)| answer.0 == pool.number);
        let (Some((Answer(_, share), _)), Some(under_way)) = (answer, &mut pool.under_way) else {
            return Heard::Wait;
        };
        under_way.shares[i] = Some(share);
        if under_way.shares.iter().any(Option::is_none) {
            return Heard::Wait;
        }
        match pool.under_way.take() {
            Some(UnderWay { pass, own, shares }) => {
                let all = std::iter::once(own).chain(shares.into_iter().flatten());
                Heard::Whole(pass, all.collect())
            }
            None => Heard::Wait,
        }
    }
}

impl Pool {
    /// Cuts the rows between this worker and the shards, and sends them to those that stand.
    fn take_rows(&mut self, matrix: &Rc<Matrix>) {
        self.matrix = Rc::downgrade(matrix);
        // Answers to a pass over other rows are no longer awaited.
        self.under_way = None;
        self.has_singles = false;
        self.number += 1;
        let chunks = matrix.n_rows().div_ceil(CHUNK_ROWS);
        let workers = self.n_workers();
        let cuts = cuts(chunks, workers, matrix.n_columns());
        for (i, shard) in self.shards.iter_mut().enumerate() {
            shard.chunks = cuts[i + 1]..cuts[i + 2];
            if shard.ready {
                shard.send_rows(matrix);
            }
        }
    }

    fn tell(&self, order: &Order) {
        self.shards.iter().for_each(|shard| shard.tell(order));
    }
}

impl Shard {
    fn send_rows(&self, matrix: &Matrix) {
        self.tell(&Order::Clear);
        for part in pieces(self.chunks.clone()) {
            self.tell(&Order::Rows(part.start, matrix.chunks(part, CHUNK_ROWS)));
        }
    }

    fn tell(&self, order: &Order) {
        let _ = self.worker.post_message(&pack(order, None));
    }
}

fn start(i: usize, on_shard: OnShard) -> Result<Shard, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    options.set_name(NAME);
    // Beside this worker's own file.
    let worker = Worker::new_with_options("./worker.js", &options)?;
    let hear = on_shard.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        hear(i, Some(event.data()));
    });
    let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
        event.prevent_default();
        on_shard(i, None);
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    Ok(Shard {
        worker,
        chunks: 0..0,
        ready: false,
        _on_message: on_message,
        _on_error: on_error,
    })
}

/// Chunks in groups.
fn pieces(chunks: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = chunks.end;
    chunks
        .step_by(CHUNKS_AT_ONCE)
        .map(move |first| first..(first + CHUNKS_AT_ONCE).min(end))
}
