//! Very many points: each pixel shows the mean colour of the discs on it, as far as they cover it.
//!
//! Sums of whole numbers do not depend on their order, so crowds of some rows each, drawn by
//! other workers, add up to the crowd of all rows to the last bit. Nor does it matter then that
//! points are first put aside by where they lie: a million strewn over a large canvas would miss
//! the cache at every one.

use std::borrow::Cow;

use super::colour::{Encoder, Linear};
use super::disc::{Discs, STEPS};
use super::grid::Grid;
use super::light::{self, Light, Sums, whole};
use super::request::PictureRequest;

/// From so many rows on points are a crowd. There they are too small for rims and lie on one
/// another: which of them is on top says nothing.
pub(super) const CROWD: usize = 1 << 16;

/// How a colour is counted: in so many steps of linear light.
const LEVELS: f32 = 1023.0;
/// A whole pixel is covered in so many parts.
const PARTS: f32 = 64.0;
/// Points are put aside by squares of 2 to the power of this many pixels.
const SQUARE_BITS: u32 = 5;
/// Points that are put aside in a square before they are drawn, and in all squares together.
const ASIDE: usize = 2048;
const ALL_ASIDE: usize = 1 << 20;
/// Larger discs are drawn with this radius: none may reach beyond the squares beside its own.
const LARGEST: f64 = 12.0;
/// Points drawn in a square before what they sum to is carried over. A pixel may be touched by
/// those of four squares: four times as many points of [`LEVELS`] x [`PARTS`] each are below 2^32.
const MOST: u32 = (1 << 14) - 16;

/// Draws points and gives straight-alpha RGBA pixels.
pub struct Crowd {
    grid: Grid,
    /// For each position within a pixel: places of the pixels touched, and how much of each.
    discs: Vec<Vec<(u32, u32)>>,
    squares: Vec<Square>,
    /// Squares across.
    across: usize,
    /// Points that are put aside in each.
    aside: usize,
    /// Pixels, along one axis, that points of a square may touch.
    side: usize,
    low: Vec<Sums>,
    /// What was carried over, in units of 2^16; empty where nothing was.
    high: Vec<Sums>,
}

#[derive(Clone)]
struct Square {
    /// Points not drawn yet: place, position within a pixel, colour.
    aside: Vec<u64>,
    /// Points drawn since its sums were carried over.
    drawn: u32,
}

impl Crowd {
    /// An empty crowd as the request describes it, for points less `centre`.
    pub fn new(request: &PictureRequest, centre: [f64; 2]) -> Crowd {
        let size = [request.width, request.height];
        let radius = request.radius.min(LARGEST);
        let reach = Discs::reach(radius, 0.0);
        let grid = Grid::new(size, request.window_about(centre), reach);
        let discs = Discs::new(radius, 0.0, [0.0; 3], grid.stride);
        let cells = |position: usize| {
            let cells = discs.at(position % STEPS, position / STEPS).iter();
            let cells = cells.map(|cell| (cell.place as u32, whole(cell.core * PARTS)));
            cells.collect()
        };
        let low = grid.canvas([0; 4]);
        let count = |pixels: usize| (pixels >> SQUARE_BITS) + 1;
        let across = count(grid.stride);
        let squares = across * count(low.len() / grid.stride);
        let square = Square {
            aside: Vec::new(),
            drawn: 0,
        };
        Crowd {
            discs: (0..STEPS * STEPS).map(cells).collect(),
            squares: vec![square; squares],
            across,
            aside: (ALL_ASIDE / squares).clamp(64, ASIDE),
            side: (1 << SQUARE_BITS) + 2 * reach,
            low,
            high: Vec::new(),
            grid,
        }
    }

    /// Adds points at data coordinates `x`, `y` in these colours, as many as there are of the
    /// fewest. Points outside, and points that are nowhere (NaN), are skipped.
    #[inline(never)]
    pub fn add(&mut self, x: &[f64], y: &[f64], colours: &[Linear]) {
        for ((x, y), [r, g, b]) in x.iter().zip(y).zip(colours) {
            let Some([x, y]) = self.grid.corner(*x, *y) else {
                continue;
            };
            let (column, row) = (x / STEPS, y / STEPS);
            let level = |c: f32| u64::from(whole(c * LEVELS));
            let colour = level(*r) << 20 | level(*g) << 10 | level(*b);
            let place = (row * self.grid.stride + column) as u64;
            let position = (y % STEPS * STEPS + x % STEPS) as u64;
            let number = (row >> SQUARE_BITS) * self.across + (column >> SQUARE_BITS);
            let square = &mut self.squares[number];
            if square.aside.capacity() == 0 {
                square.aside.reserve_exact(self.aside);
            }
            square.aside.push(place << 34 | position << 30 | colour);
            if square.aside.len() >= self.aside {
                self.settle(number);
            }
        }
    }

    /// Draws what was put aside in a square.
    #[inline(never)]
    fn settle(&mut self, number: usize) {
        let square = &mut self.squares[number];
        let more = square.aside.len() as u32;
        square.drawn += more;
        if square.drawn > MOST {
            square.drawn = more;
            self.carry(number);
        }
        draw(&self.squares[number].aside, &self.discs, &mut self.low);
        self.squares[number].aside.clear();
    }

    fn settle_all(&mut self) {
        (0..self.squares.len()).for_each(|number| self.settle(number));
    }

    /// Makes room in the sums of the pixels that points of a square touch.
    #[inline(never)]
    fn carry(&mut self, number: usize) {
        self.has_high();
        let (side, stride) = (self.side, self.grid.stride);
        let left = (number % self.across) << SQUARE_BITS;
        let top = (number / self.across) << SQUARE_BITS;
        let high = self.high.chunks_exact_mut(stride);
        let lines = self.low.chunks_exact_mut(stride).zip(high);
        for (low, high) in lines.skip(top).take(side) {
            for (low, high) in low.iter_mut().zip(high).skip(left).take(side) {
                for (low, high) in low.iter_mut().zip(high) {
                    *high += *low >> 16;
                    *low &= 0xffff;
                }
            }
        }
    }

    fn has_high(&mut self) {
        if self.high.is_empty() {
            self.high = self.grid.canvas([0; 4]);
        }
    }

    /// What another worker needs to add this crowd to its own.
    pub fn sums(&mut self) -> Cow<'_, [u32]> {
        self.settle_all();
        let (low, high) = (self.low.as_flattened(), self.high.as_flattened());
        match high.is_empty() {
            true => low.into(),
            false => [low, high].concat().into(),
        }
    }

    /// Adds what [`Self::sums`] gave another crowd. False if it was of another size.
    pub fn put(&mut self, sums: &[u32]) -> bool {
        self.settle_all();
        let n = self.low.len() * 4;
        let Some((low, high)) = sums.split_at_checked(n) else {
            return false;
        };
        if add(self.low.as_flattened_mut(), low) {
            self.has_high();
            let sums = self.low.as_flattened().iter().zip(low);
            for (high, (sum, more)) in self.high.as_flattened_mut().iter_mut().zip(sums) {
                *high += u32::from(sum < more) << 16;
            }
        }
        if !high.is_empty() {
            self.has_high();
            add(self.high.as_flattened_mut(), high);
        }
        // Whatever comes yet is carried over first.
        self.squares
            .iter_mut()
            .for_each(|square| square.drawn = MOST);
        true
    }

    /// The pixels: RGBA, straight alpha, sRGB, row by row from the top; transparent where there
    /// is no point.
    pub fn finish(mut self) -> Vec<u8> {
        self.settle_all();
        let [width, height] = self.grid.size;
        let mut out = vec![0; width * height * 4];
        let lines = out.chunks_exact_mut((width * 4).max(1));
        let low = self.grid.lines(&self.low);
        if self.high.is_empty() {
            for (out, low) in lines.zip(low) {
                encode(out, low.iter().map(|sums| sums.map(|sum| sum as f32)));
            }
        } else {
            for ((out, low), high) in lines.zip(low).zip(self.grid.lines(&self.high)) {
                let whole = |c: (&u32, &u32)| ((u64::from(*c.1) << 16) + u64::from(*c.0)) as f32;
                let both = low.iter().zip(high);
                let both = both.map(|(l, h)| std::array::from_fn(|c| whole((&l[c], &h[c]))));
                encode(out, both);
            }
        }
        out
    }
}

/// Draws points: their sums cannot exceed what a number holds.
#[inline(never)]
fn draw(aside: &[u64], discs: &[Vec<(u32, u32)>], sums: &mut [Sums]) {
    for &point in aside {
        let channel = |shift: u32| (point >> shift) as u32 & 0x3ff;
        let colour = [channel(20), channel(10), channel(0), 1];
        let disc = &discs[(point >> 30) as usize % (STEPS * STEPS)];
        let Some(sums) = sums.get_mut((point >> 34) as usize..) else {
            return;
        };
        for &(place, cover) in disc {
            if let Some(sums) = sums.get_mut(place as usize) {
                light::add(sums, colour, cover);
            }
        }
    }
}

/// Adds up; true if a sum exceeds what a number holds and lacks 2^32.
#[inline(never)]
fn add(sums: &mut [u32], more: &[u32]) -> bool {
    let mut over = 0;
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum = sum.wrapping_add(*more);
        over |= u32::from(*sum < *more);
    }
    over > 0
}

/// Means of light from its sums, as the screen wants them.
#[inline(always)]
fn encode(out: &mut [u8], sums: impl Iterator<Item = [f32; 4]>) {
    let encoder = Encoder::new();
    for (out, [r, g, b, cover]) in out.as_chunks_mut().0.iter_mut().zip(sums) {
        if cover > 0.0 {
            let light = Light::new([r, g, b, 0.0]).times(1.0 / (cover * LEVELS));
            let alpha = if cover < PARTS { cover / PARTS } else { 1.0 };
            light.encode_straight(alpha, &encoder, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Random;

    const SIZE: [u32; 2] = [200, 150];

    fn crowd(radius: f64) -> Crowd {
        let request = PictureRequest {
            id: 0,
            width: SIZE[0],
            height: SIZE[1],
            window: [0.0, 200.0, 0.0, 150.0],
            radius,
            colours: Vec::new(),
            neutral: [0; 3],
            rim: [255; 3],
            heat_width: 0,
        };
        Crowd::new(&request, [0.0; 2])
    }

    /// Points strewn over the picture and beyond its edges, some of them nowhere.
    fn strewn(n: usize) -> (Vec<f64>, Vec<f64>, Vec<Linear>) {
        let mut random = Random::new(5);
        let mut along = |length: f64| -> Vec<f64> {
            let mut one = |_| random.uniform() * (length + 10.0) - 5.0;
            (0..n).map(&mut one).collect()
        };
        let (mut x, y) = (along(200.0), along(150.0));
        x[7] = f64::NAN;
        let colour = |i: usize| [0.0, (i % 7) as f32 / 6.0, (i % 3) as f32 / 2.0];
        (x, y, (0..n).map(colour).collect())
    }

    fn pixel(pixels: &[u8], x: usize, y: usize) -> &[u8] {
        &pixels[(y * SIZE[0] as usize + x) * 4..][..4]
    }

    #[test]
    fn a_pixel_has_the_mean_of_the_light_on_it_as_far_as_it_is_covered() {
        for radius in [0.75, 2.0, 7.0] {
            let (x, y, colours) = strewn(3000);
            let mut crowd = crowd(radius);
            crowd.add(&x, &y, &colours);
            let stride = crowd.grid.stride;
            let discs = Discs::new(radius, 0.0, [0.0; 3], stride);
            let reach = Discs::reach(radius, 0.0) as i64;
            let mut sums = vec![[0.0f64; 4]; 200 * 150];
            for ((x, y), [r, g, b]) in x.iter().zip(&y).zip(&colours).filter(|p| !p.0.0.is_nan()) {
                let [px, py] = [*x, 150.0 - y].map(|v| (4.0 * v).floor() as i64);
                for cell in discs.at(px.rem_euclid(4) as usize, py.rem_euclid(4) as usize) {
                    let column = px.div_euclid(4) - reach + (cell.place % stride) as i64;
                    let row = py.div_euclid(4) - reach + (cell.place / stride) as i64;
                    if (0..200).contains(&column) && (0..150).contains(&row) {
                        let sums = &mut sums[(row * 200 + column) as usize];
                        for (sum, c) in sums.iter_mut().zip([*r, *g, *b, 1.0]) {
                            *sum += f64::from(c * cell.core);
                        }
                    }
                }
            }
            let pixels = crowd.finish();
            let seen = sums.iter().filter(|sums| sums[3] > 0.0).count();
            assert!(seen > 3000, "{seen}");
            for (i, (pixel, [r, g, b, cover])) in pixels.chunks(4).zip(sums).enumerate() {
                let alpha = 255.0 * cover.min(1.0);
                assert!(
                    (f64::from(pixel[3]) - alpha).abs() <= 0.51,
                    "{radius} {i}: {pixel:?} {alpha}"
                );
                if cover > 0.0 {
                    let mean = [r, g, b].map(|c| (c / cover) as f32);
                    let expected = super::super::colour::to_srgb(mean);
                    for (a, b) in pixel.iter().zip(expected) {
                        // The darkest lights lie close together.
                        assert!(a.abs_diff(b) <= if b < 30 { 3 } else { 1 }, "{a} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn crowds_of_some_rows_each_add_up_to_the_crowd_of_all() {
        let (x, y, colours) = strewn(5000);
        for shares in [2, 7] {
            let (mut all, mut sum) = (crowd(1.2), crowd(1.2));
            all.add(&x, &y, &colours);
            for share in 0..shares {
                let rows = 5000 * share / shares..5000 * (share + 1) / shares;
                let mut part = crowd(1.2);
                part.add(&x[rows.clone()], &y[rows.clone()], &colours[rows]);
                let sums = part.sums();
                assert!(sum.put(&sums));
            }
            assert!(!sum.put(&[0; 5]), "sums of another size");
            assert_eq!(sum.finish(), all.finish());
        }
    }

    #[test]
    fn however_many_points_lie_on_one_pixel_they_are_counted() {
        let colour = |i: usize| {
            if i < 100_000 {
                [1.0, 0.0, 0.0]
            } else {
                [1.0, 1.0, 0.0]
            }
        };
        let colours: Vec<Linear> = (0..400_000).map(colour).collect();
        let (x, y) = (vec![50.5; 400_000], vec![49.5; 400_000]);
        let mut all = crowd(2.0);
        all.add(&x, &y, &colours);
        assert!(!all.high.is_empty());
        // Two of which neither had to carry, and one that had to.
        let mut sum = crowd(2.0);
        for rows in [0..16_000, 16_000..32_000, 32_000..400_000] {
            let mut part = crowd(2.0);
            part.add(&x[rows.clone()], &y[rows.clone()], &colours[rows]);
            assert!(sum.put(&part.sums()));
        }
        let many: Vec<Linear> = vec![[1.0, 1.0, 1.0]; 70_000];
        for crowd in [&mut sum, &mut all] {
            crowd.add(&x, &y, &many);
        }
        let (sum, all) = (sum.finish(), all.finish());
        assert_eq!(sum, all);
        let expected = super::super::colour::to_srgb([1.0, 370.0 / 470.0, 70.0 / 470.0]);
        assert_eq!(pixel(&all, 50, 100)[..3], expected);
    }

    #[test]
    fn a_window_or_size_of_nothing_is_harmless() {
        for (width, height) in [(0, 0), (0, 5), (1, 1), (3, 2)] {
            for window in [[0.0; 4], [f64::NAN; 4], [1.0, 0.0, 1.0, 0.0]] {
                let request = PictureRequest {
                    id: 0,
                    width,
                    height,
                    window,
                    radius: 1e9,
                    colours: Vec::new(),
                    neutral: [0; 3],
                    rim: [0; 3],
                    heat_width: 0,
                };
                let mut crowd = Crowd::new(&request, [0.0; 2]);
                crowd.add(&[0.5, f64::INFINITY, -1e308], &[0.5; 3], &[[0.5; 3]; 3]);
                assert_eq!(crowd.finish().len(), (width * height * 4) as usize);
            }
        }
    }
}
