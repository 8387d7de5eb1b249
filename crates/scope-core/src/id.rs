//! Names of things: nodes, agents, runs. Parsed at the border, so that whatever holds one can trust it in a URL, a file name or a log line.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use compact_str::{CompactString, format_compact};

use crate::limits::{self, ID_BYTES};

/// Why a text is not an identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("`{text}` is not {what}: {why}")]
pub struct ParseIdError {
    /// The refused text, cut to 80 bytes.
    text: String,
    /// What it was to be.
    what: &'static str,
    /// What is wrong with it.
    why: &'static str,
}

impl ParseIdError {
    pub(crate) fn new(text: &str, what: &'static str, why: &'static str) -> Self {
        Self { text: limits::cut(&text.escape_debug().to_string(), 80).into_owned(), what, why }
    }
}

/// Whether `byte` needs no escape in a URL (RFC 3986, unreserved).
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// The stable, URL-safe id of a node: `kind:rest`.
///
/// | kind | form |
/// |---|---|
/// | host | `host:<agent>` |
/// | process | `process:<agent>:<pid>:<start ticks>` |
/// | container | `container:<64 hex>` |
/// | image | `image:<64 hex>` |
/// | pod, service | `pod:<uid>`, `service:<uid>` |
///
/// Other kinds are `kind:` and one or more characters of `A-Z a-z 0-9 - . _ ~ :`, so a plugin can bring its own.
///
/// Cheap to clone: everything that speaks of one node shares its text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(Arc<str>);

const NODE_ID: &str = "a node id";

impl NodeId {
    /// The id of the host that `agent` watches.
    pub fn host(agent: &AgentName) -> Self {
        Self(format_compact!("host:{agent}").as_str().into())
    }

    /// The id of a process; `start_ticks` is field 22 of `/proc/PID/stat`, which tells a reused pid from its predecessor.
    pub fn process(agent: &AgentName, pid: u32, start_ticks: u64) -> Self {
        Self(format_compact!("process:{agent}:{pid}:{start_ticks}").as_str().into())
    }

    /// The id of a container from its 64 hexadecimal digits.
    pub fn container(hex: &str) -> Result<Self, ParseIdError> {
        check_hex(hex, "a container id").map(|()| Self(format_compact!("container:{hex}").as_str().into()))
    }

    /// The id of an image from its 64 hexadecimal digits, with or without `sha256:` before them.
    pub fn image(digest: &str) -> Result<Self, ParseIdError> {
        let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
        check_hex(hex, "an image id").map(|()| Self(format_compact!("image:{hex}").as_str().into()))
    }

    /// The part before the first colon.
    pub fn kind(&self) -> &str {
        self.colon().and_then(|at| self.0.get(..at)).unwrap_or_default()
    }

    /// Where the first colon stands. Kinds are a few letters: to look at each of them is faster than any search.
    fn colon(&self) -> Option<usize> {
        self.0.bytes().position(|byte| byte == b':')
    }

    /// The part after the first colon.
    pub fn rest(&self) -> &str {
        self.colon().and_then(|at| self.0.get(at + 1..)).unwrap_or_default()
    }

    /// The whole id.
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NodeId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |why| ParseIdError::new(text, NODE_ID, why);
        let Some((kind, rest)) = text.split_once(':') else { return Err(error("no `kind:` at its start")) };
        if text.len() > ID_BYTES {
            return Err(error("longer than 512 bytes"));
        }
        if !is_kind(kind) {
            return Err(error("the kind is not a word of a-z, 0-9 and _"));
        }
        match kind {
            "container" | "image" => check_hex(rest, NODE_ID).map_err(|_| error("not 64 hexadecimal digits in lower case after the kind"))?,
            "host" => rest.parse::<AgentName>().map(drop).map_err(|_| error("no agent's name after `host:`"))?,
            "process" => {
                let mut parts = rest.rsplitn(3, ':');
                let (ticks, pid, agent) = (parts.next(), parts.next(), parts.next());
                let number =
                    |part: Option<&str>| part.is_some_and(|digits| !digits.is_empty() && digits.len() <= 20 && digits.bytes().all(|b| b.is_ascii_digit()));
                if !(number(ticks) && number(pid) && agent.is_some_and(|name| name.parse::<AgentName>().is_ok())) {
                    return Err(error("not `process:<agent>:<pid>:<start ticks>`"));
                }
            }
            _ if rest.is_empty() => return Err(error("nothing after the kind")),
            _ if !rest.bytes().all(|byte| is_unreserved(byte) || byte == b':') => return Err(error("a character outside A-Z a-z 0-9 - . _ ~ :")),
            _ => {}
        }
        Ok(Self(text.into()))
    }
}

/// Whether `text` can name a kind, a source or a field's family: a lower-case word of at most 64 bytes.
pub fn is_kind(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !text.starts_with(|c: char| c.is_ascii_digit())
}

fn check_hex(text: &str, what: &'static str) -> Result<(), ParseIdError> {
    // Every byte is looked at, whatever the ones before say: without a branch the loop is a few vector instructions, and ids are most of a stream.
    if text.len() == 64 && text.bytes().fold(true, |all, b| all & (b.is_ascii_digit() | (b'a'..=b'f').contains(&b))) {
        Ok(())
    } else {
        Err(ParseIdError::new(text, what, "not 64 hexadecimal digits in lower case"))
    }
}

/// The name of an agent: 1 to 253 characters of `A-Z a-z 0-9 - . _ ~`. Usually the host's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentName(CompactString);

impl AgentName {
    /// The nearest allowed name to `text`, such as a host's name read from the kernel: other characters become `-`. `unknown` where nothing is left.
    pub fn from_host_name(text: &str) -> Self {
        let name: CompactString = text.trim().bytes().take(253).map(|b| if is_unreserved(b) { char::from(b) } else { '-' }).collect();
        Self(if name.is_empty() { CompactString::const_new("unknown") } else { name })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AgentName {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |why| ParseIdError::new(text, "an agent's name", why);
        if text.is_empty() || text.len() > 253 {
            return Err(error("not 1 to 253 bytes long"));
        }
        if !text.bytes().all(is_unreserved) {
            return Err(error("a character outside A-Z a-z 0-9 - . _ ~"));
        }
        Ok(Self(text.into()))
    }
}

/// One run of a collector: a UUID of version 7, so later runs of one agent sort after earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(u128);

impl RunId {
    /// The run with this UUID.
    pub fn from_u128(uuid: u128) -> Self {
        Self(uuid)
    }

    /// The UUID.
    pub fn as_u128(self) -> u128 {
        self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(uuid) = self;
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            (uuid >> 96) as u32,
            (uuid >> 80) as u16,
            (uuid >> 64) as u16,
            (uuid >> 48) as u16,
            uuid & 0xffff_ffff_ffff
        )
    }
}

impl FromStr for RunId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseIdError::new(text, "a run", "not a UUID in lower case");
        if text.len() != 36 {
            return Err(error());
        }
        let mut uuid = 0_u128;
        for (at, byte) in text.bytes().enumerate() {
            let digit = match byte {
                b'-' if matches!(at, 8 | 13 | 18 | 23) => continue,
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                _ => return Err(error()),
            };
            if matches!(at, 8 | 13 | 18 | 23) {
                return Err(error());
            }
            uuid = uuid << 4 | u128::from(digit);
        }
        Ok(Self(uuid))
    }
}

/// Display, and JSON as a string that is parsed on the way in.
macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a string")
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    )*};
}
pub(crate) use as_text;

as_text!(NodeId, AgentName, RunId);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AgentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use proptest::prelude::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn takes_what_it_builds() {
        let agent = AgentName::from_host_name("web 1.example\n");
        assert_eq!(agent.as_str(), "web-1.example");
        for id in [NodeId::host(&agent), NodeId::process(&agent, 1, 42), NodeId::container(HEX).unwrap(), NodeId::image(&format!("sha256:{HEX}")).unwrap()] {
            assert_eq!(id.as_str().parse::<NodeId>().unwrap(), id);
        }
    }

    #[test]
    fn refuses_what_could_leave_its_place() {
        for text in [
            "",
            "container",
            "container:",
            "container:../../version?x=",
            "container:0123",
            &format!("container:{}", HEX.to_uppercase()),
            "host:a/b",
            "host:a b",
            "process:h:1",
            "process:h:x:1",
            "process:h:1:-1",
            "Pod:1",
            "pod:",
            "pod:a\u{202e}b",
            "pod:<script>",
            &format!("pod:{}", "a".repeat(600)),
        ] {
            assert!(text.parse::<NodeId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_id_is_safe_in_a_url(text in any::<String>()) {
            if let Ok(id) = text.parse::<NodeId>() {
                prop_assert!(id.as_str().bytes().all(|b| is_unreserved(b) || b == b':'));
                prop_assert_eq!(format!("{}:{}", id.kind(), id.rest()), text);
            }
        }

        #[test]
        fn runs_read_back_and_keep_their_order(a in any::<u128>(), b in any::<u128>()) {
            let (a, b) = (RunId::from_u128(a), RunId::from_u128(b));
            prop_assert_eq!(a.to_string().parse::<RunId>().unwrap(), a);
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn any_host_name_makes_an_agent(text in any::<String>()) {
            let name = AgentName::from_host_name(&text);
            prop_assert_eq!(name.as_str().parse::<AgentName>().unwrap(), name);
        }
    }
}
