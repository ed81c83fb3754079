//! Loads what is needed later: see [`crate::later`].

use std::cell::RefCell;

use js_sys::{Object, Reflect, Uint8Array, WebAssembly};
use wasm_bindgen::JsValue;

use super::sets::fetch;
use crate::later::Part;

thread_local! {
    /// The files that are part of this instance by now.
    static HERE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Loads a part in the worker, unless it is here already. The worker waits for it.
///
/// # Errors
/// Says why it did not arrive, or that it is of another build than this page.
pub fn load(part: Part) -> Result<(), String> {
    if cfg!(parts) {
        bring(part.file())
    } else {
        Ok(())
    }
}

fn bring(file: &str) -> Result<(), String> {
    if HERE.with_borrow(|here| here.iter().any(|name| name == file)) {
        return Ok(());
    }
    let bytes = fetch(file)?;
    // The browser's own words would not help: the file is damaged, or its import of the
    // build's name is not to be had.
    let alien = |_: JsValue| format!("{file} is of another version than this page");
    let module = WebAssembly::Module::new(&Uint8Array::new_from_slice(&bytes)).map_err(alien)?;
    // What it shares with another part lies in files that both name.
    for section in WebAssembly::Module::custom_sections(&module, "needs") {
        let needed = Uint8Array::new(&section).to_vec();
        bring(&String::from_utf8_lossy(&needed))?;
    }
    let imports = Object::new();
    Reflect::set(&imports, &"__wasm_split".into(), &wasm_bindgen::exports()).map_err(alien)?;
    // It writes its functions and constants where they are expected.
    WebAssembly::Instance::new(&module, &imports).map_err(alien)?;
    HERE.with_borrow_mut(|here| here.push(file.to_owned()));
    Ok(())
}
