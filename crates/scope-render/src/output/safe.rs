//! Names that cannot do harm where they are written. Every name comes from outside: a container can be called anything.

use std::borrow::Cow;
use std::fmt::Write as _;

use scope_core::codec::is_unseen;

/// `text` with everything written out that a terminal would obey or nobody could see.
///
/// ```
/// assert_eq!(scope_render::output::terminal("web\u{1b}[2J"), r"web\u{1b}[2J");
/// ```
pub fn terminal(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            c if is_unseen(c) => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// `text` on one line and without what cannot be seen, for pictures: as [`terminal`].
pub(super) fn label(text: &str, max: usize) -> String {
    let safe = terminal(text);
    if safe.chars().count() <= max {
        return safe.into_owned();
    }
    // The middle is the least telling part: names differ at both ends.
    let (head, tail) = (max * 3 / 5, max - max * 3 / 5 - 1);
    let count = safe.chars().count();
    safe.chars().take(head).chain(std::iter::once('…')).chain(safe.chars().skip(count - tail)).collect()
}

/// `text` for XML and HTML, in elements and in quoted attributes. Characters that XML 1.0 cannot hold become U+FFFD, and so do those that turn the
/// direction of text or cannot be seen.
pub(super) fn xml(text: &str) -> Cow<'_, str> {
    let is_shown = |c: char| matches!(c, '\t' | '\n' | '\r') || is_xml(c) && !is_unseen(c);
    let is_special = |c: char| matches!(c, '&' | '<' | '>' | '"' | '\'' | '\t' | '\n' | '\r') || !is_shown(c);
    if !text.contains(is_special) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // A parser makes one line feed of a carriage return, and blanks of all three in an attribute; a terminal obeys the first.
            '\t' => safe.push_str("&#9;"),
            '\n' => safe.push_str("&#10;"),
            '\r' => safe.push_str("&#13;"),
            c if is_shown(c) => safe.push(c),
            _ => safe.push('\u{fffd}'),
        }
    }
    Cow::Owned(safe)
}

/// The characters of XML 1.0, section 2.2.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}') && !matches!(c, '\u{7f}'..='\u{9f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing() {
        assert_eq!(terminal("plain ü 名"), "plain ü 名");
        assert_eq!(terminal("a\u{1b}]0;x\u{7}\nb\u{9b}2J\u{202e}c\u{200b}"), r"a\u{1b}]0;x\u{7}\nb\u{9b}2J\u{202e}c\u{200b}");
    }

    #[test]
    fn a_label_keeps_both_ends() {
        assert_eq!(label("short", 8), "short");
        assert_eq!(label("shop-checkout-service-7f9c", 12), "shop-ch…7f9c");
        assert_eq!(label("a\nb", 8), r"a\nb");
    }

    #[test]
    fn nothing_ends_an_attribute_or_an_element() {
        assert_eq!(xml("<a href=\"x\" b='y'>&\u{0}\u{1b}\u{ffff}"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;\u{fffd}\u{fffd}\u{fffd}");
    }
}
