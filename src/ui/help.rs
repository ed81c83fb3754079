//! The list of keys.

use leptos::html;
use leptos::prelude::*;

use super::closures::{follow, part, press};
use super::device::device;
use super::state::use_desk;
use crate::later::{Part, later};
use crate::worker::load_then;

const KEYS: [(&str, &str); 15] = [
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
    ("L", "look at the climb in another way"),
    ("U", "copy a link to what is shown"),
    ("?", "this list"),
    ("Esc", "close, dismiss, cancel a file, point nothing out"),
];

/// The list of keys.
#[component]
pub fn Help() -> impl IntoView {
    dialog(use_desk().help, "Keys", Part::Help, keys)
}

/// A dialog of this name, whose content comes with a part when it is opened for the first time; the
/// browser keeps the focus in it and closes it on Esc.
pub fn dialog(
    wanted: RwSignal<bool>,
    name: &'static str,
    part_of_it: Part,
    content: fn() -> AnyView,
) -> AnyView {
    let desk = use_desk();
    let dialog = NodeRef::<html::Dialog>::new();
    let here = RwSignal::new(false);
    follow(move || {
        if wanted.get() && !here.get_untracked() {
            load_then(part_of_it, move |loaded| match loaded {
                Ok(()) => here.set(true),
                Err(why) => {
                    wanted.set(false);
                    desk.report(
                        format!("\u{201c}{name}\u{201d} did not arrive: {why}."),
                        "Is this device offline? Try again. If it happens again, reload the page.",
                    );
                }
            });
        }
    });
    follow(move || {
        let open = wanted.get();
        let Some(dialog) = dialog.get() else { return };
        if open && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    let close = move || wanted.set(false);
    view! {
        <dialog node_ref=dialog class="help" aria-label=name on:close=move |_| close()>
            <div class="help-head">
                <h2>{name}</h2>
                <button class="quiet square" aria-label="Close" on:click=press(close)>"×"</button>
            </div>
            {part(move || here.get().then(content))}
        </dialog>
    }
    .into_any()
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
