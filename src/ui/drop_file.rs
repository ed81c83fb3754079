//! A file dropped anywhere on the page is opened.

use leptos::prelude::*;
use web_sys::DragEvent;

use super::closures::part;
use super::state::use_desk;

/// The veil that says what a drop would do.
#[component]
pub fn DropVeil() -> impl IntoView {
    let desk = use_desk();
    let over = RwSignal::new(false);
    // Dragging on between two elements leaves one after it has entered the other.
    let depth = StoredValue::new(0i32);
    let handles = [
        window_event_listener(leptos::ev::dragenter, move |event| {
            if carries_file(&event) {
                event.prevent_default();
                depth.update_value(|d| *d += 1);
                over.set(true);
            }
        }),
        window_event_listener(leptos::ev::dragover, move |event| {
            if carries_file(&event) {
                event.prevent_default();
            }
        }),
        window_event_listener(leptos::ev::dragleave, move |event| {
            if carries_file(&event) {
                depth.update_value(|d| *d = (*d - 1).max(0));
                over.set(depth.get_value() > 0);
            }
        }),
        window_event_listener(leptos::ev::drop, move |event| {
            if !carries_file(&event) {
                return;
            }
            event.prevent_default();
            depth.set_value(0);
            over.set(false);
            let files = event.data_transfer().and_then(|data| data.files());
            match files.as_ref().map(|files| (files.length(), files.get(0))) {
                Some((1, file)) => desk.open_file(file),
                Some((n, Some(_))) => desk.report(
                    format!("{n} files were dropped at once."),
                    "Drop one file: a table with one row a line.",
                ),
                _ => {}
            }
        }),
    ];
    on_cleanup(move || {
        for handle in handles {
            handle.remove();
        }
    });
    part(move || {
        over.get().then(|| {
            view! {
                <div class="veil" aria-hidden="true">
                    <p><b>"Drop to open"</b><br />"The file stays in this tab."</p>
                </div>
            }
        })
    })
}

fn carries_file(event: &DragEvent) -> bool {
    event
        .data_transfer()
        .is_some_and(|data| data.types().includes(&"Files".into(), 0))
}
