//! Sockets from the kernel's socket monitoring (`NETLINK_SOCK_DIAG`, `include/uapi/linux/inet_diag.h`): requests and their answers as
//! bytes, without IO. Which namespaces are asked, when and for what, is decided in [`crate::net::namespaces`] and above.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use scope_core::Protocol;

use super::connection::{Ended, NetNs, Socket, SocketState, canonical};
use super::netlink::wire::{Attributes, u8_at, u16_be_at, u32_at, u64_at};

/// `TCPDIAG_GETSOCK`: the first message type of the interface. Unlike its successor it returns both families from one walk of the
/// host-wide table of connections, and the walk is what costs.
pub const KIND_TCP_BOTH_FAMILIES: u16 = 18;
/// `SOCK_DIAG_BY_FAMILY`.
pub const KIND_BY_FAMILY: u16 = 20;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
const IPPROTO_UDP: u8 = 17;

/// Length of `struct inet_diag_msg`.
const MESSAGE_LEN: usize = 72;
/// `INET_DIAG_INFO`, `INET_DIAG_SKV6ONLY`, `INET_DIAG_CGROUP_ID`.
const ATTRIBUTE_INFO: u16 = 2;
const ATTRIBUTE_V6ONLY: u16 = 11;
const ATTRIBUTE_CGROUP_ID: u16 = 21;
/// The bit that asks for `INET_DIAG_INFO`.
const WANT_INFO: u8 = 1 << (ATTRIBUTE_INFO - 1);

/// The groups (as a mask) that tell of TCP sockets that are given up: `SKNLGRP_INET_TCP_DESTROY` (1) and `SKNLGRP_INET6_TCP_DESTROY` (3) of
/// `include/uapi/linux/sock_diag.h`, since kernel 4.2. Anybody may listen; the kernel tells of the sockets of the listener's network namespace.
pub const ENDINGS: u32 = 1 | 1 << 2;

/// Listeners only: the kernel then walks the small table of listeners, not the large one of connections.
pub const LISTENERS: u32 = SocketState::Listen.bit();
/// All connections that a process holds or is making. Half-open requests of clients (`SYN_RECV`) are left out: anybody can make millions.
pub const CONNECTIONS: u32 = SocketState::Established.bit()
    | SocketState::SynSent.bit()
    | SocketState::FinWait1.bit()
    | SocketState::FinWait2.bit()
    | SocketState::CloseWait.bit()
    | SocketState::LastAck.bit()
    | SocketState::Closing.bit();
/// What has just ended, on the side that closed first.
pub const TIME_WAIT: u32 = SocketState::TimeWait.bit();
/// UDP sockets: connected ones count as established, others as closed.
pub const UDP_SOCKETS: u32 = SocketState::Established.bit() | SocketState::Close.bit();

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6, and IPv4 taken by IPv6 sockets.
    V6,
}

/// The body of a dump of TCP sockets of both families in `states`; send as [`KIND_TCP_BOTH_FAMILIES`]. `with_info` adds bytes and round
/// trip, and makes the dump about a quarter dearer.
pub fn tcp_dump_request(states: u32, with_info: bool) -> [u8; 60] {
    // struct inet_diag_req { family, src_len, dst_len, ext, id[48], states, dbs }
    let mut body = [0; 60];
    put(&mut body, 0, &[0, 0, 0, if with_info { WANT_INFO } else { 0 }]);
    put(&mut body, 52, &states.to_ne_bytes());
    body
}

/// The body of a dump of UDP sockets of one family; send as [`KIND_BY_FAMILY`].
pub fn udp_dump_request(family: Family) -> [u8; 56] {
    by_family(family, IPPROTO_UDP, UDP_SOCKETS, 0)
}

/// The body of a question for the one TCP socket from `local` to `remote`; send as [`KIND_BY_FAMILY`], not as a dump. Where there is no
/// such connection the kernel may answer with the listener that would take it.
pub fn tcp_socket_request(local: SocketAddr, remote: SocketAddr) -> [u8; 56] {
    let family = if local.is_ipv4() && remote.is_ipv4() { Family::V4 } else { Family::V6 };
    let mut body = by_family(family, IPPROTO_TCP, u32::MAX, WANT_INFO);
    // struct inet_diag_sockid at 8: sport, dport, src[16], dst[16], if, cookie[8]
    put(&mut body, 8, &local.port().to_be_bytes());
    put(&mut body, 10, &remote.port().to_be_bytes());
    put_ip(&mut body, 12, local.ip(), family);
    put_ip(&mut body, 28, remote.ip(), family);
    put(&mut body, 48, &[0xff; 8]); // INET_DIAG_NOCOOKIE: whichever socket it is now
    body
}

/// struct `inet_diag_req_v2` { family, protocol, ext, pad, states, id[48] }
fn by_family(family: Family, protocol: u8, states: u32, ext: u8) -> [u8; 56] {
    let mut body = [0; 56];
    put(&mut body, 0, &[if family == Family::V4 { AF_INET } else { AF_INET6 }, protocol, ext, 0]);
    put(&mut body, 4, &states.to_ne_bytes());
    body
}

fn put(body: &mut [u8], offset: usize, bytes: &[u8]) {
    for (to, from) in body.iter_mut().skip(offset).zip(bytes) {
        *to = *from;
    }
}

fn put_ip(body: &mut [u8], offset: usize, ip: IpAddr, family: Family) {
    match (ip, family) {
        (IpAddr::V4(ip), Family::V4) => put(body, offset, &ip.octets()),
        (IpAddr::V4(ip), Family::V6) => put(body, offset, &ip.to_ipv6_mapped().octets()),
        (IpAddr::V6(ip), _) => put(body, offset, &ip.octets()),
    }
}

/// Decodes one answer (`struct inet_diag_msg` and its attributes) of a dump of `proto` in `netns`. `None` where it is cut or no IP socket.
pub fn decode(proto: Protocol, netns: NetNs, payload: &[u8]) -> Option<Socket> {
    let fixed = payload.get(..MESSAGE_LEN)?;
    let family = u8_at(fixed, 0)?;
    let state = SocketState::from_kernel(u8_at(fixed, 1)?)?;
    // Offsets within the message: id at 4 (sport, dport, src[16], dst[16], if, cookie[8]), then expires, rqueue, wqueue, uid, inode.
    let local = canonical(ip_at(fixed, 8, family)?, u16_be_at(fixed, 4)?);
    let remote = canonical(ip_at(fixed, 24, family)?, u16_be_at(fixed, 6)?);
    let mut socket = Socket {
        proto,
        netns,
        local,
        remote,
        state,
        dual_stack: false,
        cgroup: None,
        inode: u64::from(u32_at(fixed, 68)?),
        uid: u32_at(fixed, 64)?,
        cookie: u64::from(u32_at(fixed, 44)?) | u64::from(u32_at(fixed, 48)?) << 32,
        tx_bytes: None,
        rx_bytes: None,
        rtt_us: None,
        retrans: None,
        expires_ms: u32_at(fixed, 52)?,
        dialled: None,
        pid: None,
    };
    let mut v6_only = None;
    for (kind, value) in Attributes::new(payload.get(MESSAGE_LEN..)?) {
        match kind {
            ATTRIBUTE_INFO if proto == Protocol::Tcp => decode_info(value, &mut socket),
            ATTRIBUTE_CGROUP_ID => socket.cgroup = u64_at(value, 0).filter(|id| *id != 0),
            ATTRIBUTE_V6ONLY => v6_only = u8_at(value, 0),
            _ => {}
        }
    }
    socket.dual_stack = family == AF_INET6 && local.ip().is_unspecified() && v6_only == Some(0);
    Some(socket)
}

/// Decodes what is used of `struct tcp_info` (include/uapi/linux/tcp.h); older kernels send a shorter one.
fn decode_info(info: &[u8], socket: &mut Socket) {
    if !socket.state.is_open() {
        return; // a listener's fields mean its queue
    }
    socket.rtt_us = u32_at(info, 68).filter(|rtt| *rtt > 0);
    socket.retrans = u32_at(info, 100);
    let acknowledged = u64_at(info, 120);
    socket.tx_bytes = sent_bytes(info);
    // The SYN of the end that dialled is acknowledged like a byte, but is no payload. So is a FIN, hence only before any; but the kernel reads
    // the state before the counters, so that once in thousands of times this is wrong.
    if socket.state == SocketState::Established
        && let (Some(_), Some(sent), Some(acknowledged)) = (u64_at(info, 208), socket.tx_bytes, acknowledged)
    {
        let in_flight = u32_at(info, 24).unwrap_or(1) != 0;
        socket.dialled = match acknowledged.checked_sub(sent) {
            Some(1) => Some(true),
            Some(0) if !in_flight => Some(false),
            _ => None,
        };
    }
    // The other side's FIN counts as a byte received.
    let fin = u64::from(matches!(socket.state, SocketState::CloseWait | SocketState::LastAck | SocketState::Closing));
    socket.rx_bytes = u64_at(info, 128).map(|bytes| bytes.saturating_sub(fin));
}

/// Sent minus sent again is the payload (kernel 4.19); acknowledged bytes, which count the SYN of the side that dialled, before that.
fn sent_bytes(info: &[u8]) -> Option<u64> {
    match (u64_at(info, 200), u64_at(info, 208)) {
        (Some(sent), Some(again)) => Some(sent.saturating_sub(again)),
        _ => u64_at(info, 120),
    }
}

/// Decodes what the groups [`ENDINGS`] tell. `None` where it is cut, no IP socket, or never was connected: an attempt that failed is given up in the same way.
pub fn decode_ended(netns: NetNs, payload: &[u8]) -> Option<Ended> {
    let socket = decode(Protocol::Tcp, netns, payload)?;
    let (_, info) = Attributes::new(payload.get(MESSAGE_LEN..)?).find(|(kind, _)| *kind == ATTRIBUTE_INFO)?;
    // A round trip is measured as a connection is made; without one, something must have come through.
    let (round_trip, acknowledged, received) = (u32_at(info, 68)?, u64_at(info, 120), u64_at(info, 128));
    if socket.remote.port() == 0 || (round_trip == 0 && acknowledged.unwrap_or(0) == 0 && received.unwrap_or(0) == 0) {
        return None;
    }
    let Socket { local, remote, cookie, .. } = socket;
    let rx_bytes = received.map(|bytes| bytes.saturating_sub(1));
    // What is acknowledged counts the SYN and the FIN as well, so before kernel 4.19 what was sent is not known to the byte.
    let tx_bytes = sent_bytes(info).filter(|_| u64_at(info, 208).is_some());
    Some(Ended { netns, local, remote, cookie, tx_bytes, rx_bytes, retrans: u32_at(info, 100) })
}

fn ip_at(bytes: &[u8], offset: usize, family: u8) -> Option<IpAddr> {
    let bytes = bytes.get(offset..)?;
    match family {
        AF_INET => Some(Ipv4Addr::from(*bytes.first_chunk::<4>()?).into()),
        AF_INET6 => Some(Ipv6Addr::from(*bytes.first_chunk::<16>()?).into()),
        _ => None,
    }
}
