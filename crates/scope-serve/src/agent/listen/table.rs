//! Reports folded into the containers that are up, with the figures that frames carry. How frames are written is [`super::frame`]'s business.

use std::borrow::Cow;
use std::collections::BTreeMap;

use scope_core::limits::cut;
use scope_core::state::{AgentState, NodeState, State};
use scope_core::{AgentName, Body, NodeId, Number, Record, Timestamp, Value};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::settings::Attribute;

/// Containers in one frame, at most. What is beyond is counted in the frame.
const CONTAINERS: usize = 10_000;
/// The longest name sent, in bytes. The engine's own names are shorter.
const NAME_BYTES: usize = 255;
/// The source that says nothing of containers. Its records would only cost memory here.
const OTHER_SOURCE: &str = "process";
/// Figures that a container has in a frame where they are known, beside those that it always has.
const FIGURES: [&str; 8] = [
    "cpu_limit_pct",
    "cpu_throttled_pct",
    "disk_read_bytes_per_sec",
    "disk_write_bytes_per_sec",
    "mem_cache_bytes",
    "pids",
    "rx_bytes_per_sec",
    "tx_bytes_per_sec",
];

/// What the reports so far say.
#[derive(Debug)]
pub(super) struct Table {
    agent: AgentName,
    state: State,
    own: Own,
    /// The agent's CPU time in microseconds, and when it was read.
    cpu: Option<(u64, Timestamp)>,
}

/// What the agent itself uses.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub(super) struct Own {
    /// Per cent of one core.
    cpu_pct: Option<Number>,
    mem_bytes: Option<Number>,
}

/// One container that is up.
#[derive(Debug)]
pub(super) struct Row<'a> {
    id: &'a str,
    name: Cow<'a, str>,
    said: Vec<&'a NodeState>,
    /// The machine's memory: what a container without a limit of its own can use.
    machine_bytes: Option<Number>,
    now: Timestamp,
    expose: &'a [Attribute],
}

impl Table {
    pub(super) fn new(agent: AgentName) -> Self {
        Self { agent, state: State::default(), own: Own::default(), cpu: None }
    }

    /// Adds a report; whether it is one at the interval, and not one for an event.
    pub(super) fn take(&mut self, report: Vec<Record>) -> bool {
        let mut at_interval = false;
        for mut record in report {
            if record.source == OTHER_SOURCE {
                continue;
            }
            if let Body::Tick(tick) = &mut record.body {
                tick.sources.remove(OTHER_SOURCE);
                at_interval |= tick.interval_ms.is_some();
                self.own.mem_bytes = tick.metrics.get("agent_mem_bytes").copied().or(self.own.mem_bytes);
                if let Some(spent) = tick.metrics.get("agent_cpu_us_total").and_then(|spent| spent.as_u64()) {
                    let before = self.cpu.replace((spent, record.at));
                    self.own.cpu_pct = before.and_then(|before| per_cent(before, (spent, record.at)));
                }
            }
            // Raw connections and types of record that are unknown here say nothing of a container.
            let _ = self.state.apply(record);
        }
        at_interval
    }

    /// What the agent itself uses.
    pub(super) fn own(&self) -> Own {
        self.own
    }

    /// What hinders the engine's source, if something does.
    pub(super) fn engine_problem(&self) -> Option<&str> {
        let (_, docker) = self.state.agent(&self.agent)?.sources().find(|(name, _)| *name == "docker")?;
        docker.problems().next().map(|problem| problem.message.as_str())
    }

    /// The containers that are up at `now`, by name; and how many more there are than fit.
    pub(super) fn rows<'a>(&'a self, now: Timestamp, expose: &'a [Attribute]) -> (Vec<Row<'a>>, usize) {
        let Some(agent) = self.state.agent(&self.agent) else { return (Vec::new(), 0) };
        let machine_bytes = machine_bytes(agent, &self.agent);
        let mut containers: BTreeMap<&NodeId, Vec<&NodeState>> = BTreeMap::new();
        for (id, said) in agent.nodes_unsorted().filter(|(id, _)| id.kind() == "container") {
            containers.entry(id).or_default().push(said);
        }
        let mut rows: Vec<Row<'a>> = containers
            .into_iter()
            .filter(|(_, said)| is_up(said))
            .map(|(id, said)| {
                let id = id.as_str().split_once(':').map_or("", |(_, rest)| rest);
                // Without an engine nobody knows a name.
                let name = said.iter().find_map(|said| said.name()).map_or_else(|| id.get(..12).unwrap_or(id).into(), |name| cut(name, NAME_BYTES));
                Row { id, name, said, machine_bytes, now, expose }
            })
            .collect();
        rows.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        let more = rows.len().saturating_sub(CONTAINERS);
        rows.truncate(CONTAINERS);
        (rows, more)
    }
}

fn per_cent((before, then): (u64, Timestamp), (spent, now): (u64, Timestamp)) -> Option<Number> {
    let over = now.micros_since(then);
    (over > 0).then(|| rounded(spent.saturating_sub(before) as f64 * 100.0 / over as f64)).flatten()
}

fn machine_bytes(agent: &AgentState, name: &AgentName) -> Option<Number> {
    let host = NodeId::host(name);
    agent.sources().find_map(|(_, said)| said.node_state(&host)?.metric("mem_total_bytes"))
}

/// Whether the engine says so; where none says anything, whether there are figures.
fn is_up(said: &[&NodeState]) -> bool {
    match said.iter().find_map(|said| said.attr("state")) {
        Some(state) => matches!(state.as_text(), Some("running" | "paused" | "restarting")),
        None => said.iter().any(|said| said.metrics().next().is_some()),
    }
}

/// Two decimals: what is beyond is noise, and would be a third of a frame.
fn rounded(value: f64) -> Option<Number> {
    Number::from_f64((value * 100.0).round() / 100.0)
}

impl Row<'_> {
    fn metric(&self, name: &str) -> Option<Number> {
        self.said.iter().find_map(|said| said.metric(name))
    }

    fn attr(&self, name: &str) -> Option<&Value> {
        self.said.iter().find_map(|said| said.attr(name))
    }

    /// Nothing for what waits to be started again: it is not up, however long ago it was started.
    fn uptime_secs(&self) -> Option<u64> {
        if self.attr("state").and_then(Value::as_text) == Some("restarting") {
            return None;
        }
        let started = self.attr("started_at")?.as_time()?;
        // A clock that was set back makes it nought, not negative.
        Some(u64::try_from(self.now.micros_since(started) / 1_000_000).unwrap_or(0))
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("cpu_pct", &self.metric("cpu_pct").and_then(|value| rounded(value.as_f64())))?;
        map.serialize_entry("mem_bytes", &self.metric("mem_bytes"))?;
        map.serialize_entry("mem_limit_bytes", &self.metric("mem_limit_bytes").or(self.machine_bytes))?;
        map.serialize_entry("uptime_secs", &self.uptime_secs())?;
        for name in FIGURES {
            if let Some(value) = self.metric(name) {
                map.serialize_entry(name, &rounded(value.as_f64()))?;
            }
        }
        if !self.expose.is_empty() {
            map.serialize_entry("attrs", &Shown(self))?;
        }
        map.end()
    }
}

/// What the operator shows of a container beside its figures.
struct Shown<'a>(&'a Row<'a>);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.expose.iter().filter_map(|attribute| Some((attribute.as_str(), self.0.attr(attribute.as_str())?))))
    }
}
