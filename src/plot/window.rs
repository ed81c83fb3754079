//! From data to pixels and back.

use super::scene::Point;

/// The part of the data plane that a plot shows, and the pixels it fills.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Data coordinates of the left and right edge, left < right.
    pub x: [f64; 2],
    /// Data coordinates of the lower and upper edge, lower < upper.
    pub y: [f64; 2],
    /// Width of the plot in pixels.
    pub width: f64,
    /// Height of the plot in pixels.
    pub height: f64,
    /// Is one unit as long on either axis?
    pub equal: bool,
}

/// Larger data are shown at the edge of this.
const LARGEST: f64 = 1e300;
/// Room left around the data, as a part of their span, on either side.
const PADDING: f64 = 0.07;
/// Axes are made equal unless one would shrink by more than this.
const EQUAL_WITHIN: f64 = 4.0;

impl Window {
    /// A window that holds the bounds `[x_min, x_max, y_min, y_max]` with some
    /// room around them. The axes are equal when that costs neither of them more
    /// than a factor of 4; a direction without extent takes the other's unit.
    /// Whatever the bounds, the result is finite and each axis runs upwards.
    pub fn fit(bounds: [f64; 4], width: f64, height: f64) -> Self {
        let (width, height) = (pixels(width), pixels(height));
        let x = Span::of(bounds[0], bounds[1]);
        let y = Span::of(bounds[2], bounds[3]);
        // Data units a pixel.
        let (ux, uy) = (x.half / width, y.half / height);
        let unit = ux.max(uy);
        let equal = unit > 0.0
            && [(x, ux, width), (y, uy, height)]
                .iter()
                .all(|&(s, u, pixels)| {
                    (u == 0.0 || u * EQUAL_WITHIN >= unit)
                        && (s.least()..LARGEST).contains(&(unit * pixels))
                });
        let (x_half, y_half) = if equal {
            (unit * width, unit * height)
        } else {
            (x.half, y.half)
        };
        Window {
            x: x.range(x_half),
            y: y.range(y_half),
            width,
            height,
            equal,
        }
    }

    /// A window with given edges, each axis on its own; edges that are not in
    /// order or not finite are mended.
    pub fn exact(x: [f64; 2], y: [f64; 2], width: f64, height: f64) -> Self {
        let edges = |[lo, hi]: [f64; 2]| match lo.abs() <= LARGEST && hi.abs() <= LARGEST && lo < hi
        {
            true => [lo, hi],
            false => Span::of(lo, hi).range(0.0),
        };
        Window {
            x: edges(x),
            y: edges(y),
            width: pixels(width),
            height: pixels(height),
            equal: false,
        }
    }

    /// Pixels from the left edge. Not finite only if `x` is not.
    pub fn px(&self, x: f64) -> f64 {
        (x - self.x[0]) / (self.x[1] - self.x[0]) * self.width
    }

    /// Pixels from the upper edge.
    pub fn py(&self, y: f64) -> f64 {
        (self.y[1] - y) / (self.y[1] - self.y[0]) * self.height
    }

    /// The pixel position of a point of the data plane.
    pub fn to_pixels(&self, [x, y]: [f64; 2]) -> Point {
        [self.px(x), self.py(y)]
    }

    /// The point of the data plane at a pixel position.
    pub fn to_data(&self, [px, py]: Point) -> [f64; 2] {
        [
            self.x[0] + px / self.width * (self.x[1] - self.x[0]),
            self.y[1] - py / self.height * (self.y[1] - self.y[0]),
        ]
    }

    /// The edges as a [`PictureRequest`](super::PictureRequest) wants them: left, right, bottom, top.
    pub fn edges(&self) -> [f64; 4] {
        [self.x[0], self.x[1], self.y[0], self.y[1]]
    }
}

/// A size that can be divided by and multiplied with.
fn pixels(size: f64) -> f64 {
    match size.is_finite() {
        true => size.clamp(1.0, 1e5),
        false => 1.0,
    }
}

/// A centre and half an extent: no overflow for any two finite ends.
#[derive(Clone, Copy)]
struct Span {
    centre: f64,
    half: f64,
}

impl Span {
    fn of(lo: f64, hi: f64) -> Self {
        let tame = |v: f64| match v.is_nan() {
            true => None,
            false => Some(v.clamp(-LARGEST, LARGEST)),
        };
        let (lo, hi) = match (tame(lo), tame(hi)) {
            (Some(lo), Some(hi)) => (lo.min(hi), lo.max(hi)),
            (Some(v), None) | (None, Some(v)) => (v, v),
            (None, None) => (0.0, 0.0),
        };
        let half = hi / 2.0 - lo / 2.0;
        let span = Span {
            centre: lo / 2.0 + hi / 2.0,
            half: half * (1.0 + 2.0 * PADDING),
        };
        // Too little to tell apart counts as no extent.
        match span.half < span.least() {
            true => Span { half: 0.0, ..span },
            false => span,
        }
    }

    /// Less than this, and the two edges could not be told apart pixel by pixel.
    fn least(&self) -> f64 {
        (self.centre.abs() * 1e-11).max(1e-290)
    }

    fn range(&self, half: f64) -> [f64; 2] {
        let half = if half >= self.least() {
            half
        } else if self.centre == 0.0 {
            1.0
        } else {
            self.centre.abs() * 0.05
        };
        let half = half.max(1e-290);
        [self.centre - half, self.centre + half]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn alike_spans_get_equal_axes_and_unlike_ones_do_not() {
        let blobs = Window::fit([-3.0, 3.0, -2.0, 2.0], 600.0, 600.0);
        assert!(blobs.equal);
        let unit_x = blobs.px(1.0) - blobs.px(0.0);
        let unit_y = blobs.py(0.0) - blobs.py(1.0);
        assert!((unit_x - unit_y).abs() < 1e-9);
        let faithful = Window::fit([1.6, 5.1, 43.0, 96.0], 600.0, 600.0);
        assert!(!faithful.equal);
        assert!(faithful.py(96.0) > 20.0 && faithful.py(96.0) < 60.0);
    }

    #[test]
    fn a_flat_direction_takes_the_others_unit() {
        let window = Window::fit([0.0, 10.0, 5.0, 5.0], 600.0, 300.0);
        assert!(window.equal);
        assert_eq!(window.py(5.0), 150.0);
    }

    fn wild() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<f64>(),
            -1e3..1e3,
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(1e308),
            Just(-1e308),
            Just(1e-300),
            Just(0.0),
        ]
    }

    proptest! {
        #[test]
        fn any_bounds_give_finite_ranges_that_run_upwards(
            b in [wild(), wild(), wild(), wild()], w in wild(), h in wild()
        ) {
            for window in [Window::fit(b, w, h), Window::exact([b[0], b[1]], [b[2], b[3]], w, h)] {
                for [lo, hi] in [window.x, window.y] {
                    prop_assert!(lo.is_finite() && hi.is_finite() && lo < hi, "{lo} {hi}");
                    prop_assert!((hi - lo).is_finite());
                }
            }
        }

        #[test]
        fn to_pixels_and_back(x in -100.0..100.0, y in -100.0..100.0, lo in -100.0..0.0, span in 1.0..100.0) {
            let window = Window::fit([lo, lo + span, lo, lo + span], 640.0, 480.0);
            let [bx, by] = window.to_data(window.to_pixels([x, y]));
            prop_assert!((bx - x).abs() < 1e-9 && (by - y).abs() < 1e-9);
        }

        #[test]
        fn data_lie_inside_with_room_around(lo in -1e6..1e6f64, span in 1e-3..1e6f64) {
            let window = Window::fit([lo, lo + span, -span, 0.0], 300.0, 200.0);
            let [px, py] = window.to_pixels([lo, -span]);
            prop_assert!(px > 5.0 && py < 195.0, "{} {}", px, py);
        }
    }
}
