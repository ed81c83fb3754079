//! From what the worker said to what the canvases show. What a picture looks
//! like is decided in `plot`; here it gets its size and its place.

use super::painter;
use super::past;
use super::stage::Arrived;
use super::surface::Surface;
use crate::later::Part;
use crate::plot::{
    Anchor, Blob, Climb, Curve, CurveInput, Ghost, MapLayers, MapLayout, MapOverlay, Picture,
    PictureRequest, Scene, Style, Text, Theme, Timeline, heat_bands, heat_pixels, identity, letter,
    line_colours, map_ground, map_overlay, point_radius, timeline,
};
use crate::session::{DataView, Past, TracePoint, View};

use crate::worker::has;

/// What the canvases show.
pub struct Look<'a> {
    /// The half-step.
    pub view: &'a View,
    /// The run so far, by iteration.
    pub trace: &'a [TracePoint],
    /// What else there was.
    pub past: &'a Past,
    /// What each iteration of the run took.
    pub milliseconds: &'a [f64],
    /// How the climb is looked at, if not as a curve by iteration.
    pub climb: Option<Climb>,
    /// Light or dark.
    pub theme: Theme,
    /// The component that is pointed out.
    pub selected: Option<usize>,
}

impl Look<'_> {
    /// Iterations completed at the half-step shown.
    fn completed(&self) -> usize {
        self.view.position / 2
    }

    /// For this canvas.
    pub fn style(&self, surface: &Surface) -> Style {
        Style::new(self.theme, surface.ratio)
    }
}

/// Where the map lies on its canvases.
pub fn layout(surface: &Surface, look: &Look) -> MapLayout {
    let data = &look.view.data;
    MapLayout::new(
        data.bounds,
        is_strip(data),
        surface.width,
        surface.height,
        look.style(surface),
    )
}

/// Is there one column to show, not two?
pub fn is_strip(data: &DataView) -> bool {
    data.axes[0] == data.axes[1]
}

/// Well, grid and tick labels, below the points.
pub fn ground(surface: &Surface, layout: &MapLayout) {
    painter::paint(&map_ground(layout), &surface.context, surface.ratio);
}

/// The points as the worker drew them, or nothing.
pub fn points(surface: &Surface, layout: &MapLayout, arrived: Option<&Arrived>) {
    painter::clear(&surface.context);
    if let Some(arrived) = arrived {
        let [x, y, ..] = layout.device_rect();
        let _ = surface
            .context
            .put_image_data(&arrived.points, f64::from(x), f64::from(y));
    }
}

/// Trails, ellipses, means and titles, above the points.
pub fn overlay(surface: &Surface, layout: &MapLayout, look: &Look) {
    let data = &look.view.data;
    let components: Vec<Blob> = look
        .view
        .components
        .iter()
        .enumerate()
        .map(|(i, component)| Blob::new(i, component))
        .collect();
    let until = (look.completed() + 1).min(look.trace.len());
    let scene = map_overlay(
        layout,
        &MapOverlay {
            components: &components,
            trail: &look.trace[..until],
            selected: look.selected,
            layers: MapLayers::default(),
            titles: titles(data),
        },
    );
    painter::paint(&scene, &surface.context, surface.ratio);
}

/// Names of the map's two columns.
pub fn titles(data: &DataView) -> [&str; 2] {
    data.axes.map(|axis| {
        let column = data.columns.get(axis);
        column.map_or("", |column| column.name.as_str())
    })
}

/// What the worker has to draw for the map and the heat map.
pub fn picture_request(
    layout: &MapLayout,
    look: &Look,
    ratio: f64,
    heat_width: u32,
) -> PictureRequest {
    let palette = look.theme.palette();
    let [_, _, width, height] = layout.device_rect();
    PictureRequest {
        id: 0,
        width,
        height,
        window: layout.window.edges(),
        radius: point_radius(look.view.data.n_fitted, ratio),
        colours: line_colours(look.view.components.len(), look.theme),
        neutral: palette.neutral,
        rim: palette.well,
        heat_width,
    }
}

/// The objective by iteration.
pub fn curve(surface: &Surface, look: &Look) {
    if let Some(climb) = look.climb {
        return past::paint(surface, look, climb);
    }
    let (values, ghosts) = (objective(look.trace), ghosts(look.past));
    let scene = curve_of(&values, &ghosts, surface, look).scene();
    painter::paint(&scene, &surface.context, surface.ratio);
}

/// The half-step under a position on the curve's canvas.
pub fn half_step_at(surface: &Surface, look: &Look, x: f64) -> Option<usize> {
    if let Some(climb) = look.climb {
        return past::half_step_at(surface, look, climb, x);
    }
    let (values, ghosts) = (objective(look.trace), ghosts(look.past));
    let iteration = curve_of(&values, &ghosts, surface, look).iteration_at(x)?;
    Some(2 * iteration)
}

/// Before what draws a curve is here, the start alone.
pub fn objective(trace: &[TracePoint]) -> Vec<f64> {
    let shown = match has(Part::Past) {
        true => trace.len(),
        false => 1,
    };
    trace
        .iter()
        .take(shown)
        .map(|point| point.objective)
        .collect()
}

/// Runs before, and other branches of this one.
fn ghosts(past: &Past) -> Vec<Ghost<'_>> {
    let runs = past.ghosts.iter().map(|values| Ghost { from: 0, values });
    let branches = past.branches.iter().map(|branch| Ghost {
        from: branch.from / 2,
        values: &branch.objectives,
    });
    runs.chain(branches).collect()
}

fn curve_of<'a>(
    values: &'a [f64],
    ghosts: &'a [Ghost<'a>],
    surface: &Surface,
    look: &'a Look,
) -> Curve<'a> {
    let input = CurveInput {
        values,
        shown: look.completed(),
        ghosts,
        limit: look.view.limit,
    };
    Curve::new(input, surface.width, surface.height, look.style(surface))
}

/// The strip of half-steps; `end` is the one at its right edge, `inset` half the slider's thumb.
pub fn steps(surface: &Surface, look: &Look, end: usize, inset: f64) {
    let input = Timeline {
        position: look.view.position,
        last: look.view.last,
        end,
        inset,
    };
    let scene = timeline(&input, surface.width, surface.height, look.style(surface));
    painter::paint(&scene, &surface.context, surface.ratio);
}

/// Room for the letters on the left of the heat map, in CSS pixels.
const LETTERS: f64 = 24.0;
/// Between two bands, in CSS pixels.
const BAND_GAP: f64 = 2.0;

/// Columns of the heat map in device pixels.
pub fn heat_width(surface: &Surface) -> u32 {
    ((surface.width - LETTERS) * surface.ratio).floor().max(0.0) as u32
}

/// The responsibilities; bands without colour where there are none yet.
pub fn heat(surface: &Surface, look: &Look, picture: Option<&Picture>) {
    let k = look.view.components.len();
    let height = surface.canvas.height();
    let gap = (BAND_GAP * surface.ratio).round() as u32;
    let mut scene = Scene::new(surface.width, surface.height);
    for (i, (top, bottom)) in heat_bands(k, height as usize, gap as usize)
        .into_iter()
        .enumerate()
    {
        let size = ((bottom - top) as f64 / surface.ratio).min(12.0);
        let middle = (top + bottom) as f64 / 2.0 / surface.ratio;
        if size >= 7.0 {
            let text = Text::new([4.0, middle], size, identity(i, look.theme).line, letter(i));
            scene.text(text.weight(600).anchor(Anchor::Start).centred());
        }
    }
    painter::paint(&scene, &surface.context, surface.ratio);

    let palette = look.theme.palette();
    let width = heat_width(surface);
    let none = vec![0.0; k];
    let (values, columns) = match picture {
        Some(p) if p.heat_columns > 0 && p.heat.len() == k * p.heat_columns => {
            (&p.heat, p.heat_columns)
        }
        _ => (&none, 1),
    };
    let pixels = heat_pixels(
        values,
        columns,
        &line_colours(k, look.theme),
        palette.well,
        width,
        height,
        gap,
    );
    let left = (LETTERS * surface.ratio).round();
    // Fails only for a canvas of no size, which has nothing to show.
    let _ = painter::put_pixels(&surface.context, [left, 0.0], width, height, &pixels);
}
