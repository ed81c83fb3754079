//! What could not be done, and what to do about it; what is being worked on.

use leptos::prelude::*;

use super::closures::{part, press, words};
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
    let reads = Memo::new(move |_| desk.busy.with(|what| !what.is_empty()));
    // The words change with every piece of a file; the button stays, and keeps its focus.
    let what = move || match desk.awake.get() {
        true => desk.busy.get(),
        false => "Starting …".to_owned(),
    };
    part(move || {
        (reads.get() || !desk.awake.get()).then(|| {
            view! {
                <div class="busy">
                    <p role="status" aria-label="Working" aria-live="off">{words(what)}</p>
                    {reads.get().then(|| view! {
                        <button title="Cancel (Esc)" on:click=press(move || desk.cancel())>"Cancel"</button>
                    })}
                </div>
            }
        })
    })
}
