//! Messages as reports again. Whatever comes, the tables stay within their bounds, and what contradicts itself is refused.

use std::sync::Arc;

use compact_str::CompactString;
use prost::Message;

use super::key::{Numbers, numbers};
use super::message::{self, Facts, Report};
use super::number::Last;
use super::schema::Schemas;
use super::{LinkError, REPORT_BYTES, REPORT_RECORDS, Received, TABLE, TABLE_BYTES, facts, flow, spare};
use crate::figures::Figures;
use crate::flow::{Flow, PortSample};
use crate::id::{AgentName, NodeId, RunId};
use crate::moved::Moved;
use crate::record::{Body, Gone, Node, Problem, Record, SourceTick, Stamp, Tick};
use crate::time::Timestamp;
use crate::value::Fields;
use moved::Figure;

mod moved;

/// What a flow counts for in the tables.
pub(super) const FLOW_BYTES: usize = 512;
/// What a record counts for in a report, beside its facts.
const RECORD_BYTES: usize = 128;
/// Records that room is made for before they come, at most.
const EXPECTED: usize = 4096;

/// Makes reports of messages, for one connection.
#[derive(Debug)]
pub struct Decoder {
    agent: AgentName,
    stamp: Stamp,
    at: Timestamp,
    /// Counts reports, to tell what this one mentioned.
    report: u64,
    texts: Vec<CompactString>,
    ids: Vec<Arc<NodeId>>,
    entities: Vec<Entity>,
    figures: Vec<Figure>,
    flows: Vec<KnownFlow>,
    schemas: Schemas,
    sorts: Numbers<CompactString>,
    /// Bytes in the tables.
    bytes: usize,
    /// Records of the last report: the next one has about as many.
    records: usize,
    open: Option<Open>,
}

#[derive(Debug)]
struct Entity {
    source: u32,
    id: u32,
    kind: u32,
    /// The number of its kind's name, whoever told that.
    sort: u32,
    /// The facts last said, as they came.
    facts: Box<[u8]>,
    /// The report that last mentioned it, and its record therein.
    mentioned: u64,
    record: u32,
}

#[derive(Debug)]
struct KnownFlow {
    source: u32,
    flow: Flow,
    said: bool,
}

/// A report of which parts are still to come.
#[derive(Debug, Default)]
struct Open {
    records: Vec<Record>,
    moved: Vec<Moved>,
    /// Nodes in `moved`.
    nodes: usize,
    /// Of the last list in `moved`, the numbers of the source and of the kind.
    of: (u32, u32),
    bytes: usize,
}

impl Open {
    /// Counts one record more, of so many bytes.
    fn count(&mut self, bytes: usize) -> Result<(), LinkError> {
        self.bytes += bytes + RECORD_BYTES;
        if self.records.len() + self.nodes >= REPORT_RECORDS || self.bytes > REPORT_BYTES {
            return Err(LinkError::TooMuch("1,048,576 records or 256 MiB in one report"));
        }
        Ok(())
    }
}

impl Decoder {
    /// A decoder for what `agent` says; its name is set in every record.
    pub fn new(agent: AgentName) -> Self {
        Self {
            agent,
            stamp: Stamp::default(),
            at: Timestamp::default(),
            report: 0,
            texts: Vec::new(),
            ids: Vec::new(),
            entities: Vec::new(),
            figures: Vec::new(),
            flows: Vec::new(),
            schemas: Schemas::default(),
            sorts: Numbers::default(),
            bytes: 0,
            records: 0,
            open: None,
        }
    }

    /// Takes in a part; gives back the report that it ends. After an error the connection is of no use any more.
    pub fn decode(&mut self, mut part: Report) -> Result<Option<Received>, LinkError> {
        if part.reset {
            self.forget();
        }
        self.begin(part.head.take())?;
        self.introduce(&mut part)?;
        self.nodes(&mut part)?;
        self.moved_figures(&part)?;
        self.moved_flows(&mut part)?;
        self.ended(&part)?;
        for problem in std::mem::take(&mut part.problems) {
            let body = Problem { message: problem.message.into(), hint: problem.hint.map(Into::into), id: problem.id.map(|id| self.id(id)).transpose()? };
            self.push(self.text(problem.source)?, Body::Problem(body), 0)?;
        }
        for json in &part.json {
            let mut record: Record = serde_json::from_slice(json).map_err(|_| LinkError::Invalid("JSON record"))?;
            record.agent.clone_from(&self.agent);
            self.add(record, json.len())?;
        }
        if let Some(tick) = part.tick.take() {
            let tick = self.tick(tick)?;
            self.push(CompactString::default(), Body::Tick(tick), 0)?;
        }
        let (last, digest, whole) = (part.last, part.digest, part.whole);
        if last {
            self.give_back();
        }
        spare::keep(part);
        if !last {
            return Ok(None);
        }
        let open = self.open.take().unwrap_or_default();
        self.records = open.records.len();
        let Open { records, moved, .. } = open;
        Ok(Some(Received { agent: self.agent.clone(), at: self.at, records, moved, stamp: self.stamp, digest, whole }))
    }

    fn forget(&mut self) {
        self.texts.clear();
        self.ids.clear();
        self.entities.clear();
        self.figures.clear();
        self.flows.clear();
        self.schemas = Schemas::default();
        self.sorts = Numbers::default();
        self.bytes = 0;
    }

    /// Gives back room in the tables that is not needed: most of what an agent has is introduced at once, and they grow by doubling.
    fn give_back(&mut self) {
        fn fit<T>(list: &mut Vec<T>) {
            if list.capacity() - list.len() > list.len() / 4 + 64 {
                list.shrink_to(list.len() + list.len() / 8);
            }
        }
        fit(&mut self.texts);
        fit(&mut self.ids);
        fit(&mut self.entities);
        fit(&mut self.figures);
        fit(&mut self.flows);
    }

    fn begin(&mut self, head: Option<message::Head>) -> Result<(), LinkError> {
        match (head, &self.open) {
            (None, Some(_)) => {}
            (Some(head), None) => {
                if !head.run.is_empty() {
                    let run = head.run.try_into().map_err(|_| LinkError::Invalid("run"))?;
                    self.stamp.run = RunId::from_u128(u128::from_be_bytes(run));
                }
                self.stamp.seq = self.stamp.seq.wrapping_add(1).wrapping_add(head.seq as u64);
                self.at = Timestamp::from_micros(self.at.as_micros().wrapping_add(head.at));
                self.report += 1;
                self.open = Some(Open { records: Vec::with_capacity(self.records.min(EXPECTED)), ..Open::default() });
            }
            (None, None) => return Err(LinkError::Contradiction("a part of a report that never began")),
            (Some(_), Some(_)) => return Err(LinkError::Contradiction("a report begins before the last one ended")),
        }
        Ok(())
    }

    /// Takes in what is new to the tables.
    fn introduce(&mut self, part: &mut Report) -> Result<(), LinkError> {
        for text in std::mem::take(&mut part.texts) {
            self.bytes += text.len();
            self.texts.push(text.into());
        }
        for id in std::mem::take(&mut part.ids) {
            self.bytes += id.len();
            self.ids.push(Arc::new(id.parse().map_err(|_| LinkError::Invalid("node id"))?));
        }
        self.check_bounds()?;
        let (entities, rest) = part.entities.as_chunks::<3>();
        if !rest.is_empty() {
            return Err(LinkError::Contradiction("an entity is cut short"));
        }
        for [source, id, kind] in entities {
            let name = match kind.checked_sub(1) {
                None => self.ids.get(*id as usize).map(|id| id.kind()),
                Some(kind) => self.texts.get(kind as usize).map(CompactString::as_str).filter(|_| (*id as usize) < self.ids.len()),
            };
            let Some(name) = name.filter(|_| (*source as usize) < self.texts.len()) else {
                return Err(LinkError::Contradiction("an entity of what was never introduced"));
            };
            let sort = self.sorts.get(name).unwrap_or_else(|| {
                self.bytes += name.len();
                self.sorts.add(name.into())
            });
            self.entities.push(Entity { source: *source, id: *id, kind: *kind, sort, facts: Box::default(), mentioned: 0, record: 0 });
        }
        let (figures, rest) = part.figures.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(LinkError::Contradiction("a figure is cut short"));
        }
        for [entity, name] in figures {
            if *entity as usize >= self.entities.len() || *name as usize >= self.texts.len() {
                return Err(LinkError::Contradiction("a figure of what was never introduced"));
            }
            self.figures.push(Figure { entity: *entity, name: *name, last: Last::NONE });
        }
        for key in std::mem::take(&mut part.flow_keys) {
            let flow = Flow::new(flow::key_from_message(&key, self.id(key.owner)?)?, Timestamp::default());
            self.text(key.source)?;
            self.bytes += FLOW_BYTES;
            self.flows.push(KnownFlow { source: key.source, flow, said: false });
        }
        self.check_bounds()
    }

    fn check_bounds(&self) -> Result<(), LinkError> {
        let entries = [self.texts.len(), self.ids.len(), self.entities.len(), self.figures.len() / 8, self.flows.len()];
        if entries.into_iter().any(|entries| entries > TABLE) {
            return Err(LinkError::TooMuch("names, ids, figures and flows"));
        }
        if self.bytes > TABLE_BYTES {
            return Err(LinkError::TooMuch("64 MiB of text"));
        }
        Ok(())
    }

    fn text(&self, number: u32) -> Result<CompactString, LinkError> {
        self.texts.get(number as usize).cloned().ok_or(LinkError::Contradiction("a text that was never introduced"))
    }

    fn id(&self, number: u32) -> Result<NodeId, LinkError> {
        self.ids.get(number as usize).map(|id| NodeId::clone(id)).ok_or(LinkError::Contradiction("an id that was never introduced"))
    }

    fn push(&mut self, source: CompactString, body: Body, bytes: usize) -> Result<(), LinkError> {
        let record = Record { agent: self.agent.clone(), stamp: self.stamp, source, at: self.at, body, extra: Fields::default() };
        self.add(record, bytes)
    }

    fn add(&mut self, record: Record, bytes: usize) -> Result<(), LinkError> {
        let open = self.open.get_or_insert_default();
        open.count(bytes)?;
        open.records.push(record);
        Ok(())
    }

    /// The node of an entity in the report, begun where it is not there.
    fn node(&mut self, number: usize) -> Result<&mut Node, LinkError> {
        let entity = self.entities.get(number).ok_or(LinkError::Contradiction("an entity that was never introduced"))?;
        if entity.mentioned != self.report {
            let mut node = Node::new(self.id(entity.id)?);
            if let Some(kind) = entity.kind.checked_sub(1) {
                node.kind = self.text(kind)?;
            }
            let source = self.text(entity.source)?;
            self.push(source, Body::Node(node), 0)?;
            let record = self.open.as_ref().map_or(0, |open| open.records.len() - 1) as u32;
            if let Some(entity) = self.entities.get_mut(number) {
                (entity.mentioned, entity.record) = (self.report, record);
            }
        }
        let record = self.entities.get(number).map_or(0, |entity| entity.record as usize);
        match self.open.as_mut().and_then(|open| open.records.get_mut(record)).map(|record| &mut record.body) {
            Some(Body::Node(node)) => Ok(node),
            _ => Err(LinkError::Contradiction("an entity that is no node")),
        }
    }

    fn nodes(&mut self, part: &mut Report) -> Result<(), LinkError> {
        if part.told.len() != part.facts.len() {
            return Err(LinkError::Contradiction("facts without a node"));
        }
        for (number, facts) in numbers(&part.told, self.entities.len()).zip(std::mem::take(&mut part.facts)) {
            let number = number?;
            self.facts(number, &facts)?;
            if let Some(entity) = self.entities.get_mut(number) {
                self.bytes = self.bytes.saturating_sub(entity.facts.len()) + facts.len();
                entity.facts = facts.into_boxed_slice();
            }
        }
        self.check_bounds()?;
        for number in numbers(&part.same, self.entities.len()) {
            let number = number?;
            let facts = self.entities.get_mut(number).map(|entity| std::mem::take(&mut entity.facts)).unwrap_or_default();
            self.facts(number, &facts)?;
            if let Some(entity) = self.entities.get_mut(number) {
                entity.facts = facts;
            }
        }
        for number in numbers(&part.bare, self.entities.len()) {
            self.node(number?)?;
        }
        Ok(())
    }

    fn facts(&mut self, number: usize, bytes: &[u8]) -> Result<(), LinkError> {
        let facts = Facts::decode(bytes)?;
        let heard = facts::from_message(facts, |text| self.text(text), |id| self.id(id))?;
        let node = self.node(number)?;
        (node.name, node.parents, node.endpoints, node.attrs) = (heard.name, heard.parents, heard.endpoints, heard.attrs);
        let open = self.open.get_or_insert_default();
        open.bytes += bytes.len();
        Ok(())
    }

    fn moved_flows(&mut self, part: &mut Report) -> Result<(), LinkError> {
        for message in std::mem::take(&mut part.flows) {
            let number = message.flow as usize;
            let flow = self.flow(message)?;
            let known = self.flows.get_mut(number).ok_or(LinkError::Contradiction("a flow that was never introduced"))?;
            known.said = true;
            known.flow = flow;
            self.push_flow(number)?;
        }
        let mut tokens = part.moves.iter().copied();
        let mut number = 0_i64;
        while let Some(distance) = tokens.next() {
            number = number.saturating_add(distance);
            let known = usize::try_from(number).ok().and_then(|number| self.flows.get_mut(number)).filter(|known| known.said);
            let known = known.ok_or(LinkError::Contradiction("a flow that was never said moves"))?;
            flow::apply(&mut known.flow, self.at, &mut tokens)?;
            self.push_flow(number as usize)?;
        }
        Ok(())
    }

    fn push_flow(&mut self, number: usize) -> Result<(), LinkError> {
        let Some(known) = self.flows.get(number) else { return Ok(()) };
        let bytes = FLOW_BYTES + known.flow.ports.len() * size_of::<PortSample>();
        let (source, flow) = (known.source, known.flow.clone());
        self.push(self.text(source)?, Body::Flow(Box::new(flow)), bytes)
    }

    fn flow(&self, message: message::Flow) -> Result<Flow, LinkError> {
        let known = self.flows.get(message.flow as usize).ok_or(LinkError::Contradiction("a flow that was never introduced"))?;
        if message.ports.len() != message.port_times.len() {
            return Err(LinkError::Contradiction("sampled ports without times"));
        }
        let sample = |(port, time): (u32, i64)| Ok(PortSample(u16::try_from(port).map_err(|_| LinkError::Invalid("port"))?, flow::before(self.at, time)));
        Ok(Flow {
            key: known.flow.key.clone(),
            server: message.server.map(|id| self.id(id)).transpose()?,
            server_name: message.server_name.map(Into::into),
            command: message.command.map(Into::into),
            since: flow::before(self.at, message.since),
            last_seen: flow::before(self.at, message.last_seen),
            open: message.open,
            opened_total: message.opened_total,
            failed_total: message.failed_total,
            tx_bytes_total: message.tx_bytes_total,
            rx_bytes_total: message.rx_bytes_total,
            retrans_total: message.retrans_total,
            rtt_us: message.rtt_us,
            ports: message.ports.into_iter().zip(message.port_times).map(sample).collect::<Result<_, LinkError>>()?,
            seen_by: message.seen_by.into_iter().map(|text| self.text(text)).collect::<Result<_, _>>()?,
        })
    }

    fn ended(&mut self, part: &Report) -> Result<(), LinkError> {
        for number in numbers(&part.gone, self.entities.len()) {
            let (source, id) = self.entities.get(number?).map(|entity| (entity.source, entity.id)).unwrap_or_default();
            self.push(self.text(source)?, Body::Gone(Gone::Node(self.id(id)?)), 0)?;
        }
        for number in numbers(&part.flows_gone, self.flows.len()) {
            let Some(known) = self.flows.get(number?) else { continue };
            let (source, key) = (known.source, known.flow.key.clone());
            self.push(self.text(source)?, Body::Gone(Gone::Flow(Box::new(key))), FLOW_BYTES)?;
        }
        Ok(())
    }

    fn tick(&self, tick: message::Tick) -> Result<Tick, LinkError> {
        let source = |said: message::SourceTick| {
            let name = self.text(said.source)?;
            Ok((name, SourceTick { full: said.full, records: said.records, took_us: said.took_us, dropped: said.dropped }))
        };
        let metric = |metric: message::Attr| {
            let value = metric.value.as_ref().ok_or(LinkError::Invalid("number"))?;
            Ok((self.text(metric.name)?, facts::number_from_message(value)?))
        };
        Ok(Tick {
            interval_ms: tick.interval_ms,
            sources: Fields::from(tick.sources.into_iter().map(source).collect::<Result<Vec<_>, LinkError>>()?),
            metrics: Figures::from(tick.metrics.into_iter().map(metric).collect::<Result<Vec<_>, LinkError>>()?),
        })
    }
}
