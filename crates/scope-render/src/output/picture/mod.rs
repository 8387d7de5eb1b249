//! Pictures: a view with its layout as shapes, which [`svg`], [`png`] and [`html`] draw. What a shape looks like in a file is theirs.

mod compose;
pub(super) mod html;
pub(super) mod png;
mod scene;
pub(super) mod svg;
mod text;

use crate::layout::{Layout, Previous};

/// The colours of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

/// The places of a picture's nodes, for the next picture to keep.
pub fn places(rendered: &crate::view::Rendered<'_, '_>, previous: Option<&Previous>) -> Layout {
    compose::place(rendered, previous).layout
}

#[cfg(test)]
mod tests;
