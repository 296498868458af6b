//! What the browser shows a page on, and to whom.

use serde_json::{Value, json};

/// The screen of a browser, and what its user likes. A page sees all of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Of the page, in CSS pixels.
    pub width: u32,
    /// Of the page, in CSS pixels.
    pub height: u32,
    /// Pixels of the screen, and of a screenshot, for each CSS pixel.
    pub scale: f64,
    /// A phone or a tablet: it heeds the page's `viewport`.
    pub mobile: bool,
    /// `prefers-color-scheme: dark`; otherwise light.
    pub dark: bool,
    /// `prefers-reduced-motion: reduce`.
    pub reduced_motion: bool,
    /// Whether the page's own scripts run. Those of a test always do.
    pub scripts: bool,
}

impl Default for Settings {
    /// A projector: 1280 by 800, light, with motion and scripts.
    fn default() -> Self {
        Self {
            width: 1280,
            height: 800,
            scale: 1.0,
            mobile: false,
            dark: false,
            reduced_motion: false,
            scripts: true,
        }
    }
}

impl Settings {
    /// A phone held upright: 390 by 844.
    pub fn phone() -> Self {
        Self { width: 390, height: 844, scale: 2.0, mobile: true, ..Self::default() }
    }

    /// The commands of the DevTools protocol that bring this about, with what
    /// each is given.
    pub(crate) fn commands(&self) -> [(&'static str, Value); 3] {
        let screen = json!({
            "width": self.width,
            "height": self.height,
            "deviceScaleFactor": self.scale,
            "mobile": self.mobile,
        });
        let scheme = if self.dark { "dark" } else { "light" };
        let motion = if self.reduced_motion { "reduce" } else { "no-preference" };
        let media = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": motion },
        ]});
        [
            ("Emulation.setDeviceMetricsOverride", screen),
            ("Emulation.setEmulatedMedia", media),
            ("Emulation.setScriptExecutionDisabled", json!({ "value": !self.scripts })),
        ]
    }
}
