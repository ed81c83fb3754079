//! Small marks: means with their letters, markers, dashes.

use super::colour::Rgba;
use super::map::MapOverlay;
use super::palette::{Dash, Marker, identity};
use super::scene::{Anchor, Point, Scene, Stroke, Text};
use super::style::Style;
use super::turn::turn;
use crate::mixture::letter;
use crate::study::Health;

/// Radius of the disc that carries a letter, in CSS pixels.
const DISC: f64 = 9.5;

/// Draws the disc of each component at its place. Discs that would cover one
/// another move apart, and a thin line leads back to the mean itself.
pub(super) fn means(
    scene: &mut Scene,
    style: &Style,
    overlay: &MapOverlay,
    places: &[Point],
    order: &[usize],
) {
    let s = style.scale;
    let discs = spread(places, 1.95 * DISC * s);
    for &i in order {
        let look = identity(overlay.components[i].identity, style.theme);
        let (disc, place) = (discs[i], places[i]);
        if (disc[0] - place[0]).hypot(disc[1] - place[1]) > DISC * s {
            scene.line(&[disc, place], Stroke::new(look.line, 1.2 * s));
            let ring = Stroke::new(style.palette().well, 1.0 * s);
            scene.circle(place, 2.6 * s, Some(ring), Some(look.line.into()));
        }
    }
    for &i in order {
        let blob = &overlay.components[i];
        let chosen = overlay.selected == Some(i);
        disc(scene, style, discs[i], blob.identity, blob.health, chosen);
    }
}

/// A disc with the letter of a component.
fn disc(scene: &mut Scene, style: &Style, at: Point, index: usize, health: Health, chosen: bool) {
    let s = style.scale;
    let palette = style.palette();
    let look = identity(index, style.theme);
    let radius = (DISC + if chosen { 1.5 } else { 0.0 }) * s;
    if chosen {
        let ring = Stroke::new(palette.ink, 1.6 * s);
        scene.circle(at, radius + 2.6 * s, Some(ring), Some(palette.well.into()));
    } else {
        scene.circle(at, radius + 1.8 * s, None, Some(palette.well.into()));
    }
    // Without points there is nothing to fill it with.
    let (fill, ink) = match health {
        Health::Empty => (palette.well, look.line),
        _ => (look.fill, look.on_fill),
    };
    let outline = (fill != look.line).then(|| Stroke::new(look.line, 1.4 * s));
    scene.circle(at, radius, outline, Some(fill.into()));
    let name = letter(index);
    let size = if name.len() > 1 { 9.0 } else { 11.0 } * s;
    let text = Text::new(at, size, ink, name);
    scene.text(text.weight(700).anchor(Anchor::Middle).centred());
    if matches!(health, Health::Flat | Health::Collapsed | Health::Empty) {
        let badge = [at[0] + 0.8 * radius, at[1] - 0.8 * radius];
        let ring = Stroke::new(palette.well, 1.2 * s);
        scene.circle(badge, 5.6 * s, Some(ring), Some(palette.warning.into()));
        let text = Text::new(badge, 9.0 * s, palette.well, "!");
        scene.text(text.weight(700).anchor(Anchor::Middle).centred());
    }
}

/// Moves places apart until all are `distance` from one another, or nearly: the
/// same places always move the same way, and those that have room stay.
fn spread(places: &[Point], distance: f64) -> Vec<Point> {
    let mut out = places.to_vec();
    for _ in 0..40 {
        let mut moved = false;
        for i in 1..out.len() {
            for j in 0..i {
                let (a, b) = (out[j], out[i]);
                let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
                let apart = dx.hypot(dy);
                if apart.is_nan() || apart >= distance - 0.01 {
                    continue;
                }
                // Exactly on top of one another: each leaves in a direction of its own.
                let (ux, uy) = if apart > 1e-6 {
                    (dx / apart, dy / apart)
                } else {
                    turn(0.381_966 * i as f64).into()
                };
                let push = (distance - apart) / 2.0;
                out[j] = [a[0] - ux * push, a[1] - uy * push];
                out[i] = [b[0] + ux * push, b[1] + uy * push];
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    out
}

/// The stroke with a component's dash, stretched so that it closes after `around` pixels.
pub(super) fn dashed(stroke: Stroke, dash: Dash, around: f64, style: &Style) -> Stroke {
    let period: f64 = dash.iter().sum::<f64>() * style.scale;
    if period <= 0.0 {
        return stroke;
    }
    let rounds = (around / period).round().max(1.0);
    let fit = around / period / rounds;
    let fit = if fit.is_finite() {
        fit.clamp(0.5, 1.5)
    } else {
        1.0
    };
    stroke.dashed(dash).dash_scale(fit * style.scale)
}

/// A small mark of the given shape; `radius` is that of a circle of the same weight.
pub fn marker(
    scene: &mut Scene,
    shape: Marker,
    at: Point,
    radius: f64,
    stroke: Option<Stroke>,
    fill: Option<Rgba>,
) {
    // Corners, size against the circle, first corner in parts of a turn from the top.
    let (corners, size, tilt) = match shape {
        Marker::Circle => return scene.circle(at, radius, stroke, fill),
        Marker::Square => (4, 1.25, 0.125),
        Marker::Diamond => (4, 1.3, 0.0),
        Marker::Triangle => (3, 1.45, 0.0),
        Marker::TriangleDown => (3, 1.45, 0.5),
        Marker::Pentagon => (5, 1.15, 0.0),
        Marker::Hexagon => (6, 1.12, 0.0),
        Marker::Star => (10, 1.5, 0.0),
    };
    let points: Vec<Point> = (0..corners)
        .map(|i| {
            let [cos, sin] = turn(tilt + i as f64 / corners as f64);
            let inner = corners == 10 && i % 2 == 1;
            let r = radius * size * if inner { 0.45 } else { 1.0 };
            [at[0] + r * sin, at[1] - r * cos]
        })
        .collect();
    scene.shape(&points, stroke, fill);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discs_with_room_stay_and_those_without_part() {
        let far = [[0.0, 0.0], [40.0, 0.0]];
        assert_eq!(spread(&far, 12.0), far);
        let same = [[5.0, 5.0]; 6];
        let apart = spread(&same, 12.0);
        for i in 1..6 {
            for j in 0..i {
                let (a, b) = (apart[i], apart[j]);
                assert!((a[0] - b[0]).hypot(a[1] - b[1]) > 11.0);
            }
        }
        assert_eq!(apart, spread(&same, 12.0));
    }

    #[test]
    fn places_that_are_nowhere_do_no_harm() {
        let wild = [
            [f64::NAN, 0.0],
            [f64::INFINITY, 1.0],
            [1e308, -1e308],
            [0.0, 0.0],
        ];
        assert_eq!(spread(&wild, 12.0)[3], [0.0, 0.0]);
    }
}
