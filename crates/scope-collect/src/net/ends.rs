//! The ends of connections in one namespace, in little room: one after the other, found by a table of numbers. A busy host has tens of thousands. What is known of
//! an end is [`super::table`]'s business.

use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use hashbrown::{DefaultHashBuilder, HashTable};
use scope_core::Protocol;

use super::table::Connection;

/// Room for so many is kept, however few there are.
const KEPT: usize = 64;

/// What tells the connections of one namespace apart, as seen from one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ends {
    /// TCP or UDP.
    pub proto: Protocol,
    /// This end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
}

impl Ends {
    /// The same connection seen from the other end, where nothing is translated between.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { proto: self.proto, local: self.remote, remote: self.local }
    }
}

/// Ends in little more than half the room: IPv4 within IPv6, which no address is otherwise ([`super::connection::canonical`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Packed {
    local: Ipv6Addr,
    remote: Ipv6Addr,
    local_port: u16,
    remote_port: u16,
    proto: Protocol,
}

impl From<Ends> for Packed {
    fn from(ends: Ends) -> Self {
        let mapped = |ip| match ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        Self {
            local: mapped(ends.local.ip()),
            remote: mapped(ends.remote.ip()),
            local_port: ends.local.port(),
            remote_port: ends.remote.port(),
            proto: ends.proto,
        }
    }
}

impl From<Packed> for Ends {
    fn from(packed: Packed) -> Self {
        let at = |ip: Ipv6Addr, port| SocketAddr::new(ip.to_canonical(), port);
        Self { proto: packed.proto, local: at(packed.local, packed.local_port), remote: at(packed.remote, packed.remote_port) }
    }
}

/// The connections of one namespace.
#[derive(Debug, Default)]
pub(super) struct OfOne {
    entries: Vec<(Packed, Connection)>,
    /// Their places, by the hashes of their ends.
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl OfOne {
    fn place(&self, ends: &Packed) -> Option<usize> {
        let is_it = |place: &u32| self.entries.get(*place as usize).is_some_and(|(known, _)| known == ends);
        self.places.find(self.hasher.hash_one(ends), is_it).map(|place| *place as usize)
    }

    pub(super) fn get(&self, ends: &Ends) -> Option<&Connection> {
        self.entries.get(self.place(&(*ends).into())?).map(|(_, connection)| connection)
    }

    pub(super) fn get_mut(&mut self, ends: &Ends) -> Option<&mut Connection> {
        let place = self.place(&(*ends).into())?;
        self.entries.get_mut(place).map(|(_, connection)| connection)
    }

    /// Adds one, or puts it in the place of the one with these ends; whether it is one more.
    pub(super) fn insert(&mut self, ends: Ends, connection: Connection) -> bool {
        let ends = Packed::from(ends);
        if let Some(known) = self.place(&ends).and_then(|place| self.entries.get_mut(place)) {
            known.1 = connection;
            return false;
        }
        let Self { entries, places, hasher } = self;
        // A quarter more at a time, where a vector by itself would double.
        if entries.len() == entries.capacity() {
            entries.reserve_exact((entries.len() / 4).max(4));
        }
        let place = entries.len() as u32;
        entries.push((ends, connection));
        places.insert_unique(hasher.hash_one(ends), place, |place| entries.get(*place as usize).map_or(0, |(ends, _)| hasher.hash_one(ends)));
        true
    }

    pub(super) fn remove(&mut self, ends: &Ends) -> Option<Connection> {
        let ends = Packed::from(*ends);
        let Self { entries, places, hasher } = self;
        let is_it = |place: &u32| entries.get(*place as usize).is_some_and(|(known, _)| *known == ends);
        let place = places.find_entry(hasher.hash_one(ends), is_it).ok()?.remove().0;
        // The last one takes its place.
        let last = entries.len() as u32 - 1;
        if let Some((moved, _)) = entries.last().filter(|_| last != place)
            && let Some(number) = places.find_mut(hasher.hash_one(moved), |number| *number == last)
        {
            *number = place;
        }
        Some(entries.swap_remove(place as usize).1)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Ends, &Connection)> {
        self.entries.iter().map(|(ends, connection)| ((*ends).into(), connection))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (Ends, &mut Connection)> {
        self.entries.iter_mut().map(|(ends, connection)| ((*ends).into(), connection))
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Gives back the room that a burst took.
    pub(super) fn shrink(&mut self) {
        if self.entries.capacity() > KEPT && self.entries.len() < self.entries.capacity() / 2 {
            let room = (self.entries.len() + self.entries.len() / 4).max(KEPT);
            let Self { entries, places, hasher } = self;
            entries.shrink_to(room);
            places.shrink_to(room, |place| entries.get(*place as usize).map_or(0, |(ends, _)| hasher.hash_one(ends)));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use proptest::prelude::*;
    use scope_core::Timestamp;

    use super::*;

    /// Few enough that they meet.
    fn ends() -> impl Strategy<Value = Ends> {
        let at = |v6: bool, host: u8, port: u16| {
            let ip: IpAddr = if v6 { [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host].into() } else { [10, 0, 0, host].into() };
            SocketAddr::new(ip, port)
        };
        (any::<bool>(), any::<bool>(), 0..3_u8, 0..3_u8, 0..4_u16, 0..2_u16).prop_map(move |(udp, v6, local, remote, from, to)| Ends {
            proto: if udp { Protocol::Udp } else { Protocol::Tcp },
            local: at(v6, local, from),
            remote: at(v6, remote, to),
        })
    }

    proptest! {
        #[test]
        fn holds_what_a_map_holds(steps in proptest::collection::vec((ends(), any::<bool>(), any::<bool>()), 0..400)) {
            let (mut ours, mut map) = (OfOne::default(), std::collections::BTreeMap::new());
            for (number, (ends, add, shrink)) in steps.into_iter().enumerate() {
                if add {
                    let connection = Connection { cookie: number as u64, ..Connection::new(Timestamp::default(), false) };
                    prop_assert_eq!(ours.insert(ends, connection), map.insert(ends, number as u64).is_none());
                } else {
                    prop_assert_eq!(ours.remove(&ends).map(|connection| connection.cookie), map.remove(&ends));
                }
                if shrink {
                    ours.shrink();
                }
                prop_assert_eq!(ours.len(), map.len());
                prop_assert_eq!(ours.get(&ends).map(|connection| connection.cookie), map.get(&ends).copied());
            }
            let held: std::collections::BTreeMap<Ends, u64> = ours.iter().map(|(ends, connection)| (ends, connection.cookie)).collect();
            prop_assert_eq!(held, map);
        }
    }

    #[test]
    fn an_end_stays_small() {
        assert!(size_of::<(Packed, Connection)>() <= 176, "{}", size_of::<(Packed, Connection)>());
    }
}
