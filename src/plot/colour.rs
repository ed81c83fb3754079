//! Colours: sRGB as the screen has them, linear light as they mix.

use std::sync::OnceLock;

use super::light::whole;
use crate::digits::fixed;
use crate::mixture::elementary::{exp, ln};

/// An opaque sRGB colour, 0 to 255 a channel.
pub type Rgb = [u8; 3];

/// Linear light, 0 to 1 a channel: the space in which light adds up.
pub type Linear = [f32; 3];

/// An sRGB colour with an opacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rgba {
    /// The colour.
    pub rgb: Rgb,
    /// 0 is invisible, 1 is opaque.
    pub alpha: f32,
}

impl Rgba {
    /// An opaque colour.
    pub const fn opaque(rgb: Rgb) -> Self {
        Rgba { rgb, alpha: 1.0 }
    }

    /// A colour with an opacity.
    pub const fn new(rgb: Rgb, alpha: f32) -> Self {
        Rgba { rgb, alpha }
    }

    /// The same colour, its opacity multiplied by `factor`.
    pub fn faded(self, factor: f32) -> Self {
        Rgba {
            alpha: (self.alpha * factor).clamp(0.0, 1.0),
            ..self
        }
    }

    /// As CSS and SVG understand it: `#rrggbb`, or `rgba(r,g,b,a)` where it is not opaque.
    pub fn css(self) -> String {
        let [r, g, b] = self.rgb;
        if self.alpha >= 1.0 {
            format!("#{r:02x}{g:02x}{b:02x}")
        } else {
            format!(
                "rgba({r},{g},{b},{})",
                fixed(f64::from(self.alpha.max(0.0)), 3)
            )
        }
    }
}

impl From<Rgb> for Rgba {
    fn from(rgb: Rgb) -> Self {
        Rgba::opaque(rgb)
    }
}

const ENCODE_STEPS: usize = 4096;

struct Tables {
    decode: [f32; 256],
    encode: Vec<u8>,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| Tables {
        decode: std::array::from_fn(|i| decode(i as f32 / 255.0)),
        // Indexed by the square root of the light: even steps there are nearly
        // even steps for the eye, so the dark end is as fine as the bright one.
        encode: (0..=ENCODE_STEPS)
            .map(|i| {
                let root = i as f32 / ENCODE_STEPS as f32;
                (encode(root * root) * 255.0).round() as u8
            })
            .collect(),
    })
}

fn power(x: f32, exponent: f64) -> f32 {
    exp(exponent * ln(f64::from(x))) as f32
}

/// The transfer function of IEC 61966-2-1.
fn decode(s: f32) -> f32 {
    if s <= 0.04045 {
        s / 12.92
    } else {
        power((s + 0.055) / 1.055, 2.4)
    }
}

fn encode(light: f32) -> f32 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * power(light, 1.0 / 2.4) - 0.055
    }
}

/// From the screen's numbers to linear light.
pub fn to_linear(rgb: Rgb) -> Linear {
    let table = &tables().decode;
    rgb.map(|channel| table[channel as usize])
}

/// From linear light to the screen's numbers; what lies outside 0 to 1 is clamped, NaN is black.
pub fn to_srgb(light: Linear) -> Rgb {
    let encoder = Encoder::new();
    light.map(|channel| encoder.channel(channel))
}

/// [`to_srgb`] for loops: holds the table.
#[derive(Clone, Copy)]
pub struct Encoder {
    table: &'static [u8],
}

impl Encoder {
    /// Fetches the table.
    pub fn new() -> Self {
        Encoder {
            table: &tables().encode,
        }
    }

    /// One channel, clamped to 0..=255.
    #[inline]
    pub fn channel(&self, light: f32) -> u8 {
        self.root(light.max(0.0).sqrt().min(1.0))
    }

    /// One channel whose light has this square root, 0 to 1.
    #[inline(always)]
    pub(super) fn root(&self, root: f32) -> u8 {
        self.table[(whole(root * ENCODE_STEPS as f32) as usize).min(ENCODE_STEPS)]
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Encoder::new()
    }
}

/// The colour of a point: the components' colours mixed by its responsibilities,
/// in linear light. Responsibilities that do not sum to one are scaled so that
/// they do; if none is positive the result is mid grey.
#[cfg(test)]
pub(super) fn mix(responsibilities: &[f64], colours: &[Linear]) -> Linear {
    let mut sum = [0.0f32; 3];
    let mut total = 0.0f32;
    for (&responsibility, colour) in responsibilities.iter().zip(colours) {
        let r = responsibility as f32;
        if r > 0.0 && r.is_finite() {
            total += r;
            for (s, c) in sum.iter_mut().zip(colour) {
                *s += r * c;
            }
        }
    }
    if total > 0.0 && total.is_finite() {
        sum.map(|s| s / total)
    } else {
        [0.2; 3]
    }
}

/// Relative luminance as WCAG 2 defines it.
pub fn luminance(rgb: Rgb) -> f64 {
    let [r, g, b] = to_linear(rgb).map(f64::from);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Contrast of two colours as WCAG 2 defines it: 1 (none) to 21.
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_value_survives_the_way_to_linear_light_and_back() {
        for v in 0..=255u8 {
            assert_eq!(to_srgb(to_linear([v, v, v])), [v, v, v]);
        }
    }

    #[test]
    fn wild_light_is_clamped() {
        assert_eq!(to_srgb([f32::NAN, f32::INFINITY, -3.0]), [0, 255, 0]);
    }

    #[test]
    fn an_even_mix_is_the_mean_in_linear_light() {
        let (red, green) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]);
        assert_eq!(mix(&[0.5, 0.5], &[red, green]), [0.5, 0.5, 0.0]);
        // 187.52 on the screen; the mean of the screen's own numbers would be 128.
        assert!(to_srgb([0.5; 3])[0].abs_diff(188) <= 1);
    }

    #[test]
    fn a_mix_of_nothing_is_grey_not_nan() {
        assert_eq!(mix(&[], &[]), [0.2; 3]);
        assert_eq!(mix(&[f64::NAN, 0.0], &[[1.0; 3], [1.0; 3]]), [0.2; 3]);
    }

    #[test]
    fn contrast_of_black_and_white_is_21() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-3);
    }
}
