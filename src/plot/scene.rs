//! A picture as a list of plain shapes in CSS pixels, to be replayed on a canvas,
//! as SVG, or anywhere else.
//!
//! Whatever goes in, only finite coordinates of reasonable size come out: lines
//! that leave for infinity are cut near the picture, the rest is left out.

use super::colour::Rgba;

/// Nothing in a scene lies further out than this, in CSS pixels.
pub const FAR: f64 = 20_000.0;

/// A position in CSS pixels, x to the right, y downwards.
pub type Point = [f64; 2];

/// How a line is drawn. Joins are round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub colour: Rgba,
    /// Its width in CSS pixels.
    pub width: f64,
    /// Lengths of dash and gap in CSS pixels, times `dash_scale`; empty means solid.
    pub dash: &'static [f64],
    /// Stretches the dash, so that a whole number of them goes round a closed line.
    pub dash_scale: f64,
}

impl Stroke {
    /// A solid line.
    pub fn new(colour: impl Into<Rgba>, width: f64) -> Self {
        Stroke {
            colour: colour.into(),
            width,
            dash: &[],
            dash_scale: 1.0,
        }
    }

    /// The same line, dashed.
    pub fn dashed(self, dash: &'static [f64]) -> Self {
        Stroke { dash, ..self }
    }

    /// The same line, its dash stretched by `scale`.
    pub fn dash_scale(self, scale: f64) -> Self {
        Stroke {
            dash_scale: scale,
            ..self
        }
    }
}

/// Which part of a text its position names, from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its left end.
    Start,
    /// Its middle.
    Middle,
    /// Its right end.
    End,
}

/// A line of text in the system's sans serif.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// The position of the anchor on the base line of the letters.
    pub at: Point,
    /// What it says.
    pub text: String,
    /// Font size in CSS pixels.
    pub size: f64,
    /// 400 is regular, 600 is half bold.
    pub weight: u16,
    /// Which end `at` names.
    pub anchor: Anchor,
    /// Colour of the letters.
    pub colour: Rgba,
    /// Colour and width of an outline behind the letters, which keeps them legible on a busy ground.
    pub halo: Option<(Rgba, f64)>,
}

/// Height of capitals and figures of a system sans, as a part of the font size.
const CAP_HEIGHT: f64 = 0.72;

impl Text {
    /// Regular text that starts at `at`.
    pub fn new(at: Point, size: f64, colour: impl Into<Rgba>, text: impl Into<String>) -> Self {
        Text {
            at,
            text: text.into(),
            size,
            weight: 400,
            anchor: Anchor::Start,
            colour: colour.into(),
            halo: None,
        }
    }

    /// The same text, held by another end.
    pub fn anchor(self, anchor: Anchor) -> Self {
        Text { anchor, ..self }
    }

    /// The same text, its capitals and figures centred on the height of `at`.
    pub fn centred(mut self) -> Self {
        self.at[1] += CAP_HEIGHT / 2.0 * self.size;
        self
    }

    /// The same text, hanging from the height of `at`.
    pub fn hanging(mut self) -> Self {
        self.at[1] += CAP_HEIGHT * self.size;
        self
    }

    /// The same text in another weight.
    pub fn weight(self, weight: u16) -> Self {
        Text { weight, ..self }
    }

    /// The same text with an outline of this colour behind it.
    pub fn halo(self, colour: impl Into<Rgba>, width: f64) -> Self {
        Text {
            halo: Some((colour.into(), width)),
            ..self
        }
    }
}

/// A rectangle in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Its left edge.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

impl Rect {
    /// Its right edge.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Its lower edge.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// Does the position lie in it, edges included?
    pub fn contains(&self, [x, y]: Point) -> bool {
        x >= self.x && x <= self.right() && y >= self.y && y <= self.bottom()
    }
}

/// One shape.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A line through points, or the area within.
    Polyline {
        /// At least two points, all finite.
        points: Vec<Point>,
        /// Does it return to its first point?
        closed: bool,
        /// The line.
        stroke: Option<Stroke>,
        /// The area.
        fill: Option<Rgba>,
    },
    /// A circle.
    Circle {
        /// Its centre.
        centre: Point,
        /// Its radius, positive.
        radius: f64,
        /// The line.
        stroke: Option<Stroke>,
        /// The area.
        fill: Option<Rgba>,
    },
    /// A rectangle.
    Rect {
        /// Where, with rounded corners of `radius`.
        rect: Rect,
        /// Radius of the corners.
        radius: f64,
        /// The line.
        stroke: Option<Stroke>,
        /// The area.
        fill: Option<Rgba>,
    },
    /// A line of text.
    Text(Text),
    /// Until the matching end, nothing is drawn outside of this rectangle.
    ClipBegin(Rect),
    /// See `ClipBegin`.
    ClipEnd,
}

/// A picture: its size and its shapes, from back to front.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Width in CSS pixels.
    pub width: f64,
    /// Height in CSS pixels.
    pub height: f64,
    items: Vec<Item>,
}

impl Scene {
    /// An empty picture; a size that is not a number is zero.
    pub fn new(width: f64, height: f64) -> Self {
        let size = |v: f64| {
            if v.is_finite() {
                v.clamp(0.0, FAR)
            } else {
                0.0
            }
        };
        Scene {
            width: size(width),
            height: size(height),
            items: Vec::new(),
        }
    }

    /// The shapes, from back to front.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Puts another picture's shapes on top of this one's.
    pub fn append(&mut self, mut above: Scene) {
        self.items.append(&mut above.items);
    }

    /// A line through `points`. Where a point is not finite the line has a gap.
    pub fn line(&mut self, points: &[Point], stroke: Stroke) {
        if !is_visible(&stroke) {
            return;
        }
        for run in super::clip::open(points) {
            self.items.push(Item::Polyline {
                points: run,
                closed: false,
                stroke: Some(stroke),
                fill: None,
            });
        }
    }

    /// A closed line with or without an area. Points that are not finite are left out.
    pub fn shape(&mut self, points: &[Point], stroke: Option<Stroke>, fill: Option<Rgba>) {
        let points = super::clip::closed(points);
        if points.len() >= 2 {
            self.items.push(Item::Polyline {
                points,
                closed: true,
                stroke: stroke.filter(is_visible),
                fill,
            });
        }
    }

    /// A circle; left out if its centre is not finite or far away.
    pub fn circle(
        &mut self,
        centre: Point,
        radius: f64,
        stroke: Option<Stroke>,
        fill: Option<Rgba>,
    ) {
        if is_near(centre) && radius > 0.0 && radius <= FAR {
            self.items.push(Item::Circle {
                centre,
                radius,
                stroke: stroke.filter(is_visible),
                fill,
            });
        }
    }

    /// A rectangle with corners of `radius`; left out if it has no area or is not finite.
    pub fn rect(&mut self, rect: Rect, radius: f64, stroke: Option<Stroke>, fill: Option<Rgba>) {
        if is_near([rect.x, rect.y]) && has_area(&rect) {
            self.items.push(Item::Rect {
                rect,
                radius: radius.max(0.0).min(rect.width.min(rect.height) / 2.0),
                stroke: stroke.filter(is_visible),
                fill,
            });
        }
    }

    /// A line of text; left out if it is empty or its position is not finite.
    pub fn text(&mut self, text: Text) {
        if is_near(text.at) && !text.text.is_empty() && text.size > 0.0 && text.size < FAR {
            self.items.push(Item::Text(text));
        }
    }

    /// Draws only within `rect` what `draw` adds.
    pub fn clipped(&mut self, rect: Rect, draw: impl FnOnce(&mut Scene)) {
        if is_near([rect.x, rect.y]) && has_area(&rect) {
            self.items.push(Item::ClipBegin(rect));
            draw(self);
            self.items.push(Item::ClipEnd);
        }
    }
}

fn is_visible(stroke: &Stroke) -> bool {
    stroke.width > 0.0 && stroke.width < FAR && stroke.dash_scale > 0.0 && stroke.colour.alpha > 0.0
}

fn is_near([x, y]: Point) -> bool {
    x.abs() <= FAR && y.abs() <= FAR
}

fn has_area(rect: &Rect) -> bool {
    rect.width > 0.0 && rect.height > 0.0 && rect.width <= FAR && rect.height <= FAR
}

/// The nearest coordinate at which a line of one device pixel is crisp.
pub fn crisp(v: f64, device_pixel_ratio: f64) -> f64 {
    ((v * device_pixel_ratio - 0.5).round() + 0.5) / device_pixel_ratio
}

/// The nearest coordinate that lies between two device pixels: the edges of areas.
pub fn snap(v: f64, device_pixel_ratio: f64) -> f64 {
    (v * device_pixel_ratio).round() / device_pixel_ratio
}
