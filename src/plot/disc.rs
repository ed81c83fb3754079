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
    /// Where on the canvas the pixel lies, from the upper left corner of the pixels within reach.
    pub(super) place: usize,
    /// How much of the point's colour it takes.
    pub(super) core: f32,
    /// How much it keeps of what it had.
    pub(super) keep: f32,
    /// What it takes of the rim.
    pub(super) rim: Light,
}

/// A disc at each position within a pixel.
pub(super) struct Discs {
    reach: usize,
    stride: usize,
    masks: Vec<Vec<Cell>>,
}

impl Discs {
    /// Pixels, beside the one that holds the centre, that a disc of this radius with a rim of
    /// this width may touch.
    pub(super) fn reach(radius: f64, rim: f64) -> usize {
        outer([radius, rim])[1].ceil() as usize
    }

    /// Discs of a radius with a rim of this width and colour around them, on a canvas on which
    /// a line begins `stride` pixels after the one before.
    pub(super) fn new(radius: f64, rim: f64, colour: [f32; 3], stride: usize) -> Self {
        let mut discs = Discs {
            reach: Discs::reach(radius, rim),
            stride,
            masks: Vec::new(),
        };
        let [r, g, b] = colour;
        let colour = Light::new([r, g, b, 1.0]);
        discs.masks = (0..STEPS * STEPS)
            .map(|position| discs.mask(position, outer([radius, rim]), colour))
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
                place: row * self.stride + column,
                core,
                keep: 1.0 - all,
                rim: rim.times(all - core),
            })
        };
        (0..side * side).filter_map(cell).collect()
    }

    /// The pixels of a disc whose centre lies at these quarters of pixels; whole pixels do not matter.
    #[inline(always)]
    pub(super) fn at(&self, x: usize, y: usize) -> &[Cell] {
        &self.masks[y % STEPS * STEPS + x % STEPS]
    }
}

/// Radii without and with the rim, made sensible.
fn outer([radius, rim]: [f64; 2]) -> [f64; 2] {
    let tame = |v: f64| match v.is_nan() {
        true => 0.0,
        false => v.clamp(0.0, LARGEST),
    };
    let radius = tame(radius).max(0.3);
    [radius, radius + tame(rim)]
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
