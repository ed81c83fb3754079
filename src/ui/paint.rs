//! stub
#![allow(dead_code, unused_variables, missing_docs)]
use super::stage::Arrived;
use super::surface::Surface;
use crate::plot::{Picture, PictureRequest};
use crate::session::{DataView, TracePoint, View};

pub struct Look<'a> {
    pub view: &'a View,
    pub trace: &'a [TracePoint],
    pub dark: bool,
    pub selected: Option<usize>,
}
pub struct Id {
    pub fill: [u8; 3],
    pub on_fill: [u8; 3],
}
pub fn letter(i: usize) -> String {
    char::from(b'A' + (i % 26) as u8).to_string()
}
pub fn identity(i: usize, dark: bool) -> Id {
    Id { fill: [0, 114, 178], on_fill: [255; 3] }
}
pub fn css(c: [u8; 3]) -> String {
    format!("rgb({},{},{})", c[0], c[1], c[2])
}
pub fn axes_are_equal(_: &DataView) -> bool {
    false
}
pub fn curve(s: &Surface, look: &Look) {}
pub fn timeline(s: &Surface, look: &Look) {}
pub fn heat(s: &Surface, look: &Look, p: Option<&Picture>) {}
pub fn map(s: &Surface, look: &Look) {}
pub fn points(s: &Surface, look: &Look, p: Option<&Arrived>) {}
pub fn heat_width(s: &Surface, look: &Look) -> f64 {
    s.width
}
pub fn iteration_at(s: &Surface, v: &View, t: &[TracePoint], x: f64) -> Option<usize> {
    None
}
pub fn picture_request(s: &Surface, look: &Look, heat: f64) -> PictureRequest {
    PictureRequest {
        id: 0,
        width: (s.width * s.ratio) as u32,
        height: (s.height * s.ratio) as u32,
        window: [0.5, 6.0, 35.0, 100.0],
        radius: 3.0 * s.ratio,
        colours: vec![[0, 114, 178]; look.view.components.len()],
        neutral: [120; 3],
        rim: [255; 3],
        heat_width: heat as u32,
    }
}
