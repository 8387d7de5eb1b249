//! Kept sockets for each network namespace, so that nothing has to enter a namespace more than once. Entering happens on a thread of
//! its own, which ends right after: a thread that has moved must not do anything else.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Instant;

use hashbrown::HashMap;
use rustix::thread::LinkNameSpaceType;
use scope_core::Protocol;

use super::connection::{Ended, NetNs, Socket};
use super::netlink::{BUFFER_LEN, Drained, Dumped, Netlink, NetlinkError};
use super::rtnetlink::{self, Link, LinkAddress, LinkStats};
use super::snmp::Snmp;
use super::sock_diag::{self, Family};

/// Most namespaces watched at a time: each costs a descriptor.
pub const LIMIT: usize = 4096;
/// Most sockets taken from one dump; what is beyond is counted.
pub const SOCKETS_PER_DUMP: usize = 262_144;
/// Questions for single sockets sent at once: their answers (about 500 bytes each) fit the default receive buffer.
const QUESTIONS_AT_ONCE: usize = 128;
/// Room for what ends between two readings: some thousand connections, as the kernel counts.
const ENDINGS_BUFFER: usize = 1 << 20;
/// The index of the loopback in every namespace (`LOOPBACK_IFINDEX`).
const LOOPBACK: u32 = 1;

/// Why a namespace cannot be watched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NamespaceError {
    /// The namespace file of the process cannot be opened: the process is gone, or rights are missing.
    #[error("open the network namespace of process {pid}")]
    Open {
        /// The process.
        pid: u32,
        /// What the kernel said.
        source: io::Error,
    },
    /// The process is in another namespace than it was said to be.
    #[error("enter network namespace {netns}: process {pid} is in another one by now")]
    Moved {
        /// The namespace that was looked for.
        netns: NetNs,
        /// The process.
        pid: u32,
    },
    /// The kernel refused to enter it.
    #[error("enter network namespace {netns}")]
    Enter {
        /// The namespace.
        netns: NetNs,
        /// What the kernel said.
        source: io::Error,
    },
    /// A socket in it could not be opened or read.
    #[error("read network namespace {netns}")]
    Netlink {
        /// The namespace.
        netns: NetNs,
        /// What failed.
        source: NetlinkError,
    },
    /// The helper thread could not be started or died.
    #[error("start a thread to enter network namespaces")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
}

impl NamespaceError {
    /// Whether rights are missing, so that a hint can say which.
    pub fn is_permission(&self) -> bool {
        match self {
            Self::Open { source, .. } | Self::Enter { source, .. } => source.kind() == io::ErrorKind::PermissionDenied,
            Self::Netlink { source, .. } => source.is_permission(),
            Self::Moved { .. } | Self::Thread { .. } => false,
        }
    }

    /// Whether the namespace went away while it was looked at, which is no failure.
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Open { source, .. } => source.kind() == io::ErrorKind::NotFound || source.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()),
            Self::Moved { .. } => true,
            _ => false,
        }
    }
}

/// A namespace that can be asked at any time.
#[derive(Debug)]
pub struct Namespace {
    /// Which one.
    pub netns: NetNs,
    diag: Netlink,
    route: Netlink,
    endings: Option<Netlink>,
    /// Until when ends are not listened for.
    deaf_until: Option<Instant>,
    snmp: Option<File>,
    /// Its links, read when it was opened.
    pub links: Vec<Link>,
    /// Their addresses, read when it was opened.
    pub addresses: Vec<LinkAddress>,
}

impl Namespace {
    /// Dumps TCP sockets of both families whose state is in `states`.
    pub fn tcp(&mut self, states: u32, with_info: bool, buffer: &mut [u8], mut each: impl FnMut(Socket)) -> Result<Dumped, NetlinkError> {
        let netns = self.netns;
        let body = sock_diag::tcp_dump_request(states, with_info);
        self.diag.dump(sock_diag::KIND_TCP_BOTH_FAMILIES, &body, buffer, SOCKETS_PER_DUMP, |message| {
            if let Some(socket) = sock_diag::decode(Protocol::Tcp, netns, message.payload) {
                each(socket);
            }
        })
    }

    /// Counters of its links: all but the loopback added up, and the loopback's packets. A few microseconds, and it tells whether anything
    /// can have happened at all.
    pub fn traffic(&mut self, buffer: &mut [u8]) -> Result<Traffic, NetlinkError> {
        let mut traffic = Traffic::default();
        rtnetlink::stats(&mut self.route, buffer, |index, stats| {
            // The loopback is always the first link of a namespace.
            if index == LOOPBACK {
                traffic.loopback_packets = stats.rx_packets;
            } else {
                traffic.links.add(&stats);
            }
        })?;
        Ok(traffic)
    }

    /// Counters of TCP and UDP; `None` where they cannot be read.
    pub fn snmp(&self, buffer: &mut [u8]) -> Option<Snmp> {
        let len = self.snmp.as_ref()?.read_at(buffer, 0).ok()?;
        Snmp::parse(buffer.get(..len)?)
    }

    /// Reads links and addresses again.
    pub fn reread(&mut self, buffer: &mut [u8]) -> Result<(), NetlinkError> {
        self.links = rtnetlink::links(&mut self.route, buffer)?;
        self.addresses = rtnetlink::addresses(&mut self.route, buffer)?;
        Ok(())
    }

    /// The id by which it knows another namespace, of which `file` is open; `None` where it has none.
    pub fn id_of(&mut self, file: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<Option<i32>, NetlinkError> {
        rtnetlink::netns_id(&mut self.route, file, buffer)
    }

    /// Dumps UDP sockets of both families.
    pub fn udp(&mut self, buffer: &mut [u8], mut each: impl FnMut(Socket)) -> Result<Dumped, NetlinkError> {
        let netns = self.netns;
        let mut total = Dumped::default();
        for family in [Family::V4, Family::V6] {
            let body = sock_diag::udp_dump_request(family);
            let dumped = self.diag.dump(sock_diag::KIND_BY_FAMILY, &body, buffer, SOCKETS_PER_DUMP, |message| {
                if let Some(socket) = sock_diag::decode(Protocol::Udp, netns, message.payload) {
                    each(socket);
                }
            });
            match dumped {
                Ok(dumped) => {
                    total.messages += dumped.messages;
                    total.over_limit += dumped.over_limit;
                    total.lost += dumped.lost;
                }
                // A kernel without IPv6 refuses the second question only.
                Err(e) if family == Family::V6 && e.is_unsupported() => {}
                Err(e) => return Err(e),
            }
        }
        Ok(total)
    }

    /// Asks for single TCP sockets by their two ends, in order; `None` where the kernel has none (any more).
    pub fn tcp_each(
        &mut self,
        ends: &[(std::net::SocketAddr, std::net::SocketAddr)],
        buffer: &mut [u8],
        mut each: impl FnMut(usize, Option<Socket>),
    ) -> Result<(), NetlinkError> {
        let netns = self.netns;
        for (batch, ends) in ends.chunks(QUESTIONS_AT_ONCE).enumerate() {
            let bodies: Vec<[u8; 56]> = ends.iter().map(|(local, remote)| sock_diag::tcp_socket_request(*local, *remote)).collect();
            self.diag.ask_each(sock_diag::KIND_BY_FAMILY, &bodies, buffer, |index, answer| {
                let asked = ends.get(index);
                // The kernel answers with the listener where there is no connection.
                let socket = answer
                    .ok()
                    .and_then(|message| sock_diag::decode(Protocol::Tcp, netns, message.payload))
                    .filter(|socket| asked.is_some_and(|(_, remote)| socket.remote == *remote));
                each(batch * QUESTIONS_AT_ONCE + index, socket);
            })?;
        }
        Ok(())
    }
}

impl Namespace {
    /// Does not listen for ends until `until`: the kernel then spends nothing on telling of them.
    pub fn be_deaf(&mut self, until: Instant) -> Result<(), NetlinkError> {
        self.deaf_until = Some(until);
        self.endings.as_ref().map_or(Ok(()), |endings| endings.set_groups(0))
    }

    /// Listens for ends again, once it is time. Whether it does now.
    pub fn listens_for_ends(&mut self, now: Instant) -> bool {
        if let (Some(until), Some(endings)) = (self.deaf_until, &self.endings)
            && now >= until
        {
            self.deaf_until = None;
            if let Err(error) = endings.set_groups(sock_diag::ENDINGS) {
                tracing::debug!(netns = self.netns, %error, "ended connections");
                self.endings = None;
            }
        }
        self.deaf_until.is_none()
    }

    /// Hands the TCP connections to `each` whose sockets were given up since the last time, at most `limit` of them. `None` where the kernel does not tell.
    pub fn ended(&mut self, buffer: &mut [u8], limit: usize, mut each: impl FnMut(Ended)) -> Option<Drained> {
        let netns = self.netns;
        let drained = self.endings.as_mut()?.drain(buffer, limit, |message| {
            if message.kind == sock_diag::KIND_BY_FAMILY
                && let Some(ended) = sock_diag::decode_ended(netns, message.payload)
            {
                each(ended);
            }
        });
        match drained {
            Ok(drained) => Some(drained),
            Err(error) => {
                tracing::debug!(netns, %error, "ended connections");
                self.endings = None;
                None
            }
        }
    }
}

/// Counters of a namespace's links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// All links but the loopback.
    pub links: LinkStats,
    /// Packets over the loopback.
    pub loopback_packets: u64,
}

/// The namespaces that are watched.
#[derive(Debug)]
pub struct Namespaces {
    proc: PathBuf,
    kept: HashMap<NetNs, Namespace>,
}

impl Namespaces {
    /// Knows none yet; `proc` is where the proc file system is mounted.
    pub fn new(proc: &Path) -> Self {
        Self { proc: proc.to_owned(), kept: HashMap::new() }
    }

    /// The namespace with this number, where it is watched.
    pub fn get_mut(&mut self, netns: NetNs) -> Option<&mut Namespace> {
        self.kept.get_mut(&netns)
    }

    /// All that are watched.
    pub fn iter(&self) -> impl Iterator<Item = &Namespace> {
        self.kept.values()
    }

    /// All that are watched, to be read.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Namespace> {
        self.kept.values_mut()
    }

    /// How many are watched.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether none is watched.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Closes what is not in `wanted`, at once: a kept socket keeps its namespace alive. Opens what is new there, each by one of its processes,
    /// and returns what could not be opened.
    pub fn watch(&mut self, wanted: &HashMap<NetNs, u32>) -> Vec<NamespaceError> {
        self.kept.retain(|netns, _| wanted.contains_key(netns));
        let room = LIMIT.saturating_sub(self.kept.len());
        let mut missing: Vec<(NetNs, u32)> = wanted.iter().filter(|(netns, _)| !self.kept.contains_key(*netns)).map(|(n, p)| (*n, *p)).collect();
        missing.sort_unstable();
        missing.truncate(room);
        self.open(missing)
    }

    fn open(&mut self, missing: Vec<(NetNs, u32)>) -> Vec<NamespaceError> {
        if missing.is_empty() {
            return Vec::new();
        }
        let proc = self.proc.clone();
        let opened = on_a_thread(move || {
            let mut now_in = current(&proc);
            let mut buffer = vec![0; BUFFER_LEN];
            missing.into_iter().map(|(netns, pid)| open_one(&proc, netns, pid, &mut now_in, &mut buffer)).collect::<Vec<_>>()
        });
        match opened {
            Err(e) => vec![e],
            Ok(opened) => opened
                .into_iter()
                .filter_map(|result| match result {
                    Ok(namespace) => {
                        self.kept.insert(namespace.netns, namespace);
                        None
                    }
                    Err(e) => Some(e),
                })
                .collect(),
        }
    }
}

/// Does `work` in the network namespace of process `pid`, which is `netns`: right here if the calling thread is in it, else on a thread of its own.
pub fn within<T: Send + 'static>(proc: &Path, netns: NetNs, pid: u32, work: impl FnOnce() -> T + Send + 'static) -> Result<T, NamespaceError> {
    if current(proc) == netns {
        return Ok(work());
    }
    let proc = proc.to_owned();
    on_a_thread(move || {
        enter(&proc, netns, pid)?;
        Ok(work())
    })?
}

/// The network namespace of the calling thread; 0 if that cannot be told.
pub fn current(proc: &Path) -> NetNs {
    let own = std::fs::metadata(proc.join("thread-self/ns/net"));
    own.or_else(|_| std::fs::metadata("/proc/thread-self/ns/net")).map_or(0, |m| m.ino())
}

fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, NamespaceError> {
    let thread = std::thread::Builder::new().name("netns".into()).spawn(work);
    let done = thread.and_then(|thread| thread.join().map_err(|_| io::Error::other("the thread died")));
    done.map_err(|source| NamespaceError::Thread { source })
}

/// The number of the network namespace that process `pid` is in.
pub fn netns_of(proc: &Path, pid: u32) -> io::Result<NetNs> {
    Ok(std::fs::metadata(proc.join(format!("{pid}/ns/net")))?.ino())
}

/// The file of namespace `netns`, in which process `pid` is.
pub fn file_of(proc: &Path, netns: NetNs, pid: u32) -> Result<File, NamespaceError> {
    let file = File::open(proc.join(format!("{pid}/ns/net"))).map_err(|source| NamespaceError::Open { pid, source })?;
    let found = file.metadata().map_err(|source| NamespaceError::Open { pid, source })?.ino();
    if found == netns { Ok(file) } else { Err(NamespaceError::Moved { netns, pid }) }
}

/// Moves the calling thread into the namespace of process `pid`.
fn enter(proc: &Path, netns: NetNs, pid: u32) -> Result<(), NamespaceError> {
    let file = file_of(proc, netns, pid)?;
    rustix::thread::move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).map_err(|e| NamespaceError::Enter { netns, source: e.into() })
}

/// Opens one namespace; `now_in` is the namespace that the thread is in.
fn open_one(proc: &Path, netns: NetNs, pid: u32, now_in: &mut NetNs, buffer: &mut [u8]) -> Result<Namespace, NamespaceError> {
    if *now_in != netns {
        enter(proc, netns, pid)?;
        *now_in = netns;
    }
    let failed = |source| NamespaceError::Netlink { netns, source };
    let diag = Netlink::open(Some(rustix::net::netlink::SOCK_DIAG), 0, "sockets").map_err(failed)?;
    let endings = Netlink::open(Some(rustix::net::netlink::SOCK_DIAG), sock_diag::ENDINGS, "ended connections");
    let endings = endings.inspect_err(|error| tracing::debug!(netns, %error, "ended connections")).ok();
    if let Some(endings) = &endings {
        endings.set_receive_buffer(ENDINGS_BUFFER);
    }
    let mut route = Netlink::open(None, 0, "links").map_err(failed)?;
    let links = rtnetlink::links(&mut route, buffer).map_err(failed)?;
    let addresses = rtnetlink::addresses(&mut route, buffer).map_err(failed)?;
    // Of the thread's namespace, so that it need not be the process's main thread that is in it.
    let snmp = File::open(proc.join("thread-self/net/snmp")).or_else(|_| File::open(proc.join(format!("{pid}/net/snmp")))).ok();
    Ok(Namespace { netns, diag, route, endings, deaf_until: None, snmp, links, addresses })
}
