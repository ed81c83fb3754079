//! What the rows are to a fit: those that miss a value, their weights, their known components.

use leptos::prelude::*;

use super::closures::{part, words};
use super::controls::{Choice, Row, of_word, word_of, worded};
use super::format;
use super::state::use_desk;
use crate::plot::letter;
use crate::session::{ColumnKind, Command, DataView, Missing};

const MISSING: [(Missing, &str); 2] = [
    (Missing::Drop, "leave those rows out"),
    (Missing::Fit, "fit with them"),
];

/// Stands for no column.
const NONE: &str = "none";

/// What becomes of rows that miss a value, where there are any.
#[component]
pub fn MissingRows() -> impl IntoView {
    let desk = use_desk();
    let asked = Memo::new(move |_| {
        desk.data
            .with(|data| data.n_incomplete > 0 || data.missing == Missing::Fit)
    });
    part(move || {
        asked.get().then(|| {
            view! {
                <Row id="missing" label="Missing values">
                    <Choice id="missing" options=worded(&MISSING)
                        value=Signal::derive(move || word_of(&MISSING, desk.data.with(|d| d.missing)))
                        on_pick=move |word: String| {
                            if let Some(picked) = of_word(&MISSING, &word) {
                                desk.send(Command::SetMissing(picked));
                            }
                        } />
                </Row>
                <p class="fine under">{words(move || desk.data.with(missing_words))}</p>
            }
        })
    })
}

/// Columns that are not fitted but say something of the rows.
#[component]
pub fn RowRoles() -> impl IntoView {
    view! {
        <details class="more">
            <summary>"More"</summary>
            <RoleRow id="row-weights" label="Row weights" role=&WEIGHTS />
            <RoleRow id="labels" label="Known components" role=&LABELS />
            <RoleRow id="sequences" label="Sequences" role=&SEQUENCES />
        </details>
    }
}

/// A role that one column can play.
struct Role {
    column: fn(&DataView) -> Option<usize>,
    /// The command that gives it to a column.
    set: fn(Option<usize>) -> Command,
    takes: fn(ColumnKind) -> bool,
    /// One line about the column that plays it.
    about: fn(&DataView) -> String,
}

const WEIGHTS: Role = Role {
    column: |data| data.weights,
    set: Command::SetWeights,
    takes: |kind| kind == ColumnKind::Number,
    about: |data| match data.weights {
        Some(_) => "A row counts as often as its weight says.".to_owned(),
        None => String::new(),
    },
};

const LABELS: Role = Role {
    column: |data| data.labels,
    set: Command::SetLabels,
    takes: |kind| matches!(kind, ColumnKind::Number | ColumnKind::Text),
    about: known_words,
};

const SEQUENCES: Role = Role {
    column: |data| data.sequences,
    set: Command::SetSequences,
    takes: |kind| kind != ColumnKind::Empty,
    about: |data| match data.sequences {
        Some(_) => {
            let begin = "begin where this column changes; a hidden Markov model starts anew there.";
            [&format::count(data.n_sequences), " sequences ", begin].concat()
        }
        None => String::new(),
    },
};

#[component]
fn RoleRow(
    /// The control's id.
    id: &'static str,
    /// Its accessible name, shown.
    label: &'static str,
    /// What is chosen.
    role: &'static Role,
) -> impl IntoView {
    let desk = use_desk();
    let options = Signal::derive(move || {
        desk.data.with(|data| {
            let columns = data.columns.iter().enumerate();
            let fit = columns.filter(|(i, c)| (role.takes)(c.kind) && !data.fitted.contains(i));
            let named = fit.map(|(i, column)| (i.to_string(), column.name.clone()));
            std::iter::once((NONE.to_owned(), NONE.to_owned()))
                .chain(named)
                .collect::<Vec<_>>()
        })
    });
    let value = Signal::derive(move || {
        let column = desk.data.with(role.column);
        column.map_or_else(|| NONE.to_owned(), |index| index.to_string())
    });
    view! {
        <Row id=id label=label>
            <Choice id=id options=options value=value
                on_pick=move |picked: String| desk.send((role.set)(picked.parse().ok())) />
        </Row>
        <p class="fine under">{words(move || desk.data.with(role.about))}</p>
    }
}

/// How many rows there are of which this holds, such as "12 rows miss" or "1 row misses".
fn rows(n: usize, one: &str, many: &str) -> String {
    match n {
        1 => ["1 row ", one].concat(),
        n => [&format::count(n), " rows ", many].concat(),
    }
}

fn missing_words(data: &DataView) -> String {
    let mut text = rows(data.n_incomplete, "misses", "miss") + " a value.";
    if data.n_not_drawn > 0 {
        text += " ";
        text += &rows(data.n_not_drawn, "is", "are");
        text += " not drawn, for want of a value on an axis of the map.";
    }
    text
}

/// How many rows have a known component, and what the column calls each.
fn known_words(data: &DataView) -> String {
    if data.labels.is_none() {
        return String::new();
    }
    let mut text = rows(data.n_labelled, "is", "are") + " known";
    for (i, name) in data.label_names.iter().enumerate() {
        text += if i == 0 { ": " } else { ", " };
        text += &[&letter(i), " is ", name].concat();
    }
    text + ". The start begins with them."
}
