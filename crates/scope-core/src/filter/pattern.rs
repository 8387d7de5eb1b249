//! What a text is compared with: a part of it, or its whole with `*` for anything.

use std::fmt::{self, Write as _};

/// A text to look for. Case counts only in [`Pattern::is_whole`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The texts between the stars: one where there is none.
    parts: Vec<String>,
    /// The same in small letters.
    folded: Vec<String>,
    /// Whether all of that is ASCII, as most is: then no text has to be copied to be compared.
    ascii: bool,
}

impl Pattern {
    /// The pattern of these parts, with a star between each two.
    pub(super) fn new(parts: Vec<String>) -> Self {
        // Stars next to each other are one.
        let last = parts.len().saturating_sub(1);
        let keep = |(at, part): (usize, String)| (at == 0 || at == last || !part.is_empty()).then_some(part);
        let mut parts: Vec<String> = parts.into_iter().enumerate().filter_map(keep).collect();
        if parts.is_empty() {
            parts.push(String::new());
        }
        let folded: Vec<String> = parts.iter().map(|part| fold(part)).collect();
        let ascii = folded.iter().all(|part| part.is_ascii());
        Self { parts, folded, ascii }
    }

    /// The text, where it has no stars.
    pub(super) fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// Whether it reads as `key=value`: its key is written out.
    pub(super) fn assigns(&self) -> bool {
        self.parts.first().and_then(|part| part.find('=')).is_some_and(|at| at > 0)
    }

    /// The key and the value, of one that [assigns](Self::assigns).
    pub(super) fn split_assignment(mut self) -> Option<(String, Self)> {
        let first = self.parts.first_mut()?;
        let (key, value) = first.split_once('=').filter(|(key, _)| !key.is_empty())?;
        let key = key.to_owned();
        *first = value.to_owned();
        Some((key, Self::new(self.parts)))
    }

    /// Whether it is part of `text`, whatever the case; with stars, whether it is all of it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        if self.ascii && text.is_ascii() {
            return match self.folded.as_slice() {
                [part] => contains_ascii(text.as_bytes(), part.as_bytes()),
                parts => whole_ascii(text.as_bytes(), parts),
            };
        }
        let text = fold(text);
        match self.folded.as_slice() {
            [part] => text.contains(part.as_str()),
            parts => whole(&text, parts),
        }
    }

    /// Whether it is all of `text`, letter by letter.
    pub(super) fn is_whole(&self, text: &str) -> bool {
        match self.parts.as_slice() {
            [part] => text == part,
            parts => whole(text, parts),
        }
    }

    /// Writes it so that it reads back as the same: bare if its letters allow, else in quotes, or with stars between escaped letters.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, place: Place) -> fmt::Result {
        match self.as_literal() {
            Some(text) if place.is_bare(text) => f.write_str(text),
            Some(text) => write_quoted(f, text),
            None => {
                for (at, part) in self.parts.iter().enumerate() {
                    if at > 0 {
                        f.write_char('*')?;
                    }
                    for c in part.chars() {
                        // A line feed and the like cannot be seen, but can be escaped as any other.
                        if !place.is_plain(c) || (at == 0 && part.starts_with(c) && matches!(c, '-' | '\'' | '<' | '>' | '=' | '!')) {
                            f.write_char('\\')?;
                        }
                        f.write_char(c)?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Pattern {
    /// As it was meant: the letters, and the stars.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts.join("*"))
    }
}

/// Where a text stands in a filter, which decides what needs quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A term of its own.
    Term,
    /// Before an operator.
    Name,
    /// After an operator.
    Value,
}

impl Place {
    /// Whether a letter may stand here as it is.
    pub(super) fn is_plain(self, c: char) -> bool {
        let ends = c.is_whitespace() || c.is_control() || matches!(c, '(' | ')' | '"' | '\\' | '*');
        !ends && (self == Self::Value || !matches!(c, ':' | '=' | '<' | '>' | '!'))
    }

    fn is_bare(self, text: &str) -> bool {
        let start = match self {
            Self::Value => &['\'', '<', '>', '='][..],
            Self::Term | Self::Name => &['\'', '-'][..],
        };
        // As those of the list it would be an operator behind a colon, but has two letters.
        let is_operator = self == Self::Value && text.starts_with("!=");
        let is_word = self != Self::Value && ["or", "and", "not"].iter().any(|word| text.eq_ignore_ascii_case(word));
        !text.is_empty() && !is_word && !is_operator && !text.starts_with(start) && text.chars().all(|c| self.is_plain(c))
    }
}

/// Writes a name bare or in quotes; names that mean more than themselves are told apart by quotes.
pub(super) fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if Place::Name.is_bare(name) && !name.eq_ignore_ascii_case("has") { f.write_str(name) } else { write_quoted(f, name) }
}

/// Writes a text in quotes.
pub(super) fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

/// Small letters, each by itself: `str::to_lowercase` writes a sigma by what follows it, so that a part would no longer be part of the whole.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn contains_ascii(text: &[u8], part: &[u8]) -> bool {
    find_ascii(text, part).is_some()
}

/// Where `part`, in small letters, begins in `text`.
fn find_ascii(text: &[u8], part: &[u8]) -> Option<usize> {
    let Some((first, rest)) = part.split_first() else { return Some(0) };
    let capital = first.to_ascii_uppercase();
    text.windows(part.len())
        .position(|window| window.split_first().is_some_and(|(start, tail)| (*start == *first || *start == capital) && tail.eq_ignore_ascii_case(rest)))
}

fn whole_ascii(text: &[u8], parts: &[String]) -> bool {
    let [first, middle @ .., last] = parts else { return false };
    let Some((head, rest)) = text.split_at_checked(first.len()) else { return false };
    let Some((mut rest, tail)) = rest.len().checked_sub(last.len()).and_then(|at| rest.split_at_checked(at)) else { return false };
    head.eq_ignore_ascii_case(first.as_bytes())
        && tail.eq_ignore_ascii_case(last.as_bytes())
        && middle.iter().all(|part| {
            let found = find_ascii(rest, part.as_bytes()).and_then(|at| rest.get(at + part.len()..));
            found.map(|after| rest = after).is_some()
        })
}

/// Whether the parts follow each other in `text`, the first at its start, the last at its end. The earliest place for each is the best.
fn whole(text: &str, parts: &[String]) -> bool {
    let [first, middle @ .., last] = parts else { return false };
    let Some(rest) = text.strip_prefix(first.as_str()) else { return false };
    let Some(mut rest) = rest.strip_suffix(last.as_str()) else { return false };
    middle.iter().all(|part| rest.split_once(part.as_str()).map(|(_, after)| rest = after).is_some())
}
