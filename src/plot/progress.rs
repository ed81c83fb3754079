//! Other looks at the climb than the curve: by time, as the distance that is left, and half-step by
//! half-step as a bound and a gap.

use super::colour::Rgba;
use super::curve::round_up;
use super::scene::{Anchor, Point, Rect, Scene, Stroke};
use super::style::Style;
use super::ticks::{Ticks, number, ticks, whole_ticks};
use crate::fit::aitken_limit;
use crate::session::Bound;

/// Which look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Climb {
    /// The objective over the time that the iterations took.
    Time,
    /// How far the objective is from its limit, on a logarithmic scale.
    Distance,
    /// Log-likelihood, lower bound and the gap between them.
    Bound,
    /// Points and means of the components: see [`Trajectories`](super::Trajectories).
    Parameters,
}

impl Climb {
    /// All of them.
    pub const ALL: [Climb; 4] = [
        Climb::Time,
        Climb::Distance,
        Climb::Bound,
        Climb::Parameters,
    ];
}

/// What is known of the climb.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The objective by iteration.
    pub values: &'a [f64],
    /// Milliseconds that each iteration took, the start first.
    pub milliseconds: &'a [f64],
    /// Iterations of which bound and gap are known, in their order.
    pub bounds: &'a [Bound],
    /// The half-step shown.
    pub position: usize,
}

/// One look, laid out on its canvas.
#[derive(Clone, Debug)]
pub struct Chart {
    style: Style,
    size: [f64; 2],
    frame: Rect,
    x: [f64; 2],
    y: [f64; 2],
    x_ticks: Ticks,
    y_ticks: Ticks,
    /// The line: x, y, half-step.
    line: Vec<(f64, f64, usize)>,
    /// The lower line of the bound, as `line`.
    lower: Vec<(f64, f64, usize)>,
    position: usize,
    /// What there is to say in place of a line, or of the axis.
    note: &'static str,
}

impl Chart {
    /// Lays it out on a canvas of `width` x `height` CSS pixels.
    pub fn new(progress: &Progress, look: Climb, width: f64, height: f64, style: Style) -> Chart {
        let finite = |point: &(f64, f64, usize)| point.1.is_finite() && point.1.abs() < 1e300;
        let mut lower = Vec::new();
        let (mut line, note) = match look {
            Climb::Time => (by_time(progress), "seconds of computing"),
            Climb::Parameters => (Vec::new(), ""),
            Climb::Distance => (distances(progress.values), "distance to the limit"),
            Climb::Bound => {
                let line;
                (line, lower) = bounds(progress.bounds);
                (line, "")
            }
        };
        line.retain(finite);
        lower.retain(finite);
        let x = match (look, line.as_slice()) {
            (Climb::Distance, _) => [0.0, round_up(progress.values.len().max(13) - 1) as f64],
            (_, [first, .., last]) if last.0 > first.0 => [first.0, last.0],
            _ => [0.0, 1.0],
        };
        let ys = line.iter().chain(&lower).map(|point| point.1);
        let (lo, hi) = ys.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), y| {
            (if y < lo { y } else { lo }, if y > hi { y } else { hi })
        });
        let y = match hi - lo {
            span if !span.is_finite() => [0.0, 1.0],
            span if span > 1e-9 * hi.abs().max(1e-6) => [lo - 0.08 * span, hi + 0.12 * span],
            _ => [lo - 1e-3 - lo.abs() * 1e-6, hi + 1e-3 + hi.abs() * 1e-6],
        };
        let s = style.scale;
        let inner = (height - 30.0 * s).max(1.0);
        let about = (inner / (32.0 * s)).clamp(2.0, 8.0) as usize;
        let y_ticks = match look {
            Climb::Distance => powers(y, about),
            _ => ticks(y[0], y[1], about),
        };
        let left = (y_ticks.label_width(style.small()) + 10.0 * s).clamp(24.0 * s, 90.0 * s);
        let frame = style.snapped(Rect {
            x: left,
            y: 8.0 * s,
            width: (width - left - 8.0 * s).max(1.0),
            height: inner,
        });
        let about = (frame.width / (44.0 * s)).clamp(2.0, 8.0) as usize;
        let x_ticks = match look {
            Climb::Time => ticks(x[0], x[1], about),
            Climb::Distance | Climb::Parameters => whole_ticks(x[0], x[1], about),
            // The axis is in half-steps, its numbers are iterations.
            Climb::Bound => {
                let mut all = whole_ticks(x[0] / 2.0, x[1] / 2.0, about);
                all.ticks.iter_mut().for_each(|tick| tick.value *= 2.0);
                all
            }
        };
        Chart {
            style,
            size: [width, height],
            frame,
            x,
            y,
            x_ticks,
            y_ticks,
            note: match line.len() {
                0 | 1 => "not enough iterations yet",
                _ => note,
            },
            line,
            lower,
            position: progress.position,
        }
    }

    /// The half-step nearest to a canvas position across, of those that are drawn.
    pub fn half_step_at(&self, x: f64) -> Option<usize> {
        let off = |point: &&(f64, f64, usize)| (self.place(point.0, 0.0)[0] - x).abs();
        let nearest = self.line.iter().min_by(|a, b| off(a).total_cmp(&off(b)));
        nearest.map(|point| point.2)
    }

    fn place(&self, x: f64, y: f64) -> Point {
        let part = |v: f64, [lo, hi]: [f64; 2]| (v - lo) / (hi - lo);
        let pad = (9.0 * self.style.scale).min(self.frame.width / 4.0);
        [
            self.frame.x + pad + part(x, self.x) * (self.frame.width - 2.0 * pad).max(1.0),
            self.frame.bottom() - part(y, self.y) * self.frame.height,
        ]
    }

    /// The picture.
    pub fn scene(&self) -> Scene {
        let mut scene = Scene::new(self.size[0], self.size[1]);
        let (style, s) = (&self.style, self.style.scale);
        let palette = style.palette();
        let (left, right) = (self.frame.x, self.frame.right());
        let hairline = Rgba::opaque(palette.hairline);
        for tick in &self.y_ticks.ticks {
            let at = self.place(0.0, tick.value)[1];
            style.rule(&mut scene, at, [left, right], hairline);
            let label = style.note([left - 7.0 * s, at], tick.label.as_str());
            scene.text(label.anchor(Anchor::End).centred());
        }
        let bottom = self.frame.bottom();
        style.rule(&mut scene, bottom, [left, right], hairline);
        for tick in &self.x_ticks.ticks {
            let at = [self.place(tick.value, 0.0)[0], bottom + 7.0 * s];
            let label = style.note(at, tick.label.as_str());
            scene.text(label.anchor(Anchor::Middle).hanging());
        }
        if let Some(base) = &self.y_ticks.base {
            let note = style.note([left + 4.0 * s, self.frame.y], format!("{base} + …"));
            scene.text(note.centred().halo(palette.paper, 3.0 * s));
        }
        let points = |line: &[(f64, f64, usize)]| -> Vec<Point> {
            line.iter().map(|(x, y, _)| self.place(*x, *y)).collect()
        };
        let (upper, lower) = (points(&self.line), points(&self.lower));
        let ink = Stroke::new(palette.ink, 1.6 * s);
        if lower.len() > 1 {
            let around: Vec<Point> = upper.iter().chain(lower.iter().rev()).copied().collect();
            scene.shape(&around, None, Some(Rgba::new(palette.accent, 0.18)));
            scene.line(
                &lower,
                Stroke::new(palette.accent, 1.6 * s).dashed(&[4.0, 2.0]),
            );
        }
        scene.line(&upper, ink);
        let here = self
            .line
            .iter()
            .rev()
            .find(|point| point.2 <= self.position);
        if let Some(&(x, y, _)) = here {
            let at = self.place(x, y);
            let ring = Stroke::new(palette.accent, 2.0 * s);
            scene.circle(at, 5.4 * s, Some(ring), Some(palette.paper.into()));
            scene.circle(at, 2.4 * s, None, Some(palette.ink.into()));
        }
        if !self.note.is_empty() {
            let at = [right, bottom - 9.0 * s];
            let note = style.note(at, self.note).anchor(Anchor::End);
            scene.text(note.centred().halo(palette.paper, 3.0 * s));
        }
        scene
    }
}

fn by_time(progress: &Progress) -> Vec<(f64, f64, usize)> {
    let mut seconds = 0.0;
    let both = progress.values.iter().zip(progress.milliseconds);
    let point = |(t, (&value, &ms)): (usize, (&f64, &f64))| {
        seconds += 1e-3 * ms;
        (seconds, value, 2 * t)
    };
    both.enumerate().map(point).collect()
}

/// log10 of how far each iteration is from the limit that the newest ones point to; from
/// the highest value where they point to none.
fn distances(values: &[f64]) -> Vec<(f64, f64, usize)> {
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let limit = aitken_limit(values).filter(|limit| *limit >= highest);
    let limit = limit.unwrap_or(highest);
    // What is left within rounding says nothing.
    let least = 4.0 * f64::EPSILON * limit.abs();
    let far = values
        .iter()
        .enumerate()
        .filter(|(_, v)| limit - **v > least);
    far.map(|(t, v)| {
        let log = crate::mixture::elementary::ln(limit - v) * std::f64::consts::LOG10_E;
        (t as f64, log, 2 * t)
    })
    .collect()
}

/// A line of log-likelihoods and one of bounds, by half-step: after an M-step they differ by the
/// gap, after the E-step that follows they are the same.
#[expect(clippy::type_complexity, reason = "two lines of points")]
fn bounds(bounds: &[Bound]) -> (Vec<(f64, f64, usize)>, Vec<(f64, f64, usize)>) {
    let (mut upper, mut lower) = (Vec::new(), Vec::new());
    for b in bounds {
        let (m, e) = (2 * b.iteration, 2 * b.iteration + 1);
        upper.push((m as f64, b.log_likelihood, m));
        lower.push((m as f64, b.bound, m));
        for line in [&mut upper, &mut lower] {
            line.push((e as f64, b.log_likelihood, e));
        }
    }
    (upper, lower)
}

/// Ticks at powers of ten, of their exponents.
fn powers([lo, hi]: [f64; 2], about: usize) -> Ticks {
    let mut ticks = whole_ticks(lo, hi, about);
    for tick in &mut ticks.ticks {
        tick.label = format!("1e{}", number(tick.value, 0));
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Item, Theme};
    use proptest::prelude::*;

    fn chart(progress: &Progress, look: Climb) -> Chart {
        Chart::new(progress, look, 320.0, 128.0, Style::new(Theme::Light, 1.0))
    }

    fn climb(n: usize) -> Vec<f64> {
        (0..n)
            .map(|t| -100.0 - 50.0 * 0.5f64.powi(t as i32))
            .collect()
    }

    #[test]
    fn a_linear_convergence_is_a_straight_line() {
        let values = climb(20);
        let line = distances(&values);
        assert_eq!(line.len(), 20);
        for pair in line.windows(2) {
            assert!((pair[0].1 - pair[1].1 - 2.0f64.log10()).abs() < 1e-6);
        }
    }

    #[test]
    fn a_press_finds_the_half_step_drawn_there() {
        let values = climb(20);
        let milliseconds: Vec<f64> = (0..20).map(|t| 1.0 + f64::from(t % 3)).collect();
        let bounds: Vec<Bound> = (1..6)
            .map(|t| Bound {
                iteration: t,
                log_likelihood: values[t],
                bound: values[t] - 0.5,
                gap: 0.5,
            })
            .collect();
        let progress = Progress {
            values: &values,
            milliseconds: &milliseconds,
            bounds: &bounds,
            position: 7,
        };
        for look in [Climb::Time, Climb::Distance, Climb::Bound] {
            let chart = chart(&progress, look);
            for &(x, _, half_step) in &chart.line {
                let at = chart.place(x, 0.0)[0];
                assert_eq!(chart.half_step_at(at), Some(half_step), "{look:?}");
            }
        }
    }

    #[test]
    fn the_gap_is_open_after_an_m_step_and_closed_after_the_e_step() {
        let bounds = [Bound {
            iteration: 3,
            log_likelihood: -10.0,
            bound: -12.5,
            gap: 2.5,
        }];
        let (upper, lower) = super::bounds(&bounds);
        assert_eq!(upper, [(6.0, -10.0, 6), (7.0, -10.0, 7)]);
        assert_eq!(lower, [(6.0, -12.5, 6), (7.0, -10.0, 7)]);
    }

    fn wild() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<f64>(),
            -1e3..0.0,
            Just(f64::NAN),
            Just(1e308),
            Just(-1e308)
        ]
    }

    proptest! {
        #[test]
        fn any_climb_has_a_picture_of_finite_places(
            values in prop::collection::vec(wild(), 0..9),
            milliseconds in prop::collection::vec(0.0..1e5, 9),
            bounds in prop::collection::vec((wild(), wild()), 0..5),
            position in 0usize..30,
            size in [0.0..500.0, 0.0..300.0],
        ) {
            let bounds: Vec<Bound> = bounds.iter().enumerate().map(|(i, &(a, b))| Bound {
                iteration: i + 1, log_likelihood: a, bound: b, gap: a - b,
            }).collect();
            let progress = Progress { values: &values, milliseconds: &milliseconds, bounds: &bounds, position };
            for look in [Climb::Time, Climb::Distance, Climb::Bound] {
                let chart = Chart::new(&progress, look, size[0], size[1], Style::new(Theme::Dark, 2.0));
                for item in chart.scene().items() {
                    if let Item::Polyline { points, .. } = item {
                        prop_assert!(points.iter().flatten().all(|v| v.is_finite()));
                    }
                }
            }
        }
    }
}
