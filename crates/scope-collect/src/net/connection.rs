//! What every way of reading connections delivers, and the aggregator takes: sockets, and connections that the kernel tracks. This is the
//! seam between the tiers: netlink feeds it today, anything that knows the same facts can.

use std::net::{IpAddr, SocketAddr};

use scope_core::Protocol;

/// A network namespace, by the inode number of its file in nsfs. Unique on a running kernel, reused after the namespace is gone.
pub type NetNs = u64;

/// The state of a socket, as numbered by the kernel (`include/net/tcp_states.h`). UDP sockets are `Established` when connected, else `Close`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are those of RFC 9293")]
pub enum SocketState {
    Established = 1,
    SynSent = 2,
    SynRecv = 3,
    FinWait1 = 4,
    FinWait2 = 5,
    TimeWait = 6,
    Close = 7,
    CloseWait = 8,
    LastAck = 9,
    Listen = 10,
    Closing = 11,
}

impl SocketState {
    /// The state with the kernel's number; `None` for numbers that are not told to user space.
    pub fn from_kernel(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Established,
            2 => Self::SynSent,
            3 | 12 => Self::SynRecv, // 12 is TCP_NEW_SYN_RECV, a connection request not yet a socket
            4 => Self::FinWait1,
            5 => Self::FinWait2,
            6 => Self::TimeWait,
            7 => Self::Close,
            8 => Self::CloseWait,
            9 => Self::LastAck,
            10 => Self::Listen,
            11 => Self::Closing,
            _ => return None,
        })
    }

    /// The bit of this state in a mask of states.
    pub const fn bit(self) -> u32 {
        1 << (self as u8)
    }

    /// The kernel's word in lower case, as records carry it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Established => "established",
            Self::SynSent => "syn_sent",
            Self::SynRecv => "syn_recv",
            Self::FinWait1 => "fin_wait1",
            Self::FinWait2 => "fin_wait2",
            Self::TimeWait => "time_wait",
            Self::Close => "close",
            Self::CloseWait => "close_wait",
            Self::LastAck => "last_ack",
            Self::Listen => "listen",
            Self::Closing => "closing",
        }
    }

    /// Whether the connection was established once, and is not yet over for its process.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Established | Self::FinWait1 | Self::FinWait2 | Self::CloseWait | Self::LastAck | Self::Closing)
    }
}

/// A socket as it was seen in its namespace. IPv4 within IPv6 (`::ffff:a.b.c.d`) is written as IPv4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// TCP or UDP.
    pub proto: Protocol,
    /// Where it was seen.
    pub netns: NetNs,
    /// Its own address; unspecified for a listener on all addresses.
    pub local: SocketAddr,
    /// The other end; unspecified and port 0 for listeners and unconnected UDP.
    pub remote: SocketAddr,
    /// Its state.
    pub state: SocketState,
    /// A listener on `[::]` that takes IPv4 too.
    pub dual_stack: bool,
    /// The version 2 cgroup that it was made in (kernel 5.15 and later).
    pub cgroup: Option<u64>,
    /// Its inode in sockfs; 0 where no file belongs to it any more, or not yet.
    pub inode: u64,
    /// The user that made it.
    pub uid: u32,
    /// Unique to the socket for as long as the kernel runs; 0 if unknown.
    pub cookie: u64,
    /// Payload bytes sent, without what was sent again.
    pub tx_bytes: Option<u64>,
    /// Payload bytes received.
    pub rx_bytes: Option<u64>,
    /// Smoothed round trip, microseconds.
    pub rtt_us: Option<u32>,
    /// Segments sent again.
    pub retrans: Option<u32>,
    /// Milliseconds until the kernel forgets a socket in `TimeWait`.
    pub expires_ms: u32,
    /// Whether this end opened the connection, as far as the kernel's counters show it; not to be trusted where anything else is known.
    pub dialled: Option<bool>,
    /// The process that holds it, where the source tells.
    pub pid: Option<u32>,
}

/// A TCP connection that was there once, and whose socket the kernel has just given up: all that it ever did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Where the socket was.
    pub netns: NetNs,
    /// Its own address.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
    /// Unique to the socket for as long as the kernel runs.
    pub cookie: u64,
    /// Payload bytes sent, without what was sent again.
    pub tx_bytes: Option<u64>,
    /// Payload bytes received, less one: who closes last has counted the other side's FIN like a byte, who closes first has not, and nothing tells which it was.
    pub rx_bytes: Option<u64>,
    /// Segments sent again.
    pub retrans: Option<u32>,
}

/// The two ends of a packet, as one direction of a tracked connection has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tuple {
    /// The sender.
    pub src: SocketAddr,
    /// The addressee.
    pub dst: SocketAddr,
}

/// What happened to a tracked connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackedEvent {
    /// It is there (read from a dump).
    Present,
    /// It is new.
    New,
    /// Its state changed, or an older connection is tracked from now on.
    Update,
    /// It is forgotten.
    Destroy,
}

/// A connection as the kernel's connection tracking knows it: who dialled, and what was translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// What happened.
    pub event: TrackedEvent,
    /// TCP or UDP; other protocols are not reported.
    pub proto: Protocol,
    /// As the client sends: `src` is the client, `dst` what it dialled.
    pub original: Tuple,
    /// As the answers come: `src` is the server that answers, `dst` where it believes the client to be.
    pub reply: Tuple,
    /// The conntrack zone.
    pub zone: u16,
    /// The identity that the kernel gives in its messages; 0 if absent.
    pub id: u32,
    /// Whether an answer has been seen.
    pub replied: bool,
    /// Whether it is kept when the table is full: traffic went both ways for a while.
    pub assured: bool,
    /// Bytes (with IP headers) from the client and from the server; only with `nf_conntrack_acct`.
    pub bytes: Option<(u64, u64)>,
    /// Seconds until it is forgotten unless a packet comes.
    pub timeout_secs: Option<u32>,
}

impl Tracked {
    /// Whether an address or port is not the same on both sides of this host.
    pub fn is_translated(&self) -> bool {
        self.original.src != self.reply.dst || self.original.dst != self.reply.src
    }
}

/// IPv4 within IPv6 becomes IPv4, everything else stays. Scope ids and flow labels are dropped.
pub fn canonical(ip: IpAddr, port: u16) -> SocketAddr {
    SocketAddr::new(ip.to_canonical(), port)
}
