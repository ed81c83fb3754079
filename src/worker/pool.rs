//! Passes over the rows in several workers at once, for data on which an iteration takes
//! long.
//!
//! The rows go over once, cut between chunks; a pass sends parameters and gets sums. The session's worker makes the first
//! share itself. Shares are put together as one pass alone would have summed them, to the
//! same bits ([`crate::fit::Share`]). Pictures of very many points are made in the same way
//! ([`crate::plot::Portion`]).

use std::ops::Range;
use std::rc::{Rc, Weak};

use js_sys::Uint32Array;
use wasm_bindgen::{JsCast, JsValue};

use super::connection::Connection;
use super::messages::{READY, pack, unpack};
use super::parts;
use super::shard::{Answer, NAME, Order};
use crate::data::{BLOCK_ROWS, Matrix};
use crate::fit::{CHUNK_ROWS, Share, cuts, share, share_single};
use crate::later::{Part, later};
use crate::plot::{Picture, Portion, RowsOf, Shelves, Sketch, complete, portion};
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
    drawing: Option<Drawing>,
}

struct Shard {
    worker: Connection,
    chunks: Range<usize>,
    ready: bool,
}

struct UnderWay {
    number: u64,
    pass: Pass,
    own: Share,
    /// One a shard.
    shares: Vec<Option<Share>>,
}

struct Drawing {
    number: u64,
    sketch: Sketch,
    /// What has come so far.
    portion: Portion,
    /// Shards that it has not come from yet.
    left: usize,
}

/// What came of a shard's message.
pub enum Heard {
    /// Not all have answered yet.
    Wait,
    /// All shares of a pass, in the order of the rows.
    Whole(Pass, Vec<Share>),
    /// A picture of all rows.
    Drawn(Box<Picture>),
    /// The shard is of no use.
    Failed,
}

impl Pool {
    /// Does it hold these rows?
    pub fn holds(&self, matrix: &Rc<Matrix>) -> bool {
        std::ptr::eq(self.matrix.as_ptr(), Rc::as_ptr(matrix))
    }

    /// Can it take a pass?
    pub fn is_free(&self) -> bool {
        self.under_way.is_none() && self.stands()
    }

    /// Is a pass under way?
    pub fn is_busy(&self) -> bool {
        self.under_way.is_some()
    }

    /// Is a picture under way?
    pub fn draws(&self) -> bool {
        self.drawing.is_some()
    }

    /// Do all shards take orders?
    pub fn stands(&self) -> bool {
        self.shards.iter().all(|shard| shard.ready)
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
            drawing: None,
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
        pool.load();
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
            number: pool.number,
            pass,
            own,
            shares: pool.shards.iter().map(|_| None).collect(),
        });
    }
}

later! { Shards 6:
    /// Draws a picture: this worker's rows at once, the others by message. No other is under way,
    /// and all shards take orders. A pass that is under way comes before it.
    pub fn draw(pool: &mut Pool, matrix: &Matrix, sketch: Sketch) {
        pool.load();
        pool.number += 1;
        let order = Order::Draw(pool.number, Box::new(sketch.clone()));
        pool.tell(&order);
        let end = pool.shards.first().map_or(0, |shard| shard.chunks.start);
        let own = RowsOf {
            blocks: end * (CHUNK_ROWS / BLOCK_ROWS),
            ..RowsOf::all(matrix)
        };
        pool.drawing = Some(Drawing {
            number: pool.number,
            portion: portion(&sketch, &[own]),
            sketch,
            left: pool.shards.len(),
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
        let (number, share) = match unpack::<Answer>(data) {
            Some((Answer::Share(number, share), _)) => (number, share),
            Some((Answer::Drawn(number, shelves), sums)) => {
                return pool.take_drawn(number, shelves.as_ref(), &sums);
            }
            None => return Heard::Wait,
        };
        let under_way = pool.under_way.as_mut().filter(|pass| pass.number == number);
        let Some(under_way) = under_way else {
            return Heard::Wait;
        };
        under_way.shares[i] = Some(share);
        if under_way.shares.iter().any(Option::is_none) {
            return Heard::Wait;
        }
        match pool.under_way.take() {
            Some(UnderWay { pass, own, shares, .. }) => {
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
        self.drawing = None;
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

    /// Adds what a shard drew.
    fn take_drawn(&mut self, number: u64, shelves: Option<&Shelves>, sums: &JsValue) -> Heard {
        let mine = self.drawing.take_if(|drawing| drawing.number == number);
        let Some(mut drawing) = mine else {
            return Heard::Wait;
        };
        let sums = sums.dyn_ref::<Uint32Array>().map(Uint32Array::to_vec);
        if !drawing.portion.put(&sums.unwrap_or_default(), shelves) {
            return Heard::Failed;
        }
        drawing.left -= 1;
        if drawing.left > 0 {
            self.drawing = Some(drawing);
            return Heard::Wait;
        }
        Heard::Drawn(Box::new(complete(drawing.portion, &drawing.sketch)))
    }

    /// Some models need more of the program.
    fn load(&mut self) {
        if parts::has(Part::Methods) && !std::mem::replace(&mut self.has_methods, true) {
            self.tell(&Order::Load);
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
        self.worker.post(&pack(order, None));
    }
}

fn start(i: usize, on_shard: OnShard) -> Result<Shard, JsValue> {
    Ok(Shard {
        worker: Connection::start(NAME, Rc::new(move |said| on_shard(i, said.ok())))?,
        chunks: 0..0,
        ready: false,
    })
}

/// Chunks in groups.
fn pieces(chunks: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = chunks.end;
    chunks
        .step_by(CHUNKS_AT_ONCE)
        .map(move |first| first..(first + CHUNKS_AT_ONCE).min(end))
}
