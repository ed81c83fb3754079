//! The worker's end: it holds the session and answers, one message at a time.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Uint8ClampedArray};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, File, MessageChannel, MessageEvent, MessagePort};

use super::measure::{self, Measuring};
use super::messages::{Effort, Reply, Request, pack, unpack};
use super::pool::Pool;
use super::sharing::Sharing;
use super::times::Times;
use super::{exporting, link, parts, past, reading, sets};
use crate::later::Part;
use crate::plot::{Picture, PictureRequest, Sketch};
use crate::session::{Command, Problem, Session};

/// Milliseconds of work between two looks at the messages.
pub(super) const SLICE: f64 = 12.0;

/// What to do where a part of the program did not arrive.
const OFFLINE: &str = "Is this device offline? Try again. If it happens again, reload the page.";

/// Serves the page's requests for as long as the worker lives.
///
/// # Errors
/// If the browser has no message channels.
pub fn serve(scope: &DedicatedWorkerGlobalScope) -> Result<(), String> {
    let channel = MessageChannel::new().map_err(|_| "no message channel")?;
    let server = Rc::new(RefCell::new(Server {
        scope: scope.clone(),
        session: Session::with_sets(sets::load),
        again: channel.port2(),
        scheduled: false,
        reads: false,
        writes: false,
        times: Times::default(),
        next_step: 0.0,
        page_busy: false,
        unseen: false,
        shown: 0.0,
        picture: None,
        next_past: 0.0,
        next_picture: 0.0,
        effort: Effort::default(),
        measuring: None,
        sharing: Sharing::default(),
    }));
    let hearing = server.clone();
    server.borrow_mut().sharing.on_shard = Some(Rc::new(move |i, said| {
        hearing.borrow_mut().hear_shard(i, said.as_ref());
    }));

    let ticking = server.clone();
    let tick = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let mut server = ticking.borrow_mut();
        match event.data() {
            data if data.is_null() => server.tick(),
            data if data == JsValue::TRUE => reading::read_on(&mut server),
            _ => exporting::write_on(&mut server),
        }
    });
    channel
        .port1()
        .set_onmessage(Some(tick.as_ref().unchecked_ref()));
    // The next tick of a slow play comes from a timer instead.
    let ticking = server.clone();
    let later = Closure::<dyn FnMut()>::new(move || ticking.borrow_mut().tick());
    LATER.with(|slot| {
        slot.replace(Some(
            later.as_ref().unchecked_ref::<js_sys::Function>().clone(),
        ))
    });

    let answering = server.clone();
    let answer = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some((request, beside)) = unpack::<Request>(&event.data()) {
            answering.borrow_mut().answer(request, &beside);
        }
    });
    scope.set_onmessage(Some(answer.as_ref().unchecked_ref()));
    // They live as long as the worker does.
    tick.forget();
    later.forget();
    answer.forget();
    Ok(())
}

thread_local! {
    /// The function that a timer calls.
    static LATER: RefCell<Option<js_sys::Function>> = const { RefCell::new(None) };
}

pub(super) struct Server {
    pub(super) scope: DedicatedWorkerGlobalScope,
    pub(super) session: Session,
    /// A message to this port comes back as the next tick, after those that wait already: of
    /// a run, or of the reading of a file.
    pub(super) again: MessagePort,
    scheduled: bool,
    /// Will a tick of a reading come?
    pub(super) reads: bool,
    /// Will a tick of a file that is being written come?
    pub(super) writes: bool,
    /// When the iterations were there.
    pub(super) times: Times,
    /// When the next half-step of a play is due, in milliseconds.
    next_step: f64,
    /// Has the page a view that it has not answered?
    page_busy: bool,
    /// Is there something newer than the last view?
    unseen: bool,
    /// When the last view was sent, in milliseconds.
    pub(super) shown: f64,
    /// The picture that the page waits for.
    pub(super) picture: Option<PictureRequest>,
    /// Before then the past is not looked at in a free run, in milliseconds.
    pub(super) next_past: f64,
    /// Before then no picture is drawn in a free run, in milliseconds.
    next_picture: f64,
    /// What the last iterations took.
    pub(super) effort: Effort,
    /// Measures this device instead of advancing the session.
    pub(super) measuring: Option<Box<Measuring>>,
    pub(super) sharing: Sharing,
}

impl Server {
    fn answer(&mut self, request: Request, beside: &JsValue) {
        match request {
            Request::Begin(commands) => {
                if let Some(file) = beside.dyn_ref::<File>() {
                    self.open(file);
                    // The commands are about its columns.
                    if self.reads {
                        reading::read_all(self);
                    }
                }
                for command in commands {
                    self.handle(command);
                }
                self.show();
            }
            Request::Command(command) => {
                // Of two choices of data the last one holds.
                if matches!(command, Command::OpenBuiltin(_)) {
                    self.cancel();
                }
                self.handle(command);
                self.next_step = self.now();
                self.show();
            }
            Request::Open => match beside.dyn_ref::<File>() {
                Some(file) => self.open(file),
                None => self.cancel(),
            },
            Request::Measure(true) => {
                let parts = [Part::Steps, Part::Shards, Part::Measure];
                match parts.into_iter().try_for_each(parts::load) {
                    Ok(()) => measure::begin(self),
                    Err(why) => {
                        self.lacks("This device was not measured", &why);
                        self.show();
                    }
                }
            }
            Request::Measure(false) => {
                self.measuring = None;
                self.sharing.pool = None;
            }
            Request::Export(wanted) => match parts::load(Part::Export) {
                Ok(()) => exporting::begin(self, &wanted),
                Err(why) => {
                    self.lacks("This file was not written", &why);
                    self.show();
                }
            },
            Request::Link => link::tell(self),
            Request::Picture(request) => {
                self.picture = Some(request);
            }
            Request::Seen => {
                self.page_busy = false;
                if self.unseen {
                    self.show();
                }
            }
        }
        self.schedule();
    }

    /// Carries out a command, for which more of the program may have to come.
    fn handle(&mut self, command: Command) {
        let mut loaded = parts::load(Part::Steps);
        if loaded.is_ok() {
            loaded = match &command {
                Command::Explain(true) => parts::load(Part::Past),
                Command::OpenLink(text) => link::prepare(text),
                _ => loaded,
            };
        }
        if command.goes_beyond() && loaded.is_ok() {
            loaded = parts::load(Part::Methods);
        }
        if let Err(why) = loaded {
            return self.lacks("This was not done", &why);
        }
        self.session.handle(command);
    }

    /// Tells that a part of the program did not arrive.
    fn lacks(&mut self, what: &str, why: &str) {
        self.session.tell(Problem {
            what: format!("{what}. What it takes did not arrive: {why}."),
            remedy: OFFLINE.to_owned(),
        });
    }

    /// Begins to read a file, in place of one that is being read. The data stay until it is
    /// read, and can be worked with.
    fn open(&mut self, file: &File) {
        let name = file.name();
        self.reply(&Reply::Busy(format!("Reading {name}")));
        let is_model = name.ends_with(".json");
        let needed: &[Part] = match is_model {
            true => &[Part::Steps, Part::Methods, Part::Export],
            false => &[Part::Steps, Part::Files],
        };
        match needed.iter().try_for_each(|&part| parts::load(part)) {
            Ok(()) if is_model => {
                self.cancel();
                exporting::open(self, file);
            }
            Ok(()) => reading::begin(self, file),
            Err(why) => {
                self.lacks(&format!("\u{201c}{name}\u{201d} was not opened"), &why);
                self.reply(&Reply::Busy(String::new()));
                self.show();
            }
        }
    }

    /// Leaves the file that is being read, if there is one.
    fn cancel(&mut self) {
        if self.reads {
            reading::cancel();
        }
        if self.writes {
            exporting::cancel();
        }
    }

    /// Does it run as fast as it can?
    pub(super) fn hurries(&self) -> bool {
        self.session.is_running() && self.session.pace().is_none()
    }

    /// Draws what the page waits for. While the session runs freely it must not wait for its
    /// pictures: they take a quarter of the time at most.
    pub(super) fn draw(&mut self) {
        let start = self.now();
        self.redraw_lost();
        if self.sharing.drawing.is_some() || self.hurries() && start < self.next_picture {
            return;
        }
        let Some(request) = self.picture.take() else {
            return;
        };
        let sketch = Sketch::new(&self.session, request);
        if let Some(sketch) = self.share_drawing(sketch) {
            let matrix = self.session.experiment().selection().matrix().clone();
            let shared = sketch.can_be_shared();
            let picture = sketch.picture(&matrix);
            self.send_picture(picture);
            if shared && self.now() - start > SLICE {
                self.share_next_drawing(&matrix);
            }
            // The first picture is on its way: what the first command will need may come
            // meanwhile. If it does not, the command tries again and says so.
            let _ = parts::load(Part::Steps);
        }
        self.has_drawn(start);
    }

    pub(super) fn send_picture(&self, picture: Picture) {
        let points = Uint8ClampedArray::new_from_slice(&picture.points);
        let message = pack(&Reply::Picture(picture), Some(&points));
        let _ = self
            .scope
            .post_message_with_transfer(&message, &Array::of1(&points.buffer()));
    }

    /// Since `start` nothing was done but to draw.
    pub(super) fn has_drawn(&mut self, start: f64) {
        let end = self.now();
        self.next_picture = self.next_picture.max(end) + 3.0 * (end - start);
        // No part of a pass that is under way.
        self.sharing.pass_began += end - start;
    }

    /// Advances the session if it plays.
    pub(super) fn tick(&mut self) {
        self.scheduled = false;
        if self.measuring.is_some() {
            if measure::go_on(self) {
                self.schedule();
            }
            return;
        }
        if !self.session.is_running() {
            return;
        }
        let start = self.now();
        let pace = self.session.pace();
        if pace.is_none() || start >= self.next_step {
            if let Some(seconds) = pace {
                // A late step does not make the ones after it hurry.
                self.next_step = (self.next_step + 1e3 * seconds).max(start);
            }
            if self.share_out() {
                self.draw();
                return;
            }
            self.advance(pace.is_none());
        }
        self.schedule();
    }

    /// Advances alone: once, or freely for a slice of time.
    fn advance(&mut self, freely: bool) {
        let half_steps = |session: &Session| {
            let run = session.experiment().run();
            (run.id, run.last())
        };
        let (start, (run, first)) = (self.now(), half_steps(&self.session));
        self.session.advance();
        while freely && self.session.is_running() && self.now() - start < SLICE {
            self.session.advance();
        }
        let (same, last) = half_steps(&self.session);
        let iterations = last.saturating_sub(first).div_ceil(2) as f64;
        if same == run && last.is_multiple_of(2) && iterations > 0.0 {
            self.sharing.alone = (run, (self.now() - start) / iterations);
            self.effort = Effort {
                milliseconds: self.sharing.alone.1,
                workers: 1,
            };
        }
        self.show();
    }

    pub(super) fn schedule(&mut self) {
        self.draw();
        let waits = self.sharing.pool.as_ref().is_some_and(Pool::is_busy);
        let measures = self.measuring.is_some();
        if self.scheduled || waits || !(measures || self.session.is_running()) {
            return;
        }
        let wait = match self.session.pace() {
            Some(_) if !measures => (self.next_step - self.now()).clamp(0.0, 2000.0),
            _ => 0.0,
        };
        self.scheduled = if wait < 4.0 {
            self.again.post_message(&JsValue::NULL).is_ok()
        } else {
            LATER.with_borrow(|later| {
                later.as_ref().is_some_and(|later| {
                    self.scope
                        .set_timeout_with_callback_and_timeout_and_arguments_0(later, wait as i32)
                        .is_ok()
                })
            })
        };
    }

    /// Sends the view, or keeps it back until the page has taken in the one before:
    /// frames are dropped rather than queued.
    pub(super) fn show(&mut self) {
        let now = self.now();
        self.times.take(self.session.experiment(), now);
        if self.page_busy {
            self.unseen = true;
            return;
        }
        self.page_busy = true;
        self.unseen = false;
        self.shown = now;
        // Before its first step a run has no past.
        if parts::has(Part::Steps) {
            past::send(self);
        }
        let view = self.session.view();
        self.reply(&Reply::View(Box::new(view), self.effort));
    }

    pub(super) fn reply(&self, reply: &Reply) {
        let _ = self.scope.post_message(&pack(reply, None));
    }

    pub(super) fn now(&self) -> f64 {
        self.scope
            .performance()
            .map_or_else(js_sys::Date::now, |p| p.now())
    }
}
