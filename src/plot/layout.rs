//! Where the map lies on its canvas.

use super::scene::{Point, Rect};
use super::style::Style;
use super::ticks::{Ticks, ticks};
use super::window::Window;

/// The plot area of the map, its window on the data and its ticks: a function of
/// the data's bounds and the canvas alone, so that nothing moves during a run.
#[derive(Clone, Debug, PartialEq)]
pub struct MapLayout {
    /// Width of the canvas in CSS pixels.
    pub width: f64,
    /// Height of the canvas in CSS pixels.
    pub height: f64,
    /// The plot area in CSS pixels; its edges lie between device pixels.
    pub frame: Rect,
    /// Data to CSS pixels from the corner of the plot area.
    pub window: Window,
    /// One fitted column: densities over a band of points, no y axis.
    pub strip: bool,
    /// Ticks of the x axis.
    pub x_ticks: Ticks,
    /// Ticks of the y axis; none in strip mode.
    pub y_ticks: Ticks,
    /// See [`Style`].
    pub(super) style: Style,
}

/// Parts of the height that the strip mode gives to its points.
const BAND: f64 = 0.24;
/// Parts of the height that it gives to the bars of the components.
const LANES: f64 = 0.16;

impl MapLayout {
    /// Lays out the map of data within `bounds` (x_min, x_max, y_min, y_max) on a
    /// canvas of `width` x `height` CSS pixels. `strip` is for data with one fitted column.
    pub fn new(bounds: [f64; 4], strip: bool, width: f64, height: f64, style: Style) -> Self {
        let s = style.scale;
        let (top, right, bottom) = (8.0 * s, 12.0 * s, 24.0 * s);
        let inner_height = (height - top - bottom).max(1.0);
        let rough_width = (width - 48.0 * s - right).max(1.0);
        let y_ticks = |window: &Window| match strip {
            true => Ticks::default(),
            false => ticks(window.y[0], window.y[1], about(inner_height, 70.0 * s)),
        };
        // The labels' width depends on the window, and that on the labels' width:
        // a second look settles it.
        let rough = y_ticks(&Window::fit(bounds, rough_width, inner_height));
        let left = match strip {
            true => 12.0 * s,
            false => (rough.label_width(style.small()) + 12.0 * s)
                .max(28.0 * s)
                .min(96.0 * s),
        };
        let frame = style.snapped(Rect {
            x: left,
            y: top,
            width: (width - left - right).max(1.0),
            height: inner_height,
        });
        let window = match strip {
            true => {
                let across =
                    Window::fit([bounds[0], bounds[1], 0.0, 0.0], frame.width, frame.height);
                Window::exact(across.x, strip_range(), frame.width, frame.height)
            }
            false => Window::fit(bounds, frame.width, frame.height),
        };
        MapLayout {
            width,
            height,
            frame,
            window,
            strip,
            x_ticks: ticks(window.x[0], window.x[1], about(frame.width, 90.0 * s)),
            y_ticks: y_ticks(&window),
            style,
        }
    }

    /// The plot area in device pixels: x, y, width, height. The point layer has exactly this size.
    pub fn device_rect(&self) -> [u32; 4] {
        let device = |v: f64| (v * self.style.device_pixel_ratio).round() as u32;
        let Rect {
            x,
            y,
            width,
            height,
        } = self.frame;
        [device(x), device(y), device(width), device(height)]
    }

    /// The canvas position of a point of the data plane.
    pub fn to_canvas(&self, data: [f64; 2]) -> Point {
        let [x, y] = self.window.to_pixels(data);
        [self.frame.x + x, self.frame.y + y]
    }

    /// The point of the data plane at a canvas position, or `None` outside of the plot area.
    pub fn to_data(&self, at: Point) -> Option<[f64; 2]> {
        self.frame.contains(at).then(|| {
            self.window
                .to_data([at[0] - self.frame.x, at[1] - self.frame.y])
        })
    }

    /// Strip mode's parts from top to bottom: densities, bars of the components, points.
    pub(super) fn strip_parts(&self) -> [Rect; 3] {
        let Rect { y, height, .. } = self.frame;
        let cuts = [0.0, 1.0 - BAND - LANES, 1.0 - BAND, 1.0].map(|part| y + part * height);
        [0, 1, 2].map(|i: usize| {
            self.style.snapped(Rect {
                y: cuts[i],
                height: cuts[i + 1] - cuts[i],
                ..self.frame
            })
        })
    }
}

/// The y range of a window in which 0..1 fills the band of points.
fn strip_range() -> [f64; 2] {
    let margin = 0.1;
    let lo = -margin;
    [lo, lo + (1.0 + 2.0 * margin) / BAND]
}

/// The height at which the point of a row is drawn in strip mode, 0 to 1: always
/// the same for a row, and evenly spread over any run of rows (multiples of the golden ratio).
pub fn strip_y(row: usize) -> f64 {
    let turn = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (turn >> 11) as f64 / (1u64 << 53) as f64
}

fn about(length: f64, spacing: f64) -> usize {
    (length / spacing).clamp(3.0, 14.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::palette::Theme;

    #[test]
    fn the_plot_area_lies_on_device_pixels_and_in_the_canvas() {
        for ratio in [1.0, 1.25, 1.5, 2.0, 3.0] {
            for (w, h) in [(768.3, 640.7), (320.0, 200.0), (30.0, 12.0), (0.0, 0.0)] {
                let style = Style::new(Theme::Light, ratio);
                let layout = MapLayout::new([1.6, 5.1, 43.0, 96.0], false, w, h, style);
                let [x, y, width, height] = layout.device_rect();
                assert!((x as f64 / ratio - layout.frame.x).abs() < 1e-9);
                assert!((y as f64 / ratio - layout.frame.y).abs() < 1e-9);
                assert!((width as f64 / ratio - layout.frame.width).abs() < 1e-9);
                assert!((height as f64 / ratio - layout.frame.height).abs() < 1e-9);
                if w > 100.0 {
                    assert!(layout.frame.right() <= w && layout.frame.bottom() <= h);
                }
            }
        }
    }

    #[test]
    fn canvas_to_data_and_back() {
        let style = Style::new(Theme::Dark, 1.5);
        let layout = MapLayout::new([-3.0, 3.0, -2.0, 2.0], false, 700.0, 600.0, style);
        let [x, y] = layout.to_data(layout.to_canvas([1.5, -1.0])).unwrap();
        assert!((x - 1.5).abs() < 1e-12 && (y + 1.0).abs() < 1e-12);
        assert_eq!(layout.to_data([1.0, 1.0]), None);
    }

    #[test]
    fn the_points_of_a_strip_lie_in_its_band() {
        let style = Style::new(Theme::Light, 2.0);
        let layout = MapLayout::new([0.0, 9.0, 0.0, 9.0], true, 700.0, 600.0, style);
        let band = layout.strip_parts()[2];
        for row in 0..1000 {
            let at = layout.to_canvas([4.0, strip_y(row)]);
            assert!(band.contains(at), "{at:?} {band:?}");
        }
        // Ten rows in a row fall into at least eight tenths of the band.
        let tenths: std::collections::BTreeSet<_> =
            (100..110).map(|row| (strip_y(row) * 10.0) as u32).collect();
        assert!(tenths.len() >= 8);
    }
}
