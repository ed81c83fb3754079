//! Everything out: a button for each file.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, HtmlElement, Url};

use super::closures::{flag, part, press, typed, words};
use super::help::dialog;
use super::state::{Desk, use_desk};
use crate::export::{Script, Wanted};
use crate::later::{Part, later};

/// The dialog.
#[component]
pub fn Export() -> impl IntoView {
    dialog(use_desk().export, "Export", Part::Export, files)
}

/// A file, its name on the button, and one line of what it is.
type Entry = (Wanted, &'static str, &'static str);

const MODEL: [Entry; 3] = [
    (
        Wanted::Model,
        "Model (JSON)",
        "Parameters, preparation and settings. Opens here again, to score another file.",
    ),
    (
        Wanted::Experiment,
        "Experiment (JSON)",
        "What this run was asked: opened here, or replayed natively, it is made again to the last bit.",
    ),
    (
        Wanted::RunLog,
        "Run log (JSON lines)",
        "Every iteration: objective, counts, condition numbers, times.",
    ),
];

const ROWS: Entry = (
    Wanted::Rows,
    "Rows (CSV)",
    "Your columns, with label, responsibilities, log-density, anomalies and imputed values.",
);

const SCRIPTS: [Entry; 5] = [
    (
        Wanted::Script(Script::Python),
        "Python",
        "Scores, and goes on fitting with scikit-learn, or numpy where that has no such model.",
    ),
    (
        Wanted::Script(Script::R),
        "R",
        "Scores, and goes on fitting with mclust.",
    ),
    (
        Wanted::Script(Script::Spark),
        "PySpark",
        "Goes on fitting with Spark, on more rows than any tab can hold.",
    ),
    (
        Wanted::Script(Script::ScorePython),
        "Scoring, Python",
        "A function of a few lines that scores a row; nothing to install.",
    ),
    (
        Wanted::Script(Script::ScoreJavaScript),
        "Scoring, JavaScript",
        "The same, for a serverless function.",
    ),
];

/// Samples that are drawn unless somebody says otherwise, and the most.
const SAMPLES: [u64; 2] = [1000, 10_000_000];

later! { Export 10:
    fn files() -> AnyView {
        let desk = use_desk();
        desk.saved.set(String::new());
        view! {
            <section aria-label="Model">
                <h2>"Model and run"</h2>
                {MODEL.map(|entry| file(desk, entry))}
            </section>
            <section aria-label="Rows">
                <h2>"Rows"</h2>
                {file(desk, ROWS)}
                {samples(desk)}
            </section>
            <section aria-label="Scripts">
                <h2>"Go on elsewhere"</h2>
                {SCRIPTS.map(|entry| file(desk, entry))}
            </section>
            <div class="export-foot">
                <output class="fine" aria-label="Export status" aria-live="polite">
                    {words(move || match desk.busy.get() {
                        busy if busy.is_empty() => desk.saved.get(),
                        busy => busy,
                    })}
                </output>
                <button hidden=flag(move || desk.busy.get().is_empty()) on:click=press(move || desk.open_file(None))>
                    "Cancel"
                </button>
                {part(move || desk.problem.get().map(|p| {
                    view! { <p class="warnings">{p.what} " " {p.remedy}</p> }
                }))}
            </div>
        }
        .into_any()
    }
}

later! { Export 11:
    /// Gives a finished file to the browser, which saves it as the person has told it to.
    pub fn save(desk: Desk, name: &str, blob: &JsValue) {
        let Some(blob) = blob.dyn_ref::<Blob>() else {
            return;
        };
        if let Err(_refused) = try_save(name, blob) {
            return desk.report("The browser did not take the file.", "Does it allow downloads?");
        }
        desk.saved.set(format!("Saved as {name}."));
    }
}

fn try_save(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let document = window.document().ok_or(JsValue::NULL)?;
    let url = Url::create_object_url_with_blob(blob)?;
    let link: HtmlElement = document.create_element("a")?.unchecked_into();
    link.set_attribute("href", &url)?;
    link.set_attribute("download", name)?;
    link.click();
    // The download has a hold on the blob by then.
    let forget = wasm_bindgen::closure::Closure::once_into_js(move || {
        let _ = Url::revoke_object_url(&url);
    });
    window.set_timeout_with_callback_and_timeout_and_arguments_0(forget.unchecked_ref(), 60_000)?;
    Ok(())
}

fn file(desk: Desk, (wanted, name, about): Entry) -> AnyView {
    let refused = Memo::new(move |_| {
        let settings = desk.settings.get();
        let why = desk.data.with(|data| wanted.offered(&settings, data).err());
        why.map(|why| why.to_string())
    });
    let ask = move || {
        if refused.with_untracked(Option::is_none) {
            wish(desk, wanted);
        }
    };
    view! {
        <div class="export-file">
            <button
                aria-disabled=move || refused.with(Option::is_some).then_some("true")
                on:click=press(ask)
            >
                {name}
            </button>
            <p class="fine">{words(move || refused.get().map_or(about.to_owned(), sentence))}</p>
        </div>
    }
    .into_any()
}

/// With a capital letter and a full stop.
fn sentence(words: String) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    first
        .into_iter()
        .flatten()
        .chain(letters)
        .chain(['.'])
        .collect()
}

fn samples(desk: Desk) -> AnyView {
    let count = RwSignal::new(SAMPLES[0]);
    let seed = RwSignal::new(desk.settings.with_untracked(|s| s.seed));
    let take = |into: RwSignal<u64>, least: u64, most: u64| {
        typed(move |text: String| {
            if let Ok(number) = text.trim().parse::<u64>() {
                into.set(number.clamp(least, most));
            }
        })
    };
    let ask = move || {
        let (n, seed) = (count.get_untracked(), seed.get_untracked());
        wish(desk, Wanted::Samples { n, seed });
    };
    view! {
        <div class="export-file">
            <button on:click=press(ask)>"Samples (CSV)"</button>
            <p class="fine">
                <input
                    type="number" aria-label="Samples" min="1" max=SAMPLES[1]
                    prop:value=move || count.get().to_string()
                    on:change=take(count, 1, SAMPLES[1])
                />
                " rows drawn, seed "
                <input
                    type="number" aria-label="Seed of the samples" min="0"
                    prop:value=move || seed.get().to_string()
                    on:change=take(seed, 0, u64::MAX)
                />
            </p>
        </div>
    }
    .into_any()
}

fn wish(desk: Desk, wanted: Wanted) {
    desk.saved.set(String::new());
    desk.problem.set(None);
    if let Ok(bytes) = postcard::to_allocvec(&wanted) {
        desk.with_client(|client| client.export(bytes));
    }
}
