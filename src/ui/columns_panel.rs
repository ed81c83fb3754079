//! Which columns the fit uses, and the two that the map shows.

use leptos::prelude::*;

use super::controls::{Choice, Row};
use super::panel::Panel;
use super::state::{Desk, use_desk};
use crate::session::{ColumnKind, Command};

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
    let many = Memo::new(move |_| desk.data.with(|data| data.columns.len() > MANY));
    // A new set begins with an empty filter.
    Effect::new(move || {
        desk.data.with(|data| data.name.clone());
        filter.set(String::new());
    });
    view! {
        <fieldset class="fitted">
            <legend>
                "Fitted" <span class="fine">{move || desk.data.with(|data| {
                    format!(" {} of {}", data.fitted.len(), data.columns.len())
                })}</span>
            </legend>
            {move || many.get().then(|| view! {
                <input
                    type="search"
                    class="filter"
                    aria-label="Filter columns"
                    placeholder="filter"
                    autocomplete="off"
                    prop:value=filter
                    on:input=move |event| filter.set(event_target_value(&event))
                />
            })}
            <div class="column-list" class:scrolls=many>
                {move || column_rows(desk, &filter.read())}
            </div>
        </fieldset>
    }
}

fn column_rows(desk: Desk, filter: &str) -> Vec<AnyView> {
    let wanted = filter.trim().to_lowercase();
    desk.data.with(|data| {
        data.columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.name.to_lowercase().contains(&wanted))
            .map(|(index, column)| {
                let checked = data.fitted.contains(&index);
                let only_one = checked && data.fitted.len() == 1;
                let disabled = column.kind != ColumnKind::Number || only_one;
                let note = match column.kind {
                    ColumnKind::Number if column.missing > 0 => {
                        format!("{} missing", column.missing)
                    }
                    ColumnKind::Number => String::new(),
                    ColumnKind::Constant => "constant".to_owned(),
                    ColumnKind::Text => "words".to_owned(),
                    ColumnKind::Empty => "empty".to_owned(),
                };
                let name = column.name.clone();
                view! {
                    <label class="check" class:off=disabled && !checked>
                        <input
                            type="checkbox"
                            prop:checked=checked
                            disabled=disabled
                            on:change=move |event| set_fitted(desk, index, event_target_checked(&event))
                        />
                        <span class="check-name">{name}</span>
                        <span class="fine">{note}</span>
                    </label>
                }
                .into_any()
            })
            .collect()
    })
}

fn set_fitted(desk: Desk, column: usize, on: bool) {
    let mut fitted = desk.data.with_untracked(|data| data.fitted.clone());
    fitted.retain(|&i| i != column);
    if on {
        fitted.push(column);
        fitted.sort_unstable();
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
