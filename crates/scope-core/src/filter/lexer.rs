//! The letters of a filter: words, quoted texts, operators. What they mean together is [`super::parser`]'s business.

use super::ast::Order;
use super::error::What;
use super::pattern::{Pattern, Place};

/// Reads a text letter by letter.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    rest: std::str::Chars<'a>,
    /// The column of the next letter, from 1.
    column: usize,
}

/// Something between blanks.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) pattern: Pattern,
    /// Whether a part of it stood in quotes, was escaped or a star: then it is no keyword.
    pub(super) verbatim: bool,
}

/// What stands between a field and a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Contains,
    Equals,
    Differs,
    Compares(Order),
}

impl Operator {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Contains => ":",
            Self::Equals => "=",
            Self::Differs => "!=",
            Self::Compares(order) => order.as_str(),
        }
    }
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.chars(), column: 1 }
    }

    pub(super) fn column(&self) -> usize {
        self.column
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn second(&self) -> Option<char> {
        self.rest.clone().nth(1)
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        self.column += 1;
        Some(c)
    }

    /// Takes the letter if it comes next.
    pub(super) fn take(&mut self, c: char) -> bool {
        let comes = self.peek() == Some(c);
        if comes {
            self.next();
        }
        comes
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    /// An operator that comes next. Blanks may stand before it, but not before a colon.
    pub(super) fn operator(&mut self) -> Option<Operator> {
        if self.take(':') {
            // `cpu:>20`, as other search boxes have it.
            return Some(self.comparison().unwrap_or(Operator::Contains));
        }
        let mut ahead = self.clone();
        ahead.skip_blanks();
        let operator = ahead.comparison()?;
        *self = ahead;
        Some(operator)
    }

    /// An operator that stands where a term should.
    pub(super) fn loose_operator(&self) -> Option<Operator> {
        self.clone().operator()
    }

    fn comparison(&mut self) -> Option<Operator> {
        let (operator, len) = match (self.peek()?, self.second()) {
            ('>', Some('=')) => (Operator::Compares(Order::MoreOrEqual), 2),
            ('>', _) => (Operator::Compares(Order::More), 1),
            ('<', Some('=')) => (Operator::Compares(Order::LessOrEqual), 2),
            ('<', _) => (Operator::Compares(Order::Less), 1),
            ('!', Some('=')) => (Operator::Differs, 2),
            ('=', Some('=')) => (Operator::Equals, 2),
            ('=', _) => (Operator::Equals, 1),
            _ => return None,
        };
        for _ in 0..len {
            self.next();
        }
        Some(operator)
    }

    /// The word or quoted text that comes next; none where there is none.
    pub(super) fn word(&mut self, place: Place) -> Result<Option<Word>, What> {
        let mut parts = vec![String::new()];
        let (mut verbatim, mut any) = (false, false);
        while let Some(c) = self.peek() {
            // A double quote opens anywhere, as in `tier="front end"`; a single one in a word is an apostrophe.
            if c == '"' || (c == '\'' && !any) {
                self.next();
                let text = self.quoted(c)?;
                if let Some(part) = parts.last_mut() {
                    part.push_str(&text);
                }
                (verbatim, any) = (true, true);
                continue;
            }
            let lone_mark = c == '!' && self.second() != Some('=');
            match c {
                '\\' => {
                    self.next();
                    verbatim = true;
                    if let Some(part) = parts.last_mut() {
                        part.push(self.peek().unwrap_or('\\'));
                    }
                }
                '*' => {
                    parts.push(String::new());
                    verbatim = true;
                }
                // Control bytes are letters here: only the writing of a filter puts them in quotes.
                c if place.is_plain(c) || lone_mark || (c.is_control() && !c.is_whitespace()) => {
                    if let Some(part) = parts.last_mut() {
                        part.push(c);
                    }
                }
                _ => break,
            }
            any = true;
            self.next();
        }
        Ok(any.then(|| Word { pattern: Pattern::new(parts), verbatim }))
    }

    /// The rest of a quoted text.
    fn quoted(&mut self, quote: char) -> Result<String, What> {
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(What::OpenQuote),
                Some('\\') => match self.next() {
                    None => return Err(What::OpenQuote),
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some(c) => text.push(c),
                },
                Some(c) if c == quote => return Ok(text),
                Some(c) => text.push(c),
            }
        }
    }
}
