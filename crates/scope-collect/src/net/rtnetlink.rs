//! Links, their counters and addresses (`NETLINK_ROUTE`, `include/uapi/linux/if_link.h` and `if_addr.h`): requests and answers as bytes, and
//! the three dumps made of them. Which container a link belongs to is worked out in [`crate::net::scope`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, BorrowedFd};

use compact_str::CompactString;

use super::netlink::wire::{Attributes, u8_at, u32_at, u64_at};
use super::netlink::{Netlink, NetlinkError};

const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const RTM_NEWADDR: u16 = 20;
const RTM_GETADDR: u16 = 22;
const RTM_NEWNSID: u16 = 88;
const RTM_GETNSID: u16 = 90;
const RTM_NEWSTATS: u16 = 92;
const RTM_GETSTATS: u16 = 94;

/// Event groups (as a mask): links (`RTMGRP_LINK`), IPv4 and IPv6 addresses (`RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV6_IFADDR`).
pub const GROUPS: u32 = 0x1 | 0x10 | 0x100;

/// Most links or addresses taken of one namespace.
pub const LIMIT: usize = 65_536;

const IFLA_IFNAME: u16 = 3;
const IFLA_LINK: u16 = 5;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_EXT_MASK: u16 = 29;
const IFLA_LINK_NETNSID: u16 = 37;
const IFLA_INFO_KIND: u16 = 1;
/// `RTEXT_FILTER_SKIP_STATS`: the counters come from [`stats`], far cheaper.
const SKIP_STATS: u32 = 1 << 3;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFLA_STATS_LINK_64: u16 = 1;
const NETNSA_NSID: u16 = 1;
const NETNSA_FD: u16 = 3;
const IFF_LOOPBACK: u32 = 0x8;

/// Counters of a link, as its own namespace sees them. The host's end of a container's link has them swapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkStats {
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Bad packets received.
    pub rx_errors: u64,
    /// Failures to send.
    pub tx_errors: u64,
    /// Packets received and dropped.
    pub rx_dropped: u64,
    /// Packets dropped before they were sent.
    pub tx_dropped: u64,
}

impl LinkStats {
    /// Adds the counters of another link.
    pub fn add(&mut self, other: &Self) {
        self.rx_packets = self.rx_packets.wrapping_add(other.rx_packets);
        self.tx_packets = self.tx_packets.wrapping_add(other.tx_packets);
        self.rx_bytes = self.rx_bytes.wrapping_add(other.rx_bytes);
        self.tx_bytes = self.tx_bytes.wrapping_add(other.tx_bytes);
        self.rx_errors = self.rx_errors.wrapping_add(other.rx_errors);
        self.tx_errors = self.tx_errors.wrapping_add(other.tx_errors);
        self.rx_dropped = self.rx_dropped.wrapping_add(other.rx_dropped);
        self.tx_dropped = self.tx_dropped.wrapping_add(other.tx_dropped);
    }
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its index in its namespace.
    pub index: u32,
    /// Its name.
    pub name: CompactString,
    /// `veth`, `bridge`, `macvlan` and so on; empty for hardware and loopback.
    pub kind: CompactString,
    /// The index of the other end of a pair, or of the link below.
    pub peer: Option<u32>,
    /// The id (valid in this namespace only) of the namespace that `peer` is in; absent if it is this one.
    pub peer_netns_id: Option<i32>,
    /// The bridge that it belongs to.
    pub master: Option<u32>,
    /// Whether it is the loopback.
    pub loopback: bool,
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkAddress {
    /// The interface.
    pub index: u32,
    /// The address.
    pub ip: IpAddr,
    /// Bits of its network.
    pub prefix: u8,
}

/// Counters of all links of the socket's namespace, by index.
pub fn stats(socket: &mut Netlink, buffer: &mut [u8], mut each: impl FnMut(u32, LinkStats)) -> Result<(), NetlinkError> {
    let mut body = [0; 12]; // struct if_stats_msg { family, pad, pad16, ifindex, filter_mask }
    body[8..].copy_from_slice(&(1_u32 << (IFLA_STATS_LINK_64 - 1)).to_ne_bytes());
    socket.dump(RTM_GETSTATS, &body, buffer, LIMIT, |message| {
        if message.kind == RTM_NEWSTATS
            && let Some((index, stats)) = decode_stats(message.payload)
        {
            each(index, stats);
        }
    })?;
    Ok(())
}

/// All links of the socket's namespace.
pub fn links(socket: &mut Netlink, buffer: &mut [u8]) -> Result<Vec<Link>, NetlinkError> {
    let mut body = [0; 24]; // struct ifinfomsg, then IFLA_EXT_MASK
    body[16..18].copy_from_slice(&8_u16.to_ne_bytes());
    body[18..20].copy_from_slice(&IFLA_EXT_MASK.to_ne_bytes());
    body[20..].copy_from_slice(&SKIP_STATS.to_ne_bytes());
    consistent(socket, RTM_GETLINK, &body, buffer, |kind, payload| if kind == RTM_NEWLINK { decode_link(payload) } else { None })
}

/// All addresses of the socket's namespace, both families.
pub fn addresses(socket: &mut Netlink, buffer: &mut [u8]) -> Result<Vec<LinkAddress>, NetlinkError> {
    consistent(socket, RTM_GETADDR, &[0; 8], buffer, |kind, payload| if kind == RTM_NEWADDR { decode_address(payload) } else { None })
}

/// The id by which the socket's namespace knows another one, of which `file` is open; `None` where it has none (`include/uapi/linux/net_namespace.h`).
pub fn netns_id(socket: &mut Netlink, file: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<Option<i32>, NetlinkError> {
    let mut body = [0; 12]; // struct rtgenmsg, padded; then NETNSA_FD
    body[4..6].copy_from_slice(&8_u16.to_ne_bytes());
    body[6..8].copy_from_slice(&NETNSA_FD.to_ne_bytes());
    body[8..].copy_from_slice(&file.as_raw_fd().to_ne_bytes());
    let mut found = None;
    socket.ask_each(RTM_GETNSID, &[body], buffer, |_, answer| {
        found = answer.ok().filter(|message| message.kind == RTM_NEWNSID).and_then(|message| decode_netns_id(message.payload));
    })?;
    Ok(found)
}

/// Repeats a dump that changed under the walk, twice at most: the last one is kept whatever it is, and the next change brings a new one.
fn consistent<T>(socket: &mut Netlink, kind: u16, body: &[u8], buffer: &mut [u8], decode: impl Fn(u16, &[u8]) -> Option<T>) -> Result<Vec<T>, NetlinkError> {
    let mut found = Vec::new();
    for _ in 0..3 {
        found.clear();
        let dumped = socket.dump(kind, body, buffer, LIMIT, |message| found.extend(decode(message.kind, message.payload)))?;
        if !dumped.interrupted {
            break;
        }
    }
    Ok(found)
}

/// Decodes `struct if_stats_msg` and `struct rtnl_link_stats64`.
pub fn decode_stats(payload: &[u8]) -> Option<(u32, LinkStats)> {
    let index = u32_at(payload, 4)?;
    let (_, stats) = Attributes::new(payload.get(12..)?).find(|(kind, _)| *kind == IFLA_STATS_LINK_64)?;
    let figure = |n: usize| u64_at(stats, n * 8);
    Some((
        index,
        LinkStats {
            rx_packets: figure(0)?,
            tx_packets: figure(1)?,
            rx_bytes: figure(2)?,
            tx_bytes: figure(3)?,
            rx_errors: figure(4)?,
            tx_errors: figure(5)?,
            rx_dropped: figure(6)?,
            tx_dropped: figure(7)?,
        },
    ))
}

/// Decodes `struct ifinfomsg` and its attributes.
pub fn decode_link(payload: &[u8]) -> Option<Link> {
    let flags = u32_at(payload, 8)?;
    let mut link = Link {
        index: u32_at(payload, 4)?,
        name: CompactString::default(),
        kind: CompactString::default(),
        peer: None,
        peer_netns_id: None,
        master: None,
        loopback: flags & IFF_LOOPBACK != 0,
    };
    for (kind, value) in Attributes::new(payload.get(16..)?) {
        match kind {
            IFLA_IFNAME => link.name = text(value),
            IFLA_LINK => link.peer = u32_at(value, 0).filter(|index| *index != 0),
            IFLA_MASTER => link.master = u32_at(value, 0),
            IFLA_LINK_NETNSID => link.peer_netns_id = u32_at(value, 0).map(|id| id as i32),
            IFLA_LINKINFO => {
                if let Some((_, name)) = Attributes::new(value).find(|(kind, _)| *kind == IFLA_INFO_KIND) {
                    link.kind = text(name);
                }
            }
            _ => {}
        }
    }
    Some(link)
}

/// Decodes `struct rtgenmsg` and its attributes. The kernel says -1 where there is no id.
pub fn decode_netns_id(payload: &[u8]) -> Option<i32> {
    let (_, id) = Attributes::new(payload.get(4..)?).find(|(kind, _)| *kind == NETNSA_NSID)?;
    u32_at(id, 0).map(u32::cast_signed).filter(|id| *id >= 0)
}

/// Decodes `struct ifaddrmsg` and its attributes.
pub fn decode_address(payload: &[u8]) -> Option<LinkAddress> {
    let prefix = u8_at(payload, 1)?;
    let index = u32_at(payload, 4)?;
    let (mut address, mut local) = (None, None);
    for (kind, value) in Attributes::new(payload.get(8..)?) {
        match kind {
            IFA_ADDRESS => address = ip(value),
            IFA_LOCAL => local = ip(value), // on a point-to-point link IFA_ADDRESS is the other end's
            _ => {}
        }
    }
    let ip = local.or(address)?;
    (prefix <= if ip.is_ipv4() { 32 } else { 128 }).then_some(LinkAddress { index, ip, prefix })
}

/// A name up to its closing nought; what is not UTF-8 is replaced.
fn text(value: &[u8]) -> CompactString {
    let end = value.iter().position(|b| *b == 0).unwrap_or(value.len());
    CompactString::from_utf8_lossy(value.get(..end).unwrap_or_default())
}

fn ip(value: &[u8]) -> Option<IpAddr> {
    match value.len() {
        4 => Some(Ipv4Addr::from(*value.first_chunk::<4>()?).into()),
        16 => Some(Ipv6Addr::from(*value.first_chunk::<16>()?).into()),
        _ => None,
    }
}
