//! One fitted column: densities, bars at one and two sigma, and below them the points.

use super::colour::Rgba;
use super::layout::MapLayout;
use super::map::{Blob, MapOverlay};
use super::marks;
use super::palette::identity;
use super::scene::{Point, Rect, Scene, Stroke};
use crate::mixture::elementary::exp;

/// Draws densities and bars.
pub(super) fn draw(scene: &mut Scene, layout: &MapLayout, overlay: &MapOverlay) {
    let [curves, lanes, _] = layout.strip_parts();
    if overlay.layers.ellipses {
        scene.clipped(curves, |scene| densities(scene, layout, overlay, curves));
    }
    let count = overlay.components.len();
    let places: Vec<Point> = overlay
        .components
        .iter()
        .enumerate()
        .map(|(i, blob)| {
            let x = layout.frame.x + layout.window.px(blob.mean[0]);
            [x, lane(lanes, i, count, layout.style.scale)]
        })
        .collect();
    if overlay.layers.ellipses {
        for (i, blob) in overlay.components.iter().enumerate() {
            bars(scene, layout, blob, places[i][1]);
        }
    }
    if overlay.layers.means {
        let order: Vec<usize> = (0..count).collect();
        marks::means(scene, &layout.style, overlay, &places, &order);
    }
}

/// The height of a component's bar: as many lanes as there is room for.
fn lane(lanes: Rect, i: usize, count: usize, scale: f64) -> f64 {
    let rows = ((lanes.height / (13.0 * scale)) as usize).clamp(1, count.max(1));
    lanes.y + (i % rows) as f64 * lanes.height / rows as f64 + lanes.height / rows as f64 / 2.0
}

fn bars(scene: &mut Scene, layout: &MapLayout, blob: &Blob, y: f64) {
    let look = identity(blob.identity, layout.style.theme);
    let sigma = blob.covariance[0].max(0.0).sqrt();
    let at = |x: f64| [layout.frame.x + layout.window.px(x), y];
    for (radius, width) in [(2.0, 1.2), (1.0, 3.0)] {
        let reach = radius * sigma;
        let ends = [at(blob.mean[0] - reach), at(blob.mean[0] + reach)];
        scene.line(&ends, Stroke::new(look.line, width * layout.style.scale));
    }
}

/// The density of a weighted component, its largest exponent taken out.
fn density(blob: &Blob, x: f64) -> f64 {
    let variance = blob.covariance[0];
    if !(variance > 0.0 && blob.weight > 0.0) {
        return 0.0;
    }
    let z = (x - blob.mean[0]) / variance.sqrt();
    blob.weight * exp(-0.5 * z * z) / (std::f64::consts::TAU * variance).sqrt()
}

fn densities(scene: &mut Scene, layout: &MapLayout, overlay: &MapOverlay, part: Rect) {
    let style = &layout.style;
    let components = overlay.components;
    let xs = places(layout, components);
    let sum: Vec<f64> = xs
        .iter()
        .map(|&x| components.iter().map(|blob| density(blob, x)).sum())
        .collect();
    let top = highest(layout, components, &xs, &sum);
    let place = |x: f64, d: f64| {
        let height = (d / top).min(1e3) * (part.height - 30.0 * style.scale).max(1.0);
        [layout.frame.x + layout.window.px(x), part.bottom() - height]
    };
    // The sum lies below as a broad soft line, so that it hides no component
    // where there is but one.
    let curve: Vec<Point> = xs.iter().zip(&sum).map(|(&x, &d)| place(x, d)).collect();
    let soft = Rgba::new(style.palette().ink, 0.38);
    scene.line(&curve, Stroke::new(soft, 3.2 * style.scale));
    for (i, blob) in components.iter().enumerate() {
        let look = identity(blob.identity, style.theme);
        let colour = Rgba::opaque(look.line);
        let curve: Vec<Point> = xs.iter().map(|&x| place(x, density(blob, x))).collect();
        let chosen = overlay.selected == Some(i);
        let mut area = curve.clone();
        if let (Some(first), Some(last)) = (curve.first(), curve.last()) {
            area.push([last[0], part.bottom()]);
            area.push([first[0], part.bottom()]);
        }
        scene.shape(
            &area,
            None,
            Some(colour.faded(if chosen { 0.22 } else { 0.09 })),
        );
        let width = if chosen { 2.4 } else { 1.6 } * style.scale;
        let stroke = Stroke::new(colour, width).dashed(look.dash);
        scene.line(&curve, stroke.dash_scale(style.scale));
    }
}

/// Where the densities are computed: every other pixel, and close by the means, so
/// that the narrowest peak is met.
fn places(layout: &MapLayout, components: &[Blob]) -> Vec<f64> {
    let [left, right] = layout.window.x;
    let steps = (layout.frame.width / 2.0).clamp(2.0, 4000.0) as usize;
    let even = (0..=steps).map(|i| left + (right - left) * (i as f64 / steps as f64));
    let close = components.iter().flat_map(|blob| {
        let sigma = blob.covariance[0].max(0.0).sqrt();
        let reach = [-3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0];
        reach.map(|r| blob.mean[0] + r * sigma)
    });
    let mut xs: Vec<f64> = even.collect();
    for x in close.filter(|x| *x >= left && *x <= right) {
        if let Err(place) = xs.binary_search_by(|v| v.total_cmp(&x)) {
            xs.insert(place, x);
        }
    }
    xs
}

/// The density that reaches the top. A component about to collapse is a spike as
/// high as you like: it is cut, so that the others can still be seen.
fn highest(layout: &MapLayout, components: &[Blob], xs: &[f64], sum: &[f64]) -> f64 {
    let unit = (layout.window.x[1] - layout.window.x[0]) / layout.window.width;
    let wide: Vec<&Blob> = components
        .iter()
        .filter(|blob| blob.covariance[0].max(0.0).sqrt() > 3.0 * unit)
        .collect();
    let of_wide = xs
        .iter()
        .map(|&x| wide.iter().map(|blob| density(blob, x)).sum::<f64>())
        .fold(0.0, f64::max);
    let of_all = sum
        .iter()
        .copied()
        .filter(|d| d.is_finite())
        .fold(0.0, f64::max);
    match (of_wide > 0.0, of_all > 0.0) {
        (true, _) => of_all.min(1.6 * of_wide).max(f64::MIN_POSITIVE),
        (false, true) => of_all,
        (false, false) => 1.0,
    }
}
