//! The one question asked of DNS, and its answer, as bytes (RFC 1035, RFC 3596): the name of an address. Nothing else is understood.

use std::fmt::Write as _;
use std::net::IpAddr;

use compact_str::CompactString;

use crate::net::netlink::wire::{u8_at, u16_be_at};

const HEADER_LEN: usize = 12;
const TYPE_PTR: u16 = 12;
const CLASS_IN: u16 = 1;
/// Longest name in text (RFC 1035, 2.3.4, without the root).
const NAME_BYTES: usize = 253;
/// Most jumps followed in a compressed name: a chain of them is an attack.
const JUMPS: usize = 16;
/// Most answers looked at.
const ANSWERS: u16 = 32;

/// What a resolver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The name, and for how many seconds it holds.
    Name(CompactString, u32),
    /// There is none.
    None,
    /// The resolver could not tell.
    Failed,
}

/// The question for the name of `ip`, under the identity `id`.
pub fn question(id: u16, ip: IpAddr) -> Vec<u8> {
    let mut out = Vec::with_capacity(96);
    out.extend_from_slice(&id.to_be_bytes());
    // Recursion desired; one question, nothing else.
    out.extend_from_slice(&[0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in reverse_name(ip).split('.') {
        out.push(label.len() as u8);
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
    out.extend_from_slice(&TYPE_PTR.to_be_bytes());
    out.extend_from_slice(&CLASS_IN.to_be_bytes());
    out
}

/// `4.3.2.1.in-addr.arpa` or the thirty-two nibbles under `ip6.arpa`.
fn reverse_name(ip: IpAddr) -> String {
    let mut name = String::new();
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            let _infallible = write!(name, "{d}.{c}.{b}.{a}.in-addr.arpa");
        }
        IpAddr::V6(ip) => {
            for byte in ip.octets().iter().rev() {
                let _infallible = write!(name, "{:x}.{:x}.", byte & 0xf, byte >> 4);
            }
            name.push_str("ip6.arpa");
        }
    }
    name
}

/// The identity of an answer, to find its question by.
pub fn answer_id(datagram: &[u8]) -> Option<u16> {
    u16_be_at(datagram, 0)
}

/// Reads the answer to `asked` (the bytes of [`question`]). `None` where it is no answer to that question, or broken.
pub fn answer(asked: &[u8], datagram: &[u8]) -> Option<Answer> {
    let flags = u16_be_at(datagram, 2)?;
    let is_response = flags & 0x8000 != 0;
    let same_id = datagram.get(..2)? == asked.get(..2)?;
    let question = asked.get(HEADER_LEN..)?;
    let end = HEADER_LEN + question.len();
    // Resolvers repeat the question as it was asked; some change the case of letters.
    let same_question = u16_be_at(datagram, 4)? == 1 && datagram.get(HEADER_LEN..end)?.eq_ignore_ascii_case(question);
    if !(is_response && same_id && same_question) {
        return None;
    }
    match flags & 0xf {
        0 => {}
        3 => return Some(Answer::None), // NXDOMAIN
        _ => return Some(Answer::Failed),
    }
    let mut at = end;
    for _ in 0..u16_be_at(datagram, 6)?.min(ANSWERS) {
        at = skip_name(datagram, at)?;
        let kind = u16_be_at(datagram, at)?;
        let class = u16_be_at(datagram, at + 2)?;
        let ttl = u32::from(u16_be_at(datagram, at + 4)?) << 16 | u32::from(u16_be_at(datagram, at + 6)?);
        let len = usize::from(u16_be_at(datagram, at + 8)?);
        let data = at + 10;
        if kind == TYPE_PTR && class == CLASS_IN {
            return Some(read_name(datagram, data).map_or(Answer::None, |name| Answer::Name(name, ttl)));
        }
        at = data + len; // a CNAME on the way (RFC 2317)
    }
    Some(Answer::None)
}

/// Where the name that starts at `at` ends.
fn skip_name(datagram: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match u8_at(datagram, at)? {
            0 => return Some(at + 1),
            len if len & 0xc0 == 0xc0 => return Some(at + 2),
            len => at += 1 + usize::from(len & 0x3f),
        }
    }
}

/// The name at `at`, in lower case without the closing point. `None` where it holds anything but letters, digits, `-` and `_`, which no
/// name of a host does: whoever owns an address writes its name.
fn read_name(datagram: &[u8], mut at: usize) -> Option<CompactString> {
    let mut name = CompactString::default();
    let mut jumps = 0;
    loop {
        let len = u8_at(datagram, at)?;
        if len == 0 {
            break;
        }
        if len & 0xc0 == 0xc0 {
            jumps += 1;
            if jumps > JUMPS {
                return None;
            }
            at = usize::from(u16_be_at(datagram, at)? & 0x3fff);
            continue;
        }
        let label = datagram.get(at + 1..at + 1 + usize::from(len))?;
        if len > 63 || !label.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            return None;
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.extend(label.iter().map(|b| char::from(b.to_ascii_lowercase())));
        if name.len() > NAME_BYTES {
            return None;
        }
        at += 1 + usize::from(len);
    }
    (!name.is_empty()).then_some(name)
}
