//! The grammar: from the weakest to the strongest, `or`, blank or `and`, `-` or `not`, parentheses.

use super::ast::{Comparison, Expr, Name, TextTest};
use super::error::{FilterError, What};
use super::lexer::{Lexer, Operator, Word};
use super::pattern::{Pattern, Place};
use super::quantity::Quantity;
use super::{MAX_BYTES, MAX_DEPTH, MAX_TERMS};
use crate::field::{Registry, Unit};
use crate::limits::cut;

/// Longest piece of the filter that a message repeats, in bytes.
const MAX_SHOWN: usize = 40;

/// Reads the filter in `text`.
pub(super) fn parse(text: &str, registry: &Registry) -> Result<Expr, FilterError> {
    if text.len() > MAX_BYTES {
        let column = text.floor_char_boundary(MAX_BYTES);
        return Err(FilterError { column: text.get(..column).map_or(0, |head| head.chars().count()) + 1, what: What::TooLong });
    }
    let mut parser = Parser { lexer: Lexer::new(text), registry, terms: 0, depth: 0 };
    parser.lexer.skip_blanks();
    if parser.lexer.peek().is_none() {
        return Ok(Expr::And(Vec::new()));
    }
    let expr = parser.or()?;
    match parser.lexer.peek() {
        None => Ok(expr),
        Some(_) => Err(parser.error(What::LooseParenthesis)),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    registry: &'a Registry,
    terms: usize,
    depth: usize,
}

impl Parser<'_> {
    /// An error at the next letter.
    fn error(&self, what: What) -> FilterError {
        FilterError { column: self.lexer.column(), what }
    }

    fn or(&mut self) -> Result<Expr, FilterError> {
        let mut parts = vec![self.and()?];
        while let Some(word) = self.keyword(&["or"]) {
            self.ends_after(word)?;
            parts.push(self.and()?);
        }
        Ok(Expr::or(parts))
    }

    fn and(&mut self) -> Result<Expr, FilterError> {
        let mut parts = vec![self.not()?];
        loop {
            self.lexer.skip_blanks();
            if let Some(word) = self.keyword(&["and"]) {
                self.ends_after(word)?;
            } else if matches!(self.lexer.peek(), None | Some(')')) || self.clone_keyword("or") {
                break;
            }
            parts.push(self.not()?);
        }
        Ok(Expr::and(parts))
    }

    fn not(&mut self) -> Result<Expr, FilterError> {
        self.lexer.skip_blanks();
        let start = self.lexer.column();
        let mut ahead = self.lexer.clone();
        // A dash by itself is a text, before something it negates.
        let dash = ahead.take('-') && ahead.peek().is_some_and(|c| !c.is_whitespace() && c != ')');
        if dash {
            self.lexer = ahead;
        } else if let Some(word) = self.keyword(&["not"]) {
            self.ends_after(word)?;
        } else {
            return self.primary();
        }
        self.deeper(start)?;
        let part = self.not()?;
        self.depth -= 1;
        Ok(Expr::Not(Box::new(part)))
    }

    fn primary(&mut self) -> Result<Expr, FilterError> {
        let start = self.lexer.column();
        if self.lexer.peek() == Some(')') {
            return Err(self.error(What::LooseParenthesis));
        }
        if !self.lexer.take('(') {
            return self.term();
        }
        self.deeper(start)?;
        self.lexer.skip_blanks();
        if self.lexer.peek() == Some(')') {
            return Err(FilterError { column: start, what: What::EmptyParentheses });
        }
        if self.lexer.peek().is_none() {
            return Err(FilterError { column: start, what: What::OpenParenthesis });
        }
        let expr = self.or()?;
        self.lexer.skip_blanks();
        if !self.lexer.take(')') {
            return Err(FilterError { column: start, what: What::OpenParenthesis });
        }
        self.depth -= 1;
        Ok(expr)
    }

    fn deeper(&mut self, column: usize) -> Result<(), FilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(FilterError { column, what: What::TooDeep }) } else { Ok(()) }
    }

    /// One of these words, if it comes next and is none of a field (`or:x`).
    fn keyword(&mut self, words: &[&'static str]) -> Option<&'static str> {
        self.lexer.skip_blanks();
        let mut ahead = self.lexer.clone();
        let word = ahead.word(Place::Name).ok()??;
        let text = word.pattern.as_literal().filter(|_| !word.verbatim)?;
        let found = words.iter().find(|keyword| keyword.eq_ignore_ascii_case(text))?;
        if ahead.clone().operator().is_some() {
            return None;
        }
        self.lexer = ahead;
        Some(found)
    }

    fn clone_keyword(&mut self, word: &'static str) -> bool {
        let here = self.lexer.clone();
        let comes = self.keyword(&[word]).is_some();
        self.lexer = here;
        comes
    }

    /// An error if nothing follows a keyword.
    fn ends_after(&mut self, word: &'static str) -> Result<(), FilterError> {
        let after = self.error(What::NoTerm { word });
        self.lexer.skip_blanks();
        if matches!(self.lexer.peek(), None | Some(')')) || (word != "not" && (self.clone_keyword("or") || self.clone_keyword("and"))) {
            return Err(after);
        }
        Ok(())
    }

    fn term(&mut self) -> Result<Expr, FilterError> {
        let column = self.lexer.column();
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(self.error(What::TooManyTerms));
        }
        for word in ["or", "and"] {
            if self.clone_keyword(word) {
                return Err(FilterError { column, what: What::NoTerm { word } });
            }
        }
        let at = |what| FilterError { column, what };
        let word = self.lexer.word(Place::Name).map_err(at)?;
        let Some(word) = word else {
            let operator = self.lexer.loose_operator().map_or(":", Operator::as_str);
            return Err(at(What::NoField { operator }));
        };
        let Some(operator) = self.lexer.operator() else {
            return Ok(Expr::Any(word.pattern));
        };
        // A star in a name is a star: only values are patterns.
        let name = word.pattern.to_string();
        if name.is_empty() {
            return Err(at(What::NoField { operator: operator.as_str() }));
        }
        let place = if operator == Operator::Contains && !word.verbatim && name.eq_ignore_ascii_case("has") { Place::Name } else { Place::Value };
        if operator != Operator::Contains {
            self.lexer.skip_blanks();
        }
        let value_column = self.lexer.column();
        let at = |what| FilterError { column: value_column, what };
        let Some(value) = self.lexer.word(place).map_err(at)? else {
            return Err(at(if place == Place::Name { What::NotAName } else { What::NoValue { field: shown(&name), operator: operator.as_str() } }));
        };
        if place == Place::Name {
            let name = value.pattern.to_string();
            return if name.is_empty() { Err(at(What::NotAName)) } else { Ok(Expr::Has(Name::new(&name, self.registry))) };
        }
        self.test(&name, word.verbatim, operator, value).map_err(at)
    }

    fn test(&self, name: &str, verbatim: bool, operator: Operator, value: Word) -> Result<Expr, What> {
        let field = Name::new(name, self.registry);
        let text = |field, pattern: Pattern, whole| Expr::Text(TextTest::new(field, pattern, whole));
        match operator {
            // `label:key=value` is `labels.key=value`.
            Operator::Contains if field.is_map() && !verbatim && value.pattern.assigns() => match value.pattern.split_assignment() {
                Some((key, value)) => Ok(text(Name::new(&format!("{name}.{key}"), self.registry), value, true)),
                None => Err(What::NoValue { field: shown(name), operator: ":" }),
            },
            Operator::Contains => Ok(text(field, value.pattern, false)),
            Operator::Equals => Ok(text(field, value.pattern, true)),
            Operator::Differs => Ok(Expr::Not(Box::new(text(field, value.pattern, true)))),
            Operator::Compares(order) => {
                if matches!(field.unit, Some(Unit::Text | Unit::Bool | Unit::Map)) {
                    return Err(What::NotAWord { field: shown(name), operator: order.as_str() });
                }
                let unit = field.unit;
                let quantity = value.pattern.as_literal().and_then(Quantity::parse);
                quantity.and_then(|quantity| Comparison::new(field, order, quantity)).map(Expr::Compare).ok_or_else(|| What::NotAFigure {
                    field: shown(name),
                    value: shown(&value.pattern.to_string()),
                    wanted: Quantity::wanted(unit),
                    example: Quantity::example(unit),
                })
            }
        }
    }
}

fn shown(text: &str) -> String {
    cut(text, MAX_SHOWN).into_owned()
}
