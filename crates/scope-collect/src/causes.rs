//! An error as one line of text, for problems and for what people read. What is done about it is said elsewhere.

use std::error::Error;

/// An error with its causes, the outermost first.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
