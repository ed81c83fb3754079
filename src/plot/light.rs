//! Light on one pixel, four numbers worked on at once: three channels times alpha, and alpha.

use super::colour::Encoder;

#[cfg(target_arch = "wasm32")]
use core::arch::wasm32::{
    f32x4, f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat, f32x4_sqrt, i32x4_add, i32x4_mul,
    u32x4, u32x4_extract_lane, u32x4_splat, v128,
};

#[cfg(target_arch = "wasm32")]
type Four = v128;
#[cfg(not(target_arch = "wasm32"))]
type Four = [f32; 4];

/// Linear light times alpha, and alpha, 0 to 1.
#[derive(Clone, Copy)]
pub(super) struct Light(Four);

#[cfg(target_arch = "wasm32")]
impl Light {
    #[inline(always)]
    pub(super) fn new([r, g, b, a]: [f32; 4]) -> Light {
        Light(f32x4(r, g, b, a))
    }
    #[inline(always)]
    pub(super) fn get(self) -> [f32; 4] {
        [
            f32x4_extract_lane::<0>(self.0),
            f32x4_extract_lane::<1>(self.0),
            f32x4_extract_lane::<2>(self.0),
            f32x4_extract_lane::<3>(self.0),
        ]
    }
    #[inline(always)]
    pub(super) fn times(self, by: f32) -> Light {
        Light(f32x4_mul(self.0, f32x4_splat(by)))
    }
    #[inline(always)]
    pub(super) fn plus(self, other: Light) -> Light {
        Light(f32x4_add(self.0, other.0))
    }
    #[inline(always)]
    fn roots(self) -> Light {
        Light(f32x4_sqrt(self.0))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Light {
    #[inline(always)]
    pub(super) fn new(light: [f32; 4]) -> Light {
        Light(light)
    }
    #[inline(always)]
    pub(super) fn get(self) -> [f32; 4] {
        self.0
    }
    #[inline(always)]
    pub(super) fn times(self, by: f32) -> Light {
        Light(self.0.map(|v| v * by))
    }
    #[inline(always)]
    pub(super) fn plus(self, other: Light) -> Light {
        Light(std::array::from_fn(|c| self.0[c] + other.0[c]))
    }
    #[inline(always)]
    fn roots(self) -> Light {
        Light(self.0.map(f32::sqrt))
    }
}

/// Sums of whole numbers, as light is counted where many points lie: red, green and blue, each
/// times the cover, and the cover.
pub(super) type Sums = [u32; 4];

/// Adds `colour` `times` over; what exceeds 32 bits is lost.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
pub(super) fn add(sums: &mut Sums, [r, g, b, one]: Sums, times: u32) {
    let added = i32x4_mul(u32x4(r, g, b, one), u32x4_splat(times));
    let total = i32x4_add(u32x4(sums[0], sums[1], sums[2], sums[3]), added);
    *sums = [
        u32x4_extract_lane::<0>(total),
        u32x4_extract_lane::<1>(total),
        u32x4_extract_lane::<2>(total),
        u32x4_extract_lane::<3>(total),
    ];
}

/// Adds `colour` `times` over; what exceeds 32 bits is lost.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
pub(super) fn add(sums: &mut Sums, colour: Sums, times: u32) {
    for (sum, c) in sums.iter_mut().zip(colour) {
        *sum = sum.wrapping_add(c.wrapping_mul(times));
    }
}

impl Light {
    #[inline(always)]
    pub(super) fn none() -> Light {
        Light::new([0.0; 4])
    }

    /// What the screen wants: sRGB, straight alpha.
    #[inline(always)]
    pub(super) fn encode(self, encoder: &Encoder, out: &mut [u8; 4]) {
        let alpha = self.get()[3];
        // Most pixels of most pictures.
        if alpha > 0.0 {
            self.times(1.0 / alpha).encode_straight(alpha, encoder, out);
        }
    }

    /// The same where the light is not multiplied by alpha.
    #[inline(always)]
    pub(super) fn encode_straight(self, alpha: f32, encoder: &Encoder, out: &mut [u8; 4]) {
        let [r, g, b, _] = self.roots().get();
        *out = [
            encoder.root(r),
            encoder.root(g),
            encoder.root(b),
            whole(alpha * 255.0) as u8,
        ];
    }
}

/// The nearest whole number of one between 0 and 2^22: adding 2^23 leaves no room for a fraction.
#[inline(always)]
pub(super) fn whole(v: f32) -> u32 {
    (v + 8_388_608.0).to_bits() & 0x007f_ffff
}
