//! Secrets that take two words: `--password x`, `-p x` after the name of a program that takes one so, `IDENTIFIED BY 'x'`. What one word tells alone is
//! found in [`super::text`].

use std::borrow::Cow;

use super::text::{self, Mode};
use super::tools::{self, Hide, Take, Tool};
use super::{ELLIPSIS, MARKER, MAX_COMMAND_BYTES, MAX_VALUE_BYTES, Redactor, cut_cow, names};

/// How deep scripts in scripts are looked into (`sh -c "sh -c '…'"`). Deeper ones are split at blanks alone.
const MAX_DEPTH: u8 = 3;

/// The arguments without their secrets, in at most [`MAX_COMMAND_BYTES`], and whether anything differs from what was given.
pub(super) fn redact_args<I, S>(redactor: &Redactor, args: I) -> (Vec<String>, bool)
where
    I: IntoIterator<Item = S>,
    S: AsRef<str>,
{
    let mut walker = Walker::new(redactor, Mode::Argument, 0);
    let (mut shown, mut changed) = (Vec::new(), false);
    let mut left = MAX_COMMAND_BYTES;
    for given in args {
        let given = given.as_ref();
        let arg = cut_cow(walker.word(given), MAX_VALUE_BYTES);
        // Room is kept for the ellipsis and its separator.
        if arg.len() + 1 + ELLIPSIS.len() + 1 > left {
            shown.push(ELLIPSIS.to_owned());
            return (shown, true);
        }
        left -= arg.len() + 1;
        changed |= arg != given;
        shown.push(arg.into_owned());
    }
    (shown, changed)
}

/// The line without its secrets, of any length.
pub(super) fn redact_line<'a>(redactor: &Redactor, line: &'a str) -> Cow<'a, str> {
    nested_line(redactor, line, 0)
}

fn nested_line<'a>(redactor: &Redactor, line: &'a str, depth: u8) -> Cow<'a, str> {
    let plain = text::redact(redactor, line, Mode::Line);
    let mut walker = Walker::new(redactor, Mode::Line, depth);
    let mut out = String::with_capacity(plain.len());
    let mut words = Words { rest: &plain, quotes: depth < MAX_DEPTH, closed: [true; 2] };
    while let Some((blank, word)) = words.next() {
        out.push_str(blank);
        out.push_str(&walker.word(word));
    }
    out.push_str(words.rest);
    if out == line { Cow::Borrowed(line) } else { Cow::Owned(out) }
}

/// What the words before say about the next.
enum Next {
    Nothing,
    /// It is the value of a known program's flag.
    Value(Hide),
    /// It is the value of this name.
    Named(String),
    /// It is a secret, even if it looks like a flag.
    Secret,
    /// It is a script for a shell.
    Script,
}

/// Walks over the words of one command line.
struct Walker<'r> {
    redactor: &'r Redactor,
    mode: Mode,
    depth: u8,
    next: Next,
    shell: bool,
    tool: Option<&'static Tool>,
    /// Whether a subcommand after which the tool's flags count was seen.
    after: bool,
    /// How many words that are no flags stand before and including a secret.
    countdown: usize,
    identified: bool,
}

impl<'r> Walker<'r> {
    fn new(redactor: &'r Redactor, mode: Mode, depth: u8) -> Self {
        Self { redactor, mode, depth, next: Next::Nothing, shell: false, tool: None, after: false, countdown: 0, identified: false }
    }

    fn word<'a>(&mut self, word: &'a str) -> Cow<'a, str> {
        // A word of JSON or of a quoted line, such as `"--password",`.
        let bare = word.trim_matches(|c| matches!(c, '"' | '\'' | ',' | '[' | ']' | '{' | '}' | '(' | ')'));
        match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Value(hide) if !is_flag(bare) => return self.hide(word, hide),
            Next::Named(name) if matches!(bare, "=" | ":" | ":=" | "=>") => {
                self.next = Next::Named(name);
                return Cow::Borrowed(word);
            }
            Next::Named(name) if !is_flag(bare) && names::is_secret(&name, bare) => return Cow::Borrowed(MARKER),
            Next::Secret => return Cow::Borrowed(MARKER),
            Next::Script if !is_flag(bare) => return self.line(word),
            _ => {}
        }
        if self.countdown > 0 && !bare.starts_with('-') {
            self.countdown -= 1;
            if self.countdown == 0 {
                return Cow::Borrowed(MARKER);
            }
        }
        self.program(bare);
        if let Some(shown) = self.short_flag(word, bare) {
            return shown;
        }
        self.announce(bare);
        self.inside(word)
    }

    /// Takes note of a word that runs a program, or is a subcommand of one.
    fn program(&mut self, bare: &str) {
        if bare.starts_with('-') && !self.tool.is_some_and(|tool| tool.positions.iter().any(|(name, _)| *name == bare)) {
            return;
        }
        if matches!(bare, ";" | "|" | "||" | "&&" | "&") {
            (self.tool, self.shell) = (None, false);
        } else if let Some(tool) = self.tool {
            self.after |= tool.after.contains(&bare);
            if let Some((_, nth)) = tool.positions.iter().find(|(name, _)| *name == bare) {
                self.countdown = *nth;
            }
        }
        self.shell |= tools::is_shell(bare);
        // The program an option of another names (`docker run mysql`) counts as well: better one figure hidden too many than one too few.
        if let Some(tool) = tools::find(bare) {
            (self.tool, self.after) = (Some(tool), tool.after.is_empty());
        }
    }

    fn short_flag<'a>(&mut self, word: &'a str, bare: &str) -> Option<Cow<'a, str>> {
        let tool = self.tool.filter(|_| self.after)?;
        for flag in tool.flags {
            if bare == flag.name {
                if flag.take != Take::Same {
                    self.next = Next::Value(flag.hide);
                    if tool.wraps {
                        self.tool = None;
                    }
                    return Some(Cow::Borrowed(word));
                }
            } else if flag.take != Take::Next
                && let Some(value) = bare.strip_prefix(flag.name)
                && (!flag.name.starts_with("--") || value.starts_with('='))
            {
                if tool.wraps {
                    self.tool = None;
                }
                let start = word.find(flag.name)? + flag.name.len();
                let (head, value) = word.split_at_checked(start)?;
                let shown = match flag.hide {
                    Hide::Whole if value.starts_with('=') => ["=", MARKER].concat(),
                    Hide::Whole => MARKER.to_owned(),
                    Hide::After(_) => self.hide(value, flag.hide).into_owned(),
                };
                return Some(Cow::Owned([head, &shown].concat()));
            }
        }
        None
    }

    /// Takes note of a word whose next is a secret.
    fn announce(&mut self, bare: &str) {
        if self.shell && is_script_flag(bare) {
            self.next = Next::Script;
            return;
        }
        let name = bare.trim_start_matches('-');
        if bare.starts_with('-') {
            let negated = ["no-", "disable-", "skip-", "without-"].iter().any(|start| name.starts_with(start));
            let is_name = !name.is_empty() && !name.contains(['=', ':', '/', ' ']);
            if is_name && !negated && names::is_secret(name, "") && !self.redactor.allows(name) {
                self.next = Next::Named(name.to_owned());
            }
        } else if bare.eq_ignore_ascii_case("identified") {
            self.identified = true;
            return;
        } else if names::announces(bare) && !self.redactor.allows(bare) {
            self.next = Next::Named(bare.to_owned());
        } else if self.identified && bare.eq_ignore_ascii_case("by") {
            self.next = Next::Secret;
        }
        self.identified = false;
    }

    /// What the word itself holds.
    fn inside<'a>(&self, word: &'a str) -> Cow<'a, str> {
        let shown = match self.mode {
            Mode::Argument => text::redact(self.redactor, word, Mode::Argument),
            Mode::Line => Cow::Borrowed(word),
        };
        if shown.contains(char::is_whitespace) { Cow::Owned(self.line(&shown).into_owned()) } else { shown }
    }

    /// A word with words of its own: a script, a quoted argument.
    fn line<'a>(&self, word: &'a str) -> Cow<'a, str> {
        if self.depth > MAX_DEPTH {
            return Cow::Borrowed(MARKER);
        }
        let quoted = word.chars().next().filter(|quote| matches!(quote, '"' | '\'')).and_then(|quote| {
            let inner = word.strip_prefix(quote)?.strip_suffix(quote)?;
            Some((quote, inner))
        });
        match quoted {
            Some((quote, inner)) => {
                let shown = nested_line(self.redactor, inner, self.depth + 1);
                let mut out = String::with_capacity(shown.len() + 2);
                out.push(quote);
                out.push_str(&shown);
                out.push(quote);
                Cow::Owned(out)
            }
            // Blanks inside quotes that do not enclose the word: an apostrophe may have opened them. Only blanks are sure.
            None if self.mode == Mode::Line => nested_line(self.redactor, word, MAX_DEPTH),
            None => nested_line(self.redactor, word, self.depth + 1),
        }
    }

    fn hide<'a>(&self, word: &'a str, hide: Hide) -> Cow<'a, str> {
        match hide {
            Hide::Whole => Cow::Borrowed(MARKER),
            Hide::After(separator) => match word.split_once(separator) {
                Some((user, _)) => {
                    let mut shown = user.to_owned();
                    shown.push(separator);
                    shown.push_str(MARKER);
                    Cow::Owned(shown)
                }
                None => self.inside(word),
            },
        }
    }
}

/// Whether a word is a flag of its own, and so not the value of the one before: `--verbose`, `-v`.
fn is_flag(word: &str) -> bool {
    match word.strip_prefix("--") {
        Some(name) => name.starts_with(|c: char| c.is_ascii_alphabetic()),
        None => word.strip_prefix('-').is_some_and(|name| name.len() == 1 && name.starts_with(|c: char| c.is_ascii_alphabetic())),
    }
}

/// `-c`, also among others: `-lc`, `-exc`.
fn is_script_flag(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|flags| {
        (1..=5).contains(&flags.len()) && flags.ends_with('c') && flags.bytes().all(|b| b.is_ascii_alphabetic()) && !flags.starts_with('-')
    })
}

/// The words of a line with the blanks before each; quotes hold a word together where they close.
struct Words<'a> {
    rest: &'a str,
    quotes: bool,
    /// Whether a closing quote (double, single) may follow in the rest: looking for one that is not there is done once.
    closed: [bool; 2],
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let start = self.rest.find(|c: char| !c.is_whitespace())?;
        let (blank, rest) = self.rest.split_at_checked(start)?;
        let mut end = 0;
        loop {
            let tail = rest.get(end..).unwrap_or_default();
            let Some(stop) = tail.find(|c: char| c.is_whitespace() || (self.quotes && matches!(c, '"' | '\''))) else {
                end = rest.len();
                break;
            };
            end += stop;
            let Some(quote) = rest.get(end..).and_then(|tail| tail.chars().next()).filter(|c| !c.is_whitespace()) else { break };
            end += 1;
            let known = usize::from(quote == '\'');
            if self.closed.get(known) == Some(&true) {
                match rest.get(end..).and_then(|tail| tail.find(quote)) {
                    Some(close) => end += close + 1,
                    None => self.closed = if known == 1 { [self.closed[0], false] } else { [false, self.closed[1]] },
                }
            }
        }
        let (word, rest) = rest.split_at_checked(end)?;
        self.rest = rest;
        Some((blank, word))
    }
}
