//! The last words of a page that cannot go on.
//!
//! With `panic = "abort"` the wasm instance is dead after a panic: no signal
//! will ever fire again. So the hook itself writes the message into the page,
//! with what a report needs to hold.

use std::sync::Mutex;

use leptos::prelude::document;

static FIRST: Mutex<Option<String>> = Mutex::new(None);

/// From now on a panic is shown on the page. The first one counts; what follows is its echo.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        let text = describe(info);
        web_sys::console::error_1(&text.as_str().into());
        if let Ok(mut first) = FIRST.try_lock() {
            if first.is_some() {
                return;
            }
            *first = Some(text.clone());
        }
        // Nothing to be done if even this fails: the console has it.
        let _ = show(&text);
    }));
}

fn describe(info: &std::panic::PanicHookInfo<'_>) -> String {
    let what = info
        .payload()
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| info.payload().downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    let place = info
        .location()
        .map_or_else(|| "unknown place".to_owned(), ToString::to_string);
    format!("Mixscope {}: {what} ({place})", env!("CARGO_PKG_VERSION"))
}

fn show(text: &str) -> Result<(), wasm_bindgen::JsValue> {
    let document = document();
    let Some(body) = document.body() else {
        return Ok(());
    };
    let note = document.create_element("div")?;
    note.set_class_name("panic");
    note.set_attribute("role", "alert")?;
    note.set_attribute("aria-label", "Problem")?;
    for (tag, class, words) in [
        ("strong", "", "Mixscope has stopped: this is a mistake of ours."),
        (
            "p",
            "",
            "Your data never left this tab. Reload the page to begin again, and please report this line:",
        ),
        ("code", "panic-report", text),
    ] {
        let element = document.create_element(tag)?;
        element.set_class_name(class);
        element.set_text_content(Some(words));
        note.append_child(&element)?;
    }
    body.append_child(&note)?;
    Ok(())
}
