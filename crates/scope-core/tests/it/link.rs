//! The link's frames: what goes in comes out, whatever it is; what contradicts itself is refused; what moves little costs little.

use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use scope_core::codec::Reader;
use scope_core::link::message::{Chunk, Frame, Head, Kind, PipeData, Report};
use scope_core::link::{Decoder, Encoder, LinkError, Packer, Received, Unpacker, digest, weight, whole};
use scope_core::state::{AgentState, State};
use scope_core::value::Fields;
use scope_core::{AgentName, Body, Node, Number, Record, RunId, Stamp, Tick, Timestamp, Value};

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
            prop_assert_eq!(sorted(&received.records), sorted(report));
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
        let after = applied(received.records);
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
        assert_eq!(sorted(&received.records), sorted(&report));
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
        assert_eq!(sorted(&received.records), sorted(&report));
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
    assert_eq!(received.records.len(), 3000);
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
