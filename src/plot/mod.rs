//! Pictures: from a plain scene to pixels, without a browser.
//!
//! A [`Scene`] is a list of shapes in CSS pixels; what it shows is decided here,
//! and a painter only replays it (on a canvas in the page, or as SVG with
//! [`svg()`]). What is made of very many parts is pixels from the start:
//! [`PointLayer`], of very many points [`Crowd`], and [`heat_pixels`]. What is made of some rows
//! each of very many, a [`Portion`], adds up to what is made of all.
//!
//! The map is three layers: [`map_ground`] (well, grid, tick labels), the points,
//! and [`map_overlay`] (trails, ellipses, means), all placed by one [`MapLayout`].

mod clip;
mod colour;
mod crowd;
mod curve;
mod disc;
mod ellipse;
#[cfg(test)]
mod gallery;
mod grid;
mod heat;
mod layout;
mod light;
mod map;
mod marks;
mod palette;
mod picture;
mod points;
mod progress;
mod request;
mod scene;
mod shelves;
mod strip;
mod style;
mod svg;
mod text;
mod ticks;
mod timeline;
mod trajectories;
mod turn;
mod window;

pub use crate::mixture::letter;
pub use colour::{Encoder, Linear, Rgb, Rgba, contrast, luminance, to_linear, to_srgb};
pub use crowd::Crowd;
pub use curve::{Curve, CurveInput, Ghost};
pub use ellipse::Axes;
pub use heat::{heat_bands, heat_pixels};
pub use layout::{MapLayout, strip_y};
pub use map::{Blob, MapLayers, MapOverlay, map_ground, map_overlay};
pub use marks::marker;
pub use palette::{COLOURS, Dash, Identity, Marker, Palette, Theme, identity, line_colours};
pub use picture::{Portion, RowsOf, Sketch, complete, portion};
pub use points::{PointLayer, Rim, point_radius, rim_width};
pub use progress::{Chart, Climb, Progress};
pub use request::{Picture, PictureRequest};
pub use scene::{Anchor, FAR, Item, Point, Rect, Scene, Stroke, Text, crisp, snap};
pub use shelves::Shelves;
pub use style::Style;
pub use svg::{FONT, svg};
pub use ticks::{Tick, Ticks, number, ticks, whole_ticks};
pub use timeline::{Timeline, timeline};
pub use trajectories::Trajectories;
pub use window::Window;
