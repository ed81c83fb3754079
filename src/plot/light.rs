//! Light on one pixel, four numbers worked on at once: three channels times alpha, and alpha.

use super::colour::Encoder;

#[cfg(target_arch = "wasm32")]
use core::arch::wasm32::{
    f32x4, f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat, f32x4_sqrt, v128,
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

/// Light in 65535ths, half the size of [`Light`].
pub(super) type Brief = [u16; 4];

impl Light {
    #[inline(always)]
    pub(super) fn none() -> Light {
        Light::new([0.0; 4])
    }

    #[inline(always)]
    pub(super) fn of(brief: &Brief) -> Light {
        let [r, g, b, a] = *brief;
        // Not `map`, which is not inlined.
        let light = [f32::from(r), f32::from(g), f32::from(b), f32::from(a)];
        Light::new(light).times(1.0 / 65535.0)
    }

    #[inline(always)]
    pub(super) fn brief(self) -> Brief {
        let [r, g, b, a] = self.times(65535.0).get();
        [
            whole(r) as u16,
            whole(g) as u16,
            whole(b) as u16,
            whole(a) as u16,
        ]
    }

    /// What the screen wants: sRGB, straight alpha.
    #[inline(always)]
    pub(super) fn encode(self, encoder: &Encoder, out: &mut [u8; 4]) {
        let alpha = self.get()[3];
        // Most pixels of most pictures.
        if alpha <= 0.0 {
            return;
        }
        let [r, g, b, _] = self.times(1.0 / alpha).roots().get();
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
