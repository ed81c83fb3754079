//! The files of the built-in sets, fetched beside the page and kept.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use js_sys::Uint8Array;
use web_sys::{XmlHttpRequest, XmlHttpRequestResponseType};

use crate::data::builtin::{self, Builtin};

thread_local! {
    static KEPT: RefCell<BTreeMap<&'static str, Vec<u8>>> = const { RefCell::new(BTreeMap::new()) };
}

/// The bytes of a set's file.
///
/// # Errors
/// Says why they did not arrive.
pub fn load(set: &Builtin) -> Result<Cow<'static, [u8]>, String> {
    if let Ok(bytes) = builtin::embedded(set) {
        return Ok(bytes);
    }
    if let Some(bytes) = KEPT.with_borrow(|kept| kept.get(set.id).cloned()) {
        return Ok(Cow::Owned(bytes));
    }
    let bytes = fetch(&set.file())?;
    KEPT.with_borrow_mut(|kept| kept.insert(set.id, bytes.clone()));
    Ok(Cow::Owned(bytes))
}

/// A file of the page, which lies beside the worker's own. A worker may wait for it: it blocks
/// nobody.
pub(super) fn fetch(file: &str) -> Result<Vec<u8>, String> {
    let failed = |_| format!("{file} could not be loaded");
    let request = XmlHttpRequest::new().map_err(failed)?;
    request
        .open_with_async("GET", file, false)
        .map_err(failed)?;
    request.set_response_type(XmlHttpRequestResponseType::Arraybuffer);
    request.send().map_err(failed)?;
    match request.status() {
        Ok(200) => request
            .response()
            .map(|buffer| Uint8Array::new(&buffer).to_vec())
            .map_err(failed),
        Ok(status) => Err(format!("the server answered {status} for {file}")),
        Err(e) => Err(failed(e)),
    }
}
