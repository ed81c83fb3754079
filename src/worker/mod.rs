//! The same wasm file in its other role: it owns the session.
//!
//! The page's end is a [`Client`]; the worker's end answers it. A message is an array:
//! first JSON (a [`messages::Request`] or [`messages::Reply`]), then whatever is too large
//! for JSON and is handed over without copying: a file one way, pixels the other.

mod client;
mod messages;
mod server;

pub use client::{Client, FromWorker};
pub use server::serve;

use wasm_bindgen::JsCast;

/// Is this instance running in a worker?
pub fn is_worker() -> bool {
    js_sys::global().is_instance_of::<web_sys::DedicatedWorkerGlobalScope>()
}
