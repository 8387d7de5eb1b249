//! JSON in which everything can be seen. What a record holds is written elsewhere.

use std::io::{self, Write};

/// Whether a terminal would do something else with `c` than to show it: control characters, and those that turn the direction of text or cannot
/// be seen, by which a name can pass for another.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Compact JSON in which characters that a terminal would obey, or not show, are escaped as the others below U+0020 are. Readers get the same text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visible;

impl serde_json::ser::Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // Of ASCII only DEL is left: the rest is escaped before it comes here.
        if fragment.is_ascii() && !fragment.contains('\u{7f}') {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, unseen)) = rest.char_indices().find(|(_, c)| is_unseen(*c)) {
            let (head, tail) = rest.split_at(at);
            writer.write_all(head.as_bytes())?;
            for unit in unseen.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = tail.get(unseen.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}
