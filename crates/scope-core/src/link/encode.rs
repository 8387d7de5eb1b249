//! Reports as messages: what both ends know is named by its number, what moved is said by how much. The tables are those of one connection, in step with
//! the [`Decoder`](super::Decoder) at its other end.

use std::hash::{Hash, Hasher};

use compact_str::CompactString;
use prost::Message;

use super::key::Numbers;
use super::message::{self, Head, Report, SourceTick};
use super::number::{Said, say};
use super::part::Part;
use super::{PART_BYTES, RECORD_BYTES, TABLE, TABLE_BYTES, facts, flow, weight};
use crate::flow::{Flow, FlowKey};
use crate::id::NodeId;
use crate::number::Number;
use crate::record::{Body, Gone, Node, Problem, Record, Stamp, Tick};
use crate::time::Timestamp;

/// What the tables may hold of things that are gone, before they are made anew.
const GONE: usize = 8192;

/// Makes messages of reports, for one connection.
#[derive(Debug, Default)]
pub struct Encoder {
    stamp: Stamp,
    at: Timestamp,
    /// Counts reports, to tell what this one mentioned.
    report: u64,
    tables: Tables,
    part: Part,
}

/// What the other end knows.
#[derive(Debug, Default)]
struct Tables {
    texts: Numbers<CompactString>,
    names: Vec<CompactString>,
    ids: Numbers<NodeId>,
    entities: Numbers<(u32, u32, u32)>,
    entity: Vec<Entity>,
    figures: Vec<Number>,
    flows: Numbers<(u32, FlowKey)>,
    flow: Vec<KnownFlow>,
    bytes: usize,
    gone: usize,
}

/// A node, as one source speaks of it.
#[derive(Debug, Default)]
struct Entity {
    source: u32,
    /// A hash of the facts last said, and their length.
    facts: Option<(u64, usize)>,
    /// The numbers of its figures, by the numbers of their names.
    figures: Vec<(u32, u32)>,
    mentioned: u64,
    ended: u64,
    gone: bool,
}

#[derive(Debug)]
struct KnownFlow {
    last: Option<Flow>,
    mentioned: u64,
    ended: u64,
    gone: bool,
}

/// A flow's key by reference, hashed as the table's own.
struct FlowName<'a>(u32, &'a FlowKey);

impl Hash for FlowName<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
        self.1.hash(state);
    }
}

impl hashbrown::Equivalent<(u32, FlowKey)> for FlowName<'_> {
    fn equivalent(&self, key: &(u32, FlowKey)) -> bool {
        self.0 == key.0 && *self.1 == key.1
    }
}

impl Encoder {
    /// The parts of `report`, whose records have one stamp; to be sent in order. `digest` is that of the agent's state with the report. With `whole` the
    /// report says all that the agent knows. Gives back how many records were too heavy to be sent.
    pub fn encode(&mut self, report: &[Record], digest: Option<u64>, whole: bool, mut send: impl FnMut(Report)) -> u64 {
        let Some(last) = report.last() else { return 0 };
        self.report += 1;
        if self.tables.gone > GONE && self.tables.gone * 2 > self.tables.entity.len() + self.tables.flow.len() {
            self.reset();
        }
        self.part.message.head = Some(self.head(last.stamp, last.at));
        let mut lost = 0;
        for record in report {
            if self.part.bytes >= PART_BYTES {
                send(self.part.take());
            }
            if self.tables.are_half_full() {
                if !self.part.is_empty() {
                    send(self.part.take());
                }
                self.reset();
            }
            lost += u64::from(!self.record(record));
        }
        self.forget_unmentioned(report);
        self.part.message.last = true;
        self.part.message.digest = digest;
        self.part.message.whole = whole;
        send(self.part.take());
        lost
    }

    fn head(&mut self, stamp: Stamp, at: Timestamp) -> Head {
        let head = Head {
            run: if stamp.run == self.stamp.run { Vec::new() } else { stamp.run.as_u128().to_be_bytes().to_vec() },
            seq: stamp.seq.wrapping_sub(self.stamp.seq).wrapping_sub(1) as i64,
            at: at.as_micros().wrapping_sub(self.at.as_micros()),
        };
        (self.stamp, self.at) = (stamp, at);
        head
    }

    fn reset(&mut self) {
        self.tables = Tables::default();
        self.part.message.reset = true;
    }

    /// Says one record; whether it could.
    fn record(&mut self, record: &Record) -> bool {
        let weight = weight(record);
        if weight > RECORD_BYTES {
            return false;
        }
        self.part.bytes += 8;
        let plain = record.stamp == self.stamp && record.at == self.at && record.extra.is_empty();
        let said = plain
            && match &record.body {
                Body::Node(node) => self.node(&record.source, node),
                Body::Flow(flow) => self.flow(&record.source, flow),
                Body::Gone(Gone::Node(id)) => self.node_gone(&record.source, id),
                Body::Gone(Gone::Flow(key)) => self.flow_gone(&record.source, key),
                Body::Problem(problem) => self.problem(&record.source, problem),
                Body::Tick(tick) => record.source.is_empty() && self.tick(tick),
                Body::Connection(_) | Body::Field(_) | Body::Unknown(_) => false,
            };
        if said {
            return true;
        }
        let Ok(json) = serde_json::to_vec(record) else { return false };
        self.part.bytes += json.len();
        self.part.message.json.push(json);
        true
    }

    fn text(&mut self, text: &str) -> u32 {
        self.tables.text(&mut self.part, text)
    }

    fn entity(&mut self, source: &str, id: &NodeId, kind: &str) -> u32 {
        let source = self.text(source);
        let kind = if id.kind() == kind { 0 } else { self.text(kind) + 1 };
        let id = self.tables.id(&mut self.part, id);
        let key = (source, id, kind);
        self.tables.entities.get(&key).unwrap_or_else(|| {
            self.part.message.entities.extend([source, id, kind]);
            self.part.bytes += 8;
            self.tables.entity.push(Entity { source, ..Entity::default() });
            self.tables.entities.add(key)
        })
    }

    fn node(&mut self, source: &str, node: &Node) -> bool {
        // What a float cannot say goes as JSON, and so does what comes twice in one report.
        if node.metrics.iter().any(|(_, figure)| say(Number::ZERO, *figure).is_none()) {
            return false;
        }
        let number = self.entity(source, &node.id, &node.kind);
        let Some(entity) = self.tables.entity.get_mut(number as usize) else { return false };
        if entity.mentioned == self.report {
            return false;
        }
        entity.mentioned = self.report;
        if std::mem::take(&mut entity.gone) {
            self.tables.gone -= 1;
        }
        self.facts(number, node);
        let mut likely = 0;
        for (name, figure) in node.metrics.iter() {
            self.figure(number, name, *figure, &mut likely);
        }
        true
    }

    fn facts(&mut self, number: u32, node: &Node) {
        let (tables, part) = (&mut self.tables, &mut self.part);
        let mut numbered = (tables, part);
        let message = {
            let shared = std::cell::RefCell::new(&mut numbered);
            facts::to_message(
                node,
                |text| {
                    let mut shared = shared.borrow_mut();
                    let (tables, part) = &mut **shared;
                    tables.text(part, text)
                },
                |id| {
                    let mut shared = shared.borrow_mut();
                    let (tables, part) = &mut **shared;
                    tables.id(part, id)
                },
            )
        };
        let Some(message) = message else {
            if node.metrics.is_empty() {
                self.part.bare.push(number);
            }
            return;
        };
        let bytes = message.encode_to_vec();
        let mut hasher = std::hash::DefaultHasher::new();
        bytes.hash(&mut hasher);
        let said = Some((hasher.finish(), bytes.len()));
        let Some(entity) = self.tables.entity.get_mut(number as usize) else { return };
        if entity.facts == said {
            self.part.same.push(number);
            return;
        }
        self.tables.bytes = self.tables.bytes.saturating_sub(entity.facts.map_or(0, |(_, length)| length)) + bytes.len();
        entity.facts = said;
        self.part.bytes += bytes.len();
        self.part.told.push((number, bytes));
    }

    /// `likely` is where the figure probably stands: they come in one order.
    fn figure(&mut self, number: u32, name: &str, value: Number, likely: &mut usize) {
        let names = &self.tables.names;
        let is = |(text, _): &&(u32, u32)| names.get(*text as usize).is_some_and(|known| known == name);
        let Some(entity) = self.tables.entity.get(number as usize) else { return };
        let place = entity.figures.get(*likely).filter(is).map(|_| *likely).or_else(|| entity.figures.iter().position(|figure| is(&figure)));
        let figure = match place.and_then(|place| entity.figures.get(place)) {
            Some((_, figure)) => *figure,
            None => self.new_figure(number, name),
        };
        *likely = place.map_or(usize::MAX, |place| place).wrapping_add(1);
        let Some(last) = self.tables.figures.get_mut(figure as usize) else { return };
        match say(*last, value) {
            Some(Said::Count(delta)) => self.part.counts.push((figure, delta)),
            Some(Said::Hundredths(delta)) => self.part.hundredths.push((figure, delta)),
            Some(Said::Float(value)) => self.part.floats.push((figure, value)),
            None => return,
        }
        *last = value;
        self.part.bytes += 8;
    }

    fn new_figure(&mut self, number: u32, name: &str) -> u32 {
        let text = self.text(name);
        let figure = self.tables.figures.len() as u32;
        self.tables.figures.push(Number::ZERO);
        if let Some(entity) = self.tables.entity.get_mut(number as usize) {
            entity.figures.push((text, figure));
        }
        self.part.message.figures.extend([number, text]);
        figure
    }

    fn flow_number(&mut self, source: &str, key: &FlowKey) -> u32 {
        let source = self.text(source);
        if let Some(number) = self.tables.flows.get(&FlowName(source, key)) {
            return number;
        }
        let owner = self.tables.id(&mut self.part, &key.owner);
        let message = flow::key_to_message(key, source, owner);
        self.part.bytes += message.encoded_len() + 8;
        self.part.message.flow_keys.push(message);
        self.tables.bytes += super::decode::FLOW_BYTES;
        self.tables.flow.push(KnownFlow { last: None, mentioned: 0, ended: 0, gone: false });
        self.tables.flows.add((source, key.clone()))
    }

    fn flow(&mut self, source: &str, flow: &Flow) -> bool {
        let number = self.flow_number(source, &flow.key);
        let Some(known) = self.tables.flow.get_mut(number as usize).filter(|known| known.mentioned != self.report) else { return false };
        known.mentioned = self.report;
        if std::mem::take(&mut known.gone) {
            self.tables.gone -= 1;
        }
        if let Some(old) = &mut known.last {
            let before = self.part.tokens.len();
            if flow::moved(old, flow, self.at, &mut self.part.tokens) {
                self.part.moves.push((number, before..self.part.tokens.len()));
                self.part.bytes += (self.part.tokens.len() - before) * 4;
                old.clone_from(flow);
                return true;
            }
        }
        known.last = Some(flow.clone());
        let message = self.flow_message(number, flow);
        self.part.bytes += message.encoded_len() + 8;
        self.part.message.flows.push(message);
        true
    }

    fn flow_message(&mut self, number: u32, flow: &Flow) -> message::Flow {
        message::Flow {
            flow: number,
            server: flow.server.as_ref().map(|id| self.tables.id(&mut self.part, id)),
            server_name: flow.server_name.as_ref().map(ToString::to_string),
            command: flow.command.as_ref().map(ToString::to_string),
            since: self.at.micros_since(flow.since),
            last_seen: self.at.micros_since(flow.last_seen),
            open: flow.open,
            opened_total: flow.opened_total,
            failed_total: flow.failed_total,
            tx_bytes_total: flow.tx_bytes_total,
            rx_bytes_total: flow.rx_bytes_total,
            retrans_total: flow.retrans_total,
            rtt_us: flow.rtt_us,
            ports: flow.ports.iter().map(|sample| sample.0.into()).collect(),
            port_times: flow.ports.iter().map(|sample| self.at.micros_since(sample.1)).collect(),
            seen_by: flow.seen_by.iter().map(|word| self.text(word)).collect(),
        }
    }

    fn node_gone(&mut self, source: &str, id: &NodeId) -> bool {
        let number = self.entity(source, id, id.kind());
        let Some(entity) = self.tables.entity.get_mut(number as usize).filter(|entity| entity.ended != self.report) else { return false };
        entity.ended = self.report;
        if !std::mem::replace(&mut entity.gone, true) {
            self.tables.gone += 1;
        }
        self.part.gone.push(number);
        true
    }

    fn flow_gone(&mut self, source: &str, key: &FlowKey) -> bool {
        let number = self.flow_number(source, key);
        let Some(known) = self.tables.flow.get_mut(number as usize).filter(|known| known.ended != self.report) else { return false };
        known.ended = self.report;
        if !std::mem::replace(&mut known.gone, true) {
            self.tables.gone += 1;
        }
        self.part.flows_gone.push(number);
        true
    }

    fn problem(&mut self, source: &str, problem: &Problem) -> bool {
        let message = message::Problem {
            source: self.text(source),
            message: problem.message.to_string(),
            hint: problem.hint.as_ref().map(ToString::to_string),
            id: problem.id.as_ref().map(|id| self.tables.id(&mut self.part, id)),
        };
        self.part.bytes += message.encoded_len() + 4;
        self.part.message.problems.push(message);
        true
    }

    fn tick(&mut self, tick: &Tick) -> bool {
        if self.part.message.tick.is_some() {
            return false;
        }
        let sources = tick.sources.iter().map(|(name, said)| SourceTick {
            source: self.text(name),
            full: said.full,
            records: said.records,
            took_us: said.took_us,
            dropped: said.dropped,
        });
        let sources = sources.collect();
        let metrics = tick.metrics.iter().map(|(name, figure)| message::Attr { name: self.text(name), value: Some(facts::number_to_message(*figure)) });
        let metrics = metrics.collect();
        let message = message::Tick { interval_ms: tick.interval_ms, sources, metrics };
        self.part.bytes += message.encoded_len();
        self.part.message.tick = Some(message);
        true
    }

    /// A full report ends what it leaves out. The other end need not be told; the tables count it as gone.
    fn forget_unmentioned(&mut self, report: &[Record]) {
        let Some(Body::Tick(tick)) = report.last().map(|record| &record.body) else { return };
        let full: Vec<u32> = tick.sources.iter().filter(|(_, said)| said.full).filter_map(|(name, _)| self.tables.texts.get(name)).collect();
        if full.is_empty() {
            return;
        }
        for entity in self.tables.entity.iter_mut().filter(|entity| entity.mentioned != self.report && !entity.gone && full.contains(&entity.source)) {
            entity.gone = true;
            self.tables.gone += 1;
        }
    }
}

impl Tables {
    /// Well below what the other end refuses.
    fn are_half_full(&self) -> bool {
        let entries = [self.texts.len() * 8, self.ids.len(), self.entities.len(), self.figures.len() / 8, self.flows.len()];
        entries.into_iter().any(|entries| entries > TABLE / 2) || self.bytes > TABLE_BYTES / 2
    }

    fn text(&mut self, part: &mut Part, text: &str) -> u32 {
        self.texts.get(text).unwrap_or_else(|| {
            part.bytes += text.len() + 4;
            part.message.texts.push(text.to_owned());
            self.bytes += text.len();
            self.names.push(text.into());
            self.texts.add(text.into())
        })
    }

    fn id(&mut self, part: &mut Part, id: &NodeId) -> u32 {
        self.ids.get(id).unwrap_or_else(|| {
            part.bytes += id.as_str().len() + 4;
            part.message.ids.push(id.as_str().to_owned());
            self.bytes += id.as_str().len();
            self.ids.add(id.clone())
        })
    }
}
