//! What could not be done, and what to do about it; what is being worked on.

use leptos::prelude::*;

use super::closures::{flag, part, press, words};
use super::state::use_desk;

/// The message, over the map, until it is dismissed.
#[component]
pub fn ProblemAlert() -> impl IntoView {
    let desk = use_desk();
    part(move || {
        desk.problem.get().map(|problem| {
            view! {
                <div class="problem" role="alert" aria-label="Problem">
                    <div class="problem-words">
                        <p class="problem-what">{problem.what}</p>
                        <p>{problem.remedy}</p>
                    </div>
                    <button class="quiet square" aria-label="Dismiss" title="Dismiss (Esc)"
                        on:click=press(move || desk.problem.set(None))>"×"</button>
                </div>
            }
        })
    })
}

/// A line while the worker reads a file or starts; shown only if it takes a while.
#[component]
pub fn BusyNote() -> impl IntoView {
    let desk = use_desk();
    let what = move || match desk.awake.get() {
        true => desk.busy.get(),
        false => "Starting …".to_owned(),
    };
    // It stays while its words change many times a second: the button keeps the focus.
    view! {
        <div class="busy" hidden=flag(move || what().is_empty())>
            <p role="status" aria-label="Working" aria-live="off">{words(what)}</p>
            <button hidden=flag(move || !desk.awake.get()) title="Cancel (Esc)"
                on:click=press(move || desk.open_file(None))>"Cancel"</button>
        </div>
    }
}
