//! How the page is looked at.

/// The size of the window's inside, in CSS pixels, and the kind of device.
#[derive(Clone, Copy, Debug)]
pub struct Viewport {
    /// Width in CSS pixels.
    pub width: u32,
    /// Height in CSS pixels.
    pub height: u32,
    /// Device pixels for each CSS pixel.
    pub pixel_ratio: f64,
    /// Is it a phone, with touch and without scroll bars?
    pub mobile: bool,
}

impl Viewport {
    /// A laptop.
    pub const DESK: Self = Self::window(1440, 900);
    /// An old projector.
    pub const PROJECTOR: Self = Self::window(1024, 768);
    /// A phone held upright.
    pub const PHONE: Self = Self {
        width: 390,
        height: 844,
        pixel_ratio: 3.0,
        mobile: true,
    };

    /// A window of this size on an ordinary screen.
    pub const fn window(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            pixel_ratio: 1.0,
            mobile: false,
        }
    }
}

/// How the page is looked at; the default is a light desk with motion.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The size of the window.
    pub viewport: Viewport,
    /// Does the person prefer a dark page?
    pub dark: bool,
    /// Does the person prefer less motion?
    pub reduced_motion: bool,
    /// What follows the page's address: `?...` or `#...`.
    pub link: String,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            viewport: Viewport::DESK,
            dark: false,
            reduced_motion: false,
            link: String::new(),
        }
    }
}
