//! Text as it will be drawn: how wide it is. The font is the one that PNG is drawn with; others of its family are hardly wider.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont};

/// `DejaVu Sans`, reduced: see `assets/README.md`.
static BYTES: &[u8] = include_bytes!("../../../assets/DejaVuSans-subset.ttf");

/// The font. Absent only if the file that is compiled in were broken.
pub(super) static FONT: LazyLock<Option<FontRef<'static>>> = LazyLock::new(|| FontRef::try_from_slice(BYTES).ok());

/// The width of `text` at a size in pixels.
pub(super) fn width(text: &str, size: f32) -> f32 {
    match FONT.as_ref() {
        Some(font) => {
            let font = font.as_scaled(scale(font, size));
            text.chars().map(|c| if is_wide(c) { size } else { font.h_advance(font.glyph_id(c)) }).sum()
        }
        None => text.chars().count() as f32 * size * 0.62,
    }
}

/// The scale at which the em square of `font` is `size` pixels high, as CSS counts it.
pub(super) fn scale(font: &FontRef<'_>, size: f32) -> PxScale {
    PxScale::from(font.units_per_em().map_or(size, |em| size * font.height_unscaled() / em))
}

/// Scripts that the font lacks and whose letters fill a square.
fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x11ff | 0x2e80..=0xd7ff | 0xf900..=0xfaff | 0xfe30..=0xfe4f | 0xff00..=0xffef | 0x1f000..=0x3ffff)
}
