//! The exit codes of the command, and what an error looks like on standard error.

use std::io::{self, Write};
use std::process::ExitCode;

/// How a run of the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything that was asked for.
    Done,
    /// The answer is no, or a part of the input could not be used.
    Partial,
    /// Nothing: the input, the flags or the machine did not allow it.
    Failed,
    /// Ended by Ctrl-C.
    #[cfg(feature = "collect")]
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Partial => 1,
            Exit::Failed => 2,
            #[cfg(feature = "collect")]
            Exit::Interrupted => 130,
        })
    }
}

/// Advice that goes with an error: the next thing to try.
#[derive(Debug)]
pub(crate) struct Hint(pub(crate) String);

impl std::fmt::Display for Hint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the reader of the output went away: `scope … | head` is no failure.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

/// Writes the error, its causes and its advice to standard error.
pub(crate) fn print_error(error: &anyhow::Error) {
    let mut text = String::new();
    let mut hint = None;
    match error.downcast_ref::<Hint>() {
        // Advice is attached as the outermost context; what failed is beneath.
        Some(advice) => {
            hint = Some(advice.to_string());
            for cause in error.chain().skip(1) {
                push_cause(&mut text, &cause.to_string());
            }
        }
        None => error.chain().for_each(|cause| push_cause(&mut text, &cause.to_string())),
    }
    let mut stderr = io::stderr().lock();
    // Nobody is left to tell when standard error is closed too.
    drop(writeln!(stderr, "scope: {}", plain(&text)));
    if let Some(hint) = hint {
        drop(writeln!(stderr, "hint: {}", plain(&hint)));
    }
}

fn push_cause(text: &mut String, cause: &str) {
    if !text.is_empty() {
        text.push_str(": ");
    }
    text.push_str(cause);
}

/// Text from outside without control characters: a name must not move the cursor.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
