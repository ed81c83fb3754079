use serde::{Deserialize, Serialize};

/// What the page asks of the worker that holds the rows: the point layer of the
/// map and the averaged responsibilities, at the half-step now shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureRequest {
    /// Comes back with the picture.
    pub id: u64,
    /// Width of the plot area in device pixels; the picture has exactly this size.
    pub width: u32,
    /// Height of the plot area in device pixels.
    pub height: u32,
    /// Data coordinates of the plot area's edges: `[left, right, bottom, top]`.
    pub window: [f64; 4],
    /// Radius of a point in device pixels.
    pub radius: f64,
    /// sRGB colour of each component.
    pub colours: Vec<[u8; 3]>,
    /// sRGB colour of a point without responsibilities.
    pub neutral: [u8; 3],
    /// sRGB colour of the thin rim around a point.
    pub rim: [u8; 3],
    /// Columns wanted of the heat map (its width in device pixels).
    pub heat_width: u32,
}

impl PictureRequest {
    /// The window in coordinates from which `centre` was subtracted.
    pub fn window_about(&self, [x, y]: [f64; 2]) -> [f64; 4] {
        let [left, right, bottom, top] = self.window;
        [left - x, right - x, bottom - y, top - y]
    }
}

/// What comes back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Id of the request.
    pub id: u64,
    /// Run and half-step that were drawn.
    pub run: u64,
    /// See `run`.
    pub position: usize,
    /// Size of `points` in pixels.
    pub width: u32,
    /// See `width`.
    pub height: u32,
    /// RGBA, not premultiplied, row by row, transparent where there is no point. Travels beside the rest.
    #[serde(skip)]
    pub points: Vec<u8>,
    /// K rows of `heat_columns` responsibilities, 0 to 1: the rows of the data sorted by
    /// strongest component, averaged where there are more rows than columns. Empty at the start.
    pub heat: Vec<f32>,
    /// Columns of `heat`: `heat_width`, or the number of rows if that is smaller.
    pub heat_columns: usize,
}
