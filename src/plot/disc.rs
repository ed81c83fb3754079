//! How much of each pixel a small disc covers, worked out once for 4 x 4 positions within a pixel.

/// What a disc covers of one pixel, 0 to 1.
#[derive(Clone, Copy, Default)]
pub(super) struct Cover {
    /// Part within the radius.
    pub(super) core: f32,
    /// Part within the rim around it.
    pub(super) rim: f32,
}

/// Positions within a pixel, along one axis.
const STEPS: usize = 4;
/// Samples of a pixel, along one axis.
const SAMPLES: usize = 8;
/// Larger discs are drawn with this radius.
const LARGEST: f64 = 64.0;

/// Squares of coverage for one disc, at each position within a pixel.
pub(super) struct Discs {
    margin: i32,
    side: usize,
    masks: Vec<Cover>,
}

impl Discs {
    pub(super) fn new(radius: f64, rim: f64) -> Self {
        let tame = |v: f64| {
            if v.is_nan() {
                0.0
            } else {
                v.clamp(0.0, LARGEST)
            }
        };
        let radius = tame(radius).max(0.3);
        let outer = radius + tame(rim);
        let reach = outer.ceil();
        let side = 2 * reach as usize + 1;
        let mut masks = Vec::with_capacity(STEPS * STEPS * side * side);
        for step_y in 0..STEPS {
            for step_x in 0..STEPS {
                let centre = |step: usize| reach + (step as f64 + 0.5) / STEPS as f64;
                let (cx, cy) = (centre(step_x), centre(step_y));
                for y in 0..side {
                    for x in 0..side {
                        masks.push(cover(x as f64 - cx, y as f64 - cy, radius, outer));
                    }
                }
            }
        }
        Discs {
            margin: reach as i32,
            side,
            masks,
        }
    }

    /// Width and height of a square of coverage.
    pub(super) fn side(&self) -> usize {
        self.side
    }

    /// Pixels from the one that holds the centre to the edge of the square.
    pub(super) fn margin(&self) -> i32 {
        self.margin
    }

    /// The square for a disc whose centre lies at this fraction of its pixel.
    #[inline]
    pub(super) fn at(&self, fraction_x: f32, fraction_y: f32) -> &[Cover] {
        let step = |fraction: f32| ((fraction * STEPS as f32) as usize).min(STEPS - 1);
        let area = self.side * self.side;
        let index = (step(fraction_y) * STEPS + step(fraction_x)) * area;
        &self.masks[index..index + area]
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
