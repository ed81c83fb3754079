//! The point layer: anti-aliased discs one above another, blended in linear light.

use super::PictureRequest;
use super::colour::{Encoder, Linear, to_linear};
use super::disc::{Discs, STEPS};
use super::grid::Grid;
use super::light::Light;
use crate::mixture::elementary::{exp, ln};

/// A rim around every point, which keeps neighbours apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rim {
    /// Its colour in linear light.
    pub colour: Linear,
    /// Its width in device pixels, outside of the point's radius; 0 for none.
    pub width: f64,
}

/// Draws points in rows' order and gives straight-alpha RGBA pixels. Of very many, see
/// [`Crowd`](super::Crowd).
pub struct PointLayer {
    grid: Grid,
    discs: Discs,
    canvas: Vec<Light>,
}

impl PointLayer {
    /// An empty layer of `width` x `height` device pixels that shows `window`
    /// (left, right, bottom, top) with points of `radius` device pixels.
    pub fn new(width: u32, height: u32, window: [f64; 4], radius: f64, rim: Rim) -> Self {
        let grid = Grid::new([width, height], window, Discs::reach(radius, rim.width));
        PointLayer {
            discs: Discs::new(radius, rim.width, rim.colour, grid.stride),
            canvas: grid.canvas(Light::none()),
            grid,
        }
    }

    /// The layer that a request of the page describes, for points less `centre`.
    pub fn for_request(request: &PictureRequest, centre: [f64; 2]) -> Self {
        let rim = Rim {
            colour: to_linear(request.rim),
            width: rim_width(request.radius),
        };
        let window = request.window_about(centre);
        PointLayer::new(request.width, request.height, window, request.radius, rim)
    }

    /// Adds points, as many as there are of the fewest: see [`Self::add`].
    pub fn add_all(&mut self, x: &[f64], y: &[f64], colours: &[Linear]) {
        for ((x, y), colour) in x.iter().zip(y).zip(colours) {
            self.add(*x, *y, *colour);
        }
    }

    /// Adds the point at data coordinates `x`, `y`, above all that were added
    /// before. Points outside, and points that are nowhere (NaN), are skipped.
    pub fn add(&mut self, x: f64, y: f64, colour: Linear) {
        let Some([x, y]) = self.grid.corner(x, y) else {
            return;
        };
        let [r, g, b] = colour.map(|c| c.clamp(0.0, 1.0));
        let source = Light::new([r, g, b, 1.0]);
        let pixels = &mut self.canvas[y / STEPS * self.grid.stride + x / STEPS..];
        for cell in self.discs.at(x, y) {
            let pixel = &mut pixels[cell.place];
            let added = source.times(cell.core).plus(cell.rim);
            *pixel = pixel.times(cell.keep).plus(added);
        }
    }

    /// The pixels: RGBA, straight alpha, sRGB, row by row from the top; transparent where there is no point.
    pub fn finish(self) -> Vec<u8> {
        let encoder = Encoder::new();
        let [width, height] = self.grid.size;
        let mut out = vec![0; width * height * 4];
        let pixels = self.grid.lines(&self.canvas).flatten();
        for (pixel, out) in pixels.zip(out.as_chunks_mut().0) {
            pixel.encode(&encoder, out);
        }
        out
    }
}

/// Radius in device pixels that suits `n` points: 3.2 CSS pixels at 272, 0.75 at a million.
pub fn point_radius(n: usize, device_pixel_ratio: f64) -> f64 {
    let css = 3.2 * exp(0.1767 * ln(272.0 / n.max(1) as f64));
    css.clamp(0.7, 4.2) * device_pixel_ratio
}

/// Width of the rim that suits a radius, both in device pixels. It fades out
/// where points become so small that their rims would bleach a crowd.
pub fn rim_width(radius: f64) -> f64 {
    ((radius - 1.2) * 0.35).clamp(0.0, 1.6)
}

#[cfg(test)]
mod tests {
    use super::super::colour::to_srgb;
    use super::*;

    const WINDOW: [f64; 4] = [0.0, 40.0, 0.0, 30.0];
    const BLUE: [u8; 3] = [0, 114, 178];

    fn layer(radius: f64, rim: f64) -> PointLayer {
        let rim = Rim {
            colour: [1.0; 3],
            width: rim,
        };
        PointLayer::new(40, 30, WINDOW, radius, rim)
    }

    fn pixel(pixels: &[u8], x: usize, y: usize) -> [u8; 4] {
        pixels[(y * 40 + x) * 4..][..4].try_into().unwrap()
    }

    #[test]
    fn a_point_has_its_colour_at_its_centre_and_its_area_in_all() {
        for radius in [0.8, 1.5, 3.2, 6.0] {
            for (x, y) in [(20.0, 15.0), (20.3, 15.6), (19.9, 14.8)] {
                let mut layer = layer(radius, 0.0);
                layer.add(x, y, to_linear(BLUE));
                let pixels = layer.finish();
                let area: f64 = pixels.chunks(4).map(|p| p[3] as f64 / 255.0).sum();
                let expected = std::f64::consts::PI * radius * radius;
                assert!((area / expected - 1.0).abs() < 0.04, "{radius}: {area}");
                // y runs upwards in the data, downwards in the picture.
                let centre = pixel(&pixels, x as usize, (30.0 - y) as usize);
                assert_eq!(centre[..3], BLUE);
            }
        }
    }

    #[test]
    fn a_rim_surrounds_the_point() {
        let mut layer = layer(4.0, 2.0);
        layer.add(20.0, 15.0, to_linear(BLUE));
        let pixels = layer.finish();
        assert_eq!(pixel(&pixels, 20, 15), [0, 114, 178, 255]);
        assert_eq!(pixel(&pixels, 25, 15), [255, 255, 255, 255]);
        assert_eq!(pixel(&pixels, 28, 15)[3], 0);
    }

    #[test]
    fn half_a_point_over_another_is_the_mean_in_linear_light() {
        let mut layer = layer(5.0, 0.0);
        layer.add(20.0, 15.0, [1.0, 0.0, 0.0]);
        // The second disc's edge: its coverage is its weight.
        layer.add(25.5, 15.5, [0.0, 1.0, 0.0]);
        let cover = {
            let mut alone = self::layer(5.0, 0.0);
            alone.add(25.5, 15.5, [0.0, 1.0, 0.0]);
            pixel(&alone.finish(), 20, 14)[3] as f32 / 255.0
        };
        assert!(cover > 0.3 && cover < 0.7);
        let [r, g, b, a] = pixel(&layer.finish(), 20, 14);
        let mean = to_srgb([1.0 - cover, cover, 0.0]);
        assert!(r.abs_diff(mean[0]) <= 1 && g.abs_diff(mean[1]) <= 1);
        assert_eq!((b, a), (0, 255));
    }

    /// Points strewn over a picture of several tiles and beyond its edges.
    fn strewn(n: usize) -> Vec<([f64; 2], Linear)> {
        let mut random = crate::fit::Random::new(5);
        let mut one = |_| {
            let [x, y, r, g, b] = std::array::from_fn(|_| random.uniform());
            let light = [r, g, b].map(|c| c as f32);
            ([x * 210.0 - 5.0, y * 160.0 - 5.0], light)
        };
        (0..n).map(&mut one).collect()
    }

    fn large(radius: f64, rim: f64) -> PointLayer {
        let rim = Rim {
            colour: [1.0, 0.9, 0.8],
            width: rim,
        };
        PointLayer::new(200, 150, [0.0, 200.0, 0.0, 150.0], radius, rim)
    }

    /// Straight-alpha pixels that look the same: what is hardly there may differ in colour.
    fn assert_alike(a: &[u8], b: &[u8]) {
        for (i, (a, b)) in a.chunks(4).zip(b.chunks(4)).enumerate() {
            assert!(a[3].abs_diff(b[3]) <= 1, "{i}: {a:?} {b:?}");
            for c in 0..3 {
                let seen = f64::from(a[c].abs_diff(b[c])) * f64::from(a[3]) / 255.0;
                assert!(seen <= 1.0, "{i}: {a:?} {b:?}");
            }
        }
    }

    #[test]
    fn discs_are_blended_one_after_another_wherever_they_lie() {
        for (radius, rim) in [(0.75, 0.0), (2.0, 0.4), (5.0, 1.6), (20.0, 1.6)] {
            let points = strewn(if radius < 1.0 { 9000 } else { 700 });
            let mut layer = large(radius, rim);
            let mut canvas = vec![[0.0f64; 4]; 200 * 150];
            for &([x, y], light) in &points {
                layer.add(x, y, light);
                let [px, py] = [x, 150.0 - y].map(|v| (4.0 * v).floor() as i64);
                let reach = Discs::reach(radius, rim) as i64;
                let stride = layer.grid.stride as i64;
                for cell in layer
                    .discs
                    .at(px.rem_euclid(4) as usize, py.rem_euclid(4) as usize)
                {
                    let place = cell.place as i64;
                    let column = px.div_euclid(4) - reach + place % stride;
                    let row = py.div_euclid(4) - reach + place / stride;
                    if (0..200).contains(&column) && (0..150).contains(&row) {
                        let pixel = &mut canvas[(row * 200 + column) as usize];
                        let (rim, [r, g, b]) = (cell.rim.get(), light);
                        for (c, source) in [r, g, b, 1.0].into_iter().enumerate() {
                            let kept = pixel[c] * f64::from(cell.keep);
                            pixel[c] = kept + f64::from(source * cell.core + rim[c]);
                        }
                    }
                }
            }
            let expected: Vec<u8> = canvas
                .iter()
                .flat_map(|&[r, g, b, a]| {
                    let straight = [r, g, b].map(|c| if a > 0.0 { (c / a) as f32 } else { 0.0 });
                    let [r, g, b] = to_srgb(straight);
                    [r, g, b, (a * 255.0).round() as u8]
                })
                .collect();
            assert!(canvas.iter().filter(|p| p[3] > 0.5).count() > 5000);
            assert_alike(&layer.finish(), &expected);
        }
    }

    #[test]
    fn points_outside_are_harmless_and_those_at_the_edge_are_cut() {
        let mut layer = layer(3.0, 1.0);
        for v in [f64::NAN, f64::INFINITY, -1e308, 1e308, -500.0] {
            layer.add(v, 15.0, [1.0; 3]);
            layer.add(20.0, v, [1.0; 3]);
        }
        assert!(layer.canvas.iter().all(|pixel| pixel.get()[3] == 0.0));
        for (x, y) in [(0.0, 0.0), (40.0, 30.0), (-2.0, 15.0), (41.0, -1.0)] {
            layer.add(x, y, [1.0; 3]);
        }
        assert!(layer.finish().iter().any(|&v| v > 0));
    }

    #[test]
    fn a_window_or_size_of_nothing_is_harmless() {
        let rim = Rim {
            colour: [1.0; 3],
            width: 1.0,
        };
        for (w, h) in [(0, 0), (0, 5), (1, 1), (3, 2)] {
            for window in [[0.0; 4], [f64::NAN; 4], [1.0, 0.0, 1.0, 0.0]] {
                let mut layer = PointLayer::new(w, h, window, 3.0, rim);
                layer.add(0.5, 0.5, [0.5; 3]);
                assert_eq!(layer.finish().len(), (w * h * 4) as usize);
            }
        }
    }

    #[test]
    fn radius_follows_the_number_of_points() {
        assert!((point_radius(272, 1.0) - 3.2).abs() < 1e-9);
        assert!((point_radius(1_000_000, 1.0) - 0.75).abs() < 0.02);
        assert_eq!(point_radius(0, 2.0), 8.4);
    }
}
