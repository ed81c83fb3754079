//! The short words of a link, and how names and numbers are written in it.

use crate::fit::{Algorithm, InitMethod, Knob, Model, Precision, StopRule};

pub(super) const MODELS: [(&str, Model); 6] = [
    ("gauss", Model::Gaussian),
    ("noise", Model::Noise),
    ("t", Model::Student),
    ("vb", Model::Variational),
    ("dp", Model::Process),
    ("hmm", Model::Markov),
];

pub(super) const ALGORITHMS: [(&str, Algorithm); 10] = [
    ("em", Algorithm::Em),
    ("map", Algorithm::Map),
    ("cem", Algorithm::Classification),
    ("sem", Algorithm::Stochastic),
    ("mcem", Algorithm::MonteCarlo),
    ("anneal", Algorithm::Annealing),
    ("batch", Algorithm::Stepwise),
    ("part", Algorithm::Subsample),
    ("squarem", Algorithm::Squarem),
    ("daarem", Algorithm::Daarem),
];

pub(super) const STARTS: [(&str, InitMethod); 7] = [
    ("kmeans", InitMethod::KMeans),
    ("kpp", InitMethod::KMeansPlusPlus),
    ("rows", InitMethod::RandomPoints),
    ("resp", InitMethod::RandomResponsibilities),
    ("mbk", InitMethod::MiniBatchKMeans),
    ("tree", InitMethod::Hierarchical),
    ("given", InitMethod::Given),
];

pub(super) const PRECISIONS: [(&str, Precision); 2] =
    [("exact", Precision::Exact), ("fast", Precision::Fast)];

pub(super) const STOPS: [(&str, StopRule); 3] = [
    ("gain", StopRule::Gain),
    ("limit", StopRule::Limit),
    ("step", StopRule::Step),
];

/// Short names of the knobs, in the order of [`Knob::ALL`].
pub(super) const KNOBS: [&str; Knob::ALL.len()] = [
    "noise", "prior", "pw", "df", "dfree", "kent", "conc", "mp", "wd", "stay", "rows", "exp",
    "off", "pass", "shuf", "beta", "stage", "draws",
];

/// The word for a value.
pub(super) fn word<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    let found = table.iter().find(|(_, v)| v == value);
    found.map_or("", |(word, _)| word)
}

/// The value of a word.
pub(super) fn value<T: Copy>(table: &[(&'static str, T)], word: &str) -> Option<T> {
    let found = table.iter().find(|(w, _)| *w == word);
    found.map(|(_, value)| *value)
}

/// The shortest decimal that is read as this number again, bit for bit.
pub(super) fn number(value: f64) -> String {
    let (plain, power) = (format!("{value}"), format!("{value:e}"));
    match plain.len() <= power.len() {
        true => plain,
        false => power,
    }
}

/// A number that [`number`] or a person may have written; only finite ones.
pub(super) fn parse_number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Letters and digits as they are, all else as %XX: nothing that parts a link, or that a mail
/// or a chat would cut it at.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(byte.into()),
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(DIGITS[usize::from(byte >> 4)].into());
                out.push(DIGITS[usize::from(byte & 15)].into());
            }
        }
    }
    out
}

/// The text again; `None` if it is not UTF-8. A `%` that no two digits follow stays.
pub(super) fn unescape(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digit = |b: &u8| (*b as char).to_digit(16);
        match (first, tail) {
            (b'%', [a, b, after @ ..]) if digit(a).is_some() && digit(b).is_some() => {
                let byte = 16 * digit(a).unwrap_or(0) + digit(b).unwrap_or(0);
                out.push(byte as u8);
                rest = after;
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(out).ok()
}

/// A half-step: `12` after the M-step of iteration 12, `12e` after its E-step.
pub(super) fn half_step(position: usize) -> String {
    match position % 2 {
        1 => format!("{}e", position.div_ceil(2)),
        _ => (position / 2).to_string(),
    }
}

/// The half-step again; at most two million.
pub(super) fn parse_half_step(text: &str) -> Option<usize> {
    let (digits, e) = match text.strip_suffix('e') {
        Some(digits) => (digits, true),
        None => (text.strip_suffix('m').unwrap_or(text), false),
    };
    let iteration = whole(digits).filter(|t| *t <= 1_000_000)?;
    match (e, iteration) {
        (true, 0) => None,
        (true, t) => Some(2 * t - 1),
        (false, t) => Some(2 * t),
    }
}

/// A whole number without a sign.
pub(super) fn whole(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
