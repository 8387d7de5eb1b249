//! Pictures: a view with its layout as shapes, which [`svg`], [`png`] and [`html`] draw. What a shape looks like in a file is theirs.

mod compose;
mod health;
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

/// Places for a view's nodes that stay from one moment to the next, and the titles of the frames: [`crate::layout::AreaKind::Group`] counts them.
/// `previous` is brought up to date.
pub fn places(rendered: &crate::view::Rendered<'_, '_>, previous: &mut Previous) -> (Layout, Vec<String>) {
    compose::keep(rendered, previous)
}

#[cfg(test)]
mod tests;
