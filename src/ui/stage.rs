//! What paints the canvases: one frame at a time, and only what has changed.
//!
//! Messages of the worker may come faster than frames. They are kept here, and
//! the newest view is shown with the next frame.

use std::cell::{Cell, Ref, RefCell};

use leptos::prelude::*;

use super::paint;
use super::past;
use super::state::Desk;
use super::surface::Surface;
use super::timeline;
use crate::later::Part;
use crate::plot::{MapLayout, Picture, PictureRequest};
use crate::session::{Command, Past, TracePoint, View};
use crate::worker::{has, load_then};

/// The canvases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Well and grid of the map.
    Ground,
    /// Points of the map, pixels.
    Points,
    /// Ellipses, trails, means of the map.
    Overlay,
    /// The objective.
    Curve,
    /// Responsibilities.
    Heat,
    /// Ticks of the timeline.
    Timeline,
}

const LAYERS: [Layer; 6] = [
    Layer::Ground,
    Layer::Points,
    Layer::Overlay,
    Layer::Curve,
    Layer::Heat,
    Layer::Timeline,
];

/// A set of canvases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layers(u8);

impl Layers {
    /// All of them.
    pub const ALL: Layers = Layers(0b11_1111);
    /// Those that show what the worker has drawn.
    const PICTURE: Layers = Layers(0b01_0010);
    /// Those of the map, which share one layout.
    const MAP: Layers = Layers(0b00_0111);
    /// What another half-step changes.
    const VIEW: Layers = Layers(0b11_1100);

    /// One of them. Those of the map are painted together.
    pub fn of(layer: Layer) -> Layers {
        match layer {
            Layer::Ground | Layer::Points | Layer::Overlay => Layers::MAP,
            other => Layers(1 << other as u8),
        }
    }

    fn has(self, layer: Layer) -> bool {
        self.0 & (1 << layer as u8) != 0
    }
}

/// A picture of the worker, until the next one.
pub struct Arrived {
    /// The heat map and what was drawn.
    pub picture: Picture,
    /// The points, as a canvas takes them.
    pub points: web_sys::ImageData,
    /// The request it answers, as far as size and window go.
    pub request: PictureRequest,
    /// Version of the data that it shows.
    pub data: u64,
}

/// What a picture depends on; the same again need not be asked for.
#[derive(Clone, PartialEq)]
struct Asked {
    run: u64,
    position: usize,
    data: u64,
    request: PictureRequest,
}

/// The canvases and what is to be painted on them.
#[derive(Default)]
pub struct Stage {
    surfaces: RefCell<[Option<Surface>; 6]>,
    stale: Cell<Layers>,
    frame_is_due: Cell<bool>,
    waiting: RefCell<Option<View>>,
    trace: RefCell<Vec<TracePoint>>,
    trace_run: Cell<u64>,
    past: RefCell<Past>,
    /// What each iteration of the trace took, in milliseconds.
    milliseconds: RefCell<Vec<f64>>,
    layout: RefCell<Option<MapLayout>>,
    asked: RefCell<Option<Asked>>,
    arrived: RefCell<Option<Arrived>>,
    next_id: Cell<u64>,
}

impl Stage {
    /// A canvas has been mounted.
    pub fn enter(&self, layer: Layer, surface: Surface) {
        self.surfaces.borrow_mut()[layer as usize] = Some(surface);
    }

    /// The box of a canvas has changed.
    pub fn refit(&self, layer: Layer) {
        if let Some(surface) = &mut self.surfaces.borrow_mut()[layer as usize] {
            surface.fit();
        }
    }

    /// The pixel ratio has changed.
    pub fn refit_all(&self) {
        for layer in LAYERS {
            self.refit(layer);
        }
    }

    /// These are to be painted with the next frame.
    pub fn mark(&self, desk: Desk, layers: Layers) {
        self.stale.set(Layers(self.stale.get().0 | layers.0));
        if !self.frame_is_due.replace(true) {
            request_animation_frame(move || desk.stage().frame(desk));
        }
    }

    /// Keeps the newest view, and every piece of the trace.
    pub fn receive_view(&self, desk: Desk, mut view: View) {
        {
            let mut trace = self.trace.borrow_mut();
            let mut milliseconds = self.milliseconds.borrow_mut();
            // The same start by another name: a branch, or undo.
            if view.trace_from == 0 && trace.first() != view.trace.first() {
                milliseconds.clear();
            }
            if self.trace_run.replace(view.run) != view.run {
                trace.clear();
            }
            trace.truncate(view.trace_from);
            trace.append(&mut view.trace);
            milliseconds.truncate(trace.len());
            let took = match milliseconds.is_empty() {
                true => 0.0,
                false => {
                    desk.effort
                        .try_get_untracked()
                        .unwrap_or_default()
                        .milliseconds
                }
            };
            milliseconds.resize(trace.len().min(1), 0.0);
            milliseconds.resize(trace.len(), took);
        }
        if self.trace.borrow().len() > 1 && !has(Part::Past) {
            // The first iteration: there is a curve to draw.
            load_then(Part::Past, move |loaded| {
                if loaded.is_ok() {
                    desk.past.try_update(|n| *n += 1);
                    desk.mark(Layer::Curve);
                }
            });
        }
        let mut waiting = self.waiting.borrow_mut();
        if let Some(older) = waiting.take()
            && view.problem.is_none()
        {
            view.problem = older.problem;
        }
        *waiting = Some(view);
        drop(waiting);
        self.mark(desk, Layers::VIEW);
    }

    /// What the past is now. What it is shown with comes with the first; if it does not arrive, the
    /// next one tries again.
    pub fn receive_past(&self, desk: Desk, bytes: Vec<u8>) {
        load_then(Part::Past, move |loaded| {
            if let (Ok(()), Some(stage)) = (loaded, desk.try_stage())
                && let Some(past) = past::unpack(&bytes)
            {
                stage.keep_past(desk, past);
            }
        });
    }

    /// Keeps the past and shows it.
    pub fn keep_past(&self, desk: Desk, past: Past) {
        // Without what shows it there was none, and nothing to forget.
        if !has(Part::Past) {
            return;
        }
        let before = self.past.replace(past);
        let now = self.past.borrow();
        // What stands on the timeline stays as it is while only the bounds are others: one of its
        // buttons may have the focus.
        let same = before.events == now.events && before.branches == now.branches;
        drop(now);
        if !same || desk.past.try_get_untracked() == Some(0) {
            desk.past.try_update(|n| *n += 1);
        }
        desk.bounds.try_update(|n| *n += 1);
        self.mark(desk, Layers::VIEW);
    }

    /// The past of the run shown.
    pub fn past(&self) -> Ref<'_, Past> {
        self.past.borrow()
    }

    /// The half-step at the right end of the timeline.
    pub fn end(&self, last: usize) -> usize {
        let past = self.past.borrow();
        let branches = past.branches.iter().map(|branch| branch.last);
        timeline::capacity(branches.fold(last, usize::max))
    }

    /// Keeps the newest picture; one that no longer fits is dropped, a better one is on its way.
    pub fn receive_picture(
        &self,
        desk: Desk,
        picture: Picture,
        points: &js_sys::Uint8ClampedArray,
    ) {
        let (request, data) = match &*self.asked.borrow() {
            Some(asked)
                if (asked.request.width, asked.request.height)
                    == (picture.width, picture.height) =>
            {
                (asked.request.clone(), asked.data)
            }
            _ => return,
        };
        let image = web_sys::ImageData::new_with_js_u8_clamped_array_and_sh(
            points,
            picture.width,
            picture.height,
        );
        if let Ok(points) = image {
            *self.arrived.borrow_mut() = Some(Arrived {
                picture,
                points,
                request,
                data,
            });
            self.mark(desk, Layers::PICTURE);
        }
    }

    /// To the half-step under this position on the curve, in CSS pixels from its left edge.
    pub fn seek_on_curve(&self, desk: Desk, x: f64) {
        let surfaces = self.surfaces.borrow();
        let Some(surface) = &surfaces[Layer::Curve as usize] else {
            return;
        };
        let (trace, past) = (self.trace.borrow(), self.past.borrow());
        let milliseconds = self.milliseconds.borrow();
        let wanted = desk.view.with_untracked(|view| {
            let look = look(desk, view, &trace, &past, &milliseconds);
            paint::half_step_at(surface, &look, x)
        });
        if let Some(half_step) = wanted {
            desk.send(Command::Seek(half_step));
        }
    }

    fn frame(&self, desk: Desk) {
        self.frame_is_due.set(false);
        let stale = self.stale.replace(Layers::default());
        let waiting = self.waiting.borrow_mut().take();
        if let Some(view) = waiting {
            desk.show(view);
        }
        desk.view
            .try_with_untracked(|view| self.paint(desk, view, stale));
    }

    fn paint(&self, desk: Desk, view: &View, stale: Layers) {
        let surfaces = self.surfaces.borrow();
        let trace = self.trace.borrow();
        let arrived = self.arrived.borrow();
        let past = self.past.borrow();
        let milliseconds = self.milliseconds.borrow();
        let look = look(desk, view, &trace, &past, &milliseconds);
        let visible = |layer: Layer| surfaces[layer as usize].as_ref().filter(|s| s.is_visible());
        let drawn = |layer: Layer| stale.has(layer).then(|| visible(layer)).flatten();

        if let Some(surface) = drawn(Layer::Curve) {
            paint::curve(surface, &look);
        }
        if let Some(surface) = drawn(Layer::Timeline) {
            paint::steps(surface, &look, self.end(view.last), timeline::inset());
        }
        if let Some(surface) = drawn(Layer::Heat) {
            let picture = arrived.as_ref().map(|a| &a.picture);
            paint::heat(surface, &look, picture.filter(|p| p.run == view.run));
        }
        if view.run == 0 {
            return;
        }
        // The three canvases of the map have the same size and share a layout.
        let (Some(ground), Some(points), Some(overlay)) = (
            visible(Layer::Ground),
            visible(Layer::Points),
            visible(Layer::Overlay),
        ) else {
            return;
        };
        let layout = paint::layout(ground, &look);
        let moved = self.layout.borrow().as_ref() != Some(&layout);
        if moved || stale.has(Layer::Ground) {
            paint::ground(ground, &layout);
            if desk.stretched.try_get_untracked() == Some(layout.window.equal) {
                desk.stretched.try_set(!layout.window.equal);
            }
        }
        if stale.has(Layer::Overlay) {
            paint::overlay(overlay, &layout, &look);
        }
        if moved || stale.has(Layer::Points) {
            let fits = |a: &&Arrived| {
                a.data == view.data.version && a.request.window == layout.window.edges()
            };
            paint::points(points, &layout, arrived.as_ref().filter(fits));
        }
        let heat = visible(Layer::Heat).map_or(1, paint::heat_width);
        let request = paint::picture_request(&layout, &look, ground.ratio, heat);
        self.ask(desk, view, request);
        drop(arrived);
        *self.layout.borrow_mut() = Some(layout);
    }

    /// What was asked of a worker that is no more will not come.
    pub fn forget_asked(&self) {
        self.asked.take();
    }

    fn ask(&self, desk: Desk, view: &View, request: PictureRequest) {
        let mut wanted = Asked {
            run: view.run,
            position: view.position,
            data: view.data.version,
            request,
        };
        let mut asked = self.asked.borrow_mut();
        if let Some(before) = &*asked {
            wanted.request.id = before.request.id;
            if *before == wanted {
                return;
            }
        }
        wanted.request.id = self.next_id.get() + 1;
        self.next_id.set(wanted.request.id);
        let request = wanted.request.clone();
        *asked = Some(wanted);
        drop(asked);
        desk.with_client(|client| client.request_picture(request));
    }
}

fn look<'a>(
    desk: Desk,
    view: &'a View,
    trace: &'a [TracePoint],
    past: &'a Past,
    milliseconds: &'a [f64],
) -> paint::Look<'a> {
    paint::Look {
        view,
        trace,
        past,
        milliseconds,
        climb: desk.climb.try_get_untracked().flatten(),
        theme: untrack(|| desk.theme.plot()),
        selected: desk.selected.try_get_untracked().flatten(),
    }
}
