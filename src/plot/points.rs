//! The point layer: up to a million anti-aliased discs, blended in linear light.
//!
//! A million points strewn over a large picture would miss the cache at every
//! one. So points are first put into the stripes of the picture that they touch,
//! and one stripe at a time, small enough for the cache, is drawn and written out.

use super::PictureRequest;
use super::colour::{Linear, to_linear, to_srgb};
use super::disc::{Discs, STEPS};
use crate::mixture::elementary::{exp, ln};
use std::sync::OnceLock;

/// A rim around every point, which keeps neighbours apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rim {
    /// Its colour in linear light.
    pub colour: Linear,
    /// Its width in device pixels, outside of the point's radius; 0 for none.
    pub width: f64,
}

/// A point that waits to be drawn: position in quarters of device pixels, and linear light.
#[derive(Clone, Copy)]
struct Spot {
    x: i32,
    y: i32,
    colour: [u16; 3],
}

/// Bytes of a stripe while it is drawn.
const STRIPE_BYTES: usize = 400_000;

/// Collects points in rows' order and gives straight-alpha RGBA pixels.
pub struct PointLayer {
    width: usize,
    height: usize,
    /// Device pixels a data unit, for x and y (down).
    scale: [f64; 2],
    /// Data coordinates of the upper left corner.
    origin: [f64; 2],
    discs: Discs,
    rim: Option<Linear>,
    /// Rows of pixels in a stripe: a power of two.
    rows: usize,
    stripes: Vec<Vec<Spot>>,
}

impl PointLayer {
    /// An empty layer of `width` x `height` device pixels that shows `window`
    /// (left, right, bottom, top) with points of `radius` device pixels.
    pub fn new(width: u32, height: u32, window: [f64; 4], radius: f64, rim: Rim) -> Self {
        let (width, height) = (width as usize, height as usize);
        let [left, right, bottom, top] = window;
        let rows = (STRIPE_BYTES / (width.max(1) * size_of::<[f32; 4]>())).clamp(8, 256);
        let rows = 1 << rows.ilog2();
        PointLayer {
            width,
            height,
            scale: [
                width as f64 / (right - left),
                height as f64 / (bottom - top),
            ],
            origin: [left, top],
            discs: Discs::new(radius, rim.width),
            rim: (rim.width > 0.0).then_some(rim.colour),
            rows,
            stripes: vec![Vec::new(); height.div_ceil(rows)],
        }
    }

    /// The layer that a request of the page describes.
    pub fn for_request(request: &PictureRequest) -> Self {
        let rim = Rim {
            colour: to_linear(request.rim),
            width: rim_width(request.radius),
        };
        PointLayer::new(
            request.width,
            request.height,
            request.window,
            request.radius,
            rim,
        )
    }

    /// Adds the point at data coordinates `x`, `y`, above all that were added
    /// before. Points outside, and points that are nowhere (NaN), are skipped.
    #[inline]
    pub fn add(&mut self, x: f64, y: f64, colour: Linear) {
        let px = (x - self.origin[0]) * self.scale[0];
        let py = (y - self.origin[1]) * self.scale[1];
        let margin = f64::from(self.discs.margin());
        let near = px >= -margin
            && py >= -margin
            && px < self.width as f64 + margin
            && py < self.height as f64 + margin;
        if !near || self.stripes.is_empty() {
            return;
        }
        let spot = Spot {
            x: (px * f64::from(STEPS)).floor() as i32,
            y: (py * f64::from(STEPS)).floor() as i32,
            colour: colour.map(|c| (c.clamp(0.0, 1.0) * f32::from(u16::MAX) + 0.5) as u16),
        };
        let mask = self.discs.at(spot.x, spot.y);
        let top = spot.y.div_euclid(STEPS) + mask.top;
        let shift = self.rows.trailing_zeros();
        let stripe = |row: i32| (row.max(0) as usize >> shift).min(self.stripes.len() - 1);
        let (first, last) = (stripe(top), stripe(top + mask.height - 1));
        for stripe in &mut self.stripes[first..=last] {
            stripe.push(spot);
        }
    }

    /// The pixels: RGBA, straight alpha, sRGB, row by row from the top; transparent where there is no point.
    pub fn finish(self) -> Vec<u8> {
        let mut out = vec![0u8; self.width * self.height * 4];
        // Linear light times alpha, and alpha.
        let mut pixels = vec![[0.0f32; 4]; self.width * self.rows];
        let stripe_bytes = (self.width * self.rows * 4).max(1);
        let stripes = self.stripes.iter().zip(out.chunks_mut(stripe_bytes));
        for (i, (spots, out)) in stripes
            .enumerate()
            .filter(|(_, (spots, _))| !spots.is_empty())
        {
            pixels.fill([0.0; 4]);
            for spot in spots {
                self.draw(spot, (i * self.rows) as i32, &mut pixels);
            }
            encode(&pixels, out);
        }
        out
    }

    /// Draws a point into the stripe that begins at row `top`.
    #[inline]
    fn draw(&self, spot: &Spot, top: i32, pixels: &mut [[f32; 4]]) {
        let mask = self.discs.at(spot.x, spot.y);
        let left = spot.x.div_euclid(STEPS) + mask.left;
        let upper = spot.y.div_euclid(STEPS) + mask.top - top;
        let (from_x, to_x) = ((-left).max(0), (self.width as i32 - left).min(mask.width));
        let (from_y, to_y) = ((-upper).max(0), (self.rows as i32 - upper).min(mask.height));
        if from_x >= to_x || from_y >= to_y {
            return;
        }
        let count = (to_x - from_x) as usize;
        let light = |c: usize| f32::from(spot.colour[c]) * (1.0 / f32::from(u16::MAX));
        let source = [light(0), light(1), light(2), 1.0];
        for row in from_y..to_y {
            let start = (upper + row) as usize * self.width + (left + from_x) as usize;
            let line = &mut pixels[start..start + count];
            let covers = &mask.covers[(row * mask.width + from_x) as usize..][..count];
            match self.rim {
                None => {
                    for (pixel, cover) in line.iter_mut().zip(covers) {
                        for c in 0..4 {
                            pixel[c] += (source[c] - pixel[c]) * cover.core;
                        }
                    }
                }
                Some([r, g, b]) => {
                    let rim = [r, g, b, 1.0];
                    for (pixel, cover) in line.iter_mut().zip(covers) {
                        for c in 0..4 {
                            pixel[c] += (source[c] - pixel[c]) * cover.core
                                + (rim[c] - pixel[c]) * cover.rim;
                        }
                    }
                }
            }
        }
    }
}

/// From light times alpha to what the screen wants.
fn encode(pixels: &[[f32; 4]], out: &mut [u8]) {
    let table = encoding();
    for (pixel, out) in pixels.iter().zip(out.chunks_exact_mut(4)) {
        let alpha = pixel[3];
        if alpha <= 0.0 {
            continue;
        }
        let scale = LIGHTS as f32 / alpha;
        let index = pixel.map(|light| (light * scale + 0.5) as usize);
        for c in 0..3 {
            out[c] = table[index[c].min(LIGHTS)];
        }
        out[3] = (alpha * 255.0 + 0.5) as u8;
    }
}

/// Steps of light between black and white.
const LIGHTS: usize = 1 << 15;

/// The screen's value of every step of light.
fn encoding() -> &'static [u8] {
    static TABLE: OnceLock<Vec<u8>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let value = |light: usize| to_srgb([light as f32 / LIGHTS as f32; 3])[0];
        (0..=LIGHTS).map(value).collect()
    })
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

    #[test]
    fn points_outside_are_harmless_and_those_at_the_edge_are_cut() {
        let mut layer = layer(3.0, 1.0);
        for v in [f64::NAN, f64::INFINITY, -1e308, 1e308, -500.0] {
            layer.add(v, 15.0, [1.0; 3]);
            layer.add(20.0, v, [1.0; 3]);
        }
        assert!(layer.stripes.iter().all(Vec::is_empty));
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

    /// `cargo test --release -- --ignored --nocapture a_million_points`
    #[test]
    #[ignore = "a measurement"]
    fn a_million_points() {
        for (n, size) in [(100_000, (1600, 1200)), (1_000_000, (1600, 1200))] {
            let mut best = f64::INFINITY;
            for _ in 0..8 {
                let start = std::time::Instant::now();
                let rim = Rim {
                    colour: [1.0; 3],
                    width: rim_width(point_radius(n, 1.0)),
                };
                let radius = point_radius(n, 1.0);
                let mut layer = PointLayer::new(size.0, size.1, [0.0, 1.0, 0.0, 1.0], radius, rim);
                for i in 0..n {
                    let t = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                    let u = t.wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    let unit = |v: u64| (v >> 11) as f64 / (1u64 << 53) as f64;
                    layer.add(unit(t), unit(u), [0.1, 0.3, 0.6]);
                }
                assert_eq!(layer.finish().len(), 1600 * 1200 * 4);
                best = best.min(start.elapsed().as_secs_f64() * 1e3);
            }
            println!("{n} points: {best:.1} ms");
        }
    }
}
