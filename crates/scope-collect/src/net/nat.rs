//! Translations of addresses on this host, by what either end of a connection sees. Bounded: the oldest makes room.

use std::collections::VecDeque;
use std::net::SocketAddr;

use hashbrown::HashMap;
use scope_core::Protocol;

use super::connection::{Tracked, TrackedEvent, Tuple};

/// Most translated connections remembered. Who is there already keeps what was found for it when it was new; the table serves sockets that are
/// seen before the event about them.
pub const LIMIT: usize = 16_384;

/// The table.
#[derive(Debug, Default)]
pub struct Translations {
    /// What the client sends -> what answers come as.
    by_client: HashMap<(Protocol, Tuple), Tuple>,
    /// What the server sends (its socket's local and remote ends) -> what the client sends.
    by_server: HashMap<(Protocol, Tuple), Tuple>,
    order: VecDeque<(Protocol, Tuple)>,
    evicted: u64,
}

impl Translations {
    /// Learns from an event or an entry of a dump.
    pub fn learn(&mut self, tracked: &Tracked) {
        if !tracked.is_translated() {
            return;
        }
        let client = (tracked.proto, tracked.original);
        if tracked.event == TrackedEvent::Destroy {
            self.forget(client);
            return;
        }
        if let Some(old) = self.by_client.insert(client, tracked.reply) {
            if old != tracked.reply {
                self.by_server.remove(&(tracked.proto, old));
            }
        } else {
            self.order.push_back(client);
        }
        self.by_server.insert((tracked.proto, tracked.reply), tracked.original);
        while self.by_client.len() > LIMIT {
            let Some(oldest) = self.order.pop_front() else { break };
            if self.by_client.contains_key(&oldest) {
                self.evicted += 1;
                self.forget(oldest);
            }
        }
        // Forgotten ones leave their place in the order behind.
        if self.order.len() > 4 * LIMIT {
            self.order.retain(|key| self.by_client.contains_key(key));
        }
    }

    fn forget(&mut self, client: (Protocol, Tuple)) {
        if let Some(reply) = self.by_client.remove(&client)
            && self.by_server.get(&(client.0, reply)) == Some(&client.1)
        {
            self.by_server.remove(&(client.0, reply));
        }
    }

    /// The server that a client's socket really talks to, where what it dialled is translated.
    pub fn server_of(&self, proto: Protocol, local: SocketAddr, remote: SocketAddr) -> Option<SocketAddr> {
        self.by_client.get(&(proto, Tuple { src: local, dst: remote })).map(|reply| reply.src)
    }

    /// The port that a client's socket has beyond this host, where its address is translated.
    pub fn client_port_of(&self, proto: Protocol, local: SocketAddr, remote: SocketAddr) -> Option<u16> {
        self.by_client.get(&(proto, Tuple { src: local, dst: remote })).map(|reply| reply.dst.port())
    }

    /// The client that a server's socket really talks to, where this host translated its address.
    pub fn client_of(&self, proto: Protocol, local: SocketAddr, remote: SocketAddr) -> Option<SocketAddr> {
        self.by_server.get(&(proto, Tuple { src: local, dst: remote })).map(|original| original.src)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_client.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_client.is_empty()
    }

    /// How many had to make room.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }
}
