//! From an experiment to a text.

use super::words::{
    ALGORITHMS, KNOBS, MODELS, PRECISIONS, STARTS, STOPS, escape, half_step, number, word,
};
use super::{Act, Asked, Data, Link, Looks, OwnColumn, OwnValues};
use crate::data::builtin;
use crate::fit::{FloorScale, Knob};
use crate::session::roles::Missing;
use crate::session::state::FIRST_SPEED;

/// Writes a link, without the `#`.
pub fn write(link: &Link) -> String {
    let mut out = Pairs(String::from("v=1"));
    let mut suggested = None;
    match &link.data {
        Data::Builtin(id) => {
            suggested = builtin::find(id).map(|set| set.k);
            out.put("d", &escape(id));
        }
        Data::Own { name, columns } => {
            out.put("f", &escape(name));
            let columns: Vec<String> = columns.iter().map(own).collect();
            out.put("own", &columns.join(";"));
        }
        Data::File { name, rows, hash } => {
            out.put("f", &escape(name));
            out.put("rows", &rows.to_string());
            out.put("h", &format!("{hash:x}"));
        }
    }
    let mut before = Asked::nothing(suggested);
    asked(&mut out, &before, &link.first);
    before.clone_from(&link.first);
    for step in &link.steps {
        out.put("at", &half_step(step.at));
        match step.act {
            Act::Set => {}
            Act::Keep => out.put("do", "keep"),
            Act::Split(k) => out.put("do", &format!("split.{k}")),
            Act::Merge(a, b) => out.put("do", &format!("merge.{a}.{b}")),
        }
        asked(&mut out, &before, &step.asked);
        before.clone_from(&step.asked);
    }
    if let Some([x, y]) = link.axes {
        out.put("x", &x.to_string());
        out.put("y", &y.to_string());
    }
    if link.position > 0 {
        out.put("it", &half_step(link.position));
    }
    if link.speed != FIRST_SPEED {
        out.put("sp", &number(link.speed));
    }
    out.0 + &write_looks(&link.looks)
}

/// How the page looks, to be added to a link: empty, or beginning with `&`.
pub fn write_looks(looks: &Looks) -> String {
    let mut out = Pairs(String::new());
    if let Some(dark) = looks.dark {
        out.put("th", if dark { "dark" } else { "light" });
    }
    if looks.embed {
        out.put("ui", "embed");
    }
    if looks.climb > 0 {
        out.put("cl", &looks.climb.to_string());
    }
    if let Some(component) = looks.selected {
        out.put("sel", &component.to_string());
    }
    for (key, controls) in [("hide", looks.hide), ("lock", looks.lock)] {
        let names = controls.names(".");
        if !names.is_empty() {
            out.put(key, &names);
        }
    }
    out.0
}

struct Pairs(String);

impl Pairs {
    fn put(&mut self, key: &str, value: &str) {
        self.0 += "&";
        self.0 += key;
        self.0 += "=";
        self.0 += value;
    }
}

fn own(column: &OwnColumn) -> String {
    let name = escape(&column.name);
    match &column.values {
        OwnValues::Numbers(values) => {
            let cell = |v: &Option<f64>| v.map_or_else(String::new, number);
            let cells: Vec<String> = values.iter().map(cell).collect();
            format!("{name}:{}", cells.join(","))
        }
        OwnValues::Words(values) => {
            let cells: Vec<String> = values.iter().map(|v| escape(v)).collect();
            format!("{name}::{}", cells.join(","))
        }
    }
}

/// What is asked otherwise than before.
fn asked(out: &mut Pairs, before: &Asked, now: &Asked) {
    let (a, b) = (&before.roles, &now.roles);
    let column = |c: Option<usize>| c.map_or_else(String::new, |c| c.to_string());
    if a.fitted != b.fitted {
        let columns: Vec<String> = b.fitted.iter().map(usize::to_string).collect();
        out.put("c", &columns.join("."));
    }
    if a.missing != b.missing {
        let word = match b.missing {
            Missing::Fit => "fit",
            Missing::Drop => "drop",
        };
        out.put("na", word);
    }
    for (key, before, now) in [
        ("w", a.weights, b.weights),
        ("lb", a.labels, b.labels),
        ("sq", a.sequences, b.sequences),
    ] {
        if before != now {
            out.put(key, &column(now));
        }
    }
    let (a, b) = (&before.settings, &now.settings);
    if a.n_components != b.n_components {
        out.put("k", &b.n_components.to_string());
    }
    if a.covariance_type != b.covariance_type {
        out.put("cov", b.covariance_type.code());
    }
    if a.model != b.model {
        out.put("mod", word(&MODELS, &b.model));
    }
    if a.algorithm != b.algorithm {
        out.put("alg", word(&ALGORITHMS, &b.algorithm));
    }
    if a.precision != b.precision {
        out.put("pr", word(&PRECISIONS, &b.precision));
    }
    if a.init != b.init {
        out.put("init", word(&STARTS, &b.init));
    }
    if a.seed != b.seed {
        out.put("seed", &b.seed.to_string());
    }
    if a.floor != b.floor {
        let scale = match b.floor.scale {
            FloorScale::Relative => "r",
            FloorScale::Absolute => "a",
        };
        out.put("fl", &(number(b.floor.value) + scale));
    }
    for (knob, name) in Knob::ALL.into_iter().zip(KNOBS) {
        let value = b.knobs.get(knob);
        if value != a.knobs.get(knob) {
            out.put("kn", &format!("{name}:{}", number(value)));
        }
    }
    if a.tol != b.tol {
        out.put("tol", &number(b.tol));
    }
    if a.max_iter != b.max_iter {
        out.put("max", &b.max_iter.to_string());
    }
    if a.stop_rule != b.stop_rule {
        out.put("stop", word(&STOPS, &b.stop_rule));
    }
}
