//! The state of the page: what the worker last said, and the few things that are the page's own.

use std::rc::Rc;

use leptos::prelude::*;

use super::address;
use super::closures::follow;
use super::stage::{Layer, Layers, Stage};
use super::theme::Theme;
use crate::fit::{Objective, Settings};
use crate::plot::Climb;
use crate::session::link::{Controls, DATA};
use crate::session::{Command, DataView, Missing, Past, Phase, Problem, Status, View};
use crate::worker::{Client, Effort, FromWorker};

/// Everything the components read, and every way they have to change it.
///
/// A handle: copying it copies no state. It lives as long as the page; the
/// `try_` accessors are for callbacks of the browser that may come later still.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The half-step that is shown. Its `trace` is empty: the stage keeps the whole one.
    pub view: RwSignal<View>,
    /// The data set, by itself: changes more rarely than `view`.
    pub data: Memo<DataView>,
    /// What was asked, by itself.
    pub settings: Memo<Settings>,
    /// How many components there are to show.
    pub n_components: Memo<usize>,
    /// Has the worker said anything yet?
    pub awake: RwSignal<bool>,
    /// What could not be done, until it is dismissed.
    pub problem: RwSignal<Option<Problem>>,
    /// What the worker is busy with; empty if nothing long.
    pub busy: RwSignal<String>,
    /// What the last iterations took.
    pub effort: RwSignal<Effort>,
    /// Counts how often the past of the run has changed: the stage keeps it.
    pub past: RwSignal<u32>,
    /// Counts how often bound and gap have changed.
    pub bounds: RwSignal<u32>,
    /// Is the dialog open in which one shares this?
    pub share: RwSignal<bool>,
    /// Is the link to be copied as soon as it is known?
    pub copy: RwSignal<bool>,
    /// The link of what is shown, as far as it is known.
    pub link: RwSignal<String>,
    /// Groups of controls that a link has taken away.
    pub off: RwSignal<Controls>,
    /// Has anything been asked for yet?
    touched: StoredValue<bool>,
    /// How the climb is looked at, if not as a curve by iteration.
    pub climb: RwSignal<Option<Climb>>,
    /// What was measured of this device, packed; empty before.
    pub measured: RwSignal<Vec<u8>>,
    /// Counts what was refused, so that a control can go back to what holds.
    pub refused: RwSignal<u32>,
    /// Is a unit of one axis of the map longer than a unit of the other?
    pub stretched: RwSignal<bool>,
    /// The component that is pointed out.
    pub selected: RwSignal<Option<usize>>,
    /// Is the list of keys open?
    pub help: RwSignal<bool>,
    /// Is the list of files open?
    pub export: RwSignal<bool>,
    /// What was saved last, in words.
    pub saved: RwSignal<String>,
    /// Light or dark.
    pub theme: Theme,
    stage: StoredValue<Rc<Stage>, LocalStorage>,
    client: StoredValue<Option<Client>, LocalStorage>,
    /// Does the problem stay although a new run has begun?
    problem_stays: StoredValue<bool>,
}

impl Desk {
    /// An empty desk; nothing is asked of the worker before [`Desk::connect`].
    pub fn new() -> Desk {
        let view = RwSignal::new(blank());
        let selected = RwSignal::new(None);
        let theme = Theme::start();
        let desk = Desk {
            view,
            data: Memo::new(move |_| view.with(|v| v.data.clone())),
            settings: Memo::new(move |_| view.with(|v| v.settings.clone())),
            n_components: Memo::new(move |_| view.with(|v| v.components.len())),
            awake: RwSignal::new(false),
            problem: RwSignal::new(None),
            busy: RwSignal::new(String::new()),
            effort: RwSignal::new(Effort::default()),
            past: RwSignal::new(0),
            bounds: RwSignal::new(0),
            share: RwSignal::new(false),
            copy: RwSignal::new(false),
            link: RwSignal::new(String::new()),
            off: RwSignal::new(Controls::default()),
            touched: StoredValue::new(false),
            climb: RwSignal::new(None),
            measured: RwSignal::new(Vec::new()),
            refused: RwSignal::new(0),
            stretched: RwSignal::new(false),
            selected,
            help: RwSignal::new(false),
            export: RwSignal::new(false),
            saved: RwSignal::new(String::new()),
            theme,
            stage: StoredValue::new_local(Rc::new(Stage::default())),
            client: StoredValue::new_local(None),
            problem_stays: StoredValue::new(false),
        };
        follow(move || {
            theme.plot();
            selected.track();
            desk.stage().mark(desk, Layers::ALL);
        });
        desk
    }

    /// Starts the worker and listens to it.
    pub fn connect(self) {
        let client = Client::connect(move |message| self.receive(message));
        self.client.set_value(Some(client));
        address::listen(self);
    }

    /// Has anything been asked for yet?
    pub fn is_touched(self) -> bool {
        self.touched.try_get_value() == Some(true)
    }

    /// What paints the canvases.
    pub fn stage(self) -> Rc<Stage> {
        self.stage.get_value()
    }

    /// The same for callbacks that may come later than the page lives.
    pub fn try_stage(self) -> Option<Rc<Stage>> {
        self.stage.try_get_value()
    }

    /// A canvas is to be painted again.
    pub fn mark(self, layer: Layer) {
        if let Some(stage) = self.try_stage() {
            stage.mark(self, Layers::of(layer));
        }
    }

    /// Asks the session for something.
    pub fn send(self, command: Command) {
        let off = self.off.get_untracked();
        if off != Controls::default() && address::is_off(off, &command) {
            return;
        }
        self.touched.set_value(true);
        self.with_client(|client| client.send(command));
    }

    /// Asks the worker for something, if it is there.
    pub fn with_client(self, ask: impl FnOnce(&Client)) {
        self.client.try_with_value(|client| {
            if let Some(client) = client {
                ask(client);
            }
        });
    }

    /// Looks at the climb in another way.
    pub fn look_at_climb(self, climb: Option<Climb>) {
        let bound = |climb| climb == Some(Climb::Bound);
        if bound(climb) != bound(self.climb.get_untracked()) {
            self.send(Command::Explain(bound(climb)));
        }
        self.climb.set(climb);
        self.mark(Layer::Curve);
    }

    /// On to the next way to look at the climb, once there is one.
    pub fn next_look(self) {
        let now = self.climb.get_untracked();
        let nth = Climb::ALL.iter().position(|climb| Some(*climb) == now);
        let next = nth.map_or(0, |nth| nth + 1);
        if self.past.get_untracked() > 0 {
            self.look_at_climb(Climb::ALL.get(next).copied());
        }
    }

    /// Reads a file, which goes no further than the worker; none leaves the one being read.
    pub fn open_file(self, file: Option<web_sys::File>) {
        if self.off.get_untracked().has(DATA) {
            return;
        }
        self.touched.set_value(true);
        self.with_client(|client| client.open_file(file));
    }

    /// Play, or pause if it plays.
    pub fn play_or_pause(self) {
        let running = self.view.with_untracked(|v| v.status == Status::Running);
        self.send(if running {
            Command::Pause
        } else {
            Command::Play
        });
    }

    /// K components, as near as the limits allow. Shown at once: two quick presses count twice.
    pub fn set_components(self, k: usize) {
        let k = k.clamp(1, 32);
        if self.view.with_untracked(|v| v.settings.n_components) == k {
            self.refused.update(|n| *n += 1);
            return;
        }
        self.view.update(|v| v.settings.n_components = k);
        self.send(Command::SetComponents(k));
    }

    /// One component more or fewer.
    pub fn add_components(self, difference: isize) {
        let k = self.view.with_untracked(|v| v.settings.n_components);
        self.set_components(k.saturating_add_signed(difference));
    }

    /// Points a component out, or no longer if it was.
    pub fn toggle_selected(self, component: usize) {
        if component >= self.n_components.get_untracked() {
            return;
        }
        self.selected
            .update(|s| *s = (*s != Some(component)).then_some(component));
    }

    /// Says what could not be done.
    pub fn report(self, what: impl Into<String>, remedy: impl Into<String>) {
        self.problem.try_set(Some(Problem {
            what: what.into(),
            remedy: remedy.into(),
        }));
        self.problem_stays.try_set_value(false);
        self.refused.try_update(|n| *n += 1);
    }

    /// Shows a view; called by the stage, at most once a frame.
    pub fn show(self, mut view: View) {
        if let Some(problem) = view.problem.take() {
            self.problem.try_set(Some(problem));
            self.problem_stays.try_set_value(false);
            self.refused.try_update(|n| *n += 1);
        } else if self.view.try_with_untracked(|v| v.run != view.run) == Some(true)
            && self.problem_stays.try_get_value() == Some(false)
        {
            // What was asked since has succeeded: the old complaint has been read.
            self.problem.try_set(None);
        }
        let k = view.components.len();
        if self.selected.try_get_untracked().flatten() >= Some(k) {
            self.selected.try_set(None);
        }
        self.view.try_set(view);
        if self.awake.try_get_untracked() == Some(false) {
            self.awake.try_set(true);
        }
    }

    fn receive(self, message: FromWorker) {
        let Some(stage) = self.try_stage() else {
            return;
        };
        match message {
            FromWorker::Ready => {}
            FromWorker::View(view, effort) => {
                self.effort.try_set(effort);
                stage.receive_view(self, *view);
            }
            FromWorker::Picture { picture, points } => {
                stage.receive_picture(self, picture, &points);
            }
            FromWorker::Link(text) => address::arrived(self, text),
            FromWorker::Past(bytes) => stage.receive_past(self, bytes),
            FromWorker::Measured(bytes) => {
                self.measured.try_set(bytes);
            }
            FromWorker::Busy(what) => {
                self.busy.try_set(what);
            }
            FromWorker::File(name, blob) => super::export::save(self, &name, &blob),
            FromWorker::Restarted(reason) => {
                stage.forget_asked();
                stage.keep_past(self, Past::default());
                self.busy.try_set(String::new());
                self.report(
                    format!("The worker that computes stopped: {reason}"),
                    "It is replaced and begins again with the same data and settings. If that does not help, reload the page.",
                );
                // The new worker begins with new runs of its own; nobody has read it by then.
                self.problem_stays.try_set_value(true);
            }
        }
    }
}

/// The desk of everyone.
pub fn use_desk() -> Desk {
    expect_context::<Desk>()
}

/// What is shown until the worker has said something.
fn blank() -> View {
    View {
        run: 0,
        data: DataView {
            version: 0,
            builtin: None,
            name: String::new(),
            provenance: String::new(),
            warnings: Vec::new(),
            n_rows: 0,
            n_fitted: 0,
            columns: Vec::new(),
            fitted: Vec::new(),
            axes: [0, 1],
            bounds: [0.0, 1.0, 0.0, 1.0],
            missing: Missing::Drop,
            n_incomplete: 0,
            n_not_drawn: 0,
            weights: None,
            labels: None,
            label_names: Vec::new(),
            n_labelled: 0,
            sequences: None,
            n_sequences: 1,
        },
        settings: Settings::default(),
        can_be_fast: false,
        speed: 2.0,
        position: 0,
        last: 0,
        iteration: 0,
        phase: Phase::Start,
        objective_kind: Objective::LogLikelihood,
        objective: f64::NAN,
        log_likelihood: f64::NAN,
        log_likelihood_per_point: f64::NAN,
        bic: f64::NAN,
        aic: f64::NAN,
        n_parameters: 0,
        limit: None,
        status: Status::Ready,
        status_detail: String::new(),
        caption: String::new(),
        components: Vec::new(),
        needed: String::new(),
        can_split: false,
        extra: String::new(),
        noise: None,
        trace_from: 0,
        trace: Vec::new(),
        problem: None,
        can_undo: false,
        can_redo: false,
    }
}
