//! A hash of what records say, the same on every machine. What is hashed, and in what order, is the business of those who use it.

use crate::endpoint::{Address, OwnedEndpoint};
use crate::id::NodeId;
use crate::number::Number;
use crate::value::{Fields, Value};

/// A hash that is written down here, because both ends must agree on it whatever they were built with. It finds differences; it withstands no attack, and an
/// agent that makes one deceives only about itself.
#[derive(Clone, Copy)]
pub(crate) struct Hash(u64);

impl Hash {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    pub(crate) fn word(self, word: u64) -> Self {
        let mixed = (self.0 ^ word).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Self((mixed ^ mixed >> 29).rotate_left(17))
    }

    pub(crate) fn text(self, text: &str) -> Self {
        let mut hash = self.word(text.len() as u64);
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            hash = hash.word(u64::from_le_bytes(*word));
        }
        let mut last = [0_u8; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        hash.word(u64::from_le_bytes(last))
    }

    pub(crate) fn optional(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.word(1).text(text),
            None => self.word(0),
        }
    }

    pub(crate) fn ip(self, ip: std::net::IpAddr) -> Self {
        match ip {
            std::net::IpAddr::V4(ip) => self.word(4).word(ip.to_bits().into()),
            std::net::IpAddr::V6(ip) => self.word(6).word(ip.to_bits() as u64).word((ip.to_bits() >> 64) as u64),
        }
    }

    pub(crate) fn number(self, number: Number) -> Self {
        match (number.as_u64(), number.as_i64()) {
            (Some(count), _) => self.word(0).word(count),
            (None, Some(negative)) => self.word(1).word(negative as u64),
            (None, None) => self.word(2).word(number.as_f64().to_bits()),
        }
    }

    pub(crate) fn value(self, value: &Value) -> Self {
        match value {
            Value::Null => self.word(10),
            Value::Bool(value) => self.word(11).word((*value).into()),
            Value::Number(number) => self.word(12).number(*number),
            Value::Time(at) => self.word(13).word(at.as_micros() as u64),
            Value::Text(text) => self.word(14).text(text),
            Value::List(items) => items.iter().fold(self.word(15).word(items.len() as u64), Self::value),
            Value::Map(entries) => self.fields(entries),
        }
    }

    pub(crate) fn fields(self, fields: &Fields<Value>) -> Self {
        fields.iter().fold(self.word(16).word(fields.len() as u64), |hash, (name, value)| hash.text(name).value(value))
    }

    pub(crate) fn ids(self, ids: &[NodeId]) -> Self {
        ids.iter().fold(self.word(ids.len() as u64), |hash, id| hash.text(id.as_str()))
    }

    pub(crate) fn endpoints(self, endpoints: &[OwnedEndpoint]) -> Self {
        endpoints.iter().fold(self.word(endpoints.len() as u64), |hash, endpoint| {
            let at = &endpoint.at;
            let ip = match at.address {
                Address::Any => Self::new(0).end(),
                Address::Ip(ip) => Self::new(1).ip(ip).end(),
            };
            let ports = u64::from(at.port) << 24 | u64::from(at.last_port) << 8 | at.protocol as u64;
            hash.text(at.scope.as_str()).word(ip).word(ports).word(endpoint.since.map_or(u64::MAX, |since| since.as_micros() as u64))
        })
    }

    /// All that was taken in, as one number.
    pub(crate) fn end(self) -> u64 {
        let mut hash = self.0;
        hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        hash ^ hash >> 33
    }
}
