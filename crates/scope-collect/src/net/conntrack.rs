//! Connections from the kernel's connection tracking (ctnetlink, `include/uapi/linux/netfilter/nfnetlink_conntrack.h`): dump requests, and
//! entries and events as values, without IO. The crate `netlink-packet-netfilter` decodes the messages; the attributes that it does not know
//! (counters, id, zone) are completed here.

use std::net::{IpAddr, SocketAddr};

use netlink_packet_core::ParseableParametrized;
use netlink_packet_netfilter::conntrack::{
    ConntrackAttribute, ConntrackMessage, IPTuple, ProtoInfo, ProtoInfoTCP, ProtoTuple, Protocol as IpProtocol, Status, Tuple as TuplePart,
};
use netlink_packet_netfilter::{NetfilterMessage, NetfilterMessageInner};
use scope_core::Protocol;

use super::connection::{Tracked, TrackedEvent, Tuple};
use super::netlink::wire::{Attributes, FLAG_CREATE, Message};

/// `NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET`.
pub const KIND_GET: u16 = 0x101;
/// The groups (as a mask) of new and of forgotten connections: `NFNLGRP_CONNTRACK_NEW` (1) and `NFNLGRP_CONNTRACK_DESTROY` (3). Updates are
/// left out: they come five times per connection and tell nothing that is needed.
pub const GROUPS: u32 = 0b101;

const KIND_NEW: u16 = 0x100;
const KIND_DELETE: u16 = 0x102;

const CTA_COUNTERS_ORIG: u16 = 9;
const CTA_COUNTERS_REPLY: u16 = 10;
const CTA_ID: u16 = 12;
const CTA_ZONE: u16 = 18;
/// States of a TCP connection that is being opened (`include/uapi/linux/netfilter/nf_conntrack_tcp.h`): none, SYN sent, SYN answered, SYN sent by both.
const TCP_OPENING: [u8; 4] = [0, 1, 2, 9];
/// Length of `struct nfgenmsg`, before the attributes.
const HEADER_LEN: usize = 4;
/// Within the counters.
const CTA_COUNTERS_BYTES: u16 = 2;

/// The body of a dump of all entries, both families; send as [`KIND_GET`].
pub const DUMP_REQUEST: [u8; 4] = [0; 4]; // struct nfgenmsg { family: AF_UNSPEC, version: 0, res_id: 0 }

/// Decodes an event, or an entry of a dump (`from_dump`). `None` for other protocols than TCP and UDP and for what does not decode.
pub fn decode(message: Message<'_>, from_dump: bool) -> Option<Tracked> {
    let event = match message.kind {
        KIND_NEW if from_dump => TrackedEvent::Present,
        KIND_NEW if message.flags & FLAG_CREATE != 0 => TrackedEvent::New,
        KIND_NEW => TrackedEvent::Update,
        KIND_DELETE => TrackedEvent::Destroy,
        _ => return None,
    };
    let parsed = NetfilterMessage::parse_with_param(message.payload, message.kind).ok()?;
    let NetfilterMessageInner::Conntrack(ConntrackMessage::New(attributes) | ConntrackMessage::Delete(attributes)) = parsed.inner else {
        return None;
    };

    let (mut original, mut reply, mut status, mut timeout_secs, mut tcp_state) = (None, None, Status::empty(), None, None);
    for attribute in &attributes {
        match attribute {
            ConntrackAttribute::CtaTupleOrig(parts) => original = tuple(parts),
            ConntrackAttribute::CtaTupleReply(parts) => reply = tuple(parts),
            ConntrackAttribute::CtaStatus(bits) => status = *bits,
            ConntrackAttribute::CtaTimeout(secs) => timeout_secs = Some(*secs),
            ConntrackAttribute::CtaProtoInfo(parts) => tcp_state = state_of_tcp(parts),
            _ => {}
        }
    }
    let (mut from_client, mut from_server, mut id, mut zone) = (None, None, 0, 0);
    for (kind, value) in Attributes::new(message.payload.get(HEADER_LEN..)?) {
        match kind {
            CTA_COUNTERS_ORIG => from_client = counted_bytes(value),
            CTA_COUNTERS_REPLY => from_server = counted_bytes(value),
            CTA_ID => id = big_endian(value).unwrap_or_default() as u32,
            CTA_ZONE => zone = big_endian(value).unwrap_or_default() as u16,
            _ => {}
        }
    }
    let ((proto, original), (_, reply)) = (original?, reply?);
    // The kernel also begins to track in the middle (`nf_conntrack_tcp_loose`), as when a client goes on sending after the entry was deleted with the container
    // that it talked to. That opens nothing, and whoever has the address by now may be another.
    let event = if event == TrackedEvent::New && tcp_state.is_some_and(|state| !TCP_OPENING.contains(&state)) { TrackedEvent::Update } else { event };
    Some(Tracked {
        event,
        proto,
        original,
        reply,
        zone,
        id,
        replied: status.contains(Status::SeenReply),
        assured: status.contains(Status::Assured),
        bytes: from_client.zip(from_server),
        timeout_secs,
    })
}

fn state_of_tcp(parts: &[ProtoInfo]) -> Option<u8> {
    let ProtoInfo::TCP(parts) = parts.iter().find(|part| matches!(part, ProtoInfo::TCP(_)))? else { return None };
    parts.iter().find_map(|part| if let ProtoInfoTCP::State(state) = part { Some(*state) } else { None })
}

fn tuple(parts: &[TuplePart]) -> Option<(Protocol, Tuple)> {
    let (mut src, mut dst): (Option<IpAddr>, Option<IpAddr>) = (None, None);
    let (mut proto, mut src_port, mut dst_port) = (None, None, None);
    for part in parts {
        match part {
            TuplePart::Ip(addresses) => {
                for address in addresses {
                    match address {
                        IPTuple::SourceAddress(ip) => src = Some(*ip),
                        IPTuple::DestinationAddress(ip) => dst = Some(*ip),
                        _ => {}
                    }
                }
            }
            TuplePart::Proto(fields) => {
                for field in fields {
                    match field {
                        ProtoTuple::Protocol(IpProtocol::Tcp) => proto = Some(Protocol::Tcp),
                        ProtoTuple::Protocol(IpProtocol::Udp) => proto = Some(Protocol::Udp),
                        ProtoTuple::SourcePort(port) => src_port = Some(*port),
                        ProtoTuple::DestinationPort(port) => dst_port = Some(*port),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Some((proto?, Tuple { src: SocketAddr::new(src?, src_port?), dst: SocketAddr::new(dst?, dst_port?) }))
}

fn counted_bytes(counters: &[u8]) -> Option<u64> {
    let (_, bytes) = Attributes::new(counters).find(|(kind, _)| *kind == CTA_COUNTERS_BYTES)?;
    big_endian(bytes)
}

fn big_endian(bytes: &[u8]) -> Option<u64> {
    (1..=8).contains(&bytes.len()).then(|| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}
