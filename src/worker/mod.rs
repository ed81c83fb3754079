//! The same wasm file in its other role: it owns the session.
//!
//! The page's end is a [`Client`]; the worker's end answers it. A message is an array:
//! first a [`messages::Request`] or [`messages::Reply`] in Postcard's compact form (a quarter
//! of JSON's code, and every number keeps its bits), then whatever is handed over without
//! copying: a file one way, pixels the other.

mod client;
mod messages;
mod parts;
mod server;
mod sets;

pub use client::{Client, FromWorker};
pub use parts::load_then;
pub use server::serve;

use wasm_bindgen::JsCast;

/// Is this instance running in a worker?
pub fn is_worker() -> bool {
    js_sys::global().is_instance_of::<web_sys::DedicatedWorkerGlobalScope>()
}
