//! How the parameters got where they are: small pictures one above the other, of the points that each
//! component holds and of its mean on the two axes of the map, by iteration.

use super::colour::Rgba;
use super::curve::round_up;
use super::palette::identity;
use super::scene::{Anchor, Point, Rect, Scene, Stroke};
use super::style::Style;
use super::text;
use crate::session::TracePoint;

/// What the pictures show.
#[derive(Clone, Copy, Debug)]
pub struct Trajectories<'a> {
    /// The run, by iteration.
    pub trace: &'a [TracePoint],
    /// The half-step shown.
    pub position: usize,
    /// Names of the two axes; the same twice for one fitted column.
    pub titles: [&'a str; 2],
}

/// Columns of pixels beyond which only some of the iterations are drawn.
const MOST_PLACES: usize = 600;

impl Trajectories<'_> {
    /// The half-step nearest to a canvas position across.
    pub fn half_step_at(&self, x: f64, width: f64, style: Style) -> Option<usize> {
        let newest = self.trace.len().checked_sub(1)?;
        let frame = frame(width, style);
        let part = (x - frame[0]) / (frame[1] - frame[0]).max(1.0);
        let iteration = (part * last(newest) as f64).round().max(0.0) as usize;
        Some(2 * iteration.min(newest))
    }

    /// The pictures on a canvas of `width` x `height` CSS pixels.
    pub fn scene(&self, width: f64, height: f64, style: Style) -> Scene {
        let mut scene = Scene::new(width, height);
        let s = style.scale;
        let [left, right] = frame(width, style);
        type Value = fn(&TracePoint, usize) -> Option<f64>;
        let points: Value = |at, k| at.points.get(k).copied();
        let x: Value = |at, k| at.means.get(k).map(|mean| mean[0]);
        let y: Value = |at, k| at.means.get(k).map(|mean| mean[1]);
        let mut rows = vec![("points", points), (self.titles[0], x)];
        if self.titles[0] != self.titles[1] {
            rows.push((self.titles[1], y));
        }
        let each = (height - 4.0 * s) / rows.len() as f64;
        for (nth, (title, value)) in rows.into_iter().enumerate() {
            let rect = Rect {
                x: left,
                y: 2.0 * s + nth as f64 * each,
                width: right - left,
                height: (each - 6.0 * s).max(1.0),
            };
            self.row(&mut scene, rect, style, value);
            let title = text::truncate(title, style.small(), (width - right - 8.0 * s).max(1.0));
            let at = [right + 6.0 * s, rect.y + rect.height / 2.0];
            scene.text(style.note(at, title).anchor(Anchor::Start).centred());
        }
        let newest = self.trace.len().saturating_sub(1);
        let here = (self.position / 2).min(newest) as f64 / last(newest) as f64;
        let at = left + here * (right - left);
        let accent = Rgba::new(style.palette().accent, 0.7);
        style.post(&mut scene, at, [0.0, height], accent);
        scene
    }

    fn row(
        &self,
        scene: &mut Scene,
        rect: Rect,
        style: Style,
        value: fn(&TracePoint, usize) -> Option<f64>,
    ) {
        let hairline = Rgba::opaque(style.palette().hairline);
        style.rule(
            scene,
            rect.bottom() + 2.0 * style.scale,
            [rect.x, rect.right()],
            hairline,
        );
        let components = self
            .trace
            .iter()
            .map(|at| at.means.len())
            .max()
            .unwrap_or(0);
        let newest = self.trace.len().saturating_sub(1);
        let step = (self.trace.len() / MOST_PLACES).max(1);
        let finite = |v: &f64| v.is_finite() && v.abs() < 1e300;
        let places: Vec<usize> = (0..newest).step_by(step).chain([newest]).collect();
        let of = |k: usize| {
            let trace = self.trace;
            let at = move |&t: &usize| Some((t, trace.get(t).and_then(|p| value(p, k))?));
            places.iter().filter_map(at).filter(move |(_, v)| finite(v))
        };
        let all = (0..components).flat_map(of).map(|(_, v)| v);
        let (lo, hi) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| {
            (if v < lo { v } else { lo }, if v > hi { v } else { hi })
        });
        let span = match hi - lo {
            span if span > 0.0 && span.is_finite() => span,
            _ => 1.0,
        };
        for k in 0..components {
            let line: Vec<Point> = of(k)
                .map(|(t, v)| {
                    let across = t as f64 / last(newest) as f64;
                    [
                        rect.x + across * rect.width,
                        rect.bottom() - (v - lo) / span * rect.height,
                    ]
                })
                .collect();
            let look = identity(k, style.theme);
            let stroke = Stroke::new(look.line, 1.4 * style.scale);
            scene.line(&line, stroke.dashed(look.dash));
        }
    }
}

/// Left and right edge of the pictures; their titles stand beside them.
fn frame(width: f64, style: Style) -> [f64; 2] {
    let s = style.scale;
    let left = 8.0 * s;
    [
        left,
        (width - (0.28 * width).clamp(48.0 * s, 120.0 * s)).max(left + 1.0),
    ]
}

fn last(newest: usize) -> usize {
    round_up(newest.max(12))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Item, Theme};
    use proptest::prelude::*;

    fn trace(numbers: &[[f64; 3]]) -> Vec<TracePoint> {
        let point = |&[points, x, y]: &[f64; 3]| TracePoint {
            objective: 0.0,
            means: vec![[x, y], [y, x]],
            points: vec![points, -points],
        };
        numbers.iter().map(point).collect()
    }

    fn lines(scene: &Scene) -> usize {
        let is_line =
            |item: &&Item| matches!(item, Item::Polyline { points, .. } if points.len() > 2);
        scene.items().iter().filter(is_line).count()
    }

    #[test]
    fn there_is_a_line_for_each_component_and_parameter() {
        let style = Style::new(Theme::Light, 1.0);
        let trace = trace(&[
            [1.0, 2.0, 3.0],
            [2.0, 1.0, 5.0],
            [3.0, 0.0, 4.0],
            [4.0, 0.5, 4.5],
        ]);
        let mut shown = Trajectories {
            trace: &trace,
            position: 3,
            titles: ["x", "y"],
        };
        assert_eq!(lines(&shown.scene(320.0, 128.0, style)), 6);
        shown.titles = ["x", "x"];
        assert_eq!(lines(&shown.scene(320.0, 128.0, style)), 4);
    }

    #[test]
    fn a_press_finds_the_iteration_drawn_there() {
        let style = Style::new(Theme::Light, 1.0);
        let trace = trace(&[[1.0, 2.0, 3.0]; 9]);
        let shown = Trajectories {
            trace: &trace,
            position: 0,
            titles: ["x", "y"],
        };
        let [left, right] = frame(320.0, style);
        let at = |t: usize| left + t as f64 / 12.0 * (right - left);
        for t in 0..9 {
            assert_eq!(shown.half_step_at(at(t), 320.0, style), Some(2 * t));
        }
        assert_eq!(shown.half_step_at(f64::NAN, 320.0, style), Some(0));
        assert_eq!(shown.half_step_at(1e9, 320.0, style), Some(16));
    }

    proptest! {
        #[test]
        fn any_trace_has_pictures_of_finite_places(
            numbers in prop::collection::vec(prop::array::uniform3(any::<f64>()), 0..9),
            position in 0usize..40,
            size in [0.0..500.0, 0.0..300.0],
        ) {
            let trace = trace(&numbers);
            let shown = Trajectories { trace: &trace, position, titles: ["x", "y"] };
            for item in shown.scene(size[0], size[1], Style::new(Theme::Dark, 2.0)).items() {
                if let Item::Polyline { points, .. } = item {
                    prop_assert!(points.iter().flatten().all(|v| v.is_finite()));
                }
            }
        }
    }
}
