//! The decoders against what a kernel really sent (see `tests/fixtures/net/README.md`), and against what none would send.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use proptest::prelude::*;
use scope_core::Protocol;

use super::connection::{Socket, SocketState, Tracked, TrackedEvent};
use super::netlink::wire::{Message, Messages};
use super::rtnetlink::{Link, LinkAddress, LinkStats};
use super::{conntrack, rtnetlink, sock_diag};

const TCP_CLIENT: &[u8] = include_bytes!("../../tests/fixtures/net/tcp_client");
const TCP_SERVER: &[u8] = include_bytes!("../../tests/fixtures/net/tcp_server");
const TCP_ENDED: &[u8] = include_bytes!("../../tests/fixtures/net/tcp_ended");
const UDP_CLIENT: &[u8] = include_bytes!("../../tests/fixtures/net/udp_client");
const UDP_SERVER: &[u8] = include_bytes!("../../tests/fixtures/net/udp_server");
const CONNTRACK: &[u8] = include_bytes!("../../tests/fixtures/net/conntrack_dump");
const EVENTS: &[u8] = include_bytes!("../../tests/fixtures/net/conntrack_events");
const LINKS: &[u8] = include_bytes!("../../tests/fixtures/net/links");
const ADDRESSES: &[u8] = include_bytes!("../../tests/fixtures/net/addresses");
const LINK_STATS: &[u8] = include_bytes!("../../tests/fixtures/net/link_stats");
const ALL: [&[u8]; 10] = [TCP_CLIENT, TCP_SERVER, TCP_ENDED, UDP_CLIENT, UDP_SERVER, CONNTRACK, EVENTS, LINKS, ADDRESSES, LINK_STATS];

fn sockets(proto: Protocol, bytes: &[u8]) -> Vec<Socket> {
    Messages::new(bytes).map(|message| sock_diag::decode(proto, 7, message.payload).unwrap()).collect()
}

/// One line a socket; ports that the kernel chose are `_`.
fn lines(sockets: &[Socket]) -> Vec<String> {
    let plain = |at: std::net::SocketAddr| if at.port() >= 32_768 { format!("{}:_", at.ip()) } else { at.to_string() };
    let mut lines: Vec<String> = sockets
        .iter()
        .map(|s| {
            let dual = if s.dual_stack { " and IPv4" } else { "" };
            let bytes = s.tx_bytes.zip(s.rx_bytes).map_or(String::new(), |(tx, rx)| format!(" sent {tx} received {rx}"));
            let dialled = s.dialled.map_or("", |dialled| if dialled { " dialled" } else { " was dialled" });
            format!("{} {} {}{dual}{bytes}{dialled}", s.state.as_str(), plain(s.local), plain(s.remote))
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn tcp_sockets_of_a_client() {
    let sockets = sockets(Protocol::Tcp, TCP_CLIENT);
    assert_eq!(
        lines(&sockets),
        [
            "established 10.77.0.2:_ 10.77.0.3:8000 sent 1000 received 5000 dialled",
            "established 10.77.0.2:_ 10.77.0.3:8002 sent 1000 received 5000 dialled",
            "established 10.77.0.2:_ 10.78.0.1:8080 sent 1000 received 5000 dialled",
            "established 10.77.0.2:_ 10.78.0.2:9000 sent 1000 received 5000 dialled",
            "established fd77::2:_ [fd77::3]:8001 sent 1000 received 5000 dialled",
            "fin_wait2 10.77.0.2:_ 10.77.0.3:8000",
        ]
    );
    assert!(sockets.iter().all(|s| s.netns == 7 && s.cookie != 0 && s.uid == 0));
    let (open, closed): (Vec<_>, Vec<_>) = sockets.iter().partition(|s| s.state == SocketState::Established);
    assert!(open.iter().all(|s| s.inode != 0 && s.cgroup == Some(1) && s.rtt_us.is_some() && s.retrans == Some(0)), "{open:?}");
    assert!(closed.iter().all(|s| s.inode == 0 && (1..=60_000).contains(&s.expires_ms)), "{closed:?}");
}

#[test]
fn tcp_sockets_of_a_server() {
    assert_eq!(
        lines(&sockets(Protocol::Tcp, TCP_SERVER)),
        [
            "close_wait 10.77.0.3:8000 10.77.0.2:_ sent 5000 received 1000",
            "established 10.77.0.3:8000 10.77.0.2:_ sent 5000 received 1000 was dialled",
            "established 10.77.0.3:8000 10.77.0.2:_ sent 5000 received 1000 was dialled",
            "established 10.77.0.3:8002 10.77.0.2:_ sent 5000 received 1000 was dialled",
            "established [fd77::3]:8001 fd77::2:_ sent 5000 received 1000 was dialled",
            "listen 0.0.0.0:8000 0.0.0.0:0",
            "listen [::]:8002 [::]:0 and IPv4",
            "listen [fd77::3]:8001 [::]:0",
        ]
    );
}

#[test]
fn ends_of_connections_and_of_nothing_else() {
    let ended = |message: Message<'_>| sock_diag::decode_ended(7, message.payload);
    let port = |at: std::net::SocketAddr| if at.port() >= 32_768 { "_".to_owned() } else { at.port().to_string() };
    let line = |e: super::connection::Ended| {
        assert!(e.netns == 7 && e.cookie != 0 && e.retrans == Some(0));
        format!("{} {} to {} sent {} received {}", e.local.ip(), port(e.local), port(e.remote), e.tx_bytes.unwrap(), e.rx_bytes.unwrap())
    };
    let lines: Vec<String> = Messages::new(TCP_ENDED).filter_map(ended).map(line).collect();
    assert_eq!(Messages::new(TCP_ENDED).count(), 9);
    assert_eq!(
        lines,
        [
            // Who closed first had no FIN to take off.
            "127.0.0.1 _ to 8000 sent 1000 received 4999",
            "127.0.0.1 8000 to _ sent 5000 received 1000",
            "::1 8001 to _ sent 5000 received 999",
            "::1 _ to 8001 sent 1000 received 5000",
            // Who resets a connection has forgotten the other end by then, and who was reset had none either.
            "127.0.0.1 8000 to _ sent 5000 received 999",
        ]
    );
}

#[test]
fn udp_sockets_connected_and_not() {
    assert_eq!(lines(&sockets(Protocol::Udp, UDP_CLIENT)), ["close :::_ [::]:0 and IPv4", "established 10.77.0.2:_ 10.77.0.3:5300"]);
    assert_eq!(lines(&sockets(Protocol::Udp, UDP_SERVER)), ["close 0.0.0.0:5300 0.0.0.0:0", "close [::]:5300 [::]:0"]);
}

fn tracked(bytes: &[u8], from_dump: bool) -> Vec<Tracked> {
    Messages::new(bytes).filter_map(|message| conntrack::decode(message, from_dump)).collect()
}

fn tracked_lines(tracked: &[Tracked]) -> Vec<String> {
    let plain = |at: std::net::SocketAddr| if at.port() >= 32_768 { format!("{}:_", at.ip()) } else { at.to_string() };
    let mut lines: Vec<String> = tracked
        .iter()
        .map(|t| {
            let translated = if t.is_translated() { format!(" = {} to {}", plain(t.reply.src), plain(t.reply.dst)) } else { String::new() };
            let state = [t.replied.then_some("replied"), t.assured.then_some("assured")].into_iter().flatten().collect::<Vec<_>>().join(" ");
            format!("{} {} to {}{translated} {state} {:?}", t.proto, plain(t.original.src), plain(t.original.dst), t.bytes.unwrap_or_default())
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn the_table_of_connection_tracking() {
    let tracked = tracked(CONNTRACK, true);
    assert_eq!(
        tracked_lines(&tracked),
        [
            "tcp 10.77.0.2:_ to 10.77.0.3:8000 replied assured (1216, 5164)",
            "tcp 10.77.0.2:_ to 10.77.0.3:8000 replied assured (1268, 5216)",
            "tcp 10.77.0.2:_ to 10.77.0.3:8002 replied assured (1216, 5164)",
            "tcp 10.77.0.2:_ to 10.78.0.1:8080 = 10.77.0.3:8000 to 10.77.0.2:_ replied assured (1216, 5164)",
            "tcp 10.77.0.2:_ to 10.78.0.2:9000 = 10.78.0.2:9000 to 10.78.0.1:_ replied assured (1216, 5164)",
            "tcp fd77::2:_ to [fd77::3]:8001 replied assured (1296, 5224)",
            "udp 10.77.0.2:_ to 10.77.0.3:5300 replied (36, 34)",
            "udp fd77::2:_ to [fd77::3]:5300 replied (56, 54)",
        ]
    );
    assert!(tracked.iter().all(|t| t.event == TrackedEvent::Present && t.id != 0 && t.zone == 0 && t.timeout_secs.is_some_and(|secs| secs > 0)));
    // Nine messages: the ping is none of ours.
    assert_eq!(Messages::new(CONNTRACK).count(), 9);
}

#[test]
fn events_of_connection_tracking() {
    let events = tracked(EVENTS, false);
    let of = |event: TrackedEvent| events.iter().filter(|t| t.event == event).cloned().collect::<Vec<_>>();
    let new = tracked_lines(&of(TrackedEvent::New));
    assert_eq!(
        new,
        [
            "tcp 10.77.0.2:_ to 10.77.0.3:8000  (0, 0)",
            "tcp 10.77.0.2:_ to 10.77.0.3:8000  (0, 0)",
            "tcp 10.77.0.2:_ to 10.77.0.3:8002  (0, 0)",
            "tcp 10.77.0.2:_ to 10.78.0.1:8080 = 10.77.0.3:8000 to 10.77.0.2:_  (0, 0)",
            "tcp 10.77.0.2:_ to 10.78.0.2:9000 = 10.78.0.2:9000 to 10.78.0.1:_  (0, 0)",
            "tcp fd77::2:_ to [fd77::3]:8001  (0, 0)",
            "udp 10.77.0.2:_ to 10.77.0.3:5300  (0, 0)",
            "udp fd77::2:_ to [fd77::3]:5300  (0, 0)",
        ]
    );
    assert_eq!(
        tracked_lines(&of(TrackedEvent::Destroy)),
        ["udp 10.77.0.2:_ to 10.77.0.3:5300 replied (36, 34)", "udp fd77::2:_ to [fd77::3]:5300 replied (56, 54)"]
    );
    // A connection keeps its id, by which an event about one that is gone is told from one about its successor.
    for later in events.iter().filter(|t| t.event != TrackedEvent::New) {
        assert!(of(TrackedEvent::New).iter().any(|new| new.id == later.id && new.original == later.original));
    }
}

#[test]
fn a_connection_tracked_from_its_middle_is_not_new() {
    // CTA_PROTOINFO_TCP_STATE, padded: SYN sent; and the same with the state established, as the kernel says it of a packet without an entry.
    let (opening, open) = ([5, 0, 1, 0, 1, 0, 0, 0], [5, 0, 1, 0, 3, 0, 0, 0]);
    let mut met = 0;
    for message in Messages::new(EVENTS) {
        let Some(at) = message.payload.windows(8).position(|window| window == opening) else { continue };
        let Some(before) = conntrack::decode(message, false).filter(|tracked| tracked.event == TrackedEvent::New) else { continue };
        let mut payload = message.payload.to_vec();
        payload[at..at + 8].copy_from_slice(&open);
        let after = conntrack::decode(Message { payload: &payload, ..message }, false).unwrap();
        assert_eq!(after, Tracked { event: TrackedEvent::Update, ..before });
        met += 1;
    }
    assert_eq!(met, 6, "every TCP connection of the recording began with a SYN");
}

#[test]
fn links_their_peers_and_bridges() {
    let links: Vec<Link> = Messages::new(LINKS).map(|m| rtnetlink::decode_link(m.payload).unwrap()).collect();
    let lines: Vec<_> = links.iter().map(|l| format!("{} {} {:?} {} {}", l.name, l.kind, l.peer, l.peer_netns_id.is_some(), l.master.is_some())).collect();
    assert_eq!(
        lines,
        ["lo  None false false", "br0 bridge None false false", "vA veth Some(2) true true", "vB veth Some(2) true true", "out veth Some(2) true false"]
    );
    assert!(links.iter().all(|l| l.loopback == (l.index == 1)));
}

#[test]
fn addresses_of_both_families() {
    let addresses: Vec<LinkAddress> = Messages::new(ADDRESSES).map(|m| rtnetlink::decode_address(m.payload).unwrap()).collect();
    let global: Vec<_> = addresses.iter().map(|a| format!("{}/{} on {}", a.ip, a.prefix, a.index)).filter(|line| !line.starts_with("fe80")).collect();
    assert_eq!(global, ["127.0.0.1/8 on 1", "10.77.0.1/24 on 2", "10.78.0.1/24 on 5", "::1/128 on 1", "fd77::1/64 on 2"]);
}

#[test]
fn counters_of_links() {
    let stats: Vec<(u32, LinkStats)> = Messages::new(LINK_STATS).map(|m| rtnetlink::decode_stats(m.payload).unwrap()).collect();
    assert_eq!(stats.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let (_, client) = stats.iter().find(|(index, _)| *index == 3).unwrap();
    assert!(client.rx_packets > 20 && client.tx_packets > 20 && client.rx_bytes > 6_000 && client.tx_bytes > 30_000, "{client:?}");
    assert_eq!((client.rx_errors, client.tx_errors, client.tx_dropped), (0, 0, 0));
}

#[test]
fn questions_are_what_the_kernel_expects() {
    let ends = ("10.0.0.1:1000".parse().unwrap(), "10.0.0.2:80".parse().unwrap());
    let question = sock_diag::tcp_socket_request(ends.0, ends.1);
    assert_eq!(question.get(..4).unwrap(), [2, 6, 2, 0]); // AF_INET, IPPROTO_TCP, INET_DIAG_INFO
    assert_eq!(question.get(8..16).unwrap(), [0x03, 0xe8, 0, 80, 10, 0, 0, 1]);
    assert_eq!(question.get(28..32).unwrap(), [10, 0, 0, 2]);
    assert_eq!(question.get(48..).unwrap(), [0xff; 8]);
    let mapped = sock_diag::tcp_socket_request("[::1]:1".parse().unwrap(), ends.1);
    assert_eq!(mapped.get(28..44).unwrap(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2]);
}

fn decode_all(message: Message<'_>) {
    let _any = sock_diag::decode(Protocol::Tcp, 0, message.payload);
    let _any = sock_diag::decode(Protocol::Udp, 0, message.payload);
    let _any = sock_diag::decode_ended(0, message.payload);
    let _any = rtnetlink::decode_link(message.payload);
    let _any = rtnetlink::decode_netns_id(message.payload);
    let _any = rtnetlink::decode_address(message.payload);
    let _any = rtnetlink::decode_stats(message.payload);
    for kind in [0x100, 0x101, 0x102, 0x1ff, message.kind] {
        let _any = conntrack::decode(Message { kind, ..message }, true);
        let _any = conntrack::decode(Message { kind, ..message }, false);
    }
}

proptest! {
    #[test]
    fn broken_messages_do_no_harm(file in 0..ALL.len(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8), cut: prop::sample::Index) {
        let mut bytes = ALL.get(file).unwrap().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        Messages::new(&bytes).for_each(decode_all);
    }

    #[test]
    fn noise_does_no_harm(payload: Vec<u8>, kind: u16, flags: u16) {
        decode_all(Message { kind, flags, seq: 0, payload: &payload });
    }
}
