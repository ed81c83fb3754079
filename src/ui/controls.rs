//! The few controls that the panels are made of.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::closures::{follow, mark, part, typed, words};
use super::format;
use super::state::use_desk;

/// A drawing of 16 x 16 units in the colour of the text.
#[component]
pub fn Icon(
    /// The path, filled.
    d: &'static str,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d=d />
        </svg>
    }
}

/// A label on the left and its control on the right.
#[component]
pub fn Row(
    /// The control's id.
    id: &'static str,
    /// Its accessible name, shown.
    label: &'static str,
    /// The control.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="row">
            <label for=id>{label}</label>
            {children()}
        </div>
    }
}

/// A native select that shows what holds, not what was last picked in it.
#[component]
pub fn Choice(
    /// Its id; the label is the caller's.
    id: &'static str,
    /// Values and the words for them; an entry without a value is the heading of those
    /// after it.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    /// The value that holds.
    #[prop(into)]
    value: Signal<String>,
    /// Accessible name, where no label points to `id`.
    #[prop(optional)]
    name: Option<&'static str>,
    /// What picking does.
    #[prop(into)]
    on_pick: Callback<String>,
) -> impl IntoView {
    let select = NodeRef::<html::Select>::new();
    let refused = use_desk().refused;
    follow(move || {
        refused.track();
        options.track();
        let value = value.get();
        if let Some(select) = select.get() {
            select.set_value(&value);
        }
    });
    view! {
        <select
            id=id
            node_ref=select
            aria-label=name
            on:change=typed(move |value| on_pick.run(value))
        >
            {part(move || {
                let held = value.get_untracked();
                let mut parts: Vec<AnyView> = Vec::new();
                let mut group: Option<(String, Vec<AnyView>)> = None;
                for (value, words) in options.get() {
                    if value.is_empty() {
                        parts.extend(grouped(group.replace((words, Vec::new()))));
                        continue;
                    }
                    let selected = value == held;
                    let option = view! { <option value=value selected=selected>{words}</option> };
                    let into = group.as_mut().map_or(&mut parts, |(_, options)| options);
                    into.push(option.into_any());
                }
                parts.extend(grouped(group));
                Some(parts)
            })}
        </select>
    }
}

fn grouped(group: Option<(String, Vec<AnyView>)>) -> Option<AnyView> {
    let (heading, options) = group?;
    Some(view! { <optgroup label=heading>{options}</optgroup> }.into_any())
}

/// What a [`Field`] takes.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// Whole numbers of a range, with the arrows of the browser.
    Whole(&'static str, &'static str),
    /// Numbers such as 1e-6, where steps of one make no sense.
    Scientific,
}

/// A field that commits on Enter or when it is left, and shows what holds.
///
/// Emptied, it shows what holds as a placeholder and changes nothing.
#[component]
pub fn Field(
    /// Its id; the label is the caller's.
    id: &'static str,
    /// What it takes.
    kind: Kind,
    /// What holds.
    #[prop(into)]
    value: Signal<String>,
    /// Accessible name, where no label points to `id`.
    #[prop(optional)]
    name: Option<&'static str>,
    /// What was typed; `false` if it cannot be used.
    #[prop(into)]
    on_commit: Callback<String, bool>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let wrong = RwSignal::new(false);
    let refused = use_desk().refused;
    follow(move || {
        refused.track();
        let value = value.get();
        if let Some(input) = input.get() {
            input.set_value(&value);
            wrong.set(false);
        }
    });
    let (input_type, mode, min, max) = match kind {
        Kind::Whole(min, max) => ("number", "numeric", Some(min), Some(max)),
        Kind::Scientific => ("text", "decimal", None, None),
    };
    view! {
        <input
            id=id
            node_ref=input
            type=input_type
            inputmode=mode
            min=min
            max=max
            autocomplete="off"
            spellcheck="false"
            placeholder=words(move || value.get())
            aria-label=name
            aria-invalid=mark(move || wrong.get())
            on:focus=move |_| {
                if let Some(input) = input.get_untracked() {
                    input.select();
                }
            }
            on:change=typed(move |text| {
                let text = text.trim();
                if !text.is_empty() {
                    wrong.set(!on_commit.run(text.to_owned()));
                }
            })
        />
    }
}

/// Pairs of value and words, as [`Choice`] wants them.
pub fn options(pairs: &[(&str, &str)]) -> Signal<Vec<(String, String)>> {
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(value, words)| ((*value).to_owned(), (*words).to_owned()))
        .collect();
    Signal::stored(pairs)
}

/// The words of these pairs, as [`Choice`] wants them.
pub fn worded<T>(pairs: &[(T, &str)]) -> Signal<Vec<(String, String)>> {
    let pairs: Vec<_> = pairs.iter().map(|(_, word)| (*word, *word)).collect();
    options(&pairs)
}

/// The words for a value.
pub fn word_of<T: PartialEq>(pairs: &[(T, &str)], value: T) -> String {
    pairs
        .iter()
        .find(|(v, _)| *v == value)
        .map_or_else(String::new, |(_, word)| (*word).to_owned())
}

/// The value that these words stand for.
pub fn of_word<T: Copy>(pairs: &[(T, &str)], word: &str) -> Option<T> {
    pairs.iter().find(|(_, w)| *w == word).map(|(v, _)| *v)
}

/// A number as a field shows it: with all its digits, by the browser's own writing.
pub fn written(value: f64) -> String {
    let text = js_sys::Number::from(value).to_string_with_radix(10);
    text.map_or_else(|_| String::new(), |text| format::field(&String::from(text)))
}

/// The number that is typed, by the browser's own reading: Rust's, with its tables of powers,
/// is 12 kB of the download. A decimal comma is understood.
pub fn number(typed: &str) -> Option<f64> {
    let typed = typed.trim().replace(',', ".");
    let value = JsValue::from_str(&typed).unchecked_into_f64();
    (!typed.is_empty() && value.is_finite()).then_some(value)
}
