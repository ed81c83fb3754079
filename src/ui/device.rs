//! How fast this device is: standard cells measured, as a table and as JSON.

use js_sys::{Array, JSON, Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::closures::{flag, follow, part, press};
use super::format;
use super::state::use_desk;
use crate::fit::Precision;
use crate::mixture::CovarianceType;
use crate::study::CELLS;
use crate::worker::{Measured, OFTEN_ENOUGH, Speed};

/// The button and what came of it.
pub fn device() -> AnyView {
    let desk = use_desk();
    let measuring = RwSignal::new(false);
    let measured = Memo::new(move |_| {
        let read = |bytes: &Vec<u8>| postcard::from_bytes::<Measured>(bytes).ok();
        desk.measured.with(read)
    });
    let done = move || measured.with(|m| m.as_ref().is_some_and(|m| m.done));
    let goes_on = move || measuring.get() && !done();
    let copied = RwSignal::new(false);
    let start_or_stop = move || {
        let start = !goes_on();
        measuring.set(start);
        copied.set(false);
        if start {
            desk.measured.set(Vec::new());
            desk.problem.set(None);
        }
        desk.with_client(|client| client.measure(start));
    };
    // Closed in the middle of it, the dialog must not leave the worker busy.
    follow(move || {
        if !desk.help.get() && measuring.get_untracked() {
            measuring.set(false);
            desk.with_client(|client| client.measure(false));
        }
    });
    let label = move || match goes_on() {
        true => "Stop measuring",
        false => "Measure this device",
    };
    let copy = move || {
        let text = measured.with_untracked(|m| m.as_ref().map(json));
        if let (Some(text), Some(window)) = (text, web_sys::window()) {
            let _ = window.navigator().clipboard().write_text(&text);
            copied.set(true);
        }
    };
    view! {
        <section class="device" aria-label="This device">
            <h2>"This device"</h2>
            <div class="device-head">
                <button on:click=press(start_or_stop)>{label}</button>
                <button on:click=press(copy) hidden=flag(move || !done())>"Copy as JSON"</button>
                <output class="fine" aria-live="polite">
                    {move || progress(measured.get().as_ref(), goes_on(), copied.get())}
                </output>
            </div>
            {part(move || desk.problem.get().filter(|_| measuring.get()).map(|p| {
                view! { <p class="warnings">{p.what} " " {p.remedy}</p> }
            }))}
            {part(move || measured.get().filter(|m| !m.speeds.is_empty()).map(|m| table(&m)))}
        </section>
    }
    .into_any()
}

fn progress(measured: Option<&Measured>, goes_on: bool, copied: bool) -> String {
    match measured {
        _ if copied => "Copied.".to_owned(),
        Some(m) if m.done => "Measured: medians of at least ten iterations.".to_owned(),
        Some(m) if goes_on => {
            let cells = m.speeds.last().map_or(0, |speed| speed.cell + 1);
            format!("{cells} of {} sizes measured.", CELLS.len())
        }
        _ if goes_on => "Making data …".to_owned(),
        _ => "Standard sizes, a minute; nothing is sent.".to_owned(),
    }
}

fn family(speed: &Speed) -> &'static str {
    match CELLS[speed.cell].covariance_type {
        CovarianceType::Diagonal => "diagonal",
        _ => "full",
    }
}

fn precision(speed: &Speed) -> &'static str {
    match CELLS[speed.cell].precision {
        Precision::Exact => "Exact",
        Precision::Fast => "Fast",
    }
}

fn table(measured: &Measured) -> AnyView {
    let row = |speed: &Speed| {
        let cell = CELLS[speed.cell];
        let share = 100.0 * speed.share_of_limit(measured.multiplication);
        view! {
            <tr>
                <th scope="row">{cell.name}</th>
                <td>{format::count(cell.n_rows)} " × " {cell.n_columns}</td>
                <td>{cell.n_components}</td>
                <td>{family(speed)}</td>
                <td>{precision(speed)}</td>
                <td>{speed.workers}</td>
                <td>{format::significant(speed.milliseconds, 3)}</td>
                <td>{format::significant(speed.nanoseconds(), 3)}</td>
                <td>{format::fixed(share, 0)} " %"</td>
            </tr>
        }
    };
    view! {
        <table class="device-table">
            <caption class="unseen">"Speed of this device"</caption>
            <thead><tr>
                <th scope="col">"Cell"</th>
                <th scope="col">"Rows × columns"</th>
                <th scope="col">"K"</th>
                <th scope="col">"Covariance"</th>
                <th scope="col">"Precision"</th>
                <th scope="col">"Workers"</th>
                <th scope="col">"ms an iteration"</th>
                <th scope="col">"ns a row and component"</th>
                <th scope="col" title="Of what the workers' SIMD units can multiply, measured here and now">
                    "of the limit"
                </th>
            </tr></thead>
            <tbody>{measured.speeds.iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// Everything that was measured, for a report.
fn json(measured: &Measured) -> String {
    let set = |object: &Object, key: &str, value: JsValue| {
        let _ = Reflect::set(object, &key.into(), &value);
    };
    let cells = Array::new();
    for speed in &measured.speeds {
        let (cell, object) = (CELLS[speed.cell], Object::new());
        set(&object, "cell", cell.name.into());
        set(&object, "rows", (cell.n_rows as f64).into());
        set(&object, "columns", (cell.n_columns as f64).into());
        set(&object, "components", (cell.n_components as f64).into());
        set(&object, "covariance", family(speed).into());
        set(&object, "precision", precision(speed).into());
        set(&object, "workers", (speed.workers as f64).into());
        set(&object, "milliseconds", speed.milliseconds.into());
        set(&object, "nanoseconds", speed.nanoseconds().into());
        let share = speed.share_of_limit(measured.multiplication);
        set(&object, "share_of_limit", share.into());
        set(&object, "iterations", (OFTEN_ENOUGH as f64).into());
        set(&object, "log_likelihood", speed.log_likelihood.into());
        cells.push(&object);
    }
    let whole = Object::new();
    let agent = web_sys::window().and_then(|w| w.navigator().user_agent().ok());
    set(&whole, "browser", agent.unwrap_or_default().into());
    set(&whole, "version", env!("CARGO_PKG_VERSION").into());
    set(
        &whole,
        "nanoseconds_a_multiplication",
        measured.multiplication.into(),
    );
    set(&whole, "cells", cells.into());
    JSON::stringify_with_replacer_and_space(&whole, &JsValue::NULL, &2.into())
        .map(String::from)
        .unwrap_or_default()
}
