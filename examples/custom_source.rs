//! A source of one's own: says how long a queue is on a host, as records that merge with everybody else's.
//!
//! `cargo run --example custom_source -- host-a 42 | scope merge host-a.ndjson - | scope render --view hosts --columns name,queue_length`

use std::error::Error;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use scope_core::codec::{Compression, Format, Writer};
use scope_core::record::{FieldRecord, SourceTick, Tick};
use scope_core::value::Fields;
use scope_core::{AgentName, Body, Node, NodeId, Number, Record, RunId, Stamp, Timestamp};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let host: AgentName = args.next().ok_or("usage: custom_source HOST LENGTH")?.parse()?;
    let length: u64 = args.next().ok_or("usage: custom_source HOST LENGTH")?.parse()?;

    // Who speaks is this program, not the collector of that host: two agents never share a name.
    let agent: AgentName = format!("queue-of-{host}").parse()?;
    // A run is a UUID of version 7, so that a later run is a greater one. A real source fills the rest with random bits.
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let run = RunId::from_u128((since_1970.as_millis() << 80) | (7 << 76) | (0b10 << 62));
    let at = Timestamp::from_micros(i64::try_from(since_1970.as_micros())?);
    let say = |source: &str, body| Record { agent: agent.clone(), stamp: Stamp { run, seq: 1 }, source: source.into(), at, body, extra: Fields::default() };

    // How the figure is to be shown; its unit is in its name, or there is none.
    let field = FieldRecord { name: "queue_length".into(), label: Some("Queue".into()), kinds: vec!["host".into()], ..FieldRecord::default() };
    let mut node = Node::new(NodeId::host(&host));
    node.metrics.insert("queue_length", Number::from(length));
    // The tick closes the report. `full`: what this source said earlier and does not say here is over.
    let mut tick = Tick::default();
    tick.sources.insert("queue", SourceTick { full: true, records: 2, ..SourceTick::default() });

    let mut writer = Writer::new(io::stdout(), Format::Ndjson, Compression::None)?;
    for record in [say("queue", Body::Field(field)), say("queue", Body::Node(node)), say("", Body::Tick(tick))] {
        writer.write(&record)?;
    }
    writer.finish()?;
    Ok(())
}
