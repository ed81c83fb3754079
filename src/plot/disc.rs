//! How much of each pixel a small disc covers, worked out once for 4 x 4 positions within a pixel.

use super::light::Light;

/// Positions within a pixel, along one axis: a power of two.
pub(super) const STEPS: usize = 4;
/// Samples of a pixel, along one axis.
const SAMPLES: usize = 8;
/// Larger discs are drawn with this radius.
const LARGEST: f64 = 64.0;

/// What a disc does to one pixel that it touches.
pub(super) struct Cell {
    /// Where the pixel lies, from the upper left corner of the pixels within reach.
    pub(super) place: usize,
    /// How much of the point's colour it takes.
    pub(super) core: f32,
    /// How much it keeps of what it had.
    pub(super) keep: f32,
    /// What it takes of the rim.
    pub(super) rim: Light,
}

/// A disc at each position within a pixel, and the tile that discs of this size are drawn on.
pub(super) struct Discs {
    /// Pixels, beside the one that holds the centre, that a disc may touch.
    pub(super) reach: usize,
    masks: Vec<Vec<Cell>>,
}

impl Discs {
    /// Discs of a radius with a rim of this width and colour around them.
    pub(super) fn new(radius: f64, rim: f64, colour: [f32; 3]) -> Self {
        let tame = |v: f64| match v.is_nan() {
            true => 0.0,
            false => v.clamp(0.0, LARGEST),
        };
        let radius = tame(radius).max(0.3);
        let outer = radius + tame(rim);
        let mut discs = Discs {
            reach: outer.ceil() as usize,
            masks: Vec::new(),
        };
        let [r, g, b] = colour;
        let colour = Light::new([r, g, b, 1.0]);
        discs.masks = (0..STEPS * STEPS)
            .map(|position| discs.mask(position, [radius, outer], colour))
            .collect();
        discs
    }

    fn mask(&self, position: usize, [radius, outer]: [f64; 2], rim: Light) -> Vec<Cell> {
        let centre = |step: usize| self.reach as f64 + (step as f64 + 0.5) / STEPS as f64;
        let (cx, cy) = (centre(position % STEPS), centre(position / STEPS));
        let side = 2 * self.reach + 1;
        let cell = |i: usize| {
            let (column, row) = (i % side, i / side);
            let [core, all] = covers(column as f64 - cx, row as f64 - cy, [radius, outer]);
            (all > 0.0).then(|| Cell {
                place: row * self.stride() + column,
                core,
                keep: 1.0 - all,
                rim: rim.times(all - core),
            })
        };
        (0..side * side).filter_map(cell).collect()
    }

    /// A tile is 2 to the power of this many pixels wide and high: it stays in the cache, and most
    /// discs are on one alone.
    pub(super) fn tile_bits(&self) -> u32 {
        if self.reach > 8 { 8 } else { 6 }
    }

    /// Pixels above and to the left of a tile: a disc that touches the tile lies within
    /// these and as many on the other sides, so that none needs to be cut.
    pub(super) fn apron(&self) -> usize {
        2 * self.reach
    }

    /// Width and height of a tile with its aprons.
    pub(super) fn stride(&self) -> usize {
        (1 << self.tile_bits()) + 2 * self.apron()
    }

    /// The pixels of a disc whose centre lies at these quarters of pixels; whole pixels do not matter.
    #[inline(always)]
    pub(super) fn at(&self, x: usize, y: usize) -> &[Cell] {
        &self.masks[y % STEPS * STEPS + x % STEPS]
    }
}

/// How much of the pixel whose corner lies at `x`, `y` from the centre two radii cover.
fn covers(x: f64, y: f64, radii: [f64; 2]) -> [f32; 2] {
    let mut counts = [0u32; 2];
    for i in 0..SAMPLES {
        for j in 0..SAMPLES {
            let at = |v: f64, i: usize| v + (i as f64 + 0.5) / SAMPLES as f64;
            let (x, y) = (at(x, i), at(y, j));
            for (count, radius) in counts.iter_mut().zip(radii) {
                *count += u32::from(x * x + y * y <= radius * radius);
            }
        }
    }
    counts.map(|count| count as f32 / (SAMPLES * SAMPLES) as f32)
}
