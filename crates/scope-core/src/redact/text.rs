//! Secrets inside one text: assignments ([`super::assign`]), userinfo in URLs and data source names, private keys, and tokens known by their shape.
//! Each rule reads the text once from left to right.

use std::borrow::Cow;

use super::assign::assignments;
use super::{MARKER, Redactor};

/// Where the text comes from, which decides where a value that starts it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// One argument or value: `--password=a b` ends with the text.
    Argument,
    /// Words in a line: `--password=a b` ends at the blank.
    Line,
}

/// Shortest user in a URL that is taken for a token when there is no password.
const MIN_TOKEN_USER: usize = 20;
/// Shortest run of characters that is measured for randomness.
const MIN_RANDOM: usize = 24;
/// Beginnings of well-known tokens, with the fewest characters that follow.
const TOKENS: &[(&str, usize)] = &[
    ("AKIA", 16),
    ("ASIA", 16),
    ("AGE-SECRET-KEY-", 20),
    ("AIza", 30),
    ("atlasv1", 20),
    ("dapi", 32),
    ("dckr_pat_", 16),
    ("dop_v1_", 20),
    ("doo_v1_", 20),
    ("gho_", 20),
    ("ghp_", 20),
    ("ghr_", 20),
    ("ghs_", 20),
    ("ghu_", 20),
    ("github_pat_", 20),
    ("gldt-", 16),
    ("glpat-", 16),
    ("glptt-", 16),
    ("glrt-", 16),
    ("hf_", 20),
    ("lin_api_", 16),
    ("nfp_", 20),
    ("npm_", 20),
    ("pk_live_", 16),
    ("pypi-", 20),
    ("rk_live_", 16),
    ("rk_test_", 16),
    ("shpat_", 16),
    ("shpss_", 16),
    ("sk-", 20),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("sntrys_", 20),
    ("tskey-", 12),
    ("whsec_", 16),
    ("xapp-", 16),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxe-", 10),
    ("xoxp-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
];
/// Beginnings of well-known tokens in parts: this, a dot, and at least 16 characters more.
const DOTTED: &[&str] = &["SG", "hvb", "hvr", "hvs", "ya29"];
/// Words before the credential in an authorization header.
const SCHEMES: &[&str] = &["apikey", "aws4-hmac-sha256", "basic", "bearer", "digest", "negotiate", "token"];

/// The text without the secrets that can be told from it alone.
pub(super) fn redact<'a>(redactor: &Redactor, text: &'a str, mode: Mode) -> Cow<'a, str> {
    let mut shown = private_keys(text);
    if let Some(changed) = assignments(redactor, &shown, mode) {
        shown = Cow::Owned(changed);
    }
    for rule in [urls, sources, tokens, random] {
        if let Some(changed) = rule(&shown) {
            shown = Cow::Owned(changed);
        }
    }
    shown
}

/// Whether a word is the scheme of an authorization header (`Bearer`).
pub(super) fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word))
}

/// Copies a text with some parts replaced.
pub(super) struct Rewrite<'a> {
    text: &'a str,
    done: usize,
    out: String,
}

impl<'a> Rewrite<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, done: 0, out: String::new() }
    }

    /// Hides `start..end`. Parts come in order; what is hidden already stays so.
    pub(super) fn hide(&mut self, start: usize, end: usize) {
        let start = start.max(self.done);
        if start < end {
            self.out.push_str(self.text.get(self.done..start).unwrap_or_default());
            self.out.push_str(MARKER);
            self.done = end;
        }
    }

    /// The rewritten text, if anything in it was hidden.
    pub(super) fn finish(mut self) -> Option<String> {
        if self.done == 0 {
            return None;
        }
        self.out.push_str(self.text.get(self.done..).unwrap_or_default());
        Some(self.out)
    }
}

/// A PEM private key is hidden from its first line to the end of the text.
fn private_keys(text: &str) -> Cow<'_, str> {
    match text.find("-----BEGIN ") {
        Some(start) if text.get(start..).is_some_and(|pem| pem.contains("PRIVATE KEY")) => Cow::Owned([text.get(..start).unwrap_or_default(), MARKER].concat()),
        _ => Cow::Borrowed(text),
    }
}

/// The password of `scheme://user:password@host`, and a user long enough to be a token.
fn urls(text: &str) -> Option<String> {
    let mut out = Rewrite::new(text);
    let (mut from, mut end_of_word) = (0, 0);
    while let Some(authority) = text.get(from..).and_then(|rest| rest.find("://")).map(|at| from + at + 3) {
        if end_of_word < authority {
            let rest = text.get(authority..).unwrap_or_default();
            end_of_word = authority + rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '`' | '<' | '>')).unwrap_or(rest.len());
        }
        let word = text.get(authority..end_of_word).unwrap_or_default();
        // Up to the scheme of the next URL in the word, if there is one.
        let limit = word.find("://").map_or(word.len(), |next| {
            let before = word.get(..next).unwrap_or_default();
            before.rfind(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '.' | '-')).map_or(0, |at| at + 1)
        });
        let span = word.get(..limit).unwrap_or_default();
        from = authority;
        let host = span.find(['/', '?', '#']).unwrap_or(span.len());
        let head = span.get(..host).unwrap_or_default();
        // `host:8080/@scope` has no password; `user:pass/word@host` has, raw delimiters or not.
        let is_port = |after: &str| !after.is_empty() && after.bytes().all(|b| b.is_ascii_digit());
        let has_password = head.split_once(':').is_some_and(|(_, after)| !is_port(after) && !head.starts_with('['));
        if !head.contains('@') && !has_password {
            continue;
        }
        let Some(at) = (if head.contains('@') && !has_password { head.rfind('@') } else { span.rfind('@') }) else { continue };
        let userinfo = span.get(..at).unwrap_or_default();
        let user = userinfo.split_once(':').map_or(userinfo, |(user, _)| user);
        if user.len() >= MIN_TOKEN_USER {
            out.hide(authority, authority + user.len());
        }
        if user.len() + 1 < userinfo.len() {
            out.hide(authority + user.len() + 1, authority + at);
        }
        from = authority + at;
    }
    out.finish()
}

/// The password of `user:password@host` without a scheme, as in Go's data source names: `root:pw@tcp(db:3306)/app`.
fn sources(text: &str) -> Option<String> {
    if !text.contains('@') {
        return None;
    }
    let mut out = Rewrite::new(text);
    let mut start = 0;
    for word in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '=')) {
        let offset = start;
        start += word.len();
        if word.contains("://") || word.starts_with("//") {
            continue;
        }
        let Some(at) = word.rfind('@') else { continue };
        let Some(colon) = word.get(..at).and_then(|head| head.find(':')) else { continue };
        let user = word.get(..colon).unwrap_or_default();
        let host = word.get(at + 1..).unwrap_or_default();
        let is_user = (1..=64).contains(&user.len()) && user.bytes().all(|b| super::assign::is_name_byte(b) || b == b'+');
        let is_host = host.starts_with(|c: char| c.is_alphanumeric() || c == '[' || c == '(');
        let is_digest = ["sha256:", "sha512:"].iter().any(|algorithm| host.starts_with(algorithm));
        if is_user && is_host && !is_digest {
            out.hide(offset + colon + 1, offset + at);
        }
    }
    out.finish()
}

/// Tokens known by their beginning, and JSON web tokens.
fn tokens(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Rewrite::new(text);
    let mut start = 0;
    while start < bytes.len() {
        let len = run(bytes, start, is_token_byte);
        if len == 0 {
            start += 1;
            continue;
        }
        let end = start + len;
        let word = text.get(start..end).unwrap_or_default();
        let parts = || {
            let mut end = end;
            while bytes.get(end) == Some(&b'.') {
                let part = run(bytes, end + 1, is_token_byte);
                if part == 0 {
                    break;
                }
                end += 1 + part;
            }
            end
        };
        if word.starts_with("eyJ") && len >= 12 && parts() > end {
            out.hide(start, parts());
            start = parts();
            continue;
        }
        if DOTTED.contains(&word) && parts() > end + 16 {
            out.hide(start, parts());
            start = parts();
            continue;
        }
        if let Some(at) = known_token(word) {
            out.hide(start + at, end);
        }
        start = end;
    }
    out.finish()
}

/// Long runs of characters too random to be words. Hexadecimal digests and ids are no secrets: command lines are full of them.
fn random(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Rewrite::new(text);
    let mut start = 0;
    while start < bytes.len() {
        let mut len = run(bytes, start, |b| is_token_byte(b) || matches!(b, b'+' | b'/'));
        if bytes.get(start..start + len).is_some_and(is_random) {
            len += run(bytes, start + len, |b| b == b'=');
            out.hide(start, start + len);
        }
        start += len.max(1);
    }
    out.finish()
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn run(bytes: &[u8], start: usize, part: impl Fn(u8) -> bool) -> usize {
    bytes.get(start..).map_or(0, |rest| rest.iter().position(|b| !part(*b)).unwrap_or(rest.len()))
}

/// Where in a run a known token begins: at its start, or after a dash or an underscore.
fn known_token(word: &str) -> Option<usize> {
    if word.len() < 14 {
        return None;
    }
    let mut starts = std::iter::once(0).chain(word.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'-' | b'_')).map(|(at, _)| at + 1));
    starts.find(|start| {
        let rest = word.get(*start..).unwrap_or_default();
        TOKENS.iter().any(|(prefix, more)| rest.len() >= prefix.len() + more && rest.starts_with(prefix))
    })
}

/// Whether a run looks drawn at random from letters of both cases and digits: words and names change class rarely, random text at two places of three.
fn is_random(run: &[u8]) -> bool {
    if run.len() < MIN_RANDOM {
        return false;
    }
    let class = |b: &u8| match b {
        b'a'..=b'z' => 1_u8,
        b'A'..=b'Z' => 2,
        b'0'..=b'9' => 3,
        _ => 0,
    };
    let (mut counts, mut changes, mut last) = ([0_usize; 4], 0_usize, 0);
    for class in run.iter().map(class) {
        if let Some(count) = counts.get_mut(usize::from(class)) {
            *count += 1;
        }
        if class != 0 {
            changes += usize::from(last != 0 && last != class);
            last = class;
        }
    }
    let [_, small, capital, digit] = counts;
    small >= 2 && capital >= 2 && digit >= 2 && changes * 5 > (small + capital + digit) * 2
}
