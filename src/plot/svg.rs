//! A scene as an SVG document.

use super::colour::Rgba;
use super::scene::{Anchor, Item, Point, Scene, Stroke, Text};
use std::fmt::Write;

/// The family of all text, on canvas and in SVG.
pub const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

/// Writes a scene as a document of its own; `ground` is painted below everything.
pub fn svg(scene: &Scene, ground: Option<Rgba>) -> String {
    let (w, h) = (scene.width, scene.height);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" \
         viewBox=\"0 0 {w} {h}\" font-family=\"{}\" \
         stroke-linejoin=\"round\" font-variant-numeric=\"tabular-nums\">\n",
        escape(FONT)
    );
    if let Some(colour) = ground {
        let fill = colour.css();
        put(
            &mut out,
            format_args!("<rect width=\"{w}\" height=\"{h}\" fill=\"{fill}\"/>\n"),
        );
    }
    let mut clips = 0;
    for item in scene.items() {
        match item {
            Item::Polyline {
                points,
                closed,
                stroke,
                fill,
            } => {
                let name = if *closed { "polygon" } else { "polyline" };
                let list = points.iter().map(coordinates).collect::<Vec<_>>().join(" ");
                let paint = paint(stroke, fill);
                put(
                    &mut out,
                    format_args!("<{name} points=\"{list}\"{paint}/>\n"),
                );
            }
            Item::Circle {
                centre: [x, y],
                radius,
                stroke,
                fill,
            } => {
                let paint = paint(stroke, fill);
                put(
                    &mut out,
                    format_args!(
                        "<circle cx=\"{x:.3}\" cy=\"{y:.3}\" r=\"{radius:.3}\"{paint}/>\n"
                    ),
                );
            }
            Item::Rect {
                rect: r,
                radius,
                stroke,
                fill,
            } => {
                let paint = paint(stroke, fill);
                put(
                    &mut out,
                    format_args!(
                        "<rect x=\"{:.3}\" y=\"{:.3}\" width=\"{:.3}\" height=\"{:.3}\" rx=\"{radius:.3}\"{paint}/>\n",
                        r.x, r.y, r.width, r.height
                    ),
                );
            }
            Item::Text(text) => write_text(&mut out, text),
            Item::ClipBegin(r) => {
                clips += 1;
                put(
                    &mut out,
                    format_args!(
                        "<clipPath id=\"c{clips}\"><rect x=\"{:.3}\" y=\"{:.3}\" width=\"{:.3}\" height=\"{:.3}\"/></clipPath>\n\
                         <g clip-path=\"url(#c{clips})\">\n",
                        r.x, r.y, r.width, r.height
                    ),
                );
            }
            Item::ClipEnd => out.push_str("</g>\n"),
        }
    }
    out.push_str("</svg>\n");
    out
}

fn put(out: &mut String, text: std::fmt::Arguments) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(text);
}

fn coordinates([x, y]: &Point) -> String {
    format!("{x:.2},{y:.2}")
}

fn paint(stroke: &Option<Stroke>, fill: &Option<Rgba>) -> String {
    let mut out = match fill {
        Some(colour) => format!(" fill=\"{}\"", colour.css()),
        None => " fill=\"none\"".into(),
    };
    if let Some(stroke) = stroke {
        let colour = stroke.colour.css();
        put(
            &mut out,
            format_args!(" stroke=\"{colour}\" stroke-width=\"{:.2}\"", stroke.width),
        );
        if !stroke.dash.is_empty() {
            let scaled = stroke
                .dash
                .iter()
                .map(|d| format!("{:.3}", d * stroke.dash_scale));
            let list = scaled.collect::<Vec<_>>().join(" ");
            put(&mut out, format_args!(" stroke-dasharray=\"{list}\""));
        }
    }
    out
}

fn write_text(out: &mut String, text: &Text) {
    let anchor = match text.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let halo = match text.halo {
        Some((colour, width)) => format!(
            " stroke=\"{}\" stroke-width=\"{width:.2}\" paint-order=\"stroke\"",
            colour.css()
        ),
        None => String::new(),
    };
    put(
        out,
        format_args!(
            "<text x=\"{:.2}\" y=\"{:.2}\" font-size=\"{:.2}\" font-weight=\"{}\" text-anchor=\"{anchor}\" fill=\"{}\"{halo}>{}</text>\n",
            text.at[0],
            text.at[1],
            text.size,
            text.weight,
            text.colour.css(),
            escape(&text.text)
        ),
    );
}

/// Text that XML takes as text: markup is escaped, what XML forbids is left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_cannot_leave_their_text() {
        let mut scene = Scene::new(100.0, 50.0);
        scene.text(Text::new(
            [1.0, 2.0],
            11.0,
            [0; 3],
            "</text><script>\"&\u{0}",
        ));
        let out = svg(&scene, None);
        assert!(out.contains(">&lt;/text&gt;&lt;script&gt;&quot;&amp;</text>"));
    }

    #[test]
    fn clips_are_closed_and_dashes_scaled() {
        let mut scene = Scene::new(100.0, 50.0);
        let rect = crate::plot::Rect {
            x: 0.0,
            y: 0.0,
            width: 9.0,
            height: 9.0,
        };
        scene.clipped(rect, |scene| {
            let stroke = Stroke::new([1, 2, 3], 2.0)
                .dashed(&[4.0, 2.0])
                .dash_scale(1.5);
            scene.line(&[[0.0, 0.0], [5.0, 5.0]], stroke);
        });
        let out = svg(&scene, Some(Rgba::opaque([255; 3])));
        assert!(out.contains("stroke-dasharray=\"6.000 3.000\""));
        assert_eq!(out.matches("<g ").count(), out.matches("</g>").count());
    }
}
