//! What is fitted, and from where: K, covariance, start, algorithm, floor, stopping.

use leptos::prelude::*;

use super::algorithm::AlgorithmRows;
use super::closures::{mark, part, press, words};
use super::controls::{
    Choice, Field, Kind, Row, number, of_word, options, word_of, worded, written,
};
use super::panel::Panel;
use super::state::{Desk, use_desk};
use crate::fit::{Floor, FloorScale, InitMethod, Settings, StopRule};
use crate::mixture::CovarianceType;
use crate::session::Command;

const COVARIANCES: [(CovarianceType, &str); 4] = [
    (CovarianceType::Full, "full"),
    (CovarianceType::Tied, "tied"),
    (CovarianceType::Diagonal, "diagonal"),
    (CovarianceType::Spherical, "spherical"),
];

const STARTS: [(InitMethod, &str); 7] = [
    (InitMethod::KMeans, "k-means++ then k-means"),
    (InitMethod::KMeansPlusPlus, "k-means++ points"),
    (InitMethod::RandomPoints, "random points"),
    (
        InitMethod::RandomResponsibilities,
        "random responsibilities",
    ),
    (InitMethod::MiniBatchKMeans, "mini-batch k-means"),
    (InitMethod::Hierarchical, "hierarchical"),
    (InitMethod::Given, "as it stands now"),
];

const SCALES: [(FloorScale, &str); 2] = [
    (FloorScale::Relative, "× variance"),
    (FloorScale::Absolute, "absolute"),
];

const RULES: [(StopRule, &str); 3] = [
    (StopRule::Gain, "the gain is small"),
    (StopRule::Limit, "Aitken's limit is near"),
    (StopRule::Step, "the parameters stand still"),
];

/// The panel.
#[component]
pub fn ModelPanel() -> impl IntoView {
    let desk = use_desk();
    let family = Memo::new(move |_| desk.settings.with(|s| s.covariance_type));
    view! {
        <Panel title="Model">
            <Components />
            <Row id="covariance" label="Covariance">
                <Choice id="covariance" options=shapes()
                    value=Signal::derive(move || family.get().code().to_owned())
                    on_pick=move |code: String| {
                        if let Some(picked) = CovarianceType::from_code(&code) {
                            desk.send(Command::SetCovariance(picked));
                        }
                    } />
            </Row>
            <p class="fine under">{words(move || {
                let family = family.get();
                [family.code(), ": ", &family.meaning(), "."].concat()
            })}</p>
            <Row id="start" label="Start">
                <Choice id="start" options=worded(&STARTS)
                    value=Signal::derive(move || word_of(&STARTS, desk.settings.with(|s| s.init)))
                    on_pick=move |word: String| {
                        if let Some(picked) = of_word(&STARTS, &word) {
                            desk.send(Command::SetInit(picked));
                        }
                    } />
            </Row>
            <Restarts />
            <AlgorithmRows />
            <FloorRows />
            <Stopping />
        </Panel>
    }
}

#[component]
fn Components() -> impl IntoView {
    let desk = use_desk();
    let k = move || desk.settings.with(|s| s.n_components);
    view! {
        <Row id="components" label="Components (K)">
            <div class="stepper">
                <button aria-label="Fewer components" title="One fewer (−)"
                    aria-disabled=mark(move || k() <= 1)
                    on:click=press(move || desk.add_components(-1))>"−"</button>
                <Field
                    id="components"
                    kind=Kind::Whole("1", "32")
                    value=Signal::derive(move || k().to_string())
                    on_commit=move |typed: String| commit_components(desk, &typed)
                />
                <button aria-label="More components" title="One more (+)"
                    aria-disabled=mark(move || k() >= 32)
                    on:click=press(move || desk.add_components(1))>"+"</button>
            </div>
        </Row>
    }
}

#[component]
fn Restarts() -> impl IntoView {
    let desk = use_desk();
    let n = RwSignal::new(20_usize);
    view! {
        <Row id="restarts" label="Restarts">
            <div class="pair">
                <Field
                    id="restarts"
                    kind=Kind::Whole("1", "200")
                    value=Signal::derive(move || n.get().to_string())
                    on_commit=move |typed: String| match typed.parse() {
                        Ok(starts @ 1..=200) => {
                            n.set(starts);
                            true
                        }
                        _ => {
                            desk.report(
                                format!("Restarts: “{typed}” is not a whole number from 1 to 200."),
                                "Twenty is a good number.",
                            );
                            false
                        }
                    }
                />
                <button title="Fit from this many seeds and keep the best fit that can be believed"
                    on:click=press(move || desk.send(Command::FindBest(n.get_untracked())))>
                    "Find best"
                </button>
            </div>
        </Row>
    }
}

#[component]
fn FloorRows() -> impl IntoView {
    let desk = use_desk();
    let floor = move || desk.settings.with(|s| s.floor);
    let takes_part = Memo::new(move |_| desk.settings.with(Settings::has_floor));
    let rows = move || {
        view! {
            <Row id="floor" label="Floor">
                <div class="pair">
                    <Field
                        id="floor"
                        kind=Kind::Scientific
                        value=Signal::derive(move || written(floor().value))
                        on_commit=move |typed: String| {
                            commit_number(desk, "Floor", &typed, |value| {
                                desk.send(Command::SetFloor(Floor { value, ..untrack(floor) }));
                            })
                        }
                    />
                    <Choice id="floor-unit" name="Floor unit" options=worded(&SCALES)
                        value=Signal::derive(move || word_of(&SCALES, floor().scale))
                        on_pick=move |word: String| {
                            if let Some(scale) = of_word(&SCALES, &word) {
                                desk.send(Command::SetFloor(Floor { scale, ..untrack(floor) }));
                            }
                        } />
                </div>
            </Row>
            <p class="fine under">"Added to every variance at each M-step."</p>
        }
    };
    part(move || takes_part.get().then(rows))
}

#[component]
fn Stopping() -> impl IntoView {
    let desk = use_desk();
    let rule = move || desk.settings.with(|s| s.stop_rule);
    view! {
        <details class="more">
            <summary>"Stopping"</summary>
            <Row id="stop-rule" label="Stop when">
                <Choice id="stop-rule" options=worded(&RULES)
                    value=Signal::derive(move || word_of(&RULES, rule()))
                    on_pick=move |word: String| {
                        if let Some(picked) = of_word(&RULES, &word) {
                            desk.send(Command::SetStopRule(picked));
                        }
                    } />
            </Row>
            <Row id="tolerance" label="Tolerance">
                <Field
                    id="tolerance"
                    kind=Kind::Scientific
                    value=Signal::derive(move || written(desk.settings.with(|s| s.tol)))
                    on_commit=move |typed: String| {
                        commit_number(desk, "Tolerance", &typed, |tol| desk.send(Command::SetTolerance(tol)))
                    }
                />
            </Row>
            <p class="fine under">{words(move || tolerance_on(rule()))}</p>
            <Row id="limit" label="Iteration limit">
                <Field
                    id="limit"
                    kind=Kind::Whole("1", "1000000")
                    value=Signal::derive(move || desk.settings.with(|s| s.max_iter.to_string()))
                    on_commit=move |typed: String| commit_limit(desk, &typed)
                />
            </Row>
        </details>
    }
}

/// What the tolerance is compared with.
fn tolerance_on(rule: StopRule) -> &'static str {
    match rule {
        StopRule::Gain => "On the gain of the objective per point in an iteration.",
        StopRule::Limit => {
            "On the gain per point and on what Aitken's limit leaves to gain: a small gain far from the limit does not end a run."
        }
        StopRule::Step => {
            "On the largest change of a weight, mean or covariance in an iteration, in standard deviations of its component."
        }
    }
}

fn commit_components(desk: Desk, typed: &str) -> bool {
    match typed.parse() {
        Ok(k) => {
            desk.set_components(k);
            true
        }
        Err(_) => {
            desk.report(
                format!("Components (K): “{typed}” is not a whole number."),
                "Choose K from 1 to 32.",
            );
            false
        }
    }
}

fn commit_limit(desk: Desk, typed: &str) -> bool {
    match typed.parse::<usize>() {
        Ok(limit) if limit >= 1 => {
            desk.send(Command::SetMaxIterations(limit));
            true
        }
        _ => {
            desk.report(
                format!("Iteration limit: “{typed}” is not a whole number from 1 on."),
                "Choose how many iterations play and run may take, such as 500.",
            );
            false
        }
    }
}

fn commit_number(desk: Desk, what: &str, typed: &str, send: impl Fn(f64)) -> bool {
    match number(typed) {
        Some(value) if value >= 0.0 => {
            send(value);
            true
        }
        _ => {
            desk.report(
                format!("{what}: “{typed}” is not a number of at least 0."),
                "Write it as 0.001 or 1e-6.",
            );
            false
        }
    }
}

/// The four families by their plain names, and the rest by their codes.
fn shapes() -> Signal<Vec<(String, String)>> {
    let plain = COVARIANCES
        .iter()
        .map(|(family, word)| (family.code(), *word));
    let rest = CovarianceType::SHAPES
        .iter()
        .filter(|family| !CovarianceType::ALL.contains(family))
        .map(|family| (family.code(), family.code()));
    let all: Vec<_> = plain.chain([("", "more shapes")]).chain(rest).collect();
    options(&all)
}
