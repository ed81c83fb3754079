//! Replays scenes on a canvas, and puts pixels there.

use js_sys::Array;
use wasm_bindgen::{Clamped, JsValue};
use web_sys::{CanvasRenderingContext2d, ImageData};

use crate::digits::Brief;
use crate::plot::{Anchor, FONT, Item, Point, Rect, Rgba, Scene, Stroke, Text};

/// Clears the canvas and replays the scene on it. The canvas's backing store must
/// be the scene's size times `device_pixel_ratio`; whatever transform and clip
/// were set are forgotten.
pub fn paint(scene: &Scene, ctx: &CanvasRenderingContext2d, device_pixel_ratio: f64) {
    clear(ctx);
    // A transform of the ratio leaves every coordinate where it belongs between
    // the device's pixels, and type is set at the device's resolution.
    let r = device_pixel_ratio;
    let _ = ctx.set_transform(r, 0.0, 0.0, r, 0.0, 0.0);
    ctx.set_line_join("round");
    ctx.set_text_baseline("alphabetic");
    for item in scene.items() {
        paint_item(item, ctx);
    }
}

/// Makes the whole canvas transparent.
pub fn clear(ctx: &CanvasRenderingContext2d) {
    let _ = ctx.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
    if let Some(canvas) = ctx.canvas() {
        ctx.clear_rect(0.0, 0.0, canvas.width().into(), canvas.height().into());
    }
}

/// Puts straight-alpha RGBA pixels on the canvas, their upper left corner at `at`,
/// in device pixels. A buffer that is not `width` x `height` x 4 long is refused.
pub fn put_pixels(
    ctx: &CanvasRenderingContext2d,
    at: [f64; 2],
    width: u32,
    height: u32,
    pixels: &[u8],
) -> Result<(), JsValue> {
    if width == 0 || height == 0 {
        return Ok(());
    }
    let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(pixels), width, height)?;
    ctx.put_image_data(&data, at[0], at[1])
}

fn paint_item(item: &Item, ctx: &CanvasRenderingContext2d) {
    match item {
        Item::Polyline {
            points,
            closed,
            stroke,
            fill,
        } => {
            ctx.begin_path();
            trace(points, *closed, ctx);
            fill_and_stroke(stroke, fill, ctx);
        }
        Item::Circle {
            centre: [x, y],
            radius,
            stroke,
            fill,
        } => {
            ctx.begin_path();
            let _ = ctx.arc(*x, *y, *radius, 0.0, std::f64::consts::TAU);
            fill_and_stroke(stroke, fill, ctx);
        }
        Item::Rect {
            rect,
            radius,
            stroke,
            fill,
        } => {
            ctx.begin_path();
            outline(rect, *radius, ctx);
            fill_and_stroke(stroke, fill, ctx);
        }
        Item::Text(text) => write(text, ctx),
        Item::ClipBegin(rect) => {
            ctx.save();
            ctx.begin_path();
            ctx.rect(rect.x, rect.y, rect.width, rect.height);
            ctx.clip();
        }
        Item::ClipEnd => ctx.restore(),
    }
}

fn trace(points: &[Point], closed: bool, ctx: &CanvasRenderingContext2d) {
    let Some((first, rest)) = points.split_first() else {
        return;
    };
    ctx.move_to(first[0], first[1]);
    for point in rest {
        ctx.line_to(point[0], point[1]);
    }
    if closed {
        ctx.close_path();
    }
}

fn outline(rect: &Rect, radius: f64, ctx: &CanvasRenderingContext2d) {
    if radius <= 0.0 {
        ctx.rect(rect.x, rect.y, rect.width, rect.height);
        return;
    }
    let Rect { x, y, .. } = *rect;
    let (right, bottom) = (rect.right(), rect.bottom());
    ctx.move_to(x + radius, y);
    let _ = ctx.arc_to(right, y, right, bottom, radius);
    let _ = ctx.arc_to(right, bottom, x, bottom, radius);
    let _ = ctx.arc_to(x, bottom, x, y, radius);
    let _ = ctx.arc_to(x, y, right, y, radius);
    ctx.close_path();
}

fn fill_and_stroke(stroke: &Option<Stroke>, fill: &Option<Rgba>, ctx: &CanvasRenderingContext2d) {
    if let Some(colour) = fill {
        ctx.set_fill_style_str(&colour.css());
        ctx.fill();
    }
    if let Some(stroke) = stroke {
        ctx.set_stroke_style_str(&stroke.colour.css());
        ctx.set_line_width(stroke.width);
        if stroke.dash.is_empty() {
            ctx.stroke();
            return;
        }
        let dash: Array = stroke
            .dash
            .iter()
            .map(|length| JsValue::from_f64(length * stroke.dash_scale))
            .collect();
        let _ = ctx.set_line_dash(&dash);
        ctx.stroke();
        let _ = ctx.set_line_dash(&Array::new());
    }
}

fn write(text: &Text, ctx: &CanvasRenderingContext2d) {
    ctx.set_font(&format!("{} {}px {FONT}", text.weight, Brief(text.size)));
    ctx.set_text_align(match text.anchor {
        Anchor::Start => "left",
        Anchor::Middle => "center",
        Anchor::End => "right",
    });
    let [x, y] = text.at;
    if let Some((colour, width)) = text.halo {
        ctx.set_stroke_style_str(&colour.css());
        ctx.set_line_width(width);
        let _ = ctx.stroke_text(&text.text, x, y);
    }
    ctx.set_fill_style_str(&text.colour.css());
    let _ = ctx.fill_text(&text.text, x, y);
}
