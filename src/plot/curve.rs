//! The objective by iteration. What draws more than a start comes later: see [`crate::later`].

use super::colour::Rgba;
use super::scene::{Anchor, Point, Rect, Scene, Stroke};
use super::style::Style;
use super::text;
use super::ticks::{Ticks, number, ticks, whole_ticks};
use crate::later::later;

/// What the curve shows.
#[derive(Clone, Copy, Debug)]
pub struct CurveInput<'a> {
    /// Log-likelihood by iteration, from 0 to the newest.
    pub values: &'a [f64],
    /// The iteration whose parameters are shown.
    pub shown: usize,
    /// Other runs, the most important first.
    pub ghosts: &'a [Ghost<'a>],
    /// Where the run seems to be heading.
    pub limit: Option<f64>,
}

/// Another run than the one shown.
#[derive(Clone, Copy, Debug)]
pub struct Ghost<'a> {
    /// The iteration at which it parts from the run shown; 0 for one of its own.
    pub from: usize,
    /// Its objective by iteration, from there on.
    pub values: &'a [f64],
}

/// The curve, laid out on its canvas.
#[derive(Clone, Debug)]
pub struct Curve<'a> {
    input: CurveInput<'a>,
    style: Style,
    width: f64,
    height: f64,
    /// The plot area in CSS pixels.
    pub frame: Rect,
    /// The last iteration that has room.
    pub last: usize,
    /// Lower and upper edge in units of the objective.
    pub range: [f64; 2],
    /// Iterations at the beginning that lie below the range.
    pub cut: usize,
    y_ticks: Ticks,
}

/// How many iterations an empty plot has room for.
const ROOM: usize = 12;

impl<'a> Curve<'a> {
    /// Lays the curve out on a canvas of `width` x `height` CSS pixels.
    pub fn new(input: CurveInput<'a>, width: f64, height: f64, style: Style) -> Self {
        let s = style.scale;
        let (range, cut) = match (input.values, input.ghosts) {
            ([], []) => ([-1.0, 1.0], 0),
            ([one], []) if one.is_finite() && one.abs() < 1e300 => {
                let room = room_around(*one);
                ([one - room, one + room], 0)
            }
            _ => range_of(&input),
        };
        let (top, bottom, right) = (8.0 * s, 22.0 * s, 8.0 * s);
        let inner = (height - top - bottom).max(1.0);
        let about = (inner / (32.0 * s)).clamp(2.0, 8.0) as usize;
        // Without a value there is nothing that numbers could refer to.
        let y_ticks = match input.values.is_empty() && input.ghosts.is_empty() {
            true => Ticks::default(),
            false => ticks(range[0], range[1], about),
        };
        let left = (y_ticks.label_width(style.small()) + 10.0 * s)
            .max(24.0 * s)
            .min(90.0 * s);
        let frame = style.snapped(Rect {
            x: left,
            y: top,
            width: (width - left - right).max(1.0),
            height: inner,
        });
        let newest = input.values.len().saturating_sub(1).max(ROOM);
        // A long previous run may take the larger part of the width, not all of it.
        let ends = input.ghosts.iter().map(|g| g.from + g.values.len());
        let ghost = ends.max().unwrap_or(0).saturating_sub(1).min(2 * newest);
        Curve {
            input,
            style,
            width,
            height,
            frame,
            last: round_up(newest.max(ghost)),
            range,
            cut,
            y_ticks,
        }
    }

    /// The iteration nearest to a canvas position, among those there are.
    pub fn iteration_at(&self, x: f64) -> Option<usize> {
        let newest = self.input.values.len().checked_sub(1)?;
        let pad = self.pad();
        let part = (x - self.frame.x - pad) / (self.frame.width - 2.0 * pad).max(1.0);
        let iteration = (part * self.last as f64).round().max(0.0);
        Some((iteration as usize).min(newest))
    }

    /// Room for a mark at either end.
    fn pad(&self) -> f64 {
        (9.0 * self.style.scale).min(self.frame.width / 4.0)
    }

    /// The canvas position of an iteration with a given objective.
    pub fn place(&self, iteration: usize, value: f64) -> Point {
        let [lo, hi] = self.range;
        let pad = self.pad();
        let part = iteration as f64 / self.last as f64;
        [
            self.frame.x + pad + part * (self.frame.width - 2.0 * pad).max(1.0),
            self.frame.y + (hi - value) / (hi - lo) * self.frame.height,
        ]
    }

    /// The picture.
    pub fn scene(&self) -> Scene {
        let mut scene = Scene::new(self.width, self.height);
        self.axes(&mut scene);
        // A little more than the plot area, so that marks at its edge stay whole.
        let margin = 7.0 * self.style.scale;
        let around = Rect {
            x: self.frame.x - margin,
            y: self.frame.y - margin,
            width: self.frame.width + 2.0 * margin,
            height: self.frame.height + margin,
        };
        let only_a_start = self.input.values.len() < 2 && self.input.ghosts.is_empty();
        scene.clipped(around, |scene| {
            if !only_a_start {
                lines(self, scene);
            }
            self.mark(scene);
        });
        if self.cut > 0 {
            cut_note(self, &mut scene);
        }
        scene
    }

    fn axes(&self, scene: &mut Scene) {
        let style = &self.style;
        let Rect { x, y, .. } = self.frame;
        let (right, bottom) = (self.frame.right(), self.frame.bottom());
        let hairline = Rgba::opaque(style.palette().hairline);
        for tick in &self.y_ticks.ticks {
            let at = self.place(0, tick.value)[1];
            style.rule(scene, at, [x, right], hairline);
            let label = style.note([x - 7.0 * style.scale, at], tick.label.as_str());
            scene.text(label.anchor(Anchor::End).centred());
        }
        style.rule(scene, bottom, [x, right], hairline);
        let about = (self.frame.width / (40.0 * style.scale)).clamp(2.0, 8.0) as usize;
        for tick in whole_ticks(0.0, self.last as f64, about).ticks {
            let at = self.place(tick.value as usize, self.range[0])[0];
            let half = text::width(&tick.label, style.small()) / 2.0;
            let label = style.note(
                [at.min(self.width - half), bottom + 7.0 * style.scale],
                tick.label,
            );
            scene.text(label.anchor(Anchor::Middle).hanging());
        }
        if let Some(base) = &self.y_ticks.base {
            let note = style.note([x + 4.0 * style.scale, y], format!("{base} + …"));
            scene.text(note.centred().halo(style.palette().paper, 3.0));
        }
    }

    fn limit(&self, scene: &mut Scene) {
        let Some(limit) = self
            .input
            .limit
            .filter(|&l| l > self.range[0] && l < self.range[1])
        else {
            return;
        };
        let style = &self.style;
        let palette = style.palette();
        let y = self.place(0, limit)[1];
        let stroke = Stroke::new(palette.secondary, 1.0 * style.scale).dashed(&[3.0, 3.0]);
        scene.line(&[[self.frame.x, y], [self.frame.right(), y]], stroke);
        // At the end that the curve has not reached, or above its low beginning.
        let climbed = self.input.values.len() as f64 > 0.55 * self.last as f64;
        let (x, anchor) = match climbed {
            true => (self.frame.x + 4.0 * style.scale, Anchor::Start),
            false => (self.frame.right(), Anchor::End),
        };
        let at = [x, y - 4.0 * style.scale];
        let label = style.note(at, "estimated limit").anchor(anchor);
        scene.text(label.halo(palette.paper, 3.0 * style.scale));
    }

    fn ghosts(&self, scene: &mut Scene) {
        let style = &self.style;
        let palette = style.palette();
        let colour = Rgba::new(palette.secondary, 0.55);
        let stroke = Stroke::new(colour, 1.3 * style.scale).dashed(&[4.0, 3.0]);
        for ghost in self.input.ghosts {
            scene.line(&self.thinned(ghost.values, ghost.from), stroke);
        }
        // The lower right of a climbing curve is empty: room to say what this is.
        let what = match self.input.ghosts {
            [] => return,
            [only] if only.from > 0 => "other branch",
            [one, rest @ ..] if one.from > 0 && rest.iter().all(|g| g.from > 0) => "other branches",
            [_] => "previous run",
            _ => "previous runs",
        };
        let (right, y) = (self.frame.right(), self.frame.bottom() - 11.0 * style.scale);
        let label = style.note([right, y], what);
        let end = right - text::width(what, style.small()) - 2.0;
        scene.text(label.anchor(Anchor::End).centred().halo(palette.paper, 3.0));
        scene.line(&[[end - 20.0 * style.scale, y], [end, y]], stroke);
    }

    fn line(&self, scene: &mut Scene) {
        let style = &self.style;
        let ink = Rgba::opaque(style.palette().ink);
        let values = self.input.values;
        let shown = self.input.shown.min(values.len().saturating_sub(1));
        let past = &values[..values.len().min(shown + 1)];
        let future = &values[shown.min(values.len())..];
        let width = 1.6 * style.scale;
        scene.line(
            &self.thinned(future, shown),
            Stroke::new(ink.faded(0.3), width),
        );
        scene.line(&self.thinned(past, 0), Stroke::new(ink, width));
        if self.frame.width / self.last as f64 >= 8.0 * style.scale {
            for (i, &value) in values.iter().enumerate() {
                let colour = if i <= shown { ink } else { ink.faded(0.4) };
                let at = self.place(i, value);
                if at[1] <= self.frame.bottom() + 1.0 {
                    scene.circle(at, 2.2 * style.scale, None, Some(colour));
                }
            }
        }
    }

    /// At most a few points a pixel column: the first, the lowest, the highest and the last.
    fn thinned(&self, values: &[f64], from: usize) -> Vec<Point> {
        let places = values
            .iter()
            .enumerate()
            .map(|(i, &v)| self.place(from + i, v));
        if self.last as f64 <= 2.0 * self.frame.width {
            return places.collect();
        }
        let mut out: Vec<Point> = Vec::new();
        let mut column: Vec<Point> = Vec::new();
        let flush = |column: &mut Vec<Point>, out: &mut Vec<Point>| {
            if let (Some(&first), Some(&last)) = (column.first(), column.last()) {
                let by_y = |a: &&Point, b: &&Point| a[1].total_cmp(&b[1]);
                out.push(first);
                out.extend(column.iter().max_by(by_y).filter(|p| **p != first));
                out.extend(column.iter().min_by(by_y).filter(|p| **p != first));
                if last != first {
                    out.push(last);
                }
            }
            column.clear();
        };
        for p in places {
            if column
                .first()
                .is_some_and(|first| first[0].floor() != p[0].floor())
            {
                flush(&mut column, &mut out);
            }
            column.push(p);
        }
        flush(&mut column, &mut out);
        out
    }

    fn mark(&self, scene: &mut Scene) {
        let style = &self.style;
        let palette = style.palette();
        let Some(&value) = self.input.values.get(self.input.shown) else {
            return;
        };
        let mut at = self.place(self.input.shown, value);
        // An iteration below the range is marked at the edge.
        at[1] = at[1].min(self.frame.bottom());
        let ring = Stroke::new(palette.accent, 2.0 * style.scale);
        scene.circle(
            at,
            5.4 * style.scale,
            Some(ring),
            Some(palette.paper.into()),
        );
        scene.circle(at, 2.4 * style.scale, None, Some(palette.ink.into()));
    }

    /// Says what the first iterations were that lie below the picture.
    fn cut_note(&self, scene: &mut Scene) {
        let Some(&first) = self.input.values.first().filter(|_| self.cut > 0) else {
            return;
        };
        let style = &self.style;
        let s = style.scale;
        let [x, _] = self.place(0, first);
        let y = self.frame.bottom() - 9.0 * s;
        let room = self.frame.width - 24.0 * s;
        let note = format!("from {}", number(first, decimals(first)));
        let arrow = [
            [x + 4.0 * s, y - 3.0 * s],
            [x + 11.0 * s, y - 3.0 * s],
            [x + 7.5 * s, y + 3.0 * s],
        ];
        scene.shape(&arrow, None, Some(style.palette().secondary.into()));
        let text = style.note(
            [x + 15.0 * s, y],
            text::truncate(&note, style.small(), room),
        );
        scene.text(text.centred().halo(style.palette().paper, 3.0 * s));
    }
}

fn decimals(v: f64) -> i32 {
    if v.abs() >= 100.0 { 0 } else { 2 }
}

/// The next of 12, 20, 30, 50, 80, 120 ...: the axis grows now and then, not at every step.
pub(super) fn round_up(iterations: usize) -> usize {
    let mut decade = 10usize;
    loop {
        for tenths in [12, 20, 30, 50, 80] {
            let size = decade / 10 * tenths;
            if size >= iterations {
                return size;
            }
        }
        match decade.checked_mul(10) {
            Some(next) if next < usize::MAX / 100 => decade = next,
            _ => return iterations,
        }
    }
}

/// Half the range around a single value.
fn room_around(value: f64) -> f64 {
    (value.abs() * 0.02).max(1e-3)
}

later! { Past 10:
    fn range_of(input: &CurveInput<'_>) -> ([f64; 2], usize) {
        range(input.values, input.ghosts, input.limit)
    }
}

later! { Past 11:
    fn lines(curve: &Curve<'_>, scene: &mut Scene) {
        curve.limit(scene);
        curve.ghosts(scene);
        curve.line(scene);
    }
}

later! { Past 12:
    fn cut_note(curve: &Curve<'_>, scene: &mut Scene) {
        curve.cut_note(scene);
    }
}

/// The range shown and the number of first iterations below it.
///
/// The first one or two iterations often gain more than all others together;
/// when the distance to the top shrinks to less than a fifth in one of them,
/// they are cut off, so that the rest of the climb can be seen.
fn range(values: &[f64], ghosts: &[Ghost], limit: Option<f64>) -> ([f64; 2], usize) {
    // A run of its own may stand in for one that has hardly begun.
    let ghost = ghosts
        .iter()
        .find(|g| g.from == 0)
        .map_or(&[][..], |g| g.values);
    const STEEP: f64 = 5.0;
    let finite = |v: &f64| v.is_finite() && v.abs() < 1e300;
    let kept: Vec<f64> = values.iter().copied().filter(finite).collect();
    let Some(top) = kept.iter().copied().reduce(f64::max) else {
        // Nothing of this run yet: the previous one, if there is any.
        return match ghost.iter().any(finite) {
            true => (range(ghost, &[], None).0, 0),
            false => ([-1.0, 1.0], 0),
        };
    };
    // A run that has hardly begun shares the previous one's range, if they are alike.
    if kept.len() < 4 && ghost.len() >= 4 {
        let ([lo, hi], _) = range(ghost, &[], limit);
        let bottom = kept.iter().copied().fold(top, f64::min);
        if bottom > lo - (hi - lo) && top < hi + (hi - lo) {
            let room = 0.06 * (hi - lo);
            return ([lo.min(bottom - room), hi.max(top + room)], 0);
        }
    }
    let mut cut = 0;
    if kept.len() == values.len() && kept.len() >= 5 {
        let drop = |i: usize| top - kept[i];
        while cut < 2 && drop(cut + 1) > 0.0 && drop(cut) > STEEP * drop(cut + 1) {
            cut += 1;
        }
    }
    let mut lo = kept[cut.min(kept.len() - 1)..]
        .iter()
        .copied()
        .fold(top, f64::min);
    let mut hi = top;
    let near = |span: f64| span.max(top.abs() * 1e-12);
    // The previous run's end is worth seeing if it does not dwarf this one.
    let top_of = |g: &Ghost| g.values.iter().copied().filter(finite).reduce(f64::max);
    for other in limit
        .filter(finite)
        .into_iter()
        .chain(ghosts.iter().filter_map(top_of))
    {
        let span = near(hi - lo);
        if other > hi && other - hi <= 0.6 * span {
            hi = other;
        } else if other < lo && lo - other <= 0.6 * span {
            lo = other;
        }
    }
    // One value only, or all the same: an honest bit of room around it.
    let span = hi - lo;
    let least = top.abs().max(1e-6) * 1e-9;
    let (below, above) = match span > least {
        true => (0.06 * span, 0.12 * span),
        false => {
            let room = room_around(top);
            (room, room)
        }
    };
    ([lo - below, hi + above], cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Item, Theme};
    use proptest::prelude::*;

    fn curve<'a>(values: &'a [f64], shown: usize) -> Curve<'a> {
        let input = CurveInput {
            values,
            shown,
            ghosts: &[],
            limit: None,
        };
        Curve::new(input, 320.0, 160.0, Style::new(Theme::Light, 1.0))
    }

    #[test]
    fn an_enormous_first_gain_is_cut_off_and_said() {
        let values = [-1e6, -430.0, -421.0, -398.0, -383.0, -378.0];
        let curve = curve(&values, 5);
        assert_eq!(curve.cut, 1);
        assert!(curve.range[0] > -440.0 && curve.range[1] > -378.0);
        let said = curve.scene().items().iter().any(
            |item| matches!(item, Item::Text(text) if text.text == "from −1\u{2009}000\u{2009}000"),
        );
        assert!(said);
    }

    #[test]
    fn a_gentle_climb_is_shown_whole() {
        let values = [-430.0, -421.0, -398.0, -383.0, -378.0, -377.0];
        let curve = curve(&values, 5);
        assert_eq!(curve.cut, 0);
        assert!(curve.range[0] < -430.0);
    }

    #[test]
    fn a_click_finds_the_iteration_drawn_there() {
        let values: Vec<f64> = (0..30).map(|i| -100.0 / (1.0 + i as f64)).collect();
        let curve = curve(&values, 3);
        for (i, &value) in values.iter().enumerate() {
            assert_eq!(curve.iteration_at(curve.place(i, value)[0]), Some(i));
        }
        assert_eq!(curve.iteration_at(-1e9), Some(0));
        assert_eq!(curve.iteration_at(1e9), Some(29));
        assert_eq!(curve.iteration_at(f64::NAN), Some(0));
        assert_eq!(self::curve(&[], 0).iteration_at(5.0), None);
    }

    #[test]
    fn ten_thousand_iterations_are_thinned_to_the_pixels() {
        let values: Vec<f64> = (0..10_000).map(|i| -1e4 / (10.0 + i as f64)).collect();
        let scene = curve(&values, 9_999).scene();
        let points: usize = scene
            .items()
            .iter()
            .map(|item| match item {
                Item::Polyline { points, .. } => points.len(),
                _ => 0,
            })
            .sum();
        assert!(points < 1500, "{points}");
    }

    #[test]
    fn the_axis_grows_in_steps() {
        assert_eq!(
            [3, 12, 13, 21, 51, 100, 121, 8001].map(round_up),
            [12, 12, 20, 30, 80, 120, 200, 12_000]
        );
    }

    fn wild() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<f64>(),
            -1e3..0.0,
            Just(f64::NAN),
            Just(f64::NEG_INFINITY),
            Just(-1e308)
        ]
    }

    proptest! {
        #[test]
        fn any_trace_has_a_picture(
            values in prop::collection::vec(wild(), 0..9),
            ghost in prop::collection::vec(wild(), 0..9),
            from in 0usize..5,
            limit in prop::option::of(wild()),
            shown in 0usize..12,
            size in [0.0..500.0, 0.0..300.0],
        ) {
            let ghosts = [Ghost { from, values: &ghost }];
            let input = CurveInput { values: &values, shown, ghosts: &ghosts, limit };
            let curve = Curve::new(input, size[0], size[1], Style::new(Theme::Dark, 2.0));
            let [lo, hi] = curve.range;
            prop_assert!(lo.is_finite() && hi.is_finite() && lo < hi, "{lo} {hi}");
            curve.scene();
        }
    }
}
