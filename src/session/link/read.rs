//! From a text to an experiment. Any text is read: what cannot be is told.

use super::words::{
    ALGORITHMS, KNOBS, MODELS, PRECISIONS, STARTS, STOPS, parse_half_step, parse_number, unescape,
    value, whole,
};
use super::{Act, Asked, Data, GROUPS, Link, Looks, MOST_ROWS, OwnColumn, OwnValues, Step};
use crate::data::builtin;
use crate::fit::{Floor, Knob, Settings};
use crate::mixture::{CovarianceType, MAX_COMPONENTS};
use crate::session::roles::Missing;
use crate::session::state::FIRST_SPEED;

/// Bytes of a link that are read: far more than one of [`MOST_ROWS`] rows has.
const LONGEST: usize = 1 << 20;

/// Steps of a link, at most.
const MOST_STEPS: usize = 1000;

/// A part of a link that was not used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The key.
    pub key: String,
    /// What it should be.
    pub wanted: &'static str,
}

/// Reads a link, with or without the `#`. What cannot be read is listed and is as the page
/// begins with; keys that are not known are passed over.
pub fn read(text: &str) -> (Link, Vec<Unread>) {
    let mut unread = Vec::new();
    let mut tell = |key: &str, wanted| {
        // Of a text that says nonsense a thousand times nobody reads more.
        if unread.len() < 8 {
            unread.push(Unread {
                key: key.chars().take(12).collect(),
                wanted,
            });
        }
    };
    let text = text.strip_prefix('#').unwrap_or(text);
    let text = match text.len() <= LONGEST {
        true => text,
        false => {
            tell("#", "a link of at most a million letters");
            ""
        }
    };
    let pairs = || text.split('&').filter_map(|pair| pair.split_once('='));
    let data = data(pairs(), &mut tell);
    let suggested = match &data {
        Data::Builtin(id) => builtin::find(id).map(|set| set.k),
        _ => None,
    };
    let mut first = Asked::nothing(suggested);
    // What holds where the reader is.
    let mut asked = first.clone();
    let mut steps: Vec<Step> = Vec::new();
    let (mut x, mut y) = (None, None);
    let (mut position, mut speed) = (0, FIRST_SPEED);
    let mut looks = Looks::default();
    for (key, value) in pairs() {
        let wanted = match key {
            "v" => (value != "1").then_some("1; a newer page made this link"),
            "at" if steps.len() == MOST_STEPS => Some("at most a thousand steps"),
            "at" => match parse_half_step(value) {
                Some(at) => {
                    close(&mut first, &mut steps, &asked);
                    let (act, asked) = (Act::Set, asked.clone());
                    steps.push(Step { at, act, asked });
                    None
                }
                None => Some(HALF_STEP),
            },
            "do" => match (act(value), steps.last_mut()) {
                (Some(act), Some(step)) => {
                    step.act = act;
                    None
                }
                _ => Some("keep, split.0 or merge.0.1, after a half-step"),
            },
            "it" => put(&mut position, parse_half_step(value), HALF_STEP),
            "x" => put(&mut x, whole(value).map(Some), COLUMN),
            "y" => put(&mut y, whole(value).map(Some), COLUMN),
            "sp" => {
                let speed_of = parse_number(value).filter(|v| (0.0..=1e6).contains(v));
                put(&mut speed, speed_of, "half-steps a second, from 0")
            }
            _ => match look(&mut looks, key, value) {
                Some(outcome) => outcome,
                None => ask(&mut asked, key, value),
            },
        };
        if let Some(wanted) = wanted {
            tell(key, wanted);
        }
    }
    close(&mut first, &mut steps, &asked);
    let link = Link {
        data,
        first,
        steps,
        position,
        axes: x.zip(y).map(|(x, y)| [x, y]),
        speed,
        looks,
    };
    (link, unread)
}

/// What was read since the last step belongs to it, or to the start.
fn close(first: &mut Asked, steps: &mut [Step], asked: &Asked) {
    let last = steps.last_mut().map_or(first, |step| &mut step.asked);
    last.clone_from(asked);
}

const HALF_STEP: &str = "a half-step such as 12e or 12";
const COLUMN: &str = "the number of a column, from 0";

/// Takes a value that could be read; else says what it should be.
fn put<T>(slot: &mut T, value: Option<T>, wanted: &'static str) -> Option<&'static str> {
    match value {
        Some(value) => {
            *slot = value;
            None
        }
        None => Some(wanted),
    }
}

fn data<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
    tell: &mut impl FnMut(&str, &'static str),
) -> Data {
    let (mut id, mut name, mut own, mut rows, mut hash) = (None, None, None, None, None);
    for (key, value) in pairs {
        let wanted = match key {
            "d" => {
                let known = unescape(value).filter(|id| builtin::find(id).is_some());
                put(&mut id, known.map(Some), "a built-in set")
            }
            "f" => put(&mut name, unescape(value).map(Some), "the name of a file"),
            "own" => put(
                &mut own,
                columns(value).map(Some),
                "columns of equal length, at most 300 rows: x:1,2;y:3,4",
            ),
            "rows" => put(&mut rows, whole(value).map(Some), "a number of rows"),
            "h" => {
                let bits = u64::from_str_radix(value, 16).ok();
                put(&mut hash, bits.map(Some), "a hash in hexadecimal digits")
            }
            _ => None,
        };
        if let Some(wanted) = wanted {
            tell(key, wanted);
        }
    }
    let named = |name: Option<String>| name.unwrap_or_else(|| "link".to_owned());
    match (id, own, rows, hash) {
        (None, Some(columns), ..) => Data::Own {
            name: named(name),
            columns,
        },
        (None, None, Some(rows), Some(hash)) => Data::File {
            name: named(name),
            rows,
            hash,
        },
        (id, ..) => Data::Builtin(id.unwrap_or_else(|| builtin::all()[0].id.to_owned())),
    }
}

fn columns(text: &str) -> Option<Vec<OwnColumn>> {
    let columns: Option<Vec<OwnColumn>> = text.split(';').map(column).collect();
    let length = |column: &OwnColumn| match &column.values {
        OwnValues::Numbers(values) => values.len(),
        OwnValues::Words(values) => values.len(),
    };
    let columns = columns?;
    let n = columns.first().map(length)?;
    let fits = n <= MOST_ROWS && columns.iter().all(|column| length(column) == n);
    fits.then_some(columns)
}

fn column(text: &str) -> Option<OwnColumn> {
    let (name, cells) = text.split_once(':')?;
    let name = unescape(name)?;
    let values = match cells.strip_prefix(':') {
        Some(cells) => OwnValues::Words(cells.split(',').map(unescape).collect::<Option<_>>()?),
        None => {
            let cell = |cell: &str| match cell {
                "" => Some(None),
                _ => parse_number(cell).map(Some),
            };
            OwnValues::Numbers(cells.split(',').map(cell).collect::<Option<_>>()?)
        }
    };
    Some(OwnColumn { name, values })
}

fn act(text: &str) -> Option<Act> {
    let mut parts = text.split('.');
    let name = parts.next()?;
    let numbers: Option<Vec<usize>> = parts.map(whole).collect();
    let most = MAX_COMPONENTS;
    match (name, numbers?.as_slice()) {
        ("keep", []) => Some(Act::Keep),
        ("split", &[k]) if k < most => Some(Act::Split(k)),
        ("merge", &[a, b]) if a < most && b < most => Some(Act::Merge(a, b)),
        _ => None,
    }
}

/// Keys of the page's looks; `None` if it is none of them.
fn look(looks: &mut Looks, key: &str, text: &str) -> Option<Option<&'static str>> {
    Some(match key {
        "th" => {
            let dark = value(&[("dark", true), ("light", false)], text);
            put(&mut looks.dark, dark.map(Some), "dark or light")
        }
        "ui" => put(&mut looks.embed, (text == "embed").then_some(true), "embed"),
        "cl" => {
            let climb = whole(text).filter(|climb| (1..=4).contains(climb));
            let climb = climb.map(|climb| climb as u8);
            put(&mut looks.climb, climb, "1, 2, 3 or 4")
        }
        "sel" => {
            let component = whole(text).filter(|k| *k < MAX_COMPONENTS);
            put(
                &mut looks.selected,
                component.map(Some),
                "a component, from 0",
            )
        }
        "hide" | "lock" => {
            let mut controls = Default::default();
            let mut wanted = None;
            for name in text.split('.').filter(|name| !name.is_empty()) {
                match GROUPS.iter().position(|group| *group == name) {
                    Some(group) => controls = super::Controls::with(controls, group),
                    None => {
                        wanted = Some(
                            "some of data, columns, model, start, steps, timeline and figures",
                        );
                    }
                }
            }
            let slot = match key {
                "hide" => &mut looks.hide,
                _ => &mut looks.lock,
            };
            *slot = controls;
            wanted
        }
        _ => return None,
    })
}

/// Keys of what is asked; `None` for those that are not known too.
fn ask(asked: &mut Asked, key: &str, text: &str) -> Option<&'static str> {
    let Asked { roles, settings: s } = asked;
    let column = |text: &str| match text {
        "" => Some(None),
        _ => whole(text).map(Some),
    };
    match key {
        "c" => {
            let columns: Option<Vec<usize>> = match text {
                "" => Some(Vec::new()),
                _ => text.split('.').map(whole).collect(),
            };
            put(&mut roles.fitted, columns, "columns such as 0.2")
        }
        "na" => {
            let missing = value(&[("fit", Missing::Fit), ("drop", Missing::Drop)], text);
            put(&mut roles.missing, missing, "fit or drop")
        }
        "w" => put(&mut roles.weights, column(text), COLUMN),
        "lb" => put(&mut roles.labels, column(text), COLUMN),
        "sq" => put(&mut roles.sequences, column(text), COLUMN),
        "k" => {
            let k = whole(text).filter(|k| (1..=MAX_COMPONENTS).contains(k));
            put(&mut s.n_components, k, "a number from 1 to 32")
        }
        "cov" => {
            let family = CovarianceType::from_code(text);
            put(
                &mut s.covariance_type,
                family,
                "one of mclust's codes, such as VVV",
            )
        }
        "mod" => put(&mut s.model, value(&MODELS, text), "a model"),
        "alg" => put(&mut s.algorithm, value(&ALGORITHMS, text), "an algorithm"),
        "pr" => put(&mut s.precision, value(&PRECISIONS, text), "exact or fast"),
        "init" => put(&mut s.init, value(&STARTS, text), "a start"),
        "seed" => put(&mut s.seed, text.parse().ok(), "a whole number from 0"),
        "fl" => put(&mut s.floor, floor(text), "a number from 0, and r or a"),
        "kn" => match knob(text) {
            Some((knob, value)) => {
                s.knobs = s.knobs.with(knob, value);
                None
            }
            None => Some("a number of the method within its range"),
        },
        "tol" => {
            let tol = parse_number(text).filter(|tol| *tol >= 0.0);
            put(&mut s.tol, tol, "a number from 0")
        }
        "max" => {
            let most = whole(text).filter(|n| (1..=1_000_000).contains(n));
            put(&mut s.max_iter, most, "a number from 1 to 1000000")
        }
        "stop" => put(&mut s.stop_rule, value(&STOPS, text), "gain, limit or step"),
        _ => None,
    }
}

fn floor(text: &str) -> Option<Floor> {
    let (digits, floor): (&str, fn(f64) -> Floor) = match text.strip_suffix('r') {
        Some(digits) => (digits, Floor::relative),
        None => (text.strip_suffix('a').unwrap_or(text), Floor::absolute),
    };
    parse_number(digits).filter(|v| *v >= 0.0).map(floor)
}

fn knob(text: &str) -> Option<(Knob, f64)> {
    let (name, value) = text.split_once(':')?;
    let nth = KNOBS.iter().position(|knob| *knob == name)?;
    let knob = Knob::ALL[nth];
    let value = parse_number(value)?;
    let knobs = Settings::default().knobs.with(knob, value);
    knobs.out_of_range().is_none().then_some((knob, value))
}
