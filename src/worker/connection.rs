//! A worker that was started, and what it is heard by.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

/// What a worker said, or how it died.
pub type Hear = Rc<dyn Fn(Result<JsValue, String>)>;

/// A worker and the functions it calls; dropped, it is ended.
pub struct Connection {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Connection {
    /// Starts a worker of this name, the empty one too; `hear` is called with all that comes of
    /// it. From the page `worker.js` lies beside the page, from a worker beside its own file.
    ///
    /// # Errors
    /// If the browser starts no worker.
    pub fn start(name: &str, hear: Hear) -> Result<Connection, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(name);
        let worker = Worker::new_with_options("./worker.js", &options)?;
        let died = hear.clone();
        let on_message =
            Closure::<dyn FnMut(MessageEvent)>::new(move |e: MessageEvent| hear(Ok(e.data())));
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |e: ErrorEvent| {
            e.prevent_default();
            died(Err(e.message()));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Connection {
            worker,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    /// Sends a message. One that cannot be sent is none that the worker waits for.
    pub fn post(&self, message: &Array) {
        let _ = self.worker.post_message(message);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
