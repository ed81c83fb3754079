//! The list of keys.

use leptos::html;
use leptos::prelude::*;

use super::closures::{follow, part, press};
use super::device::device;
use super::state::use_desk;
use crate::later::{Part, later};
use crate::worker::load_then;

const KEYS: [(&str, &str); 13] = [
    ("Space", "play or pause"),
    ("→", "a half-step on"),
    ("Shift →", "an iteration on"),
    ("←", "a half-step back"),
    ("Home, End", "to the start, to the newest half-step"),
    ("E, M", "E-step, M-step"),
    ("R", "same start"),
    ("N", "new start"),
    ("+, −", "one component more, one fewer"),
    ("1 – 9", "point a component out"),
    ("Ctrl Z, Ctrl Y", "undo, redo"),
    ("?", "this list"),
    ("Esc", "close, dismiss, cancel a file, point nothing out"),
];

/// The dialog; the browser keeps the focus in it and closes it on Esc.
#[component]
pub fn Help() -> impl IntoView {
    let desk = use_desk();
    let dialog = NodeRef::<html::Dialog>::new();
    let here = RwSignal::new(false);
    follow(move || {
        if desk.help.get() && !here.get_untracked() {
            load_then(Part::Help, move |loaded| match loaded {
                Ok(()) => here.set(true),
                Err(why) => {
                    desk.help.set(false);
                    desk.report(
                        format!("The list of keys did not arrive: {why}."),
                        "Is this device offline? Try again. If it happens again, reload the page.",
                    );
                }
            });
        }
    });
    follow(move || {
        let open = desk.help.get();
        let Some(dialog) = dialog.get() else { return };
        if open && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog node_ref=dialog class="help" aria-label="Keys" on:close=move |_| desk.help.set(false)>
            <div class="help-head">
                <h2>"Keys"</h2>
                <button class="quiet square" aria-label="Close" on:click=press(move || desk.help.set(false))>"×"</button>
            </div>
            {part(move || here.get().then(keys))}
        </dialog>
    }
}

later! { Help 1:
    fn keys() -> AnyView {
        view! {
            <dl>
                {KEYS
                    .map(|(key, what)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div> })
                    .collect_view()}
            </dl>
            {device()}
            <p class="fine">"The E-step shares every point out among the components; the M-step moves each component to the points it holds. Two half-steps make an iteration."</p>
        }
        .into_any()
    }
}
