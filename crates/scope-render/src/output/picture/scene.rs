//! Shapes and their inks: what a picture is made of, whatever file it goes to.

use crate::layout::{Point, Rect, edges::Step};

/// A picture: what it is about, and its parts from back to front.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) title: String,
    /// The part of the plane that is shown.
    pub(super) view: Rect,
    pub(super) parts: Vec<Part>,
}

/// A part of a picture, with what it stands for.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) of: Of,
    pub(super) shapes: Vec<Shape>,
}

/// What a part stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// A frame around nodes.
    Frame,
    /// Connections: indices of their ends in the view's nodes where both are single nodes, and what to say of them.
    Edge { ends: Option<(u32, u32)>, about: String },
    /// A node: its index in the view's nodes, and what to say of it.
    Node { node: u32, about: String },
    /// What the shapes mean.
    Legend,
}

/// A shape.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A rectangle with round corners.
    Box { rect: Rect, radius: f32, fill: Option<Ink>, stroke: Option<Ink>, width: f32, dashed: bool },
    /// A disc, or a ring where it is not filled.
    Disc { center: Point, radius: f32, ink: Ink, filled: bool },
    /// A line; `muted` ones stay in the background.
    Line { start: Point, steps: Vec<Step>, ink: Ink, width: f32, muted: bool, dashed: bool },
    /// A filled triangle: an arrow's head, a warning.
    Triangle { points: [Point; 3], ink: Ink, muted: bool },
    /// A line of text, `at` the left end of its base line.
    Text { at: Point, size: f32, ink: Ink, bold: bool, text: String },
}

/// What a colour is for. Its value is the theme's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Background,
    Frame,
    FrameLine,
    Node,
    NodeLine,
    Outside,
    Text,
    Faint,
    Edge,
    Healthy,
    Warning,
    Critical,
    Off,
}

impl Ink {
    /// All of them, with the name that a style sheet has for each.
    pub(super) const ALL: [(Self, &'static str); 13] = [
        (Self::Background, "background"),
        (Self::Frame, "frame"),
        (Self::FrameLine, "frame-line"),
        (Self::Node, "node"),
        (Self::NodeLine, "node-line"),
        (Self::Outside, "outside"),
        (Self::Text, "text"),
        (Self::Faint, "faint"),
        (Self::Edge, "edge"),
        (Self::Healthy, "healthy"),
        (Self::Warning, "warning"),
        (Self::Critical, "critical"),
        (Self::Off, "off"),
    ];

    /// The name in a style sheet.
    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(ink, _)| *ink == self).map_or("", |(_, name)| name)
    }

    /// Red, green and blue. Text has a contrast of at least 4.5 to what it stands on, states differ in lightness too.
    pub(super) fn rgb(self, theme: super::Theme) -> [u8; 3] {
        let [light, dark] = match self {
            Self::Background => [0x00ff_ffff, 0x000f_1419],
            Self::Frame => [0x00f4_f6f8, 0x0016_1d25],
            Self::FrameLine => [0x00d5_dce3, 0x002c_3743],
            Self::Node => [0x00ff_ffff, 0x001e_2731],
            Self::NodeLine => [0x009a_a8b6, 0x0052_677b],
            Self::Outside => [0x00e9_edf2, 0x0028_323d],
            Self::Text => [0x001b_242d, 0x00e3_eaf0],
            Self::Faint => [0x005b_6a78, 0x0096_a5b3],
            Self::Edge => [0x004a_7ab0, 0x006c_a6dc],
            Self::Healthy => [0x002e_8b57, 0x004c_c37f],
            Self::Warning => [0x00c0_7700, 0x00e8_a838],
            Self::Critical => [0x00c6_2f2f, 0x00ff_6b61],
            Self::Off => [0x0085_929e, 0x0077_8795],
        };
        let rgb: u32 = match theme {
            super::Theme::Light => light,
            super::Theme::Dark => dark,
        };
        [(rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8]
    }
}
