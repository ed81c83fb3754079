//! Where points lie on a canvas: in quarters of its pixels, with room around the picture for
//! discs that lie only partly on it.

use super::disc::STEPS;

/// Just below a half, so that a whole number less it is still rounded to itself.
const HALF: f64 = 0.499_999_9;

/// How data coordinates become quarters of pixels.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    /// Width and height of the picture.
    pub(super) size: [usize; 2],
    /// Pixels, beside the one that holds its centre, that a disc may touch.
    reach: usize,
    /// Pixels from a line of the canvas to the next.
    pub(super) stride: usize,
    /// Quarters of device pixels a data unit, for x and y (down).
    scale: [f64; 2],
    /// Data coordinates of the upper left corner.
    origin: [f64; 2],
    /// Quarters of pixels that corners of discs may lie in.
    range: [u64; 2],
}

impl Grid {
    /// A picture of `width` x `height` device pixels that shows `window` (left, right, bottom,
    /// top), for discs of this reach.
    pub(super) fn new([width, height]: [u32; 2], window: [f64; 4], reach: usize) -> Grid {
        let [left, right, bottom, top] = window;
        let quarters = |pixels: u32| f64::from(pixels) * STEPS as f64;
        let range = |pixels: u32| (u64::from(pixels) + 2 * reach as u64) * STEPS as u64;
        Grid {
            size: [width as usize, height as usize],
            reach,
            // An odd number of cache lines, so that lines of the canvas do not lie in one place
            // of the cache.
            stride: 4 * ((width as usize + 4 * reach).div_ceil(4) | 1),
            scale: [
                quarters(width) / (right - left),
                quarters(height) / (bottom - top),
            ],
            origin: [left, top],
            range: match width == 0 || height == 0 {
                true => [0; 2],
                false => [range(width), range(height)],
            },
        }
    }

    /// A canvas with nothing on it: the picture and twice the reach on each side.
    pub(super) fn canvas<P: Clone>(&self, nothing: P) -> Vec<P> {
        vec![nothing; self.stride * (self.size[1] + 4 * self.reach)]
    }

    /// Quarters of pixels from the canvas's corner to that of the pixels within reach of the
    /// point at data coordinates `x`, `y`; `None` if they are all outside, or nowhere (NaN).
    #[inline(always)]
    pub(super) fn corner(&self, x: f64, y: f64) -> Option<[usize; 2]> {
        // A pixel more, since next to 0 it is not the nearest whole number that one gets.
        let shift = ((self.reach + 1) * STEPS) as f64 - HALF;
        let ([ox, oy], [sx, sy], [width, height]) = (self.origin, self.scale, self.range);
        let (x, y) = (
            nearest((x - ox) * sx + shift).wrapping_sub(STEPS as u64),
            nearest((y - oy) * sy + shift).wrapping_sub(STEPS as u64),
        );
        (x < width && y < height).then_some([x as usize, y as usize])
    }

    /// The part of each line of a canvas that is in the picture, from the top.
    pub(super) fn lines<'a, P>(&self, canvas: &'a [P]) -> impl Iterator<Item = &'a [P]> {
        let ([width, height], inset) = (self.size, 2 * self.reach);
        let lines = canvas.chunks_exact(self.stride);
        lines
            .skip(inset)
            .take(height)
            .map(move |line| &line[inset..][..width])
    }
}

/// The nearest whole number of one between 1 and 2^51, and a far larger one for all else,
/// NaN too: adding 2^52 leaves no room for a fraction.
#[inline(always)]
fn nearest(v: f64) -> u64 {
    const SHIFT: f64 = 4_503_599_627_370_496.0;
    (v + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits())
}
