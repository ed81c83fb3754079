//! Which data: a built-in set, or a file that stays in the tab.

use leptos::html;
use leptos::prelude::*;

use super::closures::{part, press, typed, words};
use super::controls::{Choice, Row};
use super::format;
use super::panel::Panel;
use super::roles::{MissingRows, RowRoles};
use super::state::{Desk, use_desk};
use crate::data::builtin;
use crate::session::Command;

/// Value of the list while a file is open.
const FILE: &str = "file";

/// The panel.
#[component]
pub fn DataPanel() -> impl IntoView {
    let desk = use_desk();
    let sets = Signal::derive(move || {
        let mut sets: Vec<(String, String)> = builtin::all()
            .iter()
            .map(|set| (set.id.to_owned(), set.title.to_owned()))
            .collect();
        desk.data.with(|data| {
            if data.builtin.is_none() && !data.name.is_empty() {
                sets.insert(0, (FILE.to_owned(), data.name.clone()));
            }
        });
        sets
    });
    let shown = Signal::derive(move || {
        desk.data
            .with(|data| data.builtin.clone().unwrap_or_else(|| FILE.to_owned()))
    });
    view! {
        <Panel title="Data">
            <Row id="data-set" label="Data set">
                <Choice
                    id="data-set"
                    options=sets
                    value=shown
                    on_pick=move |id: String| {
                        if id != FILE {
                            desk.send(Command::OpenBuiltin(id));
                        }
                    }
                />
            </Row>
            <OpenFile />
            <p class="data-size"><b>{words(move || desk.data.with(|d| d.name.clone()))}</b>{words(move || size_words(desk))}</p>
            <p class="fine provenance">{words(move || try_this(desk).unwrap_or_default())}</p>
            <p class="fine provenance">{words(move || provenance(desk))}</p>
            <Warnings />
            <MissingRows />
            <RowRoles />
        </Panel>
    }
}

#[component]
fn OpenFile() -> impl IntoView {
    let desk = use_desk();
    let input = NodeRef::<html::Input>::new();
    view! {
        <div class="open">
            <button
                on:click=press(move || {
                    if let Some(input) = input.get_untracked() {
                        input.click();
                    }
                })
            >
                "Open CSV"
            </button>
            <p class="fine">"or drop a file. Stays in this tab."</p>
            <input
                node_ref=input
                type="file"
                accept=".csv,.tsv,.txt,.json,text/csv,text/tab-separated-values,text/plain"
                aria-label="CSV file"
                hidden
                on:change=typed(move |_| {
                    let Some(input) = input.get_untracked() else { return };
                    let file = input.files().and_then(|files| files.get(0));
                    if file.is_some() {
                        desk.open_file(file);
                    }
                    // So that the same file, mended, can be opened again.
                    input.set_value("");
                })
            />
        </div>
    }
}

#[component]
fn Warnings() -> impl IntoView {
    let desk = use_desk();
    part(move || {
        let warnings = desk.data.with(|data| data.warnings.clone());
        (!warnings.is_empty()).then(|| {
            let items = warnings
                .into_iter()
                .map(|warning| view! { <li>{warning}</li> }.into_any());
            view! {
                <ul class="warnings" aria-label="Notes on reading">
                    {items.collect::<Vec<_>>()}
                </ul>
            }
        })
    })
}

fn open_set(desk: Desk) -> Option<&'static builtin::Builtin> {
    desk.data
        .with(|data| builtin::find(data.builtin.as_deref()?))
}

fn try_this(desk: Desk) -> Option<&'static str> {
    open_set(desk).map(|set| set.try_this)
}

fn provenance(desk: Desk) -> String {
    match open_set(desk) {
        Some(set) => set.provenance.to_owned(),
        None => desk.data.with(|data| data.provenance.clone()),
    }
}

fn size_words(desk: Desk) -> String {
    desk.data.with(|data| {
        if data.columns.is_empty() {
            return String::new();
        }
        let rows = format::count(data.n_rows);
        let columns = match data.columns.len() {
            1 => "1 column".to_owned(),
            n => format!("{} columns", format::count(n)),
        };
        if data.n_fitted == data.n_rows {
            format!(" · {rows} rows · {columns}")
        } else {
            let fitted = format::count(data.n_fitted);
            format!(" · {rows} rows, {fitted} fitted · {columns}")
        }
    })
}
