//! Flows: connections aggregated at their source. How they are seen and aggregated is the collector's business.

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::endpoint::{ClientAddress, Protocol, SocketAddress};
use crate::id::NodeId;
use crate::time::Timestamp;

/// Which end of the connections the reporting agent watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The owner dialled.
    Client,
    /// The owner listens.
    Server,
}

impl Side {
    /// `client` or `server`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The far end of a flow, as its key has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// Seen by the client: what it dialled, before any translation.
    Dialled(SocketAddress),
    /// Seen by the server: who came, or the network they were folded into.
    Client(ClientAddress),
}

/// What makes two observations the same flow of one agent: (side, owner, protocol, peer, server address).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowKey {
    /// The node that owns this end.
    pub owner: NodeId,
    /// The far end; which kind it is says the side.
    pub peer: Peer,
    /// Where the server listens, after the translation that the agent could see.
    pub server_addr: SocketAddress,
    /// The protocol.
    pub proto: Protocol,
}

impl FlowKey {
    /// Which end the owner is.
    pub fn side(&self) -> Side {
        match self.peer {
            Peer::Dialled(_) => Side::Client,
            Peer::Client(_) => Side::Server,
        }
    }

    /// What the client dialled, seen from the client.
    pub fn dialled(&self) -> Option<&SocketAddress> {
        match &self.peer {
            Peer::Dialled(at) => Some(at),
            Peer::Client(_) => None,
        }
    }

    /// Who came, seen from the server.
    pub fn client_addr(&self) -> Option<&ClientAddress> {
        match &self.peer {
            Peer::Client(at) => Some(at),
            Peer::Dialled(_) => None,
        }
    }
}

/// A client port in use, and when its connection was first seen. A flow carries up to [`PORTS`] of them, newest first,
/// so that the reports of both ends can be paired even across a router that translates and is watched by nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PortSample(pub u16, pub Timestamp);

/// Most client ports sampled per flow.
pub const PORTS: usize = 8;

/// All connections of one key. The figures are totals since `since`; a figure that no source could see is absent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    /// Its identity.
    pub key: FlowKey,
    /// The node that serves, where the agent itself could tell.
    pub server: Option<NodeId>,
    /// A name of the far end: from a container network, the hosts file or DNS.
    pub server_name: Option<CompactString>,
    /// The command of the client, where the owner is not the process itself.
    pub command: Option<CompactString>,
    /// When the flow was first seen.
    pub since: Timestamp,
    /// When a connection of it was last open.
    pub last_seen: Timestamp,
    /// Connections open now.
    pub open: u64,
    /// Connections opened since `since`.
    pub opened_total: Option<u64>,
    /// Connection attempts that failed since `since`.
    pub failed_total: Option<u64>,
    /// Bytes sent by the owner since `since`.
    pub tx_bytes_total: Option<u64>,
    /// Bytes received by the owner since `since`.
    pub rx_bytes_total: Option<u64>,
    /// Segments sent again since `since`.
    pub retrans_total: Option<u64>,
    /// Smoothed round trip in microseconds, the median over open connections.
    pub rtt_us: Option<u64>,
    /// Sampled client ports.
    pub ports: Vec<PortSample>,
    /// The sources that saw it: `sock_diag`, `conntrack`, `bpf`, `docker-proxy`.
    pub seen_by: Vec<CompactString>,
}

impl Flow {
    /// A flow of which nothing is known but when it was seen, the first and the last time.
    pub fn new(key: FlowKey, seen: Timestamp) -> Self {
        Self {
            key,
            server: None,
            server_name: None,
            command: None,
            since: seen,
            last_seen: seen,
            open: 0,
            opened_total: None,
            failed_total: None,
            tx_bytes_total: None,
            rx_bytes_total: None,
            retrans_total: None,
            rtt_us: None,
            ports: Vec::new(),
            seen_by: Vec::new(),
        }
    }
}

/// One connection, as it is read on demand or with `--connections`. Never part of the state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connection {
    /// The node that owns this end.
    pub owner: NodeId,
    /// The protocol.
    pub proto: Protocol,
    /// The owner's address and port.
    pub local: SocketAddress,
    /// The other end's.
    pub remote: SocketAddress,
    /// Which end the owner is, where that is known.
    pub side: Option<Side>,
    /// The state of the socket in the kernel's words, in lower case: `established`, `time_wait`, `listen`.
    pub state: CompactString,
    /// The process that holds the socket.
    pub pid: Option<u32>,
    /// Bytes sent over it.
    pub tx_bytes_total: Option<u64>,
    /// Bytes received over it.
    pub rx_bytes_total: Option<u64>,
    /// The sources that saw it.
    pub seen_by: Vec<CompactString>,
}
