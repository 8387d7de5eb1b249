//! Records for property tests: every body, hostile text, and few enough names and stamps that records meet.

use std::net::IpAddr;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use scope_core::endpoint::{ClientAddress, OwnedEndpoint};
use scope_core::flow::{Connection, Peer, PortSample};
use scope_core::record::{FieldRecord, SourceTick};
use scope_core::value::Fields;
use scope_core::{
    Address, AgentName, Body, CompactString, Endpoint, Flow, FlowKey, Gone, Node, NodeId, Number, Problem, Protocol, Record, RunId, Scope, Side, SocketAddress,
    Stamp, Tick, Timestamp, Value,
};

/// Any record that a decoder can yield: encoding it and decoding it gives the same one.
pub(crate) fn any_record() -> BoxedStrategy<Record> {
    (any_agent(), any_stamp(), any_time(), any_body(), prop_oneof![9 => Just(String::new()), 1 => any_word()])
        .prop_flat_map(|(agent, stamp, at, body, tick_source)| {
            let source = if matches!(body, Body::Tick(_)) { Just(tick_source).boxed() } else { any_word().boxed() };
            let extra = prop_oneof![6 => Just(Fields::default()), 1 => any_extra()];
            (Just((agent, stamp, at, body)), source, extra)
        })
        .prop_map(|((agent, stamp, at, body), source, extra)| Record { agent, stamp, source: source.into(), at, body, extra })
        .boxed()
}

/// A name for a source, a kind, a figure: usually a plain word out of few.
pub(crate) fn any_word() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(vec!["docker", "net", "host", "process", "a", "b"]).prop_map(str::to_owned),
        1 => any_text().prop_filter("empty", |text| !text.is_empty()),
    ]
}

/// Text as nobody would write it but an attacker or a bug.
pub(crate) fn any_text() -> BoxedStrategy<String> {
    prop_oneof![
        8 => "[a-zA-Z0-9_./:-]{0,30}",
        3 => vec(any::<char>(), 0..12).prop_map(String::from_iter),
        3 => select(vec![
            "",
            "\0",
            "\u{1b}]0;owned\u{7}\u{1b}[31m",
            "<img src=x onerror=alert(1)>",
            "\"quoted\\\" \\u0041 \\",
            "two\nlines\r\n\u{2028}",
            "=cmd|'/c calc'!A1",
            "\u{202e}desrever\u{feff}",
            "\u{fffd}\u{10ffff}\u{7f}\u{80}",
            "null",
            "true",
            "1e9",
            "2026-11-21T18:34:00Z",
            "2026-11-21T18:34:00.123456Z",
            "a name of exactly twenty-four",
        ]).prop_map(str::to_owned),
        1 => (1_usize..40_000).prop_map(|length| "ü".repeat(length)),
    ]
    .boxed()
}

/// An agent out of few.
pub(crate) fn any_agent() -> impl Strategy<Value = AgentName> {
    prop_oneof![
        6 => select(vec!["host-a", "host-b"]).prop_map(AgentName::from_host_name),
        1 => any_text().prop_map(|text| AgentName::from_host_name(&text)),
    ]
}

/// A stamp: one of two runs and few reports, so that stamps are often equal; sometimes at the edge of the type.
pub(crate) fn any_stamp() -> impl Strategy<Value = Stamp> {
    let run = prop_oneof![8 => select(vec![1_u128 << 80, 2 << 80]), 1 => any::<u128>()];
    let seq = prop_oneof![9 => 1_u64..6, 1 => any::<u64>()];
    (run, seq).prop_map(|(run, seq)| Stamp { run: RunId::from_u128(run), seq })
}

/// A point in time: of a busy minute, or any that can be written.
pub(crate) fn any_time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![4 => 1_795_286_040_000_000_i64..1_795_286_100_000_000, 1 => any::<i64>()].prop_map(Timestamp::from_micros)
}

/// A node out of few, or any.
pub(crate) fn any_node_id() -> impl Strategy<Value = NodeId> {
    let text = prop_oneof![
        6 => select(vec!["a", "b", "c"]).prop_map(|digit| format!("container:{}", digit.repeat(64))),
        1 => "[0-9a-f]{64}".prop_map(|hex| format!("image:{hex}")),
        1 => (any_agent(), any::<u32>(), any::<u64>()).prop_map(|(agent, pid, ticks)| format!("process:{agent}:{pid}:{ticks}")),
        1 => any_agent().prop_map(|agent| format!("host:{agent}")),
        1 => "[a-z][a-z0-9_]{0,8}:[A-Za-z0-9._~:-]{1,40}".prop_filter("a kind with a form of its own", |text| text.parse::<NodeId>().is_ok()),
    ];
    text.prop_map(|text| text.parse().unwrap())
}

fn any_scope() -> impl Strategy<Value = Scope> {
    prop_oneof![2 => Just(String::new()), 1 => Just("host:host-a".to_owned()), 1 => "net:[0-9a-f]{64}", 1 => "[A-Za-z0-9._~:-]{0,40}"]
        .prop_map(|text| text.parse().unwrap())
}

fn any_protocol() -> impl Strategy<Value = Protocol> {
    select(vec![Protocol::Tcp, Protocol::Udp])
}

fn any_side() -> impl Strategy<Value = Side> {
    select(vec![Side::Client, Side::Server])
}

fn any_ip() -> impl Strategy<Value = IpAddr> {
    prop_oneof![2 => (0_u8..3).prop_map(|last| IpAddr::from([10, 0, 0, last])), 1 => any::<IpAddr>()]
}

fn any_socket_address() -> impl Strategy<Value = SocketAddress> {
    (any_scope(), any_ip(), prop_oneof![select(vec![80_u16, 443]), any::<u16>()]).prop_map(|(scope, ip, port)| SocketAddress { scope, ip, port })
}

fn any_client_address() -> impl Strategy<Value = ClientAddress> {
    (any_scope(), any_ip(), prop_oneof![Just(128_u8), 0_u8..128]).prop_map(|(scope, ip, prefix)| ClientAddress {
        scope,
        ip,
        prefix: prefix.min(if ip.is_ipv4() { 32 } else { 128 }),
    })
}

fn any_endpoint() -> impl Strategy<Value = Endpoint> {
    let address = of(any_ip()).prop_map(|ip| ip.map_or(Address::Any, Address::Ip));
    (any_scope(), address, any::<u16>(), prop_oneof![Just(0_u16), 0_u16..2000], any_protocol()).prop_map(|(scope, address, port, more, protocol)| Endpoint {
        scope,
        address,
        port,
        last_port: port.saturating_add(more),
        protocol,
    })
}

/// Any figure that JSON can carry.
pub(crate) fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        4 => (0_u64..1000).prop_map(Number::from),
        2 => any::<f64>().prop_filter_map("not finite", Number::from_f64),
        1 => any::<i64>().prop_map(Number::from),
        1 => any::<u64>().prop_map(Number::from),
        1 => select(vec![0.0, -0.0, 24.5, 9_007_199_254_740_992.0, 9_007_199_254_740_994.0, -9_007_199_254_740_994.0, 18_446_744_073_709_552_000.0, f64::MAX, f64::MIN_POSITIVE, 5e-324])
            .prop_filter_map("not finite", Number::from_f64),
    ]
}

/// Any attribute value.
pub(crate) fn any_value() -> BoxedStrategy<Value> {
    let scalar = prop_oneof![
        1 => Just(Value::Null),
        2 => any::<bool>().prop_map(Value::from),
        3 => any_number().prop_map(Value::from),
        2 => any_time().prop_map(Value::from),
        6 => any_text().prop_map(|text| serde_json::from_value(serde_json::Value::String(text)).unwrap()),
    ];
    scalar
        .prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::List),
                vec((any_text(), inner), 0..4).prop_map(|entries| Value::Map(entries.into_iter().collect()))
            ]
        })
        .boxed()
}

fn any_attrs() -> impl Strategy<Value = Fields<Value>> {
    let name = prop_oneof![8 => select(vec!["state", "image", "started_at", "labels"]).prop_map(str::to_owned), 1 => any_text()];
    vec((name, any_value()), 0..5).prop_map(|entries| entries.into_iter().collect())
}

fn any_metrics() -> impl Strategy<Value = scope_core::Figures> {
    let name = prop_oneof![8 => select(vec!["cpu_pct", "cpu_usage_us_total", "mem_bytes"]).prop_map(str::to_owned), 1 => any_text()];
    vec((name, any_number()), 0..5).prop_map(|entries| entries.into_iter().collect())
}

fn any_compact() -> impl Strategy<Value = CompactString> {
    any_text().prop_map(CompactString::from)
}

fn any_node() -> impl Strategy<Value = Node> {
    (
        any_node_id(),
        of(any_compact()),
        of(any_compact()),
        of(vec(any_node_id(), 0..3)),
        of(vec((any_endpoint(), of(any_time())).prop_map(|(at, since)| OwnedEndpoint { at, since }), 0..3)),
        any_attrs(),
        any_metrics(),
    )
        .prop_map(|(id, kind, name, parents, endpoints, attrs, metrics)| Node {
            kind: kind.unwrap_or_else(|| id.kind().into()),
            id,
            name,
            parents: parents.map(Into::into),
            endpoints: endpoints.map(Into::into),
            attrs,
            metrics,
        })
}

/// The key of a flow; keys meet often.
pub(crate) fn any_flow_key() -> impl Strategy<Value = FlowKey> {
    let peer = prop_oneof![any_socket_address().prop_map(Peer::Dialled), any_client_address().prop_map(Peer::Client)];
    (any_node_id(), peer, any_socket_address(), any_protocol()).prop_map(|(owner, peer, server_addr, proto)| FlowKey { owner, peer, server_addr, proto })
}

fn any_count() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0_u64..1000, 1 => any::<u64>()]
}

fn any_flow() -> impl Strategy<Value = Flow> {
    let names = (of(any_node_id()), of(any_compact()), of(any_compact()));
    let figures = (any_count(), of(any_count()), of(any_count()), of(any_count()), of(any_count()), of(any_count()), of(any_count()));
    let samples = vec((any::<u16>(), any_time()).prop_map(|(port, at)| PortSample(port, at)), 0..9);
    (any_flow_key(), names, any_time(), any_time(), figures, samples, vec(any_word().prop_map(CompactString::from), 0..3)).prop_map(
        |(key, (server, server_name, command), since, last_seen, figures, ports, seen_by)| {
            let (open, opened_total, failed_total, tx_bytes_total, rx_bytes_total, retrans_total, rtt_us) = figures;
            Flow {
                key,
                server,
                server_name,
                command,
                since,
                last_seen,
                open,
                opened_total,
                failed_total,
                tx_bytes_total,
                rx_bytes_total,
                retrans_total,
                rtt_us,
                ports,
                seen_by,
            }
        },
    )
}

fn any_connection() -> impl Strategy<Value = Connection> {
    let ends = (any_node_id(), any_protocol(), any_socket_address(), any_socket_address(), of(any_side()));
    let seen_by = vec(any_word().prop_map(CompactString::from), 0..3);
    (ends, any_compact(), of(any::<u32>()), of(any_count()), of(any_count()), seen_by).prop_map(
        |((owner, proto, local, remote, side), state, pid, tx_bytes_total, rx_bytes_total, seen_by)| Connection {
            owner,
            proto,
            local,
            remote,
            side,
            state,
            pid,
            tx_bytes_total,
            rx_bytes_total,
            seen_by,
        },
    )
}

fn any_problem() -> impl Strategy<Value = Problem> {
    (any_compact(), of(any_compact()), of(any_node_id())).prop_map(|(message, hint, id)| Problem { message, hint, id })
}

fn any_field() -> impl Strategy<Value = FieldRecord> {
    let words = (any_word(), of(any_compact()), of(any_compact()), of(any_compact()), of(any_compact()));
    (words, of(any::<u32>()), vec(any_compact(), 0..3)).prop_map(|((name, label, unit, show, description), priority, kinds)| FieldRecord {
        name: name.into(),
        label,
        unit,
        show,
        priority,
        kinds,
        description,
    })
}

fn any_tick() -> impl Strategy<Value = Tick> {
    let source = (any::<bool>(), 0_u64..6, of(any_count()), of(any_count())).prop_map(|(full, records, took_us, dropped)| SourceTick {
        full,
        records,
        took_us,
        dropped,
    });
    (of(any_count()), vec((any_word(), source), 0..4), any_metrics()).prop_map(|(interval_ms, sources, metrics)| Tick {
        interval_ms,
        sources: sources.into_iter().collect(),
        metrics,
    })
}

/// Any body, nodes and ticks the most often.
pub(crate) fn any_body() -> BoxedStrategy<Body> {
    prop_oneof![
        6 => any_node().prop_map(Body::Node),
        3 => any_flow().prop_map(|flow| Body::Flow(Box::new(flow))),
        1 => any_connection().prop_map(|connection| Body::Connection(Box::new(connection))),
        1 => any_node_id().prop_map(|id| Body::Gone(Gone::Node(id))),
        1 => any_flow_key().prop_map(|key| Body::Gone(Gone::Flow(Box::new(key)))),
        1 => any_problem().prop_map(Body::Problem),
        1 => any_field().prop_map(Body::Field),
        3 => any_tick().prop_map(Body::Tick),
        1 => "[a-z]{4,8}_of_tomorrow".prop_map(|name| Body::Unknown(name.into())),
    ]
    .boxed()
}

/// Fields of tomorrow: none of their names is one of a record of today.
fn any_extra() -> impl Strategy<Value = Fields<Value>> {
    vec((any_text().prop_map(|text| format!("x_{text}")), any_value()), 1..4).prop_map(|entries| entries.into_iter().collect())
}
