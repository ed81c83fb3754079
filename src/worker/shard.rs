//! A worker that holds some of the rows, and makes its share of every pass over them.

use std::cell::RefCell;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::messages::{FAILED, pack, unpack};
use super::parts;
use crate::data::Matrix;
use crate::fit::{CHUNK_ROWS, Share, share};
use crate::later::{Part, later};
use crate::mixture::Mixture;

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
    /// The pass of this number under this mixture.
    Pass(u64, Rc<Mixture>),
}

/// From a shard: a pass's number and the share in it.
#[derive(Serialize, Deserialize)]
pub struct Answer(pub u64, pub Share);

later! { Shards 1:
    /// Answers orders for as long as the worker lives.
    pub fn serve(scope: &DedicatedWorkerGlobalScope) {
        let rows = RefCell::new(Vec::new());
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

fn answer(scope: &DedicatedWorkerGlobalScope, rows: &mut Vec<(usize, Matrix)>, order: Order) {
    match order {
        Order::Load => {
            if let Err(why) = parts::load(Part::Methods) {
                let _ = scope.post_message(&JsValue::from_str(&format!("{FAILED}{why}")));
            }
        }
        Order::Clear => rows.clear(),
        Order::Rows(first, matrix) => rows.push((first, matrix)),
        Order::Pass(number, mixture) => {
            let mut whole = Share::default();
            for (first, matrix) in rows {
                let chunks = 0..matrix.n_rows().div_ceil(CHUNK_ROWS);
                whole.append(share(matrix, &mixture, chunks, *first));
            }
            let _ = scope.post_message(&pack(&Answer(number, whole), None));
        }
    }
}
