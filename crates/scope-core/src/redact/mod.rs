//! Redaction: what is taken out of environment variables, command lines and labels before a record leaves its host.
//! The rules live in `names` (which names mean a secret), `text` and `assign` (secrets inside one text), `words` (secrets that take two words, such as
//! `--password x`) and `tools` (short flags of known programs). Escaping of control bytes is the outputs' business, not done here.

mod assign;
mod names;
mod text;
mod tools;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use thiserror::Error;

use crate::limits::cut;

/// What stands in place of a value that was taken out.
pub const MARKER: &str = "[redacted]";
/// What ends a text that was cut to its bound.
pub const ELLIPSIS: &str = "…";
/// Longest name of an environment variable or label that is passed on, in bytes.
pub const MAX_NAME_BYTES: usize = 256;
/// Longest value of an environment variable, label or argument that is passed on, in bytes.
pub const MAX_VALUE_BYTES: usize = 1024;
/// Longest command line that is passed on, in bytes: all arguments with one separator each.
pub const MAX_COMMAND_BYTES: usize = 4096;
/// Most names and patterns an allow-list may hold.
pub const MAX_ALLOWED: usize = 256;

/// How often a text is looked at again until nothing more is found in it. Two passes are the rule (the second finds nothing).
const MAX_PASSES: usize = 6;

/// Why an allow-list was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RedactError {
    /// The pattern is empty, or has a `*` elsewhere than at its end.
    #[error("cannot allow {pattern:?}: give a name, or a prefix that ends in * (for example SPRING_*)")]
    Pattern {
        /// The pattern as it was given.
        pattern: String,
    },
    /// More patterns than [`MAX_ALLOWED`].
    #[error("cannot allow more than {MAX_ALLOWED} names")]
    TooMany,
}

/// Takes secrets out of what a collector has read. Without an allow-list every environment value is hidden.
///
/// All answers are bounded, and giving an answer to the same method again changes nothing.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    exact: Vec<String>,
    prefixes: Vec<String>,
}

impl Redactor {
    /// A redactor that allows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A redactor that shows the values of some names: exact names (`LANG`) or prefixes (`SPRING_*`, `*` for all). Case matters, as it does in an
    /// environment. The same list holds for environment variables, label keys, and the names of flags and assignments (without their dashes).
    pub fn allowing<I, S>(patterns: I) -> Result<Self, RedactError>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut redactor = Self::new();
        for (count, pattern) in patterns.into_iter().enumerate() {
            let pattern = pattern.as_ref();
            if count >= MAX_ALLOWED {
                return Err(RedactError::TooMany);
            }
            let (prefix, is_prefix) = pattern.strip_suffix('*').map_or((pattern, false), |prefix| (prefix, true));
            if pattern.is_empty() || prefix.contains('*') {
                return Err(RedactError::Pattern { pattern: cut(pattern, MAX_NAME_BYTES).into_owned() });
            }
            if is_prefix { redactor.prefixes.push(prefix.to_owned()) } else { redactor.exact.push(prefix.to_owned()) }
        }
        Ok(redactor)
    }

    /// Whether the operator allows the value of this name to be shown.
    pub fn allows(&self, name: &str) -> bool {
        self.exact.iter().any(|exact| exact == name) || self.prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
    }

    /// Splits an environment entry (`NAME=value`) into its name and what may be shown of its value: the value where the name is allowed or the value
    /// is empty, else [`MARKER`]. An entry without `=` is a name without a value.
    pub fn env<'a>(&self, entry: &'a str) -> (Cow<'a, str>, Cow<'a, str>) {
        let (name, value) = entry.split_once('=').unwrap_or((entry, ""));
        let shown = if value.is_empty() || self.allows(name) { cut(value, MAX_VALUE_BYTES) } else { Cow::Borrowed(MARKER) };
        (cut(name, MAX_NAME_BYTES), shown)
    }

    /// What may be shown of a label's value: nothing where the key looks like a secret's, else the value without the secrets inside it.
    pub fn label<'a>(&self, key: &str, value: &'a str) -> Cow<'a, str> {
        if self.allows(key) {
            return cut(value, MAX_VALUE_BYTES);
        }
        if !value.is_empty() && names::is_secret(key, value) {
            return Cow::Borrowed(MARKER);
        }
        settle(value, |text| cut_cow(text::redact(self, text, text::Mode::Argument), MAX_VALUE_BYTES))
    }

    /// What may be shown of a command line whose arguments are known one by one (`/proc/PID/cmdline`, Docker's `Cmd` and `Entrypoint`): the surest
    /// way, as nothing has to be guessed about where a value ends.
    ///
    /// Short flags mean a secret only after the programs known to take one so (`mysql -psecret`, `redis-cli -a secret`): elsewhere `-p` is a port or a
    /// path. What looks like an argument of its own is not taken for a value: `--token --verbose` keeps `--verbose`.
    pub fn args<I, S>(&self, args: I) -> Vec<String>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let (mut shown, mut changed) = words::redact_args(self, args);
        for _ in 0..MAX_PASSES {
            if !changed {
                return shown;
            }
            (shown, changed) = words::redact_args(self, &shown);
        }
        vec![MARKER.to_owned()]
    }

    /// What may be shown of a command line that is one text already. Where its arguments are known, use [`Redactor::args`]: here an unquoted secret
    /// ends at the first blank.
    pub fn command_line<'a>(&self, line: &'a str) -> Cow<'a, str> {
        settle(line, |text| cut_cow(words::redact_line(self, text), MAX_COMMAND_BYTES))
    }
}

/// Applies `pass` until it changes nothing, so that a second redaction is the first: cutting a text, or putting a marker in, may make something
/// new look like a secret. What never settles is hidden whole.
fn settle(text: &str, pass: impl Fn(&str) -> Cow<'_, str>) -> Cow<'_, str> {
    let mut shown: Option<String> = None;
    for _ in 0..MAX_PASSES {
        let current = shown.as_deref().unwrap_or(text);
        match pass(current) {
            Cow::Borrowed(same) if same.len() == current.len() => {
                return shown.map_or(Cow::Borrowed(text), Cow::Owned);
            }
            changed => {
                if changed == current {
                    return shown.map_or(Cow::Borrowed(text), Cow::Owned);
                }
                shown = Some(changed.into_owned());
            }
        }
    }
    Cow::Borrowed(MARKER)
}

fn cut_cow(text: Cow<'_, str>, max: usize) -> Cow<'_, str> {
    if text.len() <= max { text } else { Cow::Owned(cut(&text, max).into_owned()) }
}
