use js_sys::{Array, Uint8Array};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};

use crate::plot::{Picture, PictureRequest};
use crate::session::{Command, View};

/// What the worker says once its message handler stands.
pub const READY: &str = "ready";

/// How a message begins by which `worker.js` tells that the wasm file did not load.
pub const FAILED: &str = "failed: ";

/// From the page.
#[derive(Serialize, Deserialize)]
pub enum Request {
    /// The first request of all: what was chosen so far, on the file beside this message if
    /// there is one. Nothing is shown before it, so that a new worker never shows the set
    /// it opens on in place of what the one before it had.
    Begin(Vec<Command>),
    /// Something a person asked for.
    Command(Command),
    /// The file beside this message is to be opened, in place of one that is being read; if there
    /// is none beside it, none is.
    Open,
    /// This device is to be measured, or no longer.
    Measure(bool),
    /// A file is wanted: packed, [`Wanted`](crate::export::Wanted).
    Export(Vec<u8>),
    /// The link of what is shown is wanted.
    Link,
    /// Pixels are wanted.
    Picture(PictureRequest),
    /// The page has taken in the last view and can take the next.
    Seen,
}

/// To the page.
#[derive(Serialize, Deserialize)]
pub enum Reply {
    /// The half-step to show.
    View(Box<View>, Effort),
    /// Pixels; the points travel beside this message.
    Picture(Picture),
    /// What the past of the run is now, packed: [`Past`](crate::session::Past).
    Past(Vec<u8>),
    /// The link of what is shown, without the page's own keys.
    Link(String),
    /// What was measured so far, packed: [`Measured`](super::Measured).
    Measured(Vec<u8>),
    /// A long job has begun; empty when it is over.
    Busy(String),
    /// A file that was asked for, by its name; its blob travels beside this message.
    File(String),
}

/// What the last iterations took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Effort {
    /// Milliseconds an iteration; 0 before the first.
    pub milliseconds: f64,
    /// Workers that made it.
    pub workers: usize,
}

/// A message alone or with one thing beside it.
pub fn pack(message: &impl Serialize, beside: Option<&JsValue>) -> Array {
    let bytes = postcard::to_allocvec(message).unwrap_or_default();
    let packed = Array::of1(&Uint8Array::new_from_slice(&bytes));
    if let Some(beside) = beside {
        packed.push(beside);
    }
    packed
}

/// The message again, and what came beside it; `None` for anything else.
pub fn unpack<T: DeserializeOwned>(data: &JsValue) -> Option<(T, JsValue)> {
    let packed: &Array = data.dyn_ref()?;
    let bytes = packed.get(0).dyn_into::<Uint8Array>().ok()?.to_vec();
    Some((postcard::from_bytes(&bytes).ok()?, packed.get(1)))
}
