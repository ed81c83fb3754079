//! The strip of half-steps under the page.

use super::colour::Rgba;
use super::scene::{Anchor, Scene};
use super::style::Style;
use super::ticks::whole_ticks;

/// What the timeline shows. Half-step 2t is iteration t; odd ones follow an E-step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeline {
    /// The half-step shown.
    pub position: usize,
    /// The newest half-step recorded.
    pub last: usize,
    /// The half-step at the right end: the slider's maximum.
    pub end: usize,
    /// Distance of the slider's ends from the canvas's, in CSS pixels: half a thumb.
    pub inset: f64,
}

impl Timeline {
    /// The canvas position of a half-step: where a slider from 0 to `end` has its thumb.
    pub fn place(&self, half_step: usize, width: f64) -> f64 {
        let part = half_step as f64 / self.end.max(1) as f64;
        self.inset + part * (width - 2.0 * self.inset)
    }
}

/// The timeline on a canvas of `width` x `height` CSS pixels: a rule, a long tick
/// an iteration and a short one an E-step, numbers, and the present position.
pub fn timeline(input: &Timeline, width: f64, height: f64, style: Style) -> Scene {
    let mut scene = Scene::new(width, height);
    let s = style.scale;
    let palette = style.palette();
    let y = (height * 0.4).max(8.0 * s);
    let end = input.end.max(1);
    let place = |half_step: usize| input.place(half_step, width);
    let hairline = Rgba::opaque(palette.hairline);
    style.rule(&mut scene, y, [place(0), place(end)], hairline);
    style.rule(
        &mut scene,
        y,
        [place(0), place(input.position.min(end))],
        Rgba::new(palette.secondary, 0.6),
    );
    let pixels = (place(end) - place(0)).max(1.0) / end as f64;
    let step = tick_step(pixels, 7.0 * s);
    let past = Rgba::opaque(palette.ink);
    let future = Rgba::new(palette.secondary, 0.55);
    for half_step in (0..=input.last.min(end)).step_by(step) {
        let colour = if half_step <= input.position {
            past
        } else {
            future
        };
        let half = if half_step % 2 == 0 { 6.0 } else { 3.0 } * s;
        style.post(&mut scene, place(half_step), [y - half, y + half], colour);
    }
    let about = ((place(end) - place(0)) / (60.0 * s)).clamp(1.0, 24.0) as usize;
    for tick in whole_ticks(0.0, end as f64 / 2.0, about).ticks {
        let x = place(2 * tick.value as usize);
        let label = style.note([x, y + 11.0 * s], tick.label);
        scene.text(label.anchor(Anchor::Middle).hanging());
    }
    let at = [place(input.position.min(end)), y];
    scene.circle(at, 7.0 * s, None, Some(palette.paper.into()));
    scene.circle(at, 5.5 * s, None, Some(palette.accent.into()));
    scene
}

/// Every how many half-steps a tick is drawn so that they stay `least` pixels
/// apart: all, whole iterations, every 5th, 10th, 50th ...
fn tick_step(pixels: f64, least: f64) -> usize {
    if pixels >= least {
        return 1;
    }
    let mut iterations = 1usize;
    loop {
        for factor in [1, 5] {
            let step = 2 * iterations * factor;
            if step as f64 * pixels >= least {
                return step;
            }
        }
        match iterations.checked_mul(10) {
            Some(next) if next < usize::MAX / 100 => iterations = next,
            _ => return usize::MAX / 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Theme;

    fn picture(position: usize, last: usize, end: usize, width: f64) -> Scene {
        let input = Timeline {
            position,
            last,
            end,
            inset: 8.0,
        };
        timeline(&input, width, 40.0, Style::new(Theme::Light, 1.0))
    }

    #[test]
    fn positions_are_those_of_a_slider() {
        let input = Timeline {
            position: 0,
            last: 10,
            end: 10,
            inset: 8.0,
        };
        assert_eq!(input.place(0, 216.0), 8.0);
        assert_eq!(input.place(5, 216.0), 108.0);
        assert_eq!(input.place(10, 216.0), 208.0);
    }

    #[test]
    fn there_are_never_more_ticks_than_pixels_have_room_for() {
        for last in [0, 1, 13, 500, 20_000, 3_000_000] {
            for width in [0.0, 20.0, 300.0, 1440.0] {
                let count = picture(last / 2, last, last, width).items().len();
                assert!(count < 420, "{last} {width}: {count}");
            }
        }
    }

    #[test]
    fn positions_beyond_the_end_do_no_harm() {
        picture(usize::MAX, usize::MAX, 0, 100.0);
        picture(7, 9, 3, 100.0);
    }
}
