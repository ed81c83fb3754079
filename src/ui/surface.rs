//! A canvas as large as its box, in device pixels.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ResizeObserver};

use super::closures::follow;
use super::stage::{Layer, Layers};
use super::state::Desk;

/// A mounted canvas and its size.
#[derive(Clone)]
pub struct Surface {
    /// The element.
    pub canvas: HtmlCanvasElement,
    /// Its drawing context.
    pub context: CanvasRenderingContext2d,
    /// Width of its box in CSS pixels.
    pub width: f64,
    /// Height of its box in CSS pixels.
    pub height: f64,
    /// Device pixels in a CSS pixel.
    pub ratio: f64,
}

impl Surface {
    fn of(canvas: HtmlCanvasElement) -> Option<Surface> {
        let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let mut surface = Surface {
            canvas,
            context,
            width: 0.0,
            height: 0.0,
            ratio: 1.0,
        };
        surface.fit();
        Some(surface)
    }

    /// Gives the backing store the size of the box. The box comes from the style
    /// sheet alone, so this never changes the layout.
    pub fn fit(&mut self) {
        self.ratio = window().device_pixel_ratio().clamp(0.5, 8.0);
        self.width = f64::from(self.canvas.client_width());
        self.height = f64::from(self.canvas.client_height());
        let backing = |css: f64| (css * self.ratio).round().clamp(1.0, 16_384.0) as u32;
        let (width, height) = (backing(self.width), backing(self.height));
        // Setting the size clears the canvas, even to the same size.
        if self.canvas.width() != width || self.canvas.height() != height {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
    }

    /// Is there anything to draw on?
    pub fn is_visible(&self) -> bool {
        self.width >= 8.0 && self.height >= 8.0
    }
}

/// Puts the canvas on the stage when it is mounted and follows its size.
pub fn use_surface(desk: Desk, layer: Layer) -> NodeRef<html::Canvas> {
    let canvas = NodeRef::<html::Canvas>::new();
    follow(move || {
        let Some(canvas) = canvas.get() else { return };
        let Some(surface) = Surface::of(canvas.clone()) else {
            return;
        };
        let stage = desk.stage();
        stage.enter(layer, surface);
        let on_resize = Closure::<dyn Fn()>::new({
            let stage = stage.clone();
            move || {
                stage.refit(layer);
                stage.mark(desk, Layers::of(layer));
            }
        });
        if let Ok(observer) = ResizeObserver::new(on_resize.as_ref().unchecked_ref()) {
            observer.observe(&canvas);
        }
        on_resize.forget(); // canvases stay as long as the page
        stage.mark(desk, Layers::of(layer));
    });
    canvas
}
