//! Which names mean that their value is a secret. A name is a flag, a variable, a label's key, a header or a field of a document.

/// Parts that make a name secret wherever they stand in it, once its separators are gone (`api_key`, `API-Key` and `apiKey` are `apikey`).
const STRONG: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "passwort",
    "secret",
    "credential",
    "bearer",
    "basicauth",
    "masterauth",
    "apikey",
    "accesskey",
    "accountkey",
    "authkey",
    "deploykey",
    "encryptionkey",
    "licensekey",
    "masterkey",
    "presharedkey",
    "privatekey",
    "privkey",
    "secretkey",
    "sharedkey",
    "signingkey",
    "sshkey",
    "storagekey",
    "subscriptionkey",
    "tskey",
    "webhookkey",
];
/// Words that make a name secret wherever they stand in it.
const WORDS: &[&str] = &["cred", "creds", "token", "tokens", "passin", "passout", "htpasswd"];
/// Words that make a name secret at its end: `--auth x` hides, `--auth-mode x` does not.
const LAST: &[&str] = &["auth", "oauth", "authorization", "cookie", "cookies", "otp", "pass", "private", "psk", "pw", "pwd", "userpass"];
/// Endings of the last word that make a name secret (`requirepass`, `dbpwd`, `setcookie`).
const ENDINGS: &[&str] = &["pass", "pwd", "auth", "cookie", "token"];
/// Words that have such an ending and mean something else.
const INNOCENT: &[&str] = &["askpass", "bypass", "compass", "noauth", "nopass", "unauth"];
/// Last words that say that the value tells something about a secret, and is not one.
const ABOUT: &[&str] = &[
    "algorithm",
    "audience",
    "class",
    "enabled",
    "endpoint",
    "expiry",
    "format",
    "helper",
    "interval",
    "issuer",
    "length",
    "lifetime",
    "method",
    "mode",
    "name",
    "namespace",
    "policy",
    "provider",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
];
/// Last words that say that the value is where a secret lies: shown if it looks like a path.
const PLACES: &[&str] = &["dir", "directory", "file", "filename", "files", "folder", "mount", "path", "paths"];
/// Words that say that the value is a number about secrets (`--max-tokens 4096`): shown if it is one.
const NUMBERS: &[&str] = &["batched", "count", "limit", "max", "min", "num", "retries"];
/// Names for which `name:value` without a blank is taken for a secret. Others are host:port or image:tag.
const BEFORE_COLON: &[&str] = &["apikey", "pass", "passphrase", "passwd", "password", "pwd", "secret", "token"];

/// Whether a value under this name is a secret.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    let words = split(name);
    let Some(last) = words.last().map(String::as_str) else { return false };
    if !names_secret(&words, last) || ABOUT.contains(&last) {
        return false;
    }
    let is_place = PLACES.contains(&last) && is_path(value);
    let is_number =
        words.iter().any(|word| NUMBERS.contains(&word.as_str())) && (1..=9).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
    !(is_place || is_number)
}

/// Whether a bare word (no dash, no `=`) announces that the next word is a secret, as in `CONFIG SET requirepass x` or
/// `configure set aws_secret_access_key x`. Narrow: `token` and `secret` are subcommands of many programs.
pub(super) fn announces(word: &str) -> bool {
    let name = word.to_ascii_lowercase();
    matches!(name.as_str(), "password" | "passphrase" | "requirepass" | "masterauth")
        || (name.contains('_')
            && !name.contains('=')
            && is_secret(word, "")
            && (name.ends_with("key") || name.ends_with("token") || name.ends_with("password") || name.ends_with("secret")))
}

/// Whether `name:value`, without a blank between, is a secret.
pub(super) fn is_secret_before_colon(name: &str) -> bool {
    let squeezed: String = name.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    BEFORE_COLON.contains(&squeezed.as_str())
}

/// Whether a value begins as a path does.
pub(super) fn is_path(value: &str) -> bool {
    ["/", "./", "../", "~/", "file:/"].iter().any(|start| value.starts_with(start))
}

fn names_secret(words: &[String], last: &str) -> bool {
    let squeezed = words.concat();
    STRONG.iter().any(|part| squeezed.contains(part))
        || words.iter().any(|word| WORDS.contains(&word.as_str()) || word.ends_with("token"))
        || LAST.contains(&last)
        || (ENDINGS.iter().any(|ending| last.ends_with(ending)) && !INNOCENT.contains(&last))
}

/// The words of a name in lower case, split where it is not alphanumeric and where a capital follows a small letter.
fn split(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    let mut was_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            (open, was_small) = (false, false);
            continue;
        }
        if !open || (was_small && c.is_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
        (open, was_small) = (true, c.is_lowercase());
    }
    words
}
