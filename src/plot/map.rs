//! The map: the ground below the points, and what lies above them.

use super::colour::Rgba;
use super::ellipse::Axes;
use super::layout::MapLayout;
use super::marks;
use super::palette::identity;
use super::scene::{Anchor, Point, Scene, Stroke, Text};
use super::strip;
use super::text::truncate;
use super::ticks::Ticks;
use crate::session::{ComponentView, TracePoint};
use crate::study::Health;

/// A component as the map draws it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blob {
    /// Which letter, colour, dash and marker it wears.
    pub identity: usize,
    /// Its mixing weight.
    pub weight: f64,
    /// Its mean on the two axes.
    pub mean: [f64; 2],
    /// Its covariance on the two axes: `[xx, xy, yy]`.
    pub covariance: [f64; 3],
    /// How it is doing.
    pub health: Health,
}

impl Blob {
    /// Component number `index` of a view.
    pub fn new(index: usize, component: &ComponentView) -> Self {
        Blob {
            identity: index,
            weight: component.weight,
            mean: component.map_mean,
            covariance: component.map_covariance,
            health: component.health,
        }
    }
}

/// Which layers lie above the points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapLayers {
    /// Ellipses at 1 and 2 sigma; in strip mode densities and bars.
    pub ellipses: bool,
    /// The ellipse that holds 95 % (radius 2.448).
    pub ninety_five: bool,
    /// The way of each mean since the start.
    pub trails: bool,
    /// Discs with letters.
    pub means: bool,
}

impl Default for MapLayers {
    fn default() -> Self {
        MapLayers {
            ellipses: true,
            ninety_five: false,
            trails: true,
            means: true,
        }
    }
}

/// What lies above the points.
#[derive(Clone, Copy, Debug)]
pub struct MapOverlay<'a> {
    /// The components.
    pub components: &'a [Blob],
    /// Means by iteration, up to the one shown.
    pub trail: &'a [TracePoint],
    /// Position in `components` of the one that is selected.
    pub selected: Option<usize>,
    /// What is on.
    pub layers: MapLayers,
    /// Names of the columns on the two axes.
    pub titles: [&'a str; 2],
}

/// The ground: well, grid and tick labels. Changes only with the layout.
pub fn map_ground(layout: &MapLayout) -> Scene {
    let style = &layout.style;
    let palette = style.palette();
    let frame = layout.frame;
    let mut scene = Scene::new(layout.width, layout.height);
    scene.rect(frame, 0.0, None, Some(palette.well.into()));
    let hairline = Rgba::opaque(palette.hairline);
    let gap = 7.0 * style.scale;
    // In the strip the grid stops above the points, where it would be noise.
    let foot = match layout.strip {
        true => layout.strip_parts()[0].bottom(),
        false => frame.bottom(),
    };
    for tick in &layout.x_ticks.ticks {
        let x = frame.x + layout.window.px(tick.value);
        style.post(&mut scene, x, [frame.y, foot], hairline);
        let half = super::text::width(&tick.label, style.small()) / 2.0;
        // A label that would leave the canvas is moved in.
        let at = x.min(layout.width - half - 1.0).max(half + 1.0);
        let label = style.note([at, frame.bottom() + gap], tick.label.as_str());
        scene.text(label.anchor(Anchor::Middle).hanging());
    }
    for tick in &layout.y_ticks.ticks {
        let y = frame.y + layout.window.py(tick.value);
        style.rule(&mut scene, y, [frame.x, frame.right()], hairline);
        let label = style.note([frame.x - gap, y], tick.label.as_str());
        scene.text(label.anchor(Anchor::End).centred());
    }
    if layout.strip {
        for part in &layout.strip_parts()[1..] {
            style.rule(&mut scene, part.y, [frame.x, frame.right()], hairline);
        }
    }
    scene
}

/// What lies above the points: axis titles, trails, ellipses, means.
pub fn map_overlay(layout: &MapLayout, overlay: &MapOverlay) -> Scene {
    let mut scene = Scene::new(layout.width, layout.height);
    scene.clipped(layout.frame, |scene| {
        titles(scene, layout, overlay.titles);
        if layout.strip {
            strip::draw(scene, layout, overlay);
            return;
        }
        let order = back_to_front(overlay);
        if overlay.layers.trails {
            for &i in &order {
                trail(scene, layout, overlay, i);
            }
        }
        if overlay.layers.ellipses {
            for &i in &order {
                ellipses(scene, layout, overlay, i);
            }
        }
        if overlay.layers.means {
            let at = |blob: &Blob| layout.to_canvas(blob.mean);
            let places: Vec<Point> = overlay.components.iter().map(at).collect();
            marks::means(scene, &layout.style, overlay, &places, &order);
        }
    });
    scene
}

/// The selected component is drawn last.
fn back_to_front(overlay: &MapOverlay) -> Vec<usize> {
    let count = overlay.components.len();
    let selected = overlay.selected.filter(|&s| s < count);
    let others = (0..count).filter(|&i| Some(i) != selected);
    others.chain(selected).collect()
}

fn titles(scene: &mut Scene, layout: &MapLayout, [x_name, y_name]: [&str; 2]) {
    let style = &layout.style;
    let palette = style.palette();
    let frame = layout.frame;
    let pad = 8.0 * style.scale;
    let room = frame.width - 2.0 * pad;
    let named = |name: &str, ticks: &Ticks| {
        let text = match &ticks.base {
            Some(base) if base.starts_with('−') => format!("{name} {base} …"),
            Some(base) => format!("{name}, {base} + …"),
            None => name.to_owned(),
        };
        truncate(&text, style.small(), room)
    };
    let mut title = |at: Point, anchor: Anchor, text: String| {
        let text = Text::new(at, style.small(), palette.secondary, text);
        scene.text(text.anchor(anchor).halo(palette.well, 3.0 * style.scale));
    };
    let foot = match layout.strip {
        true => layout.strip_parts()[0].bottom(),
        false => frame.bottom(),
    };
    title(
        [frame.right() - pad, foot - pad],
        Anchor::End,
        named(x_name, &layout.x_ticks),
    );
    let upper = match layout.strip {
        true => "density".to_owned(),
        false => named(y_name, &layout.y_ticks),
    };
    title(
        [frame.x + pad, frame.y + pad + 0.72 * style.small()],
        Anchor::Start,
        upper,
    );
}

/// The 95 % ellipse of two dimensions: the root of the chi-square quantile.
const NINETY_FIVE: f64 = 2.447_746_830_680_816;

fn ellipses(scene: &mut Scene, layout: &MapLayout, overlay: &MapOverlay, i: usize) {
    let blob = &overlay.components[i];
    let style = &layout.style;
    let look = identity(blob.identity, style.theme);
    let colour = Rgba::opaque(look.line);
    let chosen = overlay.selected == Some(i);
    let extra = if chosen { 0.8 } else { 0.0 };
    let axes = Axes::of(blob.covariance);
    let outline = |radius: f64| -> Vec<Point> {
        let points = axes.outline(blob.mean, radius, 144);
        points.into_iter().map(|p| layout.to_canvas(p)).collect()
    };
    let mut rings = vec![(2.0, 1.1 + extra, 0.85), (1.0, 2.0 + extra, 1.0)];
    if overlay.layers.ninety_five {
        rings.insert(0, (NINETY_FIVE, 0.9 + extra, 0.6));
    }
    for (radius, width, alpha) in rings {
        let points = outline(radius);
        let around = perimeter(&points);
        let width = width * style.scale;
        if around < 6.0 * style.scale {
            // Smaller than its own line: a dot says where it is.
            scene.circle(points[0], width, None, Some(colour));
            continue;
        }
        // The selected component is lit from within.
        let fill = (chosen && radius == 1.0).then(|| colour.faded(0.12));
        let halo = Stroke::new(
            Rgba::new(style.palette().well, 0.55),
            width + 2.0 * style.scale,
        );
        scene.shape(&points, Some(halo), fill);
        let stroke = Stroke::new(colour.faded(alpha), width);
        scene.shape(
            &points,
            Some(marks::dashed(stroke, look.dash, around, style)),
            None,
        );
    }
}

fn perimeter(points: &[Point]) -> f64 {
    let next = points.iter().cycle().skip(1);
    let length = |(a, b): (&Point, &Point)| (a[0] - b[0]).hypot(a[1] - b[1]);
    points.iter().zip(next).map(length).sum()
}

fn trail(scene: &mut Scene, layout: &MapLayout, overlay: &MapOverlay, i: usize) {
    let style = &layout.style;
    let blob = &overlay.components[i];
    let look = identity(blob.identity, style.theme);
    let means = overlay.trail.iter().filter_map(|point| point.means.get(i));
    let way: Vec<Point> = means.map(|&m| layout.to_canvas(m)).collect();
    let thinned = thin(&way, 0.75);
    let halo = Rgba::new(style.palette().well, 0.6);
    scene.line(&thinned, Stroke::new(halo, 3.2 * style.scale));
    scene.line(&thinned, Stroke::new(look.line, 1.2 * style.scale));
    // A mark for each iteration, as long as they can be told apart.
    let stroke = Stroke::new(look.line, 1.1 * style.scale);
    let fill = Some(Rgba::opaque(style.palette().well));
    for &at in &thin(&way, 7.0 * style.scale) {
        marks::marker(
            scene,
            look.marker,
            at,
            2.3 * style.scale,
            Some(stroke),
            fill,
        );
    }
}

/// The points that lie at least `distance` from the one kept before; the first is kept.
fn thin(points: &[Point], distance: f64) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    for &p in points {
        let far = |q: &Point| (p[0] - q[0]).hypot(p[1] - q[1]) >= distance;
        if p[0].is_finite() && p[1].is_finite() && kept.last().is_none_or(far) {
            kept.push(p);
        }
    }
    kept
}
