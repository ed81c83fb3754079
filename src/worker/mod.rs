//! The same wasm file in its other role: it owns the session.
//!
//! The page's end is a [`Client`]; the worker's end answers it. A message is an array:
//! first a [`messages::Request`] or [`messages::Reply`] in Postcard's compact form (a quarter
//! of JSON's code, and every number keeps its bits), then whatever is handed over without
//! copying: a file one way, pixels the other.
//!
//! Where an iteration takes long the session's worker shares it out: a [`pool`] of further
//! workers, each a [`shard`] with some of the rows. No memory is shared (that needs headers which a
//! static host does not send): the rows go over once, then parameters one way and sums the other.

mod client;
mod connection;
mod exporting;
mod link;
mod measure;
mod messages;
mod parts;
mod past;
mod pool;
mod reading;
mod server;
mod sets;
mod shard;
mod sharing;
mod times;

pub use client::{Client, FromWorker};
pub use measure::{Measured, OFTEN_ENOUGH, Speed};
pub use messages::Effort;
pub use parts::{has, load_then};

use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

use crate::later::Part;
use messages::{FAILED, READY};

/// Serves whoever started this worker for as long as it lives: the page, or a worker that
/// shares its work out.
pub fn serve() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else {
        return;
    };
    let dying = scope.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let _ = dying.post_message(&JsValue::from_str(&format!("{FAILED}{panic}")));
    }));
    let begun = match scope.name() == shard::NAME {
        true => parts::load(Part::Steps)
            .and_then(|()| parts::load(Part::Shards))
            .map(|()| shard::serve(&scope)),
        false => server::serve(&scope),
    };
    let word = match begun {
        Ok(()) => READY.to_owned(),
        Err(why) => format!("{FAILED}{why}"),
    };
    let _ = scope.post_message(&JsValue::from_str(&word));
}

/// Is this instance running in a worker?
pub fn is_worker() -> bool {
    js_sys::global().is_instance_of::<DedicatedWorkerGlobalScope>()
}
