//! The colours of the canvases, and what tells one component from another:
//! letter, colour, dash and marker together, never colour alone.

use super::colour::{Rgb, contrast};
use serde::{Deserialize, Serialize};

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Theme {
    /// Ink on warm paper.
    #[default]
    Light,
    /// Light ink on slate.
    Dark,
}

/// What a canvas needs besides the colours of the components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// The page.
    pub paper: Rgb,
    /// The ground of a plot.
    pub well: Rgb,
    /// Text, curves.
    pub ink: Rgb,
    /// Tick labels, axis titles.
    pub secondary: Rgb,
    /// Grid and rules.
    pub hairline: Rgb,
    /// What can be pressed next; the mark of the present iteration.
    pub accent: Rgb,
    /// Something is wrong.
    pub warning: Rgb,
    /// A point without responsibilities.
    pub neutral: Rgb,
}

impl Theme {
    /// The colours of this theme.
    pub const fn palette(self) -> Palette {
        match self {
            Theme::Light => Palette {
                paper: hex(0xfbfaf7),
                well: hex(0xffffff),
                ink: hex(0x1c2024),
                secondary: hex(0x5b626a),
                hairline: hex(0xe4e1da),
                accent: hex(0x0b5fa5),
                warning: hex(0xa33b00),
                neutral: hex(0x6c737b),
            },
            Theme::Dark => Palette {
                paper: hex(0x14171a),
                well: hex(0x1a1e22),
                ink: hex(0xe8e6e1),
                secondary: hex(0xa2a8af),
                hairline: hex(0x2c3238),
                accent: hex(0x5aa9e6),
                warning: hex(0xf2a25c),
                neutral: hex(0x99a0a7),
            },
        }
    }
}

/// Shape of a component's small marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A circle.
    Circle,
    /// A square on its side.
    Square,
    /// A square on its corner.
    Diamond,
    /// A triangle, point up.
    Triangle,
    /// A triangle, point down.
    TriangleDown,
    /// A pentagon, point up.
    Pentagon,
    /// A hexagon.
    Hexagon,
    /// A five-pointed star.
    Star,
}

/// Lengths of dash, gap, dash, gap ... in CSS pixels; empty means solid.
pub type Dash = &'static [f64];

/// How a component looks, wherever it is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Identity {
    /// Colour of areas that carry an outline or a letter: discs, swatches.
    pub fill: Rgb,
    /// Colour of lines, points, letters and bands: at least 3:1 against the well.
    pub line: Rgb,
    /// Colour of the letter on `fill`: at least 4.5:1.
    pub on_fill: Rgb,
    /// Dash of its ellipses and curves; distinct among the first 8, and among all that share a colour.
    pub dash: Dash,
    /// Shape of its small marks.
    pub marker: Marker,
}

/// Colours that are told apart before they repeat.
pub const COLOURS: usize = 8;

/// Okabe and Ito (2008), "Color Universal Design", in this project's order.
const LIGHT_FILL: [Rgb; COLOURS] = [
    hex(0x0072b2),
    hex(0xd55e00),
    hex(0x009e73),
    hex(0xcc79a7),
    hex(0xe69f00),
    hex(0x56b4e9),
    hex(0xf0e442),
    hex(0x000000),
];

/// The same hues, those that are too pale for a line on white taken down to 3:1.
const LIGHT_LINE: [Rgb; COLOURS] = [
    hex(0x0072b2),
    hex(0xd55e00),
    hex(0x009e73),
    hex(0xc56c9e),
    hex(0xc08200),
    hex(0x2f97d3),
    hex(0x9f9500),
    hex(0x000000),
];

/// One step lighter, for the dark well; black becomes white.
const DARK: [Rgb; COLOURS] = [
    hex(0x4aa3e0),
    hex(0xf5843b),
    hex(0x2fc497),
    hex(0xe29bc4),
    hex(0xf7bb45),
    hex(0xa3daf8),
    hex(0xf5ec70),
    hex(0xf4f2ee),
];

const DASHES: [Dash; COLOURS] = [
    &[],
    &[7.0, 4.0],
    &[1.6, 2.8],
    &[9.0, 3.0, 1.6, 3.0],
    &[14.0, 4.0],
    &[9.0, 2.6, 1.6, 2.6, 1.6, 2.6],
    &[3.6, 3.0],
    &[14.0, 3.0, 4.0, 3.0],
];

const MARKERS: [Marker; COLOURS] = [
    Marker::Circle,
    Marker::Square,
    Marker::Diamond,
    Marker::Triangle,
    Marker::TriangleDown,
    Marker::Pentagon,
    Marker::Hexagon,
    Marker::Star,
];

/// How component `index` looks in `theme`.
pub fn identity(index: usize, theme: Theme) -> Identity {
    let colour = index % COLOURS;
    // Each time the colours come round, the dashes are three further on.
    let style = (colour + index / COLOURS * 3) % COLOURS;
    let (fill, line) = match theme {
        Theme::Light => (LIGHT_FILL[colour], LIGHT_LINE[colour]),
        Theme::Dark => (DARK[colour], DARK[colour]),
    };
    let dark_letter = theme.letter_dark();
    let on_fill = if contrast(fill, hex(0xffffff)) >= 4.5 {
        hex(0xffffff)
    } else {
        dark_letter
    };
    Identity {
        fill,
        line,
        on_fill,
        dash: DASHES[style],
        marker: MARKERS[style],
    }
}

impl Theme {
    const fn letter_dark(self) -> Rgb {
        match self {
            Theme::Light => hex(0x000000),
            Theme::Dark => hex(0x0d1013),
        }
    }
}

/// The line colours of the first `k` components, as a [`PictureRequest`](super::PictureRequest) wants them.
pub fn line_colours(k: usize, theme: Theme) -> Vec<Rgb> {
    (0..k).map(|index| identity(index, theme).line).collect()
}

const fn hex(value: u32) -> Rgb {
    [(value >> 16) as u8, (value >> 8) as u8, value as u8]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mixture::letter;

    const THEMES: [Theme; 2] = [Theme::Light, Theme::Dark];

    #[test]
    fn every_component_has_3_to_1_against_its_well() {
        for theme in THEMES {
            for index in 0..COLOURS {
                let ratio = contrast(identity(index, theme).line, theme.palette().well);
                assert!(ratio >= 3.0, "{theme:?} {}: {ratio:.2}", letter(index));
            }
        }
    }

    #[test]
    fn letters_on_discs_have_4_5_to_1() {
        for theme in THEMES {
            for index in 0..COLOURS {
                let identity = identity(index, theme);
                let ratio = contrast(identity.fill, identity.on_fill);
                assert!(ratio >= 4.5, "{theme:?} {}: {ratio:.2}", letter(index));
            }
        }
    }

    #[test]
    fn text_has_4_5_to_1_on_paper_and_in_wells() {
        for theme in THEMES {
            let p = theme.palette();
            for ground in [p.paper, p.well] {
                for text in [p.ink, p.secondary, p.accent, p.warning] {
                    assert!(contrast(text, ground) >= 4.5, "{theme:?} {text:?}");
                }
            }
            assert!(contrast(p.neutral, p.well) >= 3.0);
        }
    }

    #[test]
    fn no_two_of_the_first_64_share_colour_and_dash() {
        for theme in THEMES {
            let looks: Vec<_> = (0..64).map(|i| identity(i, theme)).collect();
            for (i, a) in looks.iter().enumerate() {
                for b in &looks[..i] {
                    assert!(a.line != b.line || a.dash != b.dash);
                }
            }
            for (i, a) in looks[..8].iter().enumerate() {
                assert!(looks[..i].iter().all(|b| a.dash != b.dash));
            }
        }
    }
}
