//! The link's frames: what goes in comes out, whatever it is; what contradicts itself is refused; what moves little costs little.

use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use scope_core::codec::Reader;
use scope_core::link::message::{Chunk, Frame, Head, Kind, PipeData, Report};
use scope_core::link::{Decoder, Encoder, LinkError, Packer, Received, Unpacker, digest, weight, whole};
use scope_core::state::{AgentState, State};
use scope_core::value::Fields;
use scope_core::{AgentName, Body, Moved, Node, Number, Record, RunId, Stamp, Tick, Timestamp, Value};

use crate::strategy::any_record;

fn agent() -> AgentName {
    "host-a".parse().unwrap()
}

/// Both ends of a connection, one direction.
struct Link {
    encoder: Encoder,
    packer: Packer,
    unpacker: Unpacker,
    decoder: Decoder,
    /// Bytes on the wire so far.
    bytes: usize,
}

impl Link {
    fn new() -> Self {
        Self { encoder: Encoder::default(), packer: Packer::default(), unpacker: Unpacker::default(), decoder: Decoder::new(agent()), bytes: 0 }
    }

    fn carry(&mut self, report: &[Record], digest: Option<u64>, whole: bool) -> Received {
        let mut parts = Vec::new();
        assert_eq!(self.encoder.encode(report, digest, whole, |part| parts.push(part)), 0);
        let mut received = None;
        for part in parts {
            assert!(received.is_none(), "nothing follows the last part");
            let chunk = self.packer.pack(&Kind::Report(Box::new(part)).into()).unwrap().encode_to_vec();
            self.bytes += chunk.len();
            let frame = self.unpacker.unpack(&Chunk::decode(chunk.as_slice()).unwrap()).unwrap();
            let Some(Kind::Report(part)) = frame.kind else { panic!("a report stays one") };
            received = self.decoder.decode(*part).unwrap();
        }
        received.unwrap()
    }
}

/// Records by what they say: their order within a report means nothing.
fn sorted(records: &[Record]) -> Vec<String> {
    let mut texts: Vec<String> = records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
    texts.sort();
    texts
}

/// Reports of one agent: records that share a stamp and a time, but for a few.
fn any_reports() -> impl Strategy<Value = Vec<Vec<Record>>> {
    vec((vec(any_record(), 1..24), any::<bool>()), 1..8).prop_map(|reports| {
        let mut seq = 0;
        reports
            .into_iter()
            .map(|(mut records, stray)| {
                seq += 1;
                let last = records.len() - 1;
                for (place, record) in records.iter_mut().enumerate() {
                    record.agent = agent();
                    if !stray || place == last || place % 5 != 0 {
                        record.stamp = Stamp { run: RunId::from_u128(7), seq };
                        record.at = Timestamp::from_seconds(seq as i64);
                    }
                }
                records.retain(|record| weight(record) <= scope_core::link::RECORD_BYTES);
                records
            })
            .filter(|records| !records.is_empty())
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn what_goes_in_comes_out(reports in any_reports(), digests in any::<Option<u64>>()) {
        let mut link = Link::new();
        for report in &reports {
            let received = link.carry(report, digests, false);
            prop_assert_eq!(received.digest, digests);
            prop_assert_eq!(received.stamp, report.last().unwrap().stamp);
            prop_assert_eq!(sorted(&received.into_records()), sorted(report));
        }
    }

    #[test]
    fn figures_in_place_say_what_records_of_them_would(reports in figures()) {
        let mut link = Link::new();
        let (mut in_place, mut by_records) = (AgentState::default(), AgentState::default());
        for report in &reports {
            let received = link.carry(report, None, false);
            apply_in_place(&mut in_place, received.clone());
            apply(&mut by_records, received);
            prop_assert_eq!(said(&in_place), said(&by_records));
            prop_assert_eq!(digest(&in_place), digest(&by_records));
        }
    }

    #[test]
    fn any_bytes_are_survived(chunks in vec((any::<bool>(), vec(any::<u8>(), 0..300)), 1..6)) {
        let (mut unpacker, mut decoder) = (Unpacker::default(), Decoder::new(agent()));
        for (compressed, bytes) in chunks {
            let chunk = if compressed { Chunk { zstd: bytes.into(), ..Chunk::default() } } else { Chunk { plain: bytes.into(), ..Chunk::default() } };
            if let Ok(Frame { kind: Some(Kind::Report(part)) }) = unpacker.unpack(&chunk) {
                drop(decoder.decode(*part));
            }
        }
    }

    #[test]
    fn damaged_reports_are_survived(reports in any_reports(), damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let (mut encoder, mut decoder) = (Encoder::default(), Decoder::new(agent()));
        for report in &reports {
            let mut parts = Vec::new();
            encoder.encode(report, None, false, |part| parts.push(part));
            for part in parts {
                let mut bytes = part.encode_to_vec();
                for (place, byte) in &damage {
                    let place = place.index(bytes.len());
                    bytes[place] = *byte;
                }
                if let Ok(part) = Report::decode(bytes.as_slice()) && let Err(error) = decoder.decode(part) {
                    prop_assert!(!error.to_string().is_empty());
                    return Ok(());
                }
            }
        }
    }

    #[test]
    fn a_whole_report_is_the_state(reports in any_reports()) {
        let before = applied(reports.iter().flatten().cloned());
        let mut link = Link::new();
        let stamp = Stamp { run: RunId::from_u128(u128::MAX), seq: u64::MAX };
        let records = whole(&before, &agent(), stamp, Timestamp::default());
        let received = link.carry(&records, Some(digest(&before)), true);
        prop_assert!(received.whole);
        let after = applied(received.into_records());
        prop_assert_eq!(digest(&after), digest(&before));
        prop_assert_eq!(held(&after), held(&before));
    }

    #[test]
    fn a_digest_tells_states_apart(reports in any_reports()) {
        let records: Vec<Record> = reports.into_iter().flatten().collect();
        let (all, but_one) = (applied(records.iter().cloned()), applied(records.iter().skip(1).cloned()));
        prop_assert_eq!(held(&all) == held(&but_one), digest(&all) == digest(&but_one));
    }
}

/// Reports of a handful of nodes of two sources, mostly of the same figures again.
fn figures() -> impl Strategy<Value = Vec<Vec<Record>>> {
    let node = (0_u8..5, prop::sample::select(vec!["ab", "ab", "abc", "b", ""]), any::<u8>(), 0_u8..12);
    let report = (0_u64..3, any::<bool>(), vec(node, 0..6), 0_u8..24);
    vec(report, 1..12).prop_map(|reports| {
        let mut seq = 0;
        reports
            .into_iter()
            .map(|(step, source, nodes, gone)| {
                seq += step;
                let source = if source { "one" } else { "two" };
                let stamp = Stamp { run: RunId::from_u128(7), seq };
                let record = |body, source: &str| Record {
                    agent: agent(),
                    stamp,
                    source: source.into(),
                    at: Timestamp::from_seconds(seq as i64),
                    body,
                    extra: Fields::default(),
                };
                let mut mentioned = std::collections::BTreeSet::new();
                let mut records: Vec<Record> = Vec::new();
                for (id, names, value, fact) in nodes.into_iter().filter(|(id, ..)| mentioned.insert(*id)) {
                    let mut node = Node::new(format!("thing:{id}").parse().unwrap());
                    node.metrics = names.chars().map(|name| (name.to_string(), Number::from(u64::from(value)))).collect();
                    match fact {
                        0 => node.name = Some(value.to_string().into()),
                        1 => drop(node.attrs.insert("color", Value::from(i64::from(value % 2)))),
                        2 => node.kind = "other".into(),
                        _ => {}
                    }
                    records.push(record(Body::Node(node), source));
                }
                if gone < 5 && !mentioned.contains(&gone) {
                    records.push(record(Body::Gone(scope_core::Gone::Node(format!("thing:{gone}").parse().unwrap())), source));
                }
                let mut tick = Tick::default();
                tick.sources.insert(source, scope_core::record::SourceTick { full: gone > 20, records: mentioned.len() as u64, ..Default::default() });
                records.push(record(Body::Tick(tick), ""));
                records
            })
            .collect()
    })
}

fn apply(state: &mut AgentState, received: Received) {
    if let Some(Body::Tick(tick)) = received.records.last().map(|record| &record.body) {
        state.expect(received.stamp, tick);
    }
    for record in received.into_records() {
        let _ = state.apply(record);
    }
}

/// Applies a report as a server does, its figures in place where that can be; of how many nodes the figures were set in place.
fn apply_in_place(state: &mut AgentState, mut received: Received) -> usize {
    if let Some(Body::Tick(tick)) = received.records.last().map(|record| &record.body) {
        state.expect(received.stamp, tick);
    }
    let mut placed = Vec::new();
    for moved in std::mem::take(&mut received.moved) {
        placed.clear();
        state.apply_moved(received.stamp, received.at, &moved, &mut placed);
        let mut rest = Moved::new(moved.source().clone(), moved.kind().into(), moved.names().clone(), 0).unwrap();
        assert_eq!(placed.len(), moved.len());
        for ((id, values), _) in moved.iter().zip(&placed).filter(|(_, placed)| !**placed) {
            assert!(rest.push(id.clone(), values));
        }
        received.moved.push(rest);
    }
    let placed = placed.iter().filter(|placed| **placed).count();
    apply(state, received);
    placed
}

/// Everything that a state says, with when it was said.
fn said(state: &AgentState) -> Vec<String> {
    let mut all = State::default();
    *all.agent_mut(&agent()) = state.clone();
    sorted(&all.records().collect::<Vec<_>>())
}

#[test]
fn figures_of_known_nodes_are_set_in_place() {
    let (mut link, mut state) = (Link::new(), AgentState::default());
    let placed = (1..=4_u64).map(|seq| {
        let record = |body, source: &str| Record {
            agent: agent(),
            stamp: Stamp { run: RunId::from_u128(7), seq },
            source: source.into(),
            at: Timestamp::from_seconds(seq as i64),
            body,
            extra: Fields::default(),
        };
        let mut tick = Tick::default();
        tick.sources.insert("a", scope_core::record::SourceTick { full: seq == 1, records: 10, ..Default::default() });
        let nodes = (0..10).map(|number| {
            let mut node = Node::new(format!("thing:{number}").parse().unwrap());
            node.name = (seq == 1).then(|| "a".into());
            node.metrics.insert("size", Number::from(seq));
            record(Body::Node(node), "a")
        });
        let report: Vec<Record> = nodes.chain([record(Body::Tick(tick), "")]).collect();
        let placed = apply_in_place(&mut state, link.carry(&report, None, false));
        assert!(state.nodes_unsorted().all(|(_, node)| node.metric("size") == Some(Number::from(seq)) && node.name().is_some()));
        placed
    });
    // First they are told, then they get a layer of figures, which moves from then on.
    assert_eq!(placed.collect::<Vec<_>>(), [0, 0, 10, 10]);
}

fn applied(records: impl IntoIterator<Item = Record>) -> AgentState {
    let mut state = State::default();
    for record in records {
        let _ = state.apply(record);
    }
    state.remove_agent(&agent()).unwrap_or_default()
}

/// All that holds in a state, and that a digest covers: what was said when is left out.
fn held(state: &AgentState) -> Vec<String> {
    let mut records = whole(state, &agent(), Stamp::default(), Timestamp::default());
    records.pop();
    for record in &mut records {
        record.extra = Fields::default();
        if let Body::Node(node) = &mut record.body {
            node.attrs.retain(|_, value| *value != Value::Null);
        }
    }
    sorted(&records)
}

/// The reports of a recorded stream.
fn recorded(name: &str) -> Vec<Vec<Record>> {
    let path = format!("{}/../../tests/fixtures/streams/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut reports: Vec<Vec<Record>> = Vec::new();
    for record in Reader::new(std::fs::File::open(path).unwrap()).map(Result::unwrap) {
        match reports.last_mut() {
            Some(report) if report[0].stamp == record.stamp => report.push(record),
            _ => reports.push(vec![record]),
        }
    }
    reports
}

#[test]
fn recorded_reports_come_through_small() {
    let mut link = Link::new();
    let mut sizes = Vec::new();
    for mut report in recorded("east.ndjson") {
        for record in &mut report {
            record.agent = agent();
        }
        let before = link.bytes;
        let received = link.carry(&report, None, false);
        assert_eq!(sorted(&received.into_records()), sorted(&report));
        let json: usize = report.iter().map(|record| serde_json::to_string(record).unwrap().len()).sum();
        sizes.push((report.len(), json, link.bytes - before));
    }
    let (_, json, bytes) = sizes[0];
    assert!(bytes * 5 < json, "a first full report is compressed");
    let later: Vec<_> = sizes.iter().skip(1).filter(|(_, json, _)| *json > 5_000).collect();
    assert!(later.len() > 2 && later.iter().all(|(_, json, bytes)| bytes * 20 < *json), "later ones are differences: {sizes:?}");
}

/// A node with one figure that moves.
fn moving(seq: u64) -> Vec<Record> {
    let stamp = Stamp { run: RunId::from_u128(7), seq };
    let at = Timestamp::from_seconds(1_795_286_040 + seq as i64);
    let record = |source: &str, body| Record { agent: agent(), stamp, source: source.into(), at, body, extra: Fields::default() };
    let mut records: Vec<Record> = (0..100)
        .map(|number| {
            let mut node = Node::new(format!("thing:{number}").parse().unwrap());
            node.metrics.insert("cpu_pct", Number::from_f64((seq * 7 + number) as f64 / 100.0).unwrap());
            record("docker", Body::Node(node))
        })
        .collect();
    records.push(record("", Body::Tick(Tick::default())));
    records
}

#[test]
fn a_moved_figure_costs_little() {
    let mut link = Link::new();
    for seq in 1..5 {
        link.carry(&moving(seq), None, false);
    }
    let before = link.bytes;
    link.carry(&moving(5), None, false);
    let bytes = link.bytes - before;
    assert!(bytes < 300, "100 figures took {bytes} bytes");
}

#[test]
fn tables_are_made_anew_when_most_of_them_is_gone() {
    let mut link = Link::new();
    let mut resets = 0;
    for seq in 1..=60 {
        let stamp = Stamp { run: RunId::from_u128(7), seq };
        let record = |body| Record { agent: agent(), stamp, source: "process".into(), at: Timestamp::default(), body, extra: Fields::default() };
        let id = |seq: u64, number: u64| format!("process:host-a:{number}:{seq}").parse().unwrap();
        let born = (0..400).map(|number| record(Body::Node(Node::new(id(seq, number)))));
        let died = (0..400).map(|number| record(Body::Gone(scope_core::Gone::Node(id(seq - 1, number)))));
        let report: Vec<Record> = born.chain(died).collect();
        let mut parts = Vec::new();
        link.encoder.encode(&report, None, false, |part| parts.push(part));
        resets += parts.iter().filter(|part| part.reset).count();
        let received = parts.into_iter().find_map(|part| link.decoder.decode(part).unwrap()).unwrap();
        assert_eq!(sorted(&received.into_records()), sorted(&report));
    }
    assert!((1..10).contains(&resets), "{resets} resets");
}

#[test]
fn a_large_report_is_cut() {
    let stamp = Stamp { run: RunId::from_u128(7), seq: 1 };
    let report: Vec<Record> = (0..3000)
        .map(|number| {
            let mut node = Node::new(format!("thing:{number}").parse().unwrap());
            node.attrs.insert("text", Value::from(format!("{number} ").repeat(200)));
            Record { agent: agent(), stamp, source: "a".into(), at: Timestamp::default(), body: Body::Node(node), extra: Fields::default() }
        })
        .collect();
    let (mut encoder, mut decoder) = (Encoder::default(), Decoder::new(agent()));
    let mut parts = Vec::new();
    encoder.encode(&report, None, false, |part| parts.push(part));
    assert!(parts.len() > 3);
    assert!(parts.iter().all(|part| Frame::from(Kind::Report(Box::new(part.clone()))).encoded_len() <= scope_core::link::FRAME_BYTES));
    let received = parts.into_iter().find_map(|part| decoder.decode(part).unwrap()).unwrap();
    assert_eq!(received.into_records().len(), 3000);
}

#[test]
fn a_bomb_is_refused() {
    let mut packer = Packer::default();
    let bomb = Frame::from(Kind::Pipe(PipeData { data: vec![0; 64 << 20], ..Default::default() }));
    let chunk = packer.pack(&bomb).unwrap();
    assert!(chunk.zstd.len() < 100_000, "it compresses well");
    assert!(matches!(Unpacker::default().unpack(&chunk), Err(LinkError::FrameTooLarge)));
}

#[test]
fn contradictions_are_refused() {
    let node = |told: Vec<u32>| Report { told, facts: vec![Vec::new()], head: Some(Head::default()), last: true, ..Default::default() };
    for (part, why) in [
        (node(vec![0]), "never given"),
        (Report { counts: vec![0], head: Some(Head::default()), ..Default::default() }, "without values"),
        (Report { entities: vec![0, 0], head: Some(Head::default()), ..Default::default() }, "cut short"),
        (Report { moves: vec![0, 1], head: Some(Head::default()), ..Default::default() }, "never said"),
        (Report::default(), "never began"),
        (Report { ids: vec!["../etc".to_owned()], head: Some(Head::default()), ..Default::default() }, "no node id"),
    ] {
        let error = Decoder::new(agent()).decode(part).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_kind_of_tomorrow_is_no_error() {
    // Field 77, a message of three bytes.
    let chunk = Chunk { plain: vec![0xea, 0x04, 0x03, 1, 2, 3].into(), ..Chunk::default() };
    assert_eq!(Unpacker::default().unpack(&chunk).unwrap().kind, None);
}

#[test]
fn pieces_of_a_pipe_come_through() {
    let (mut packer, mut unpacker) = (Packer::default(), Unpacker::default());
    let bytes: Vec<u8> = (0..400_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8 & 0x3f).collect();
    for data in bytes.chunks(64 << 10) {
        let piece = Frame::from(Kind::Pipe(PipeData { data: data.to_vec(), ..PipeData::default() }));
        let chunk = packer.pack(&piece).unwrap();
        assert_eq!(unpacker.unpack(&chunk).unwrap(), piece);
    }
}
