//! The Algorithm box: what is fitted and how, one line about it, and the knobs that it has.

use leptos::prelude::*;

use super::closures::{part, words};
use super::controls::{Choice, Field, Kind, Row, number, of_word, word_of, worded, written};
use super::state::{Desk, use_desk};
use crate::digits::Brief;
use crate::fit::{Knob, METHODS, Method, Precision};
use crate::session::Command;

const PRECISIONS: [(Precision, &str); 2] = [
    (Precision::Exact, "Exact (double)"),
    (Precision::Fast, "Fast (single, finished in double)"),
];

/// An id for the field of each knob.
const IDS: [&str; 24] = [
    "knob-0", "knob-1", "knob-2", "knob-3", "knob-4", "knob-5", "knob-6", "knob-7", "knob-8",
    "knob-9", "knob-10", "knob-11", "knob-12", "knob-13", "knob-14", "knob-15", "knob-16",
    "knob-17", "knob-18", "knob-19", "knob-20", "knob-21", "knob-22", "knob-23",
];
const _: () = assert!(IDS.len() >= Knob::ALL.len());

/// The box and what belongs to it.
#[component]
pub fn AlgorithmRows() -> impl IntoView {
    let desk = use_desk();
    let choice = Memo::new(move |_| desk.settings.with(|s| (s.model, s.algorithm)));
    let method = move || {
        let (model, algorithm) = choice.get();
        Method::of(model, algorithm).unwrap_or(&METHODS[0])
    };
    let names = METHODS
        .iter()
        .map(|m| (m.name.to_owned(), m.name.to_owned()));
    view! {
        <Row id="algorithm" label="Algorithm">
            <Choice id="algorithm" options=Signal::stored(names.collect::<Vec<_>>())
                value=Signal::derive(move || method().name.to_owned())
                on_pick=move |name: String| {
                    if let Some(picked) = METHODS.iter().find(|m| m.name == name) {
                        desk.send(Command::SetMethod(picked.model, picked.algorithm));
                    }
                } />
        </Row>
        <p class="fine under">{words(move || method().about)}</p>
        <PrecisionRow />
        {part(move || {
            let rows = method().knobs.iter().map(|&knob| view! { <KnobRow knob=knob /> }.into_any());
            Some(rows.collect::<Vec<_>>())
        })}
    }
}

/// The choice of numbers, where there is one.
#[component]
fn PrecisionRow() -> impl IntoView {
    let desk = use_desk();
    let offered = Memo::new(move |_| desk.view.with(|v| v.can_be_fast));
    let row = move || {
        view! {
            <Row id="precision" label="Precision">
                <Choice id="precision" options=worded(&PRECISIONS)
                    value=Signal::derive(move || word_of(&PRECISIONS, desk.settings.with(|s| s.precision)))
                    on_pick=move |word: String| {
                        if let Some(picked) = of_word(&PRECISIONS, &word) {
                            desk.send(Command::SetPrecision(picked));
                        }
                    } />
            </Row>
        }
    };
    part(move || offered.get().then(row))
}

#[component]
fn KnobRow(
    /// Which knob.
    knob: Knob,
) -> impl IntoView {
    let desk = use_desk();
    let spec = knob.spec();
    let id = IDS[knob as usize];
    let value = Signal::derive(move || written(desk.settings.with(|s| s.knobs.get(knob))));
    let entry = if spec.choices.is_empty() {
        view! {
            <Field id=id kind=Kind::Scientific value=value
                on_commit=move |typed: String| commit(desk, knob, &typed) />
        }
        .into_any()
    } else {
        let words = spec.choices.iter().enumerate();
        let options = words.map(|(i, words)| (i.to_string(), (*words).to_owned()));
        view! {
            <Choice id=id options=Signal::stored(options.collect::<Vec<_>>()) value=value
                on_pick=move |picked: String| { commit(desk, knob, &picked); } />
        }
        .into_any()
    };
    view! {
        <Row id=id label=spec.name>{entry}</Row>
        <p class="fine under">{spec.about}</p>
    }
}

fn commit(desk: Desk, knob: Knob, typed: &str) -> bool {
    let spec = knob.spec();
    match number(typed) {
        Some(value) => {
            desk.send(Command::SetKnob(knob, value));
            true
        }
        None => {
            desk.report(
                format!("{}: “{typed}” is not a number.", spec.name),
                format!(
                    "Choose one from {} to {}.",
                    Brief(spec.min),
                    Brief(spec.max)
                ),
            );
            false
        }
    }
}
