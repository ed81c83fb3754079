//! What all scenes of one page share: theme, sharpness, size of type.

use super::colour::Rgba;
use super::palette::{Palette, Theme};
use super::scene::{Rect, Scene, Text, snap};

/// How scenes are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Light or dark.
    pub theme: Theme,
    /// Device pixels a CSS pixel, for crisp hairlines and edges.
    pub device_pixel_ratio: f64,
    /// Multiplies type, strokes and marks: 1, and more on a projector.
    pub scale: f64,
}

impl Style {
    /// Type and strokes at their usual size; a ratio that is not one is taken as 1.
    pub fn new(theme: Theme, device_pixel_ratio: f64) -> Self {
        let ratio = device_pixel_ratio;
        Style {
            theme,
            device_pixel_ratio: match ratio.is_finite() && ratio > 0.0 {
                true => ratio.clamp(0.25, 16.0),
                false => 1.0,
            },
            scale: 1.0,
        }
    }

    /// The same style with larger or smaller type and strokes.
    pub fn scaled(self, scale: f64) -> Self {
        let scale = match scale.is_finite() {
            true => scale.clamp(0.5, 4.0),
            false => 1.0,
        };
        Style { scale, ..self }
    }

    /// The theme's colours.
    pub fn palette(&self) -> Palette {
        self.theme.palette()
    }

    /// Size of tick labels in CSS pixels.
    pub(super) fn small(&self) -> f64 {
        11.0 * self.scale
    }

    /// The rectangle with its edges between device pixels.
    pub(super) fn snapped(&self, rect: Rect) -> Rect {
        let at = |v: f64| snap(v, self.device_pixel_ratio);
        let (x, y) = (at(rect.x), at(rect.y));
        Rect {
            x,
            y,
            width: (at(rect.right()) - x).max(0.0),
            height: (at(rect.bottom()) - y).max(0.0),
        }
    }

    /// Width of a hairline in CSS pixels: a whole number of device pixels.
    fn hair(&self) -> f64 {
        (self.device_pixel_ratio * self.scale).floor().max(1.0) / self.device_pixel_ratio
    }

    /// A crisp horizontal line from `x0` to `x1`.
    pub(super) fn rule(&self, scene: &mut Scene, y: f64, [x0, x1]: [f64; 2], colour: Rgba) {
        let hair = self.hair();
        let rect = Rect {
            x: x0,
            y: snap(y - hair / 2.0, self.device_pixel_ratio),
            width: x1 - x0,
            height: hair,
        };
        scene.rect(rect, 0.0, None, Some(colour));
    }

    /// A crisp vertical line from `y0` down to `y1`.
    pub(super) fn post(&self, scene: &mut Scene, x: f64, [y0, y1]: [f64; 2], colour: Rgba) {
        let hair = self.hair();
        let rect = Rect {
            x: snap(x - hair / 2.0, self.device_pixel_ratio),
            y: y0,
            width: hair,
            height: y1 - y0,
        };
        scene.rect(rect, 0.0, None, Some(colour));
    }

    /// Small secondary text: tick labels, notes.
    pub(super) fn note(&self, at: [f64; 2], text: impl Into<String>) -> Text {
        Text::new(at, self.small(), self.palette().secondary, text)
    }
}
