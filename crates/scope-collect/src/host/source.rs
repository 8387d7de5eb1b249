//! The machine as records: one node of kind `host`.

use std::sync::Arc;
use std::time::Instant;

use scope_core::record::Problem;
use scope_core::value::Fields;
use scope_core::{AgentName, Node, NodeId, Number, Timestamp, Value};

use super::figures::{CpuTimes, HostFigures};
use super::pressure::Pressures;
use super::{HostFacts, HostReader, NameSource};
use crate::config::Config;
use crate::report::{Metric, Said};

/// Says what the machine is and does.
#[derive(Debug)]
pub struct HostSource {
    reader: HostReader,
    node: Option<(HostFacts, Arc<Node>)>,
    metrics: Vec<Metric>,
}

impl HostSource {
    /// The machine whose `/proc` and `/sys` the settings name.
    pub fn new(config: &Config) -> Self {
        Self { reader: HostReader::new(&config.proc_root, &config.sys_root), node: None, metrics: Vec::new() }
    }

    /// What an agent is called that watches this machine, unless it is told otherwise.
    pub fn agent_name(&self) -> AgentName {
        AgentName::from_host_name(&self.reader.facts().name)
    }

    /// What reads the machine.
    pub fn reader(&self) -> &HostReader {
        &self.reader
    }

    /// Reads the machine at `now` and says it as the host that `agent` watches.
    pub fn say(&mut self, agent: &AgentName, now: Instant, said: &mut Said<'_>) {
        let figures = self.reader.read(now);
        let facts = self.reader.facts();
        let node = match &self.node {
            Some((known, node)) if known == facts => Arc::clone(node),
            _ => {
                let node = Arc::new(node(agent, facts));
                self.node = Some((facts.clone(), Arc::clone(&node)));
                node
            }
        };
        self.metrics.clear();
        put_metrics(&figures, facts, &mut self.metrics);
        said.node(&node, &self.metrics);
        for problem in problems(facts, &figures) {
            said.problem(&problem);
        }
    }
}

fn node(agent: &AgentName, facts: &HostFacts) -> Node {
    let mut node = Node::new(NodeId::host(agent));
    node.name = Some(facts.name.as_str().into());
    let mut attrs = Fields::with_capacity(12);
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            attrs.insert(name, value);
        }
    };
    let text = |text: &Option<String>| text.as_deref().map(Value::text);
    put("addresses", Some(facts.addresses.iter().map(|address| address.address.to_string()).collect()));
    put("architecture", Some(Value::text(&facts.architecture)));
    put("cores", facts.processors.map(Value::from));
    put("disks", facts.disks.as_ref().map(|disks| disks.iter().map(disk).collect()));
    put("kernel", Some(Value::text(&facts.kernel)));
    put("machine_id", text(&facts.machine_id));
    put("os", text(&facts.os.name));
    put("os_id", text(&facts.os.id));
    put("os_version", text(&facts.os.version));
    put("started_at", facts.boot_seconds.and_then(|seconds| i64::try_from(seconds).ok()).map(|seconds| Timestamp::from_seconds(seconds).into()));
    node.attrs = attrs;
    node
}

fn disk(disk: &super::Disk) -> Value {
    let entries: [(&str, Value); 6] = [
        ("available_bytes", disk.available_bytes.into()),
        ("capacity_bytes", disk.capacity_bytes.into()),
        ("device", Value::text(&disk.device)),
        ("file_system", Value::text(&disk.file_system)),
        ("mount_point", Value::text(&disk.mount_point.to_string_lossy())),
        ("used_bytes", disk.used_bytes.into()),
    ];
    entries.into_iter().collect::<Fields<Value>>().into()
}

fn put_metrics(figures: &HostFigures, facts: &HostFacts, metrics: &mut Vec<Metric>) {
    let mut put = |name: &'static str, value: u64| metrics.push((name, value.into()));
    if let Some(cpu) = &figures.cpu {
        let CpuTimes { user_us, system_us, iowait_us, steal_us, idle_us, .. } = *cpu;
        put("cpu_usage_us_total", cpu.usage_us());
        put("cpu_user_us_total", user_us);
        put("cpu_system_us_total", system_us);
        put("cpu_iowait_us_total", iowait_us);
        put("cpu_steal_us_total", steal_us);
        put("cpu_idle_us_total", idle_us);
    }
    if let Some(memory) = figures.memory {
        put("mem_bytes", memory.total.saturating_sub(memory.available));
        put("mem_total_bytes", memory.total);
        put("mem_available_bytes", memory.available);
        put("mem_cache_bytes", memory.cache);
        put("swap_bytes", memory.swap_total.saturating_sub(memory.swap_free));
        put("swap_total_bytes", memory.swap_total);
    }
    if let Some(io) = figures.disk_io {
        put("disk_read_bytes_total", io.read_bytes);
        put("disk_write_bytes_total", io.write_bytes);
        put("disk_reads_total", io.reads);
        put("disk_writes_total", io.writes);
    }
    if let Some(network) = figures.network {
        put("rx_bytes_total", network.rx_bytes);
        put("tx_bytes_total", network.tx_bytes);
        put("rx_packets_total", network.rx_packets);
        put("tx_packets_total", network.tx_packets);
        put("net_errors_total", network.errors);
    }
    if let Some(disks) = &facts.disks {
        // As df counts its percentage: what is kept back for root is of no use to anybody else, so used and available make the whole.
        put("disk_bytes", disks.iter().fold(0, |sum, disk| sum.saturating_add(disk.used_bytes)));
        put("disk_total_bytes", disks.iter().fold(0, |sum, disk| sum.saturating_add(disk.used_bytes).saturating_add(disk.available_bytes)));
    }
    if let Some(load) = figures.load {
        for (name, load) in ["load1", "load5", "load15"].into_iter().zip(load) {
            metrics.extend(Number::from_f64(load).map(|load| (name, load)));
        }
    }
    put_pressures(&figures.pressure, metrics);
}

/// The figures of pressure, of a host or a control group.
pub(crate) fn put_pressures(pressures: &Pressures, metrics: &mut Vec<Metric>) {
    let names = [
        (pressures.cpu, ["cpu_pressure_some_us_total", "cpu_pressure_full_us_total"]),
        (pressures.memory, ["mem_pressure_some_us_total", "mem_pressure_full_us_total"]),
        (pressures.io, ["io_pressure_some_us_total", "io_pressure_full_us_total"]),
    ];
    for (pressure, [some, full]) in names {
        if let Some(pressure) = pressure {
            metrics.push((some, pressure.some.total_us.into()));
            metrics.extend(pressure.full.map(|stalled| (full, stalled.total_us.into())));
        }
    }
}

fn problems(facts: &HostFacts, figures: &HostFigures) -> Vec<Problem> {
    let problem = |message: &str, hint: &str| Problem { message: message.into(), hint: Some(hint.into()), id: None };
    let mut problems = Vec::new();
    if facts.name_source == NameSource::Own {
        problems.push(problem(
            "read the host's name: pid 1 may be in another UTS namespace, so this process's name is used",
            "set --agent, or mount the host's root into the collector's container",
        ));
    }
    if facts.disks.is_none() {
        problems.push(problem(
            "read the disks of the host: the root of pid 1 cannot be reached",
            "mount the host's root into the collector's container, or add CAP_SYS_PTRACE",
        ));
    }
    if !facts.addresses_complete {
        problems.push(problem("read all addresses of the host: its routing table is missing or too long", "addresses of its containers are not affected"));
    }
    if figures.cpu.is_none() || figures.memory.is_none() {
        problems.push(problem("read CPU time and memory of the host", "check that --proc names a mounted /proc"));
    }
    problems
}
