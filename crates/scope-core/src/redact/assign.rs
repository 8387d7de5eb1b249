//! Secrets in assignments of any syntax: `name=value`, `"name": "value"`, `Name: value`. What a name means is told by [`super::names`].

use super::text::{Mode, Rewrite, is_scheme};
use super::{MARKER, Redactor, names};

/// Longest name that is looked at before a separator, in bytes.
const MAX_NAME: usize = 128;

/// `name=value`, `"name": "value"`, `Name: value`, in arguments, query strings, connection strings, mount options, JSON and headers.
pub(super) fn assignments(redactor: &Redactor, text: &str, mode: Mode) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Rewrite::new(text);
    let mut from = 0;
    while let Some(offset) = bytes.get(from..).and_then(|rest| rest.iter().position(|b| matches!(b, b'=' | b':'))) {
        let separator = from + offset;
        from = separator + 1;
        let Some(name) = Name::before(text, separator) else { continue };
        let value = Value::after(bytes, separator, &name, mode);
        // What the value looks like is told from its beginning: reading all of it for each separator would take quadratic time.
        let peek = text.get(value.start..text.floor_char_boundary(value.start + 16)).unwrap_or_default();
        let peek = peek.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '&' | '"' | '\'' | '}' | ')' | ']')).next().unwrap_or_default();
        let bare = bytes.get(separator) == Some(&b':') && !name.quoted && value.quote.is_none() && !value.spaced;
        if bare && (!names::is_secret_before_colon(name.text) || names::is_path(peek)) {
            continue;
        }
        if !names::is_secret(name.text, peek) || redactor.allows(name.text.trim_start_matches('-')) {
            continue;
        }
        let end = value.end(text, &name);
        out.hide(value.start, end);
        from = from.max(end);
    }
    out.finish()
}

/// The name to the left of a separator.
struct Name<'a> {
    text: &'a str,
    quoted: bool,
    /// The byte before the name (and before its quote), if there is one.
    before: Option<u8>,
    /// The quote around the name, or before it.
    quote: Option<u8>,
    /// Whether blanks stand between the name and its separator.
    spaced: bool,
}

impl<'a> Name<'a> {
    fn before(text: &'a str, separator: usize) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut end = separator;
        // A window of bounded length keeps a text of nothing but separators linear.
        let floor = separator.saturating_sub(MAX_NAME);
        while end > floor && matches!(bytes.get(end - 1), Some(b' ' | b'\t')) {
            end -= 1;
        }
        let spaced = end < separator;
        let close = end;
        while end > floor && matches!(bytes.get(end - 1), Some(b'"' | b'\'' | b'\\' | b']')) {
            end -= 1;
        }
        let quoted = end < close;
        let mut start = end;
        while start > floor && bytes.get(start - 1).is_some_and(|b| is_name_byte(*b)) {
            start -= 1;
        }
        while start < end && !text.is_char_boundary(start) {
            start += 1;
        }
        let name = text.get(start..end).filter(|name| !name.is_empty())?;
        let mut first = start;
        let mut quote = None;
        while first > floor && matches!(bytes.get(first - 1), Some(b'"' | b'\'' | b'\\')) {
            first -= 1;
            if let Some(b @ (b'"' | b'\'')) = bytes.get(first) {
                quote = Some(*b);
            }
        }
        let before = first.checked_sub(1).and_then(|at| bytes.get(at)).copied();
        Some(Self { text: name, quoted: quoted && quote.is_some(), before, quote, spaced })
    }

    /// Whether the name is the first thing in its word, after dashes at most.
    fn starts(&self) -> bool {
        self.before.is_none() && self.quote.is_none()
    }
}

pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || matches!(byte, b'_' | b'-' | b'.')
}

/// The value to the right of a separator.
struct Value {
    /// Where it starts, inside its quotes.
    start: usize,
    quote: Option<Quote>,
    /// Whether blanks stand before it.
    spaced: bool,
    extent: Extent,
    mode: Mode,
}

/// How far a value without quotes goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// To the end of the text.
    Text,
    /// To the end of a header.
    Header,
    /// To what separates it from the next.
    Item,
}

impl Value {
    fn after(bytes: &[u8], separator: usize, name: &Name<'_>, mode: Mode) -> Self {
        let colon = bytes.get(separator) == Some(&b':');
        let mut start = separator + 1;
        // `=>` and `==` assign too.
        while matches!(bytes.get(start), Some(b'=' | b'>')) {
            start += 1;
        }
        let unspaced = start;
        let whole = name.starts() && mode == Mode::Argument;
        if colon || name.spaced || whole {
            while matches!(bytes.get(start), Some(b' ' | b'\t')) {
                start += 1;
            }
        }
        let spaced = start > unspaced;
        let quote = if whole { None } else { Quote::at(bytes, start) };
        let extent = match (whole, colon && spaced && !name.quoted) {
            (true, _) => Extent::Text,
            (false, true) => Extent::Header,
            (false, false) => Extent::Item,
        };
        Self { start: start + quote.as_ref().map_or(0, |quote| quote.len), quote, spaced, extent, mode }
    }

    fn end(&self, text: &str, name: &Name<'_>) -> usize {
        let bytes = text.as_bytes();
        if self.extent == Extent::Text {
            return bytes.len();
        }
        if let Some(quote) = &self.quote {
            let mut end = quote.close(bytes, self.start);
            // `'a'b` is one word of a shell.
            while !quote.ends_word(bytes, end) {
                end += 1;
            }
            return end;
        }
        // The quote around the whole assignment ends it, if there is one.
        if let Some(quote) = name.quote.filter(|_| !name.quoted)
            && let Some(at) = bytes.get(self.start..).and_then(|rest| rest.iter().position(|b| *b == quote))
        {
            return self.start + at;
        }
        if self.extent == Extent::Header {
            return self.end_of_header(text);
        }
        // What was hidden before is not read again: its brackets would end it.
        let hidden = text.get(self.start..).is_some_and(|rest| rest.starts_with(MARKER));
        let mut end = self.start + if hidden { MARKER.len() } else { 0 };
        let mut open: Option<u8> = None;
        while let Some(&byte) = bytes.get(end) {
            if let Some(quote) = open {
                open = Some(quote).filter(|quote| *quote != byte);
            } else if ends_value(byte, name) {
                break;
            } else if matches!(byte, b'"' | b'\'') && bytes.get(end + 1..).is_some_and(|rest| rest.contains(&byte)) {
                open = Some(byte);
            }
            end += 1;
        }
        end
    }

    /// Where the value of a header, or of a line of YAML, ends: with its line in an argument. In a line of words it is one word, and those that it says
    /// belong to it: a scheme takes the next one, a `;` or `,` goes on.
    fn end_of_header(&self, text: &str) -> usize {
        let bytes = text.as_bytes();
        let rest = bytes.get(self.start..).unwrap_or_default();
        if self.mode == Mode::Argument {
            return self.start + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        }
        let mut end = end_of_word(bytes, self.start);
        let mut word = text.get(self.start..end).unwrap_or_default();
        while end < bytes.len() && (is_scheme(word) || word.ends_with([';', ','])) {
            let mut start = end;
            while matches!(bytes.get(start), Some(b' ' | b'\t')) {
                start += 1;
            }
            end = end_of_word(bytes, start);
            word = text.get(start..end).unwrap_or_default();
        }
        end
    }
}

/// Whether a value that is not quoted ends here: at a blank, or at what separates it from the next.
fn ends_value(byte: u8, name: &Name<'_>) -> bool {
    if byte.is_ascii_whitespace() {
        return true;
    }
    match name.before {
        Some(b'?' | b'&') => matches!(byte, b'&' | b'#'),
        Some(b';') => byte == b';',
        Some(b',') => byte == b',',
        Some(b'{' | b'(' | b'[') => matches!(byte, b',' | b'}' | b')' | b']'),
        _ => name.quoted && matches!(byte, b',' | b'}' | b']'),
    }
}

fn end_of_word(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start + rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len())
}

/// An opening quote, which inside a quoted document may have a backslash: `{\"token\":\"x\"}`.
struct Quote {
    byte: u8,
    escaped: bool,
    len: usize,
}

impl Quote {
    fn at(bytes: &[u8], start: usize) -> Option<Self> {
        let escaped = bytes.get(start) == Some(&b'\\');
        let byte = *bytes.get(start + usize::from(escaped))?;
        matches!(byte, b'"' | b'\'').then_some(Self { byte, escaped, len: 1 + usize::from(escaped) })
    }

    /// Where the quoted text ends: at the closing quote, or with the text.
    fn close(&self, bytes: &[u8], inner: usize) -> usize {
        let mut at = inner;
        while let Some(&byte) = bytes.get(at) {
            match (byte, self.escaped) {
                (b'\\', true) if bytes.get(at + 1) == Some(&self.byte) => return at,
                (b'\\', _) => at += 2,
                (byte, false) if byte == self.byte => return at,
                _ => at += 1,
            }
        }
        bytes.len()
    }

    /// Whether nothing of the value follows a closing quote at `end`.
    fn ends_word(&self, bytes: &[u8], end: usize) -> bool {
        bytes.get(end + self.len).is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b',' | b';' | b'&' | b'}' | b')' | b']' | b'"' | b'\'' | b'\\'))
    }
}
