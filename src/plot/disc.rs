//! How much of each pixel a small disc covers, worked out once for 4 x 4 positions within a pixel.

/// What a disc covers of one pixel, 0 to 1.
#[derive(Clone, Copy, Default)]
pub(super) struct Cover {
    /// Part within the radius.
    pub(super) core: f32,
    /// Part within the rim around it.
    pub(super) rim: f32,
}

/// Positions within a pixel, along one axis: a power of two.
pub(super) const STEPS: i32 = 4;
/// Samples of a pixel, along one axis.
const SAMPLES: usize = 8;
/// Larger discs are drawn with this radius.
const LARGEST: f64 = 64.0;

/// Coverage of the pixels that a disc touches, row by row.
pub(super) struct Mask {
    /// First column, counted from the pixel that holds the centre.
    pub(super) left: i32,
    /// First row, counted likewise.
    pub(super) top: i32,
    /// Columns.
    pub(super) width: i32,
    /// Rows.
    pub(super) height: i32,
    /// `width` x `height` pixels.
    pub(super) covers: Vec<Cover>,
}

/// A disc at each position within a pixel.
pub(super) struct Discs {
    margin: i32,
    masks: Vec<Mask>,
}

impl Discs {
    pub(super) fn new(radius: f64, rim: f64) -> Self {
        let tame = |v: f64| match v.is_nan() {
            true => 0.0,
            false => v.clamp(0.0, LARGEST),
        };
        let radius = tame(radius).max(0.3);
        let outer = radius + tame(rim);
        let positions = (0..STEPS).flat_map(|y| (0..STEPS).map(move |x| [x, y]));
        Discs {
            margin: outer.ceil() as i32,
            masks: positions.map(|at| Mask::new(at, radius, outer)).collect(),
        }
    }

    /// Pixels, beside the one that holds the centre, that a disc may touch.
    pub(super) fn margin(&self) -> i32 {
        self.margin
    }

    /// The disc whose centre lies at these quarters of pixels; whole pixels do not matter.
    #[inline]
    pub(super) fn at(&self, x: i32, y: i32) -> &Mask {
        let step = |v: i32| v & (STEPS - 1);
        &self.masks[(step(y) * STEPS + step(x)) as usize]
    }
}

impl Mask {
    fn new([step_x, step_y]: [i32; 2], radius: f64, outer: f64) -> Self {
        let centre = |step: i32| (f64::from(step) + 0.5) / f64::from(STEPS);
        let (cx, cy) = (centre(step_x), centre(step_y));
        let range = |c: f64| ((c - outer).floor() as i32, (c + outer).ceil() as i32);
        let ((left, right), (top, bottom)) = (range(cx), range(cy));
        let pixels = (top..bottom).flat_map(|y| (left..right).map(move |x| [x, y]));
        Mask {
            left,
            top,
            width: right - left,
            height: bottom - top,
            covers: pixels
                .map(|[x, y]| cover(f64::from(x) - cx, f64::from(y) - cy, radius, outer))
                .collect(),
        }
    }
}

/// Coverage of the pixel whose corner lies at `x`, `y` from the centre.
fn cover(x: f64, y: f64, radius: f64, outer: f64) -> Cover {
    let (mut core, mut all) = (0u32, 0u32);
    for i in 0..SAMPLES {
        for j in 0..SAMPLES {
            let at = |v: f64, i: usize| v + (i as f64 + 0.5) / SAMPLES as f64;
            let square = at(x, i).powi(2) + at(y, j).powi(2);
            core += u32::from(square <= radius * radius);
            all += u32::from(square <= outer * outer);
        }
    }
    let part = |count: u32| count as f32 / (SAMPLES * SAMPLES) as f32;
    Cover {
        core: part(core),
        rim: part(all) - part(core),
    }
}
