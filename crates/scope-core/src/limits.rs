//! The bounds on everything that comes from outside, each with its reason. Nothing here enforces: decoders and builders do.

/// Longest line of NDJSON accepted, in bytes. A container with a few hundred labels stays under 64 KiB; a line beyond this is not a record.
pub const LINE_BYTES: usize = 4 << 20;

/// Longest text of one name or scalar attribute kept, in bytes. Longer ones are cut at a character border and end in `…`.
pub const TEXT_BYTES: usize = 16 << 10;

/// Longest identifier, in bytes: a kind, an agent's name of at most 253 and a tail.
pub const ID_BYTES: usize = 512;

/// Most parents, endpoints, list items or map entries kept of one record; what is beyond is dropped by the builder and counted.
pub const ITEMS: usize = 4096;

/// Deepest nesting of lists and maps in an attribute.
pub const DEPTH: usize = 16;

/// Cuts `text` to at most `max` bytes at a character border, marking the cut with `…`.
///
/// ```
/// assert_eq!(scope_core::limits::cut("abc", 3), "abc");
/// assert_eq!(scope_core::limits::cut("äöü€", 6), "ä…");
/// ```
pub fn cut(text: &str, max: usize) -> std::borrow::Cow<'_, str> {
    const MARK: &str = "…";
    if text.len() <= max {
        return text.into();
    }
    let mut end = max.saturating_sub(MARK.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let (head, _) = text.split_at(end);
    format!("{head}{MARK}").into()
}
