//! A worker that holds some of the rows, and makes its share of every pass over them.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Uint32Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::messages::{FAILED, pack, unpack};
use super::parts;
use crate::data::{Matrix, Singles};
use crate::fit::{CHUNK_ROWS, Share, share, share_single};
use crate::later::{Part, later};
use crate::mixture::Mixture;
use crate::plot::{RowsOf, Shelves, Sketch, portion};

/// What a worker is called that is one.
pub const NAME: &str = "shard";

/// To a shard.
#[derive(Serialize, Deserialize)]
pub enum Order {
    /// Some models need more of the program.
    Load,
    /// The rows so far are of no more use.
    Clear,
    /// More rows, which begin with this chunk and follow those sent before.
    Rows(usize, Matrix),
    /// More rows in single precision, in the same way.
    Singles(usize, Singles),
    /// The pass of this number under this mixture; in single precision?
    Pass(u64, Rc<Mixture>, bool),
    /// The picture of this number is to be drawn, as far as it is of the rows.
    Draw(u64, Box<Sketch>),
}

/// From a shard.
#[derive(Serialize, Deserialize)]
pub enum Answer {
    /// A pass's number and the share in it.
    Share(u64, Share),
    /// A picture's number and the heat map of the rows; the sums of the points are beside.
    Drawn(u64, Option<Shelves>),
}

later! { Shards 1:
    /// Answers orders for as long as the worker lives.
    pub fn serve(scope: &DedicatedWorkerGlobalScope) {
        let rows = RefCell::new(Rows::default());
        let answering = scope.clone();
        let answer = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some((order, _)) = unpack::<Order>(&event.data()) {
                answer(&answering, &mut rows.borrow_mut(), order);
            }
        });
        scope.set_onmessage(Some(answer.as_ref().unchecked_ref()));
        // It lives as long as the worker does.
        answer.forget();
    }
}

/// The rows that a shard has, each piece with the chunk that it begins with.
#[derive(Default)]
struct Rows {
    doubles: Vec<(usize, Matrix)>,
    singles: Vec<(usize, Singles)>,
}

fn answer(scope: &DedicatedWorkerGlobalScope, rows: &mut Rows, order: Order) {
    match order {
        Order::Load => {
            if let Err(why) = parts::load(Part::Methods) {
                let _ = scope.post_message(&JsValue::from_str(&format!("{FAILED}{why}")));
            }
        }
        Order::Clear => *rows = Rows::default(),
        Order::Rows(first, matrix) => rows.doubles.push((first, matrix)),
        Order::Singles(first, singles) => rows.singles.push((first, singles)),
        Order::Pass(number, mixture, single) => {
            let mut whole = Share::default();
            let chunks = |n_rows: usize| 0..n_rows.div_ceil(CHUNK_ROWS);
            if single {
                for (first, rows) in &rows.singles {
                    let chunks = chunks(rows.n_rows());
                    whole.append(share_single(rows, &mixture, chunks, *first));
                }
            } else {
                for (first, rows) in &rows.doubles {
                    let chunks = chunks(rows.n_rows());
                    whole.append(share(rows, &mixture, chunks, *first));
                }
            }
            let _ = scope.post_message(&pack(&Answer::Share(number, whole), None));
        }
        Order::Draw(number, sketch) => {
            let rows = rows.doubles.iter().map(|(chunk, matrix)| RowsOf {
                first: chunk * CHUNK_ROWS,
                ..RowsOf::all(matrix)
            });
            let rows: Vec<RowsOf> = rows.collect();
            let mut portion = portion(&sketch, &rows);
            let sums = Uint32Array::new_from_slice(&portion.crowd.sums());
            let message = pack(&Answer::Drawn(number, portion.shelves), Some(&sums));
            let _ = scope.post_message_with_transfer(&message, &Array::of1(&sums.buffer()));
        }
    }
}
