//! Why a text is no filter: what is wrong, where, and what to write instead.

use std::fmt;

use thiserror::Error;

/// A text that is no filter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot read the filter at column {column}: {what}")]
pub struct FilterError {
    pub(super) column: usize,
    pub(super) what: What,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    TooLong,
    TooManyTerms,
    TooDeep,
    OpenQuote,
    OpenParenthesis,
    LooseParenthesis,
    EmptyParentheses,
    NoField { operator: &'static str },
    NoValue { field: String, operator: &'static str },
    NoTerm { word: &'static str },
    NotAFigure { field: String, value: String, wanted: &'static str, example: &'static str },
    NotAWord { field: String, operator: &'static str },
    NotAName,
}

impl FilterError {
    /// Where it is wrong: the character, counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// What to write instead.
    pub fn hint(&self) -> String {
        match &self.what {
            What::TooLong => format!("at most {} bytes", super::MAX_BYTES),
            What::TooManyTerms => format!("at most {} terms", super::MAX_TERMS),
            What::TooDeep => format!("at most {} levels of parentheses and negations", super::MAX_DEPTH),
            What::OpenQuote => "end the text with the same quote; write \\\" for a quote inside".to_owned(),
            What::OpenParenthesis => "close it with )".to_owned(),
            What::LooseParenthesis => "put the text in quotes if it has a parenthesis in it".to_owned(),
            What::EmptyParentheses => "put a term between them, or leave them out".to_owned(),
            What::NoField { operator } => format!("write field{operator}value, or put the text in quotes"),
            What::NoValue { field, operator } => format!("write {field}{operator}value; for an empty text {field}{operator}\"\""),
            What::NoTerm { word: "not" } => "write a term after it, or put \"not\" in quotes to look for the word".to_owned(),
            What::NoTerm { word } => format!("write a term on each side of it, or put \"{word}\" in quotes to look for the word"),
            What::NotAFigure { field, example, .. } => format!("write for example {field} {example}"),
            What::NotAWord { field, .. } => format!("write {field}:text or {field}=text"),
            What::NotAName => "write has:field".to_owned(),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the filter is too long"),
            Self::TooManyTerms => f.write_str("the filter has too many terms"),
            Self::TooDeep => f.write_str("the filter is nested too deeply"),
            Self::OpenQuote => f.write_str("the quoted text has no end"),
            Self::OpenParenthesis => f.write_str("the parenthesis is not closed"),
            Self::LooseParenthesis => f.write_str("nothing is open that `)` could close"),
            Self::EmptyParentheses => f.write_str("there is nothing between the parentheses"),
            Self::NoField { operator } => write!(f, "there is no field before `{operator}`"),
            Self::NoValue { field, operator } => write!(f, "there is no value after `{field}{operator}`"),
            Self::NoTerm { word } => write!(f, "a term is missing beside `{word}`"),
            Self::NotAFigure { field, value, wanted, .. } => {
                write!(f, "`{field}` needs {wanted}, not \"{}\"", value.escape_debug())
            }
            Self::NotAWord { field, operator } => write!(f, "`{field}` is text and has no `{operator}`"),
            Self::NotAName => f.write_str("`has:` needs the name of a field"),
        }
    }
}
