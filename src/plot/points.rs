//! The point layer: up to a million anti-aliased discs, blended in linear light.
//!
//! A million points strewn over a large picture would miss the cache at every
//! one. So points are first put into the tiles of the picture that they touch,
//! and one tile at a time, small enough for the cache, is drawn and written out.

use super::PictureRequest;
use super::colour::{Encoder, Linear, to_linear};
use super::disc::{Discs, STEPS};
use super::layer::{Layer, Tiles};
use super::light::{Brief, Light};
use crate::mixture::elementary::{exp, ln};

/// A rim around every point, which keeps neighbours apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rim {
    /// Its colour in linear light.
    pub colour: Linear,
    /// Its width in device pixels, outside of the point's radius; 0 for none.
    pub width: f64,
}

/// A point that waits to be drawn on a tile.
#[derive(Clone, Copy)]
struct Spot {
    light: Brief,
    /// Quarters of device pixels from the tile's corner, and the reach of a disc more.
    at: [u16; 2],
}

/// Collects points in rows' order and gives straight-alpha RGBA pixels.
pub struct PointLayer {
    tiles: Tiles,
    /// Quarters of device pixels a data unit, for x and y (down).
    scale: [f64; 2],
    /// Data coordinates of the upper left corner.
    origin: [f64; 2],
    /// Quarters of pixels that points may lie in, counted from the reach of a disc outside of the
    /// picture.
    range: [u64; 2],
    discs: Discs,
    spots: Vec<Vec<Spot>>,
}

impl PointLayer {
    /// An empty layer of `width` x `height` device pixels that shows `window`
    /// (left, right, bottom, top) with points of `radius` device pixels.
    pub fn new(width: u32, height: u32, window: [f64; 4], radius: f64, rim: Rim) -> Self {
        let [left, right, bottom, top] = window;
        let discs = Discs::new(radius, rim.width, rim.colour);
        let tiles = Tiles::new([width, height], discs.tile_bits());
        let spots = vec![Vec::new(); tiles.count()];
        let quarters = |pixels: u32| f64::from(pixels) * STEPS as f64;
        let range = |pixels: u32| (u64::from(pixels) + 2 * discs.reach as u64) * STEPS as u64;
        PointLayer {
            scale: [
                quarters(width) / (right - left),
                quarters(height) / (bottom - top),
            ],
            origin: [left, top],
            range: match spots.is_empty() {
                true => [0; 2],
                false => [range(width), range(height)],
            },
            tiles,
            discs,
            spots,
        }
    }

    /// The layer that a request of the page describes, for points less `centre`.
    pub fn for_request(request: &PictureRequest, centre: [f64; 2]) -> Self {
        let rim = Rim {
            colour: to_linear(request.rim),
            width: rim_width(request.radius),
        };
        let [left, right, bottom, top] = request.window;
        let [x, y] = centre;
        PointLayer::new(
            request.width,
            request.height,
            [left - x, right - x, bottom - y, top - y],
            request.radius,
            rim,
        )
    }

    /// Adds the point at data coordinates `x`, `y`, above all that were added
    /// before. Points outside, and points that are nowhere (NaN), are skipped.
    pub fn add(&mut self, x: f64, y: f64, [r, g, b]: Linear) {
        let light = Light::new([r, g, b, 1.0].map(|c| c.clamp(0.0, 1.0)));
        self.add_rows(&[x], &[y], &[light.brief()]);
    }

    /// As [`Self::add`] for many points; colours are in 65535ths, the last number being 65535.
    #[inline(never)]
    pub(super) fn add_rows(&mut self, x: &[f64], y: &[f64], colours: &[Brief]) {
        let ([ox, oy], [sx, sy], [width, height]) = (self.origin, self.scale, self.range);
        let shift = (self.discs.reach * STEPS) as f64 - HALF;
        let (bits, apron) = (self.tiles.bits, self.discs.apron());
        for ((x, y), &light) in x.iter().zip(y).zip(colours) {
            let (x, y) = (
                nearest((x - ox) * sx + shift),
                nearest((y - oy) * sy + shift),
            );
            if x >= width || y >= height {
                continue;
            }
            let (x, y) = (x as usize, y as usize);
            // The pixels touched lie from an apron before to this one.
            let (column, row) = (x / STEPS, y / STEPS);
            let first = |last: usize| last.saturating_sub(apron) >> bits;
            let (left, top) = (first(column), first(row));
            let (right, bottom) = (column >> bits, row >> bits);
            if left == right && top == bottom {
                self.put([x, y], light, [left, top]);
            } else {
                self.put_on_several([x, y], light, [left, top], [right, bottom]);
            }
        }
    }

    #[inline(always)]
    fn put(&mut self, [x, y]: [usize; 2], light: Brief, [column, row]: [usize; 2]) {
        let from = |at: usize, tile: usize| (at - (tile << self.tiles.bits) * STEPS) as u16;
        let at = [from(x, column), from(y, row)];
        if let Some(spots) = self.spots.get_mut(row * self.tiles.counts[0] + column) {
            spots.push(Spot { light, at });
        }
    }

    #[inline(never)]
    fn put_on_several(
        &mut self,
        at: [usize; 2],
        light: Brief,
        [left, top]: [usize; 2],
        [right, bottom]: [usize; 2],
    ) {
        let [across, down] = self.tiles.counts;
        for row in top..=bottom.min(down - 1) {
            for column in left..=right.min(across - 1) {
                self.put(at, light, [column, row]);
            }
        }
    }

    /// The pixels: RGBA, straight alpha, sRGB, row by row from the top; transparent where there is no point.
    pub fn finish(self) -> Vec<u8> {
        let encoder = Encoder::new();
        let mut out = self.tiles.transparent();
        self.each_tile(|tile, lines| {
            let places = self.tiles.lines(tile);
            for (line, place) in lines.chunks_exact(self.discs.stride()).zip(places) {
                let line = &line[self.discs.apron()..];
                for (pixel, out) in line.iter().zip(out[place].as_chunks_mut().0) {
                    pixel.encode(&encoder, out);
                }
            }
        });
        out
    }

    /// The light of the points, to be put above that of others.
    pub fn light(self) -> Layer {
        let mut layer = Layer::new(self.tiles.clone());
        self.each_tile(|tile, lines| {
            let side = 1 << self.tiles.bits;
            let lines = lines.chunks_exact(self.discs.stride()).take(side);
            let inner = lines.flat_map(|line| &line[self.discs.apron()..][..side]);
            layer.set(tile, inner.map(|light| light.brief()).collect());
        });
        layer
    }

    /// Calls `take` with each tile that has points, drawn: lines with their aprons, from
    /// the tile's first one on.
    #[inline(always)]
    fn each_tile(&self, mut take: impl FnMut(usize, &[Light])) {
        let stride = self.discs.stride();
        let mut pixels = vec![Light::none(); stride * stride];
        for (tile, spots) in self.spots.iter().enumerate() {
            if !spots.is_empty() {
                pixels.fill(Light::none());
                draw(spots, &self.discs, &mut pixels);
                take(tile, &pixels[self.discs.apron() * stride..]);
            }
        }
    }
}

/// Just below a half, so that a whole number less it is still rounded to itself.
const HALF: f64 = 0.499_999_9;

/// The nearest whole number of one between 0 and 2^51, and a far larger one for all else,
/// NaN too: adding 2^52 leaves no room for a fraction.
#[inline(always)]
fn nearest(v: f64) -> u64 {
    const SHIFT: f64 = 4_503_599_627_370_496.0;
    (v + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits())
}

/// Draws points on a tile with its aprons.
#[inline(never)]
fn draw(spots: &[Spot], discs: &Discs, pixels: &mut [Light]) {
    let stride = discs.stride();
    for spot in spots {
        let (x, y) = (usize::from(spot.at[0]), usize::from(spot.at[1]));
        let source = Light::of(&spot.light);
        let Some(pixels) = pixels.get_mut(y / STEPS * stride + x / STEPS..) else {
            return;
        };
        for cell in discs.at(x, y) {
            if let Some(pixel) = pixels.get_mut(cell.place) {
                let added = source.times(cell.core).plus(cell.rim);
                *pixel = pixel.times(cell.keep).plus(added);
            }
        }
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
    fn tiles_show_what_painting_point_after_point_on_one_canvas_shows() {
        for (radius, rim) in [(0.75, 0.0), (2.0, 0.4), (5.0, 1.6), (20.0, 1.6)] {
            let points = strewn(if radius < 1.0 { 9000 } else { 700 });
            let mut layer = large(radius, rim);
            let mut canvas = vec![[0.0f64; 4]; 200 * 150];
            for &([x, y], light) in &points {
                layer.add(x, y, light);
                let [px, py] = [x, 150.0 - y].map(|v| (4.0 * v).floor() as i64);
                let reach = layer.discs.reach as i64;
                let stride = layer.discs.stride() as i64;
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
    fn layers_of_some_rows_each_put_one_above_another_are_the_layer_of_all() {
        for (radius, rim) in [(0.75, 0.0), (3.0, 0.6), (20.0, 1.6)] {
            let points = strewn(4000);
            let mut all = large(radius, rim);
            let mut stack = large(radius, rim).light();
            for part in points.chunks(1500) {
                let mut layer = large(radius, rim);
                for &([x, y], light) in part {
                    all.add(x, y, light);
                    layer.add(x, y, light);
                }
                stack.put(layer.light());
            }
            assert_alike(&stack.finish(), &all.finish());
            let before = stack.clone();
            stack.put(self::layer(3.0, 0.0).light());
            assert_eq!(stack, before, "a picture of another size is not put");
        }
    }

    #[test]
    fn points_outside_are_harmless_and_those_at_the_edge_are_cut() {
        let mut layer = layer(3.0, 1.0);
        for v in [f64::NAN, f64::INFINITY, -1e308, 1e308, -500.0] {
            layer.add(v, 15.0, [1.0; 3]);
            layer.add(20.0, v, [1.0; 3]);
        }
        assert!(layer.spots.iter().all(Vec::is_empty));
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
