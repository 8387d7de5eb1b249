//! The operating system: `os-release(5)`.

use super::root::HostRoot;

/// What the machine runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Os {
    /// `debian`.
    pub id: Option<String>,
    /// `Debian GNU/Linux 12 (bookworm)`.
    pub name: Option<String>,
    /// `12`; absent in rolling releases.
    pub version: Option<String>,
}

/// Longest value taken, in bytes.
const VALUE_BYTES: usize = 256;

/// Reads the machine's `os-release`.
pub(super) fn read(root: &HostRoot) -> Os {
    let mut content = Vec::new();
    for path in ["etc/os-release", "usr/lib/os-release"] {
        if root.read(path, &mut content, 16 << 10).is_ok() {
            return parse(&content);
        }
    }
    Os::default()
}

pub(super) fn parse(content: &[u8]) -> Os {
    let text = String::from_utf8_lossy(content);
    let value = |key: &str| {
        text.lines()
            .filter_map(|line| line.trim_start().split_once('='))
            .filter(|(found, _)| *found == key)
            .map(|(_, value)| scope_core::limits::cut(&unquote(value.trim()), VALUE_BYTES).into_owned())
            .next_back()
            .filter(|value| !value.is_empty())
    };
    Os { id: value("ID"), name: value("PRETTY_NAME").or_else(|| value("NAME")), version: value("VERSION_ID") }
}

/// A value as a shell would take it: without quotes, and in double ones without backslashes.
fn unquote(value: &str) -> String {
    if let Some(inner) = value.strip_prefix('\'') {
        return inner.strip_suffix('\'').unwrap_or(inner).to_owned();
    }
    let quoted = value.strip_prefix('"');
    let inner = quoted.map_or(value, |inner| inner.strip_suffix('"').unwrap_or(inner));
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_three_facts() {
        let found = parse(b"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID='12'\n# ID=no\nID=debian\n");
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(found, Os { id: some("debian"), name: some("Debian GNU/Linux 12 (bookworm)"), version: some("12") });
    }

    #[test]
    fn quotes_are_those_of_a_shell() {
        assert_eq!(unquote(r#""a \"b\" \$c \\""#), r#"a "b" $c \"#);
        assert_eq!(unquote("plain"), "plain");
        assert_eq!(unquote("\"open"), "open");
    }

    proptest! {
        #[test]
        fn nothing_panics(content in prop::collection::vec(any::<u8>(), 0..200)) {
            parse(&content);
        }
    }
}
