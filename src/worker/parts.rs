//! Loads what is needed later: see [`crate::later`].
//!
//! Each instance loads for itself, for each has a memory of its own; the browser keeps the
//! files for both. The worker may wait, the page may not.

use std::cell::RefCell;

use js_sys::futures::{JsFuture, future_to_promise};
use js_sys::{Object, Promise, Reflect, Uint8Array, WebAssembly};
use wasm_bindgen::{JsCast, JsValue};

use super::sets::fetch;
use crate::later::Part;

thread_local! {
    /// The files that are part of this instance by now.
    static HERE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    /// The page's last load: the next one waits for it, so that no file comes twice.
    static LAST: RefCell<Option<Promise>> = const { RefCell::new(None) };
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

/// Loads a part in the page, unless it is here already, and then calls `then`: with an
/// error as [`load`] gives it, if it could not be loaded.
pub fn load_then(part: Part, then: impl FnOnce(Result<(), String>) + 'static) {
    if cfg!(parts) && !is_here(part.file()) {
        let before = LAST.take();
        let load = future_to_promise(async move {
            if let Some(before) = before {
                let _ = JsFuture::from(before).await;
            }
            then(bring_to_page(part.file()).await);
            Ok(JsValue::UNDEFINED)
        });
        LAST.set(Some(load));
    } else {
        then(Ok(()));
    }
}

/// Is the part here already?
pub fn has(part: Part) -> bool {
    !cfg!(parts) || is_here(part.file())
}

fn is_here(file: &str) -> bool {
    HERE.with_borrow(|here| here.iter().any(|name| name == file))
}

fn is_here_now(file: &str) {
    HERE.with_borrow_mut(|here| here.push(file.to_owned()));
}

fn bring(file: &str) -> Result<(), String> {
    if is_here(file) {
        return Ok(());
    }
    let bytes = Uint8Array::new_from_slice(&fetch(file)?);
    let module = WebAssembly::Module::new(&bytes).map_err(|_| alien(file))?;
    for needed in needs(&module) {
        bring(&needed)?;
    }
    WebAssembly::Instance::new(&module, &imports()).map_err(|_| alien(file))?;
    is_here_now(file);
    Ok(())
}

async fn bring_to_page(file: &str) -> Result<(), String> {
    let window = web_sys::window().ok_or("not in a page")?;
    let mut wanted = vec![file.to_owned()];
    while let Some(file) = wanted.last() {
        if is_here(file) {
            wanted.pop();
            continue;
        }
        let response = window.fetch_with_str(&format!("./{file}"));
        let module = JsFuture::from(WebAssembly::compile_streaming(&response));
        let module = module
            .await
            .map_err(|_| format!("{file} could not be loaded"))?;
        let module = module.unchecked_into();
        let missing: Vec<String> = needs(&module).into_iter().filter(|f| !is_here(f)).collect();
        if missing.is_empty() {
            let instance = WebAssembly::instantiate_module(&module, &imports());
            JsFuture::from(instance).await.map_err(|_| alien(file))?;
            is_here_now(file);
        }
        wanted.extend(missing);
    }
    Ok(())
}

/// What a part shares with another lies in files that both name.
fn needs(module: &WebAssembly::Module) -> Vec<String> {
    let sections = WebAssembly::Module::custom_sections(module, "needs");
    let text = |section: JsValue| Uint8Array::new(&section).to_vec();
    sections
        .iter()
        .map(|section| String::from_utf8_lossy(&text(section)).into_owned())
        .collect()
}

/// What a part imports. Made into an instance, it writes its functions and constants where
/// they are expected: once and no more, or what has been written there since would be lost.
fn imports() -> Object {
    let imports = Object::new();
    let _ = Reflect::set(&imports, &"__wasm_split".into(), &wasm_bindgen::exports());
    imports
}

/// The browser's own words would not help: the file is damaged, or asks for the name of
/// another build.
fn alien(file: &str) -> String {
    format!("{file} is of another version than this page")
}
