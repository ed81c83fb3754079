//! What paints the canvases: one frame at a time, and only what has changed.
//!
//! Messages of the worker may come faster than frames. They are kept here, and
//! the newest view is shown with the next frame.

use std::cell::{Cell, RefCell};

use leptos::prelude::*;

use super::paint;
use super::state::Desk;
use super::surface::Surface;
use crate::plot::{Picture, PictureRequest};
use crate::session::{Command, TracePoint, View};

/// The canvases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Points of the map, pixels.
    Points,
    /// Axes, ellipses, trails of the map.
    Map,
    /// The objective.
    Curve,
    /// Responsibilities.
    Heat,
    /// Ticks of the timeline.
    Timeline,
}

const LAYERS: [Layer; 5] = [
    Layer::Points,
    Layer::Map,
    Layer::Curve,
    Layer::Heat,
    Layer::Timeline,
];

/// A set of canvases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layers(u8);

impl Layers {
    /// All of them.
    pub const ALL: Layers = Layers(0b1_1111);
    /// Those that show what the worker has drawn.
    const PICTURE: Layers = Layers(0b0_1001);

    /// One of them. The two of the map are painted together.
    pub fn of(layer: Layer) -> Layers {
        match layer {
            Layer::Points | Layer::Map => Layers(0b0_0011),
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
    /// The request it answers.
    pub request: PictureRequest,
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
    surfaces: RefCell<[Option<Surface>; 5]>,
    stale: Cell<Layers>,
    frame_is_due: Cell<bool>,
    waiting: RefCell<Option<View>>,
    trace: RefCell<Vec<TracePoint>>,
    trace_run: Cell<u64>,
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
            if self.trace_run.replace(view.run) != view.run {
                trace.clear();
            }
            trace.truncate(view.trace_from);
            trace.append(&mut view.trace);
        }
        let mut waiting = self.waiting.borrow_mut();
        if let Some(older) = waiting.take()
            && view.problem.is_none()
        {
            view.problem = older.problem;
        }
        *waiting = Some(view);
        drop(waiting);
        self.mark(desk, Layers::ALL);
    }

    /// Keeps the newest picture; one that no longer fits is dropped, a better one is on its way.
    pub fn receive_picture(
        &self,
        desk: Desk,
        picture: Picture,
        points: &js_sys::Uint8ClampedArray,
    ) {
        let request = match &*self.asked.borrow() {
            Some(asked)
                if (asked.request.width, asked.request.height)
                    == (picture.width, picture.height) =>
            {
                asked.request.clone()
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
            });
            self.mark(desk, Layers::PICTURE);
        }
    }

    /// To the iteration under this position on the curve, in CSS pixels from its left edge.
    pub fn seek_on_curve(&self, desk: Desk, x: f64) {
        let surfaces = self.surfaces.borrow();
        let Some(surface) = &surfaces[Layer::Curve as usize] else {
            return;
        };
        let wanted = desk
            .view
            .with_untracked(|view| paint::iteration_at(surface, view, &self.trace.borrow(), x));
        if let Some(iteration) = wanted {
            desk.send(Command::Seek(2 * iteration));
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
        let look = paint::Look {
            view,
            trace: &trace,
            dark: desk.theme.is_dark_untracked(),
            selected: desk.selected.try_get_untracked().flatten(),
        };
        let visible = |layer: Layer| surfaces[layer as usize].as_ref().filter(|s| s.is_visible());
        let drawn = |layer: Layer| stale.has(layer).then(|| visible(layer)).flatten();

        if let Some(surface) = drawn(Layer::Curve) {
            paint::curve(surface, &look);
        }
        if let Some(surface) = drawn(Layer::Timeline) {
            paint::timeline(surface, &look);
        }
        if let Some(surface) = drawn(Layer::Heat) {
            let picture = arrived
                .as_ref()
                .map(|a| &a.picture)
                .filter(|picture| picture.run == view.run);
            paint::heat(surface, &look, picture);
        }
        if let Some(surface) = drawn(Layer::Map) {
            paint::map(surface, &look);
        }
        if view.run == 0 {
            return;
        }
        // The map decides what a picture has to show, so both wait for it to be mounted.
        if let (Some(points), Some(map)) = (visible(Layer::Points), visible(Layer::Map)) {
            let heat = visible(Layer::Heat).map_or(0.0, |s| paint::heat_width(s, &look));
            let request = paint::picture_request(map, &look, heat);
            if stale.has(Layer::Points) {
                let picture = arrived
                    .as_ref()
                    .filter(|a| a.request.window == request.window);
                paint::points(points, &look, picture);
            }
            self.ask(desk, view, request);
        }
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
