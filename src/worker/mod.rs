//! The same wasm file in its other role: it owns the session.

mod client;

pub use client::{Client, FromWorker};
use wasm_bindgen::JsCast;

/// Is this instance running in a worker?
pub fn is_worker() -> bool {
    js_sys::global().is_instance_of::<web_sys::DedicatedWorkerGlobalScope>()
}

/// Serves the page's requests.
pub fn serve() {}
