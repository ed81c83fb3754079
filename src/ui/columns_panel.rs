//! Which columns the fit uses, and the two that the map shows.

use leptos::prelude::*;

use super::closures::{flag, follow, part, typed, words};
use super::controls::{Choice, Row};
use super::panel::Panel;
use super::state::{Desk, use_desk};
use crate::session::{ColumnKind, ColumnView, Command, DataView};

/// From this many columns on there is a filter.
const MANY: usize = 12;

/// The panel.
#[component]
pub fn ColumnsPanel() -> impl IntoView {
    let desk = use_desk();
    let fitted = Signal::derive(move || {
        desk.data.with(|data| {
            data.fitted
                .iter()
                .filter_map(|&i| Some((i.to_string(), data.columns.get(i)?.name.clone())))
                .collect::<Vec<_>>()
        })
    });
    let axis = move |which: usize| {
        Signal::derive(move || desk.data.with(|data| data.axes[which].to_string()))
    };
    view! {
        <Panel title="Columns">
            <Fitted />
            <Row id="across" label="Across">
                <Choice id="across" options=fitted value=axis(0)
                    on_pick=move |picked: String| set_axis(desk, 0, &picked) />
            </Row>
            <Row id="up" label="Up">
                <Choice id="up" options=fitted value=axis(1)
                    on_pick=move |picked: String| set_axis(desk, 1, &picked) />
            </Row>
        </Panel>
    }
}

#[component]
fn Fitted() -> impl IntoView {
    let desk = use_desk();
    let filter = RwSignal::new(String::new());
    // What the list shows beside its check marks. Another table begins with an empty filter;
    // another choice of columns leaves the list, and the focus in it, where it was.
    let table = RwSignal::new(String::new());
    follow(move || {
        let shown = desk.data.with(fingerprint);
        if table.with_untracked(|before| *before != shown) {
            filter.set(String::new());
            table.set(shown);
        }
    });
    let many = move || desk.data.with(|data| data.columns.len() > MANY);
    let count = move || {
        desk.data
            .with(|data| format!(" {} of {}", data.fitted.len(), data.columns.len()))
    };
    view! {
        <fieldset class="fitted">
            <legend>"Fitted" <span class="fine">{words(count)}</span></legend>
            <input
                type="search"
                class="filter"
                aria-label="Filter columns"
                placeholder="filter"
                autocomplete="off"
                hidden=flag(move || !many())
                prop:value=words(move || filter.get())
                on:input=typed(move |text| filter.set(text))
            />
            <div class="column-list" class:scrolls=flag(many)>
                {part(move || {
                    table.track();
                    Some(column_rows(desk, &filter.read()))
                })}
            </div>
        </fieldset>
    }
}

fn fingerprint(data: &DataView) -> String {
    let mut text = data.name.clone();
    for column in &data.columns {
        text.push_str(&format!(
            "\n{:?} {} {}",
            column.kind, column.missing, column.name
        ));
    }
    text
}

fn column_rows(desk: Desk, filter: &str) -> Vec<AnyView> {
    let wanted = filter.trim().to_ascii_lowercase();
    desk.data.with_untracked(|data| {
        data.columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.name.to_ascii_lowercase().contains(&wanted))
            .map(|(index, column)| column_row(desk, index, column).into_any())
            .collect()
    })
}

fn column_row(desk: Desk, index: usize, column: &ColumnView) -> impl IntoView + use<> {
    let note = match column.kind {
        ColumnKind::Number if column.missing > 0 => format!("{} missing", column.missing),
        ColumnKind::Number => String::new(),
        ColumnKind::Constant => "constant".to_owned(),
        ColumnKind::Text => "words".to_owned(),
        ColumnKind::Empty => "empty".to_owned(),
    };
    let fits = column.kind == ColumnKind::Number;
    let checked = move || desk.data.with(|data| data.fitted.contains(&index));
    // The last one stays: a fit needs a column.
    let fixed = move || !fits || desk.data.with(|data| data.fitted == [index]);
    view! {
        <label class="check" class:off=!fits>
            <input
                type="checkbox"
                prop:checked=flag(checked)
                disabled=flag(fixed)
                on:change=typed(move |_| set_fitted(desk, index, !untrack(checked)))
            />
            <span class="check-name">{column.name.clone()}</span>
            <span class="fine">{note}</span>
        </label>
    }
}

fn set_fitted(desk: Desk, column: usize, on: bool) {
    let mut fitted = desk.data.with_untracked(|data| data.fitted.clone());
    fitted.retain(|&i| i != column);
    if on {
        let place = fitted.partition_point(|&i| i < column);
        fitted.insert(place, column);
    }
    if !fitted.is_empty() {
        desk.send(Command::SetColumns(fitted));
    }
}

/// Picking the other axis' column swaps the two.
fn set_axis(desk: Desk, which: usize, picked: &str) {
    let Ok(column) = picked.parse() else { return };
    let mut axes = desk.data.with_untracked(|data| data.axes);
    if axes[1 - which] == column {
        axes[1 - which] = axes[which];
    }
    axes[which] = column;
    desk.send(Command::SetAxes {
        x: axes[0],
        y: axes[1],
    });
}
