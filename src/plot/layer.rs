//! A picture in tiles, and layers of light that can be put one above another.

use std::ops::Range;

use super::colour::Encoder;
use super::light::{Brief, Light};

/// How a picture is cut into square tiles.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tiles {
    width: usize,
    height: usize,
    /// A tile is 2 to the power of this many pixels wide and high.
    pub(super) bits: u32,
    /// Tiles across and down.
    pub(super) counts: [usize; 2],
}

impl Tiles {
    pub(super) fn new([width, height]: [u32; 2], bits: u32) -> Tiles {
        let (width, height) = (width as usize, height as usize);
        let count = |pixels: usize| pixels.div_ceil(1 << bits);
        Tiles {
            width,
            height,
            bits,
            counts: [count(width), count(height)],
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.counts[0] * self.counts[1]
    }

    /// RGBA pixels of the whole picture with nothing on them.
    pub(super) fn transparent(&self) -> Vec<u8> {
        vec![0; self.width * self.height * 4]
    }

    /// Where the lines of a tile lie among the RGBA bytes of the picture, as far as they are
    /// within it.
    pub(super) fn lines(&self, tile: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let (side, width) = (1 << self.bits, self.width);
        let (left, top) = (tile % self.counts[0] * side, tile / self.counts[0] * side);
        let right = (left + side).min(width);
        (top..(top + side).min(self.height))
            .map(move |y| 4 * (y * width + left)..4 * (y * width + right))
    }
}

/// The light of points on a transparent picture.
///
/// Blending is associative: the layers of the first rows, of the rows after
/// them and so on, one put above another, show what one layer of all rows shows.
/// So each may be drawn by another worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    tiles: Tiles,
    /// Pixels of each tile line by line; none where no point is.
    pixels: Vec<Vec<Brief>>,
}

impl Layer {
    pub(super) fn new(tiles: Tiles) -> Layer {
        Layer {
            pixels: vec![Vec::new(); tiles.count()],
            tiles,
        }
    }

    pub(super) fn set(&mut self, tile: usize, pixels: Vec<Brief>) {
        self.pixels[tile] = pixels;
    }

    /// Puts `above` over this layer: of what lies below remains what the alpha above leaves.
    /// Layers of another size, or of points of such another size that they have other tiles, are not put.
    pub fn put(&mut self, above: Layer) {
        if self.tiles != above.tiles {
            return;
        }
        for (below, above) in self.pixels.iter_mut().zip(above.pixels) {
            if below.is_empty() {
                *below = above;
                continue;
            }
            for (below, above) in below.iter_mut().zip(above) {
                let above = Light::of(&above);
                let [.., alpha] = above.get();
                *below = Light::of(below).times(1.0 - alpha).plus(above).brief();
            }
        }
    }

    /// The pixels: RGBA, straight alpha, sRGB, row by row from the top.
    pub fn finish(&self) -> Vec<u8> {
        let encoder = Encoder::new();
        let mut out = self.tiles.transparent();
        for (tile, pixels) in self.pixels.iter().enumerate() {
            let lines = pixels.chunks_exact(1 << self.tiles.bits);
            for (line, place) in lines.zip(self.tiles.lines(tile)) {
                for (pixel, out) in line.iter().zip(out[place].as_chunks_mut().0) {
                    Light::of(pixel).encode(&encoder, out);
                }
            }
        }
        out
    }
}
