//! A netlink socket, non-blocking: dumps with sequence checks, batches of single questions, and events drained without waiting.
//!
//! What is lost (the receive buffer ran over, a datagram was cut) is counted and handed back, never hidden. Nothing here knows what the
//! messages mean; the framing itself is in [`wire`].

pub mod wire;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType};

use wire::{Message, Messages};

/// Bytes of the buffer that callers hand to [`Netlink::dump`] and its like. The kernel fills at most 32 KiB per datagram of a dump
/// (`net/netlink/af_netlink.c`, `netlink_recvmsg`), so this never cuts one.
pub const BUFFER_LEN: usize = 64 * 1024;
/// How long a dump or a question may take before it is given up. The kernel answers within the call that reads, so this is only met
/// where something is broken.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// What can go wrong on a netlink socket. The cause is in `source()`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetlinkError {
    /// The socket could not be opened or bound.
    #[error("open a netlink socket for {subject}")]
    Open {
        /// What the socket is for.
        subject: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The request could not be sent.
    #[error("ask the kernel for {subject}")]
    Send {
        /// What was asked for.
        subject: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The answer could not be read.
    #[error("read the kernel's answer about {subject}")]
    Receive {
        /// What was asked for.
        subject: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The kernel refused the request, or ended the dump with an error.
    #[error("the kernel refused to tell about {subject}")]
    Refused {
        /// What was asked for.
        subject: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// No end of the answer came in time.
    #[error("no complete answer about {subject} within 2 s")]
    Unanswered {
        /// What was asked for.
        subject: &'static str,
    },
}

impl NetlinkError {
    /// Whether the kernel refused for want of rights (`EPERM`, `EACCES`).
    pub fn is_permission(&self) -> bool {
        self.os_error().is_some_and(|e| e.kind() == io::ErrorKind::PermissionDenied)
    }

    /// Whether the kernel does not have this (a module that is not loaded, a protocol that is not built).
    pub fn is_unsupported(&self) -> bool {
        self.os_error().and_then(io::Error::raw_os_error).is_some_and(|code| {
            [Errno::NOENT, Errno::PROTONOSUPPORT, Errno::AFNOSUPPORT, Errno::OPNOTSUPP, Errno::INVAL].iter().any(|e| e.raw_os_error() == code)
        })
    }

    fn os_error(&self) -> Option<&io::Error> {
        match self {
            Self::Open { source, .. } | Self::Send { source, .. } | Self::Receive { source, .. } | Self::Refused { source, .. } => Some(source),
            Self::Unanswered { .. } => None,
        }
    }
}

/// How a dump went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dumped {
    /// Messages handed to the caller.
    pub messages: usize,
    /// Messages dropped because the caller's bound was reached.
    pub over_limit: usize,
    /// The kernel said that what it walked changed meanwhile: not one consistent picture.
    pub interrupted: bool,
    /// Times that the kernel could not deliver (`ENOBUFS`), or a datagram did not fit the buffer.
    pub lost: usize,
}

/// How a drain of events went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drained {
    /// Messages handed to the caller.
    pub messages: usize,
    /// Times that the kernel dropped events because the receive buffer was full (it does not say how many).
    pub overruns: usize,
    /// More was waiting when the caller's bound was reached.
    pub more: bool,
}

/// A netlink socket. It belongs for ever to the network namespace of the thread that opened it.
#[derive(Debug)]
pub struct Netlink {
    fd: OwnedFd,
    seq: u32,
    subject: &'static str,
}

impl AsFd for Netlink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Netlink {
    /// Opens a socket in the calling thread's network namespace. `protocol` is `None` for `NETLINK_ROUTE`; `groups` is the mask of event
    /// groups to join (bit n-1 for group n); `subject` names the purpose in errors.
    pub fn open(protocol: Option<Protocol>, groups: u32, subject: &'static str) -> Result<Self, NetlinkError> {
        let open = || {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            let fd = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol)?;
            rustix::net::bind(&fd, &SocketAddrNetlink::new(0, groups))?;
            Ok(fd)
        };
        let fd = open().map_err(|e: Errno| NetlinkError::Open { subject, source: e.into() })?;
        Ok(Self { fd, seq: 0, subject })
    }

    /// Joins the event groups of the mask `groups` (bit n-1 for group n), and leaves all others of the first 32.
    pub fn set_groups(&self, groups: u32) -> Result<(), NetlinkError> {
        let set = || {
            // A socket that is bound is bound again to its own port, with other groups (`netlink_bind`, net/netlink/af_netlink.c).
            let own = SocketAddrNetlink::try_from(rustix::net::getsockname(&self.fd)?).map_err(|_| Errno::AFNOSUPPORT)?;
            rustix::net::bind(&self.fd, &SocketAddrNetlink::new(own.pid(), groups))
        };
        set().map_err(|error: Errno| NetlinkError::Open { subject: self.subject, source: error.into() })
    }

    /// Asks for a receive buffer of `bytes`, beyond the system's limit where rights allow, and returns what was granted (the kernel counts
    /// its own overhead in: it grants twice what is asked for).
    pub fn set_receive_buffer(&self, bytes: usize) -> usize {
        if rustix::net::sockopt::set_socket_recv_buffer_size_force(&self.fd, bytes).is_err() {
            // Without CAP_NET_ADMIN the system's limit (net.core.rmem_max) holds; the plain option clamps to it and does not fail.
            let _clamped = rustix::net::sockopt::set_socket_recv_buffer_size(&self.fd, bytes);
        }
        rustix::net::sockopt::socket_recv_buffer_size(&self.fd).unwrap_or_default()
    }

    /// Sends a dump request and hands every message of the answer to `each`, at most `limit` of them.
    pub fn dump(&mut self, kind: u16, body: &[u8], buffer: &mut [u8], limit: usize, mut each: impl FnMut(Message<'_>)) -> Result<Dumped, NetlinkError> {
        let seq = self.next_seq();
        let mut request = Vec::with_capacity(wire::HEADER_LEN + body.len());
        wire::push_request(&mut request, kind, wire::FLAG_DUMP, seq, body);
        self.send(&request)?;

        let mut dumped = Dumped::default();
        let deadline = Instant::now() + ANSWER_WITHIN;
        loop {
            let Some(datagram) = self.receive_before(deadline, buffer, &mut dumped.lost)? else { continue };
            for message in Messages::new(datagram) {
                if message.seq != seq {
                    continue; // the rest of an answer that was given up
                }
                dumped.interrupted |= message.flags & wire::FLAG_DUMP_INTERRUPTED != 0;
                match message.kind {
                    wire::KIND_DONE | wire::KIND_ERROR => {
                        return match message.errno() {
                            Some(code) => Err(NetlinkError::Refused { subject: self.subject, source: io::Error::from_raw_os_error(code) }),
                            None => Ok(dumped),
                        };
                    }
                    _ if dumped.messages >= limit => dumped.over_limit += 1,
                    _ => {
                        dumped.messages += 1;
                        each(message);
                    }
                }
            }
        }
    }

    /// Sends one request per body in one datagram, and hands each answer to `each` with the index of its request: `Ok` with the message,
    /// or `Err` with the error number. Meant for some hundred questions at a time: all answers must fit the receive buffer.
    pub fn ask_each<B: AsRef<[u8]>>(
        &mut self,
        kind: u16,
        bodies: &[B],
        buffer: &mut [u8],
        mut each: impl FnMut(usize, Result<Message<'_>, i32>),
    ) -> Result<(), NetlinkError> {
        if bodies.is_empty() {
            return Ok(());
        }
        let first = self.seq.wrapping_add(1);
        let mut request = Vec::new();
        for body in bodies {
            let seq = self.next_seq();
            wire::push_request(&mut request, kind, 0, seq, body.as_ref());
        }
        self.send(&request)?;

        let deadline = Instant::now() + ANSWER_WITHIN;
        let (mut answered, mut lost) = (0, 0);
        while answered < bodies.len() {
            let Some(datagram) = self.receive_before(deadline, buffer, &mut lost)? else {
                if lost > 0 {
                    return Err(NetlinkError::Receive { subject: self.subject, source: Errno::NOBUFS.into() });
                }
                continue;
            };
            for message in Messages::new(datagram) {
                let index = usize::try_from(message.seq.wrapping_sub(first)).unwrap_or(usize::MAX);
                if index >= bodies.len() {
                    continue;
                }
                answered += 1;
                match message.errno() {
                    Some(code) => each(index, Err(code)),
                    None => each(index, Ok(message)),
                }
            }
        }
        Ok(())
    }

    /// Hands the events that wait to `each`, without blocking, and stops after `limit` datagrams (the kernel puts one event in each).
    pub fn drain(&mut self, buffer: &mut [u8], limit: usize, mut each: impl FnMut(Message<'_>)) -> Result<Drained, NetlinkError> {
        let mut drained = Drained::default();
        // Counted in datagrams, usable or not: whoever floods the socket does not keep us here.
        for _ in 0..limit {
            match self.receive(buffer) {
                Ok(Some(datagram)) => {
                    for message in Messages::new(datagram) {
                        drained.messages += 1;
                        each(message);
                    }
                }
                Ok(None) | Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(drained),
                Err(Errno::NOBUFS) => drained.overruns += 1,
                Err(e) => return Err(NetlinkError::Receive { subject: self.subject, source: e.into() }),
            }
        }
        drained.more = true;
        Ok(drained)
    }

    fn next_seq(&mut self) -> u32 {
        self.seq = self.seq.wrapping_add(1);
        self.seq
    }

    fn send(&self, request: &[u8]) -> Result<(), NetlinkError> {
        let kernel = SocketAddrNetlink::new(0, 0);
        loop {
            match rustix::net::sendto(&self.fd, request, SendFlags::empty(), &kernel) {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(e) => return Err(NetlinkError::Send { subject: self.subject, source: e.into() }),
            }
        }
    }

    /// One datagram of the kernel; `None` when it was somebody else's or did not fit.
    fn receive<'b>(&self, buffer: &'b mut [u8]) -> Result<Option<&'b [u8]>, Errno> {
        let room = buffer.len();
        let (received, len, from) = rustix::net::recvfrom(&self.fd, &mut *buffer, RecvFlags::TRUNC)?;
        // Any process may write to a netlink socket; only port 0 is the kernel.
        let from_kernel = from.and_then(|a| SocketAddrNetlink::try_from(a).ok()).is_some_and(|a| a.pid() == 0);
        let received = received.min(room);
        Ok(if from_kernel && len <= room { buffer.get(..received) } else { None })
    }

    /// One datagram, waiting for it until `deadline`; `None` where there was none to use (counted in `lost` where that is a loss).
    fn receive_before<'b>(&self, deadline: Instant, buffer: &'b mut [u8], lost: &mut usize) -> Result<Option<&'b [u8]>, NetlinkError> {
        match self.receive(buffer) {
            Ok(datagram) => {
                *lost += usize::from(datagram.is_none());
                Ok(datagram)
            }
            Err(Errno::INTR) => Ok(None),
            Err(Errno::NOBUFS) => {
                *lost += 1;
                Ok(None)
            }
            Err(Errno::AGAIN) => {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(NetlinkError::Unanswered { subject: self.subject });
                }
                let timeout = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
                let mut poll = [PollFd::new(&self.fd, PollFlags::IN)];
                match rustix::event::poll(&mut poll, Some(&timeout)) {
                    Ok(_) | Err(Errno::INTR) => Ok(None),
                    Err(e) => Err(NetlinkError::Receive { subject: self.subject, source: e.into() }),
                }
            }
            Err(e) => Err(NetlinkError::Receive { subject: self.subject, source: e.into() }),
        }
    }
}

#[cfg(test)]
mod tests;
