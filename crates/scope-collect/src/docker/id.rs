//! Ids that engines give to containers, images and networks, checked where they come in. Ids of nodes are `scope_core::id`'s.

use std::fmt;
use std::str::FromStr;

use compact_str::{CompactString, format_compact};
use scope_core::{AgentName, NodeId};

/// The text is not an id of the kind that was to be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}")]
pub struct ParseEngineIdError {
    text: String,
    what: &'static str,
}

impl ParseEngineIdError {
    fn new(text: &str, what: &'static str) -> Self {
        Self { text: scope_core::limits::cut(&text.escape_debug().to_string(), 80).into_owned(), what }
    }
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let text = text.as_bytes();
    if text.len() != 64 {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(bytes)
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $node:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The id of the node that stands for it. `None` never happens for an id that was parsed.
            pub fn node(self) -> Option<NodeId> {
                NodeId::$node(&self.to_string()).ok()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ParseEngineIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let digits = text.strip_prefix("sha256:").unwrap_or(text);
                parse_hex(digits).map(Self).ok_or_else(|| ParseEngineIdError::new(text, $what))
            }
        }
    };
}

hex_id!(
    /// A container's id: 64 hexadecimal digits in lower case.
    ContainerId, "a container id of 64 hexadecimal digits", container
);
hex_id!(
    /// An image's id: the digest of its configuration, 64 hexadecimal digits with or without `sha256:` before them.
    ImageId, "an image id of 64 hexadecimal digits", image
);

/// A network's id: 64 hexadecimal digits for a network of one host, 25 letters and digits for one of a swarm. Taken are 1 to 400 characters of
/// `A-Z a-z 0-9 - . _ ~`, so that it is safe in a path and in a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkId(CompactString);

impl NetworkId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id for a network of the host of `agent`, where the engine's own is not unique: Podman makes it from the network's name, so that each host's default
    /// network has the same.
    pub(crate) fn on_host(&self, agent: &AgentName) -> Self {
        Self(format_compact!("{}.{agent}", self.0))
    }

    /// Whether it is the engine's `id`, or that on a host.
    pub(crate) fn is_of(&self, id: &Self) -> bool {
        self.0.strip_prefix(id.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl fmt::Display for NetworkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for NetworkId {
    type Err = ParseEngineIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        // No id may begin with a dot: `..` would leave its place in a path.
        if (1..=400).contains(&text.len()) && !text.starts_with('.') && text.bytes().all(safe) {
            Ok(Self(text.into()))
        } else {
            Err(ParseEngineIdError::new(text, "a network id"))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn reads_what_engines_give() {
        assert_eq!(HEX.parse::<ContainerId>().unwrap().to_string(), HEX);
        assert_eq!(HEX.parse::<ContainerId>().unwrap().node().unwrap().as_str(), format!("container:{HEX}"));
        assert_eq!(format!("sha256:{HEX}").parse::<ImageId>().unwrap().to_string(), HEX);
        assert_eq!("xk2b1bqzq0ynq5o6jv5jz9dkt".parse::<NetworkId>().unwrap().as_str(), "xk2b1bqzq0ynq5o6jv5jz9dkt");
    }

    #[test]
    fn one_network_of_two_hosts_is_two() {
        let id: NetworkId = HEX.parse().unwrap();
        let [a, b] = ["a", "b"].map(|agent| id.on_host(&agent.parse().unwrap()));
        assert_ne!(a, b);
        assert!(a.is_of(&id) && id.is_of(&id) && !a.is_of(&"0123".parse().unwrap()));
        assert_eq!(a.as_str().parse::<NetworkId>().unwrap(), a);
    }

    #[test]
    fn refuses_what_could_leave_its_place_in_a_path() {
        for text in ["", "..", "../../images/json?x=", "0123", &HEX.to_uppercase(), &format!("{HEX}0"), "é", &"é".repeat(32)] {
            assert!(text.parse::<ContainerId>().is_err(), "{text}");
            assert!(text.parse::<ImageId>().is_err(), "{text}");
        }
        for text in ["", "..", "a/b", "a?b", "a b", "a\n", &"a".repeat(401)] {
            assert!(text.parse::<NetworkId>().is_err(), "{text}");
        }
    }
}
