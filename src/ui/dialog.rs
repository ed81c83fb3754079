//! A dialog whose contents come later: see [`crate::later`].

use leptos::html;
use leptos::prelude::*;

use super::closures::{follow, part, press};
use super::state::use_desk;
use crate::later::Part;
use crate::worker::load_then;

/// The dialog; the browser keeps the focus in it, closes it on Esc, and gives the focus back. `make` is called once
/// `needed` is here.
pub fn dialog(
    open: RwSignal<bool>,
    label: &'static str,
    needed: Part,
    make: fn() -> AnyView,
) -> AnyView {
    let desk = use_desk();
    let dialog = NodeRef::<html::Dialog>::new();
    let here = RwSignal::new(false);
    follow(move || {
        if open.get() && !here.get_untracked() {
            load_then(needed, move |loaded| match loaded {
                Ok(()) => here.set(true),
                Err(why) => {
                    open.set(false);
                    desk.report(
                        format!("\u{201c}{label}\u{201d} did not arrive: {why}."),
                        "Is this device offline? Try again. If it happens again, reload the page.",
                    );
                }
            });
        }
    });
    follow(move || {
        let open = open.get();
        let Some(dialog) = dialog.get() else { return };
        if open && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog node_ref=dialog class="help" aria-label=label on:close=move |_| open.set(false)>
            <div class="help-head">
                <h2>{label}</h2>
                <button class="quiet square" aria-label="Close" on:click=press(move || open.set(false))>"×"</button>
            </div>
            {part(move || here.get().then(make))}
        </dialog>
    }
    .into_any()
}
