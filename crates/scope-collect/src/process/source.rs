//! Processes as records: a node of kind `process` each.

use std::sync::Arc;
use std::time::Instant;

use compact_str::CompactString;
use hashbrown::HashMap;
use scope_core::record::Problem;
use scope_core::redact::Redactor;
use scope_core::value::Fields;
use scope_core::{AgentName, Node, NodeId, Timestamp, Value};

use super::entry::{Key, Process};
use super::scanner::Round;
use super::stat::State;
use super::users::Users;
use crate::config::Config;
use crate::host::{HostRoot, boot_seconds};
use crate::report::{Metric, Said};

/// Says which processes there are and what they use. Arguments and titles leave it redacted.
#[derive(Debug)]
pub struct ProcessSource {
    redactor: Redactor,
    root: Option<HostRoot>,
    users: Users,
    /// When the machine booted, in microseconds since 1970 UTC.
    boot_us: Option<i64>,
    tick_us: u64,
    nodes: HashMap<Key, Shown>,
    metrics: Vec<Metric>,
}

/// The facts of a process as they were last said.
#[derive(Debug)]
struct Shown {
    revision: u32,
    state: State,
    user: Option<CompactString>,
    node: Arc<Node>,
}

impl ProcessSource {
    /// The processes of the machine whose `/proc` the settings name.
    pub fn new(config: &Config) -> Self {
        let boot_us = boot_seconds(&config.proc_root).and_then(|seconds| i64::try_from(seconds).ok()?.checked_mul(1_000_000));
        Self {
            redactor: config.redactor.clone(),
            root: HostRoot::open(&config.proc_root),
            users: Users::default(),
            boot_us,
            tick_us: 1_000_000 / rustix::param::clock_ticks_per_second().max(1),
            nodes: HashMap::new(),
            metrics: Vec::new(),
        }
    }

    /// Says what a round found at `now`, as processes of the host that `agent` watches.
    pub fn say(&mut self, agent: &AgentName, round: &Round<'_>, now: Instant, said: &mut Said<'_>) {
        self.users.refresh(self.root.as_ref(), now);
        for gone in round.gone() {
            self.nodes.remove(gone);
        }
        let mut processes = 0_u64;
        for process in round.processes() {
            processes += 1;
            let node = self.node(agent, process);
            self.metrics.clear();
            put_metrics(process, &mut self.metrics);
            said.node(&node, &self.metrics);
        }
        let counts = round.counts();
        said.dropped(counts.dropped);
        let problem = |message: &str, hint: &str| Problem { message: message.into(), hint: Some(hint.into()), id: None };
        if counts.dropped > 0 {
            said.problem(&problem("follow all processes: there are more than the bound", "those beyond it are counted in the tick as dropped"));
        }
        // A few sandboxed or non-dumpable processes are refused to anyone.
        if counts.denied * 10 > processes {
            said.problem(&problem(
                "read I/O, program and directory of other users' processes: permission denied",
                "run the collector as root; in a container add CAP_SYS_PTRACE",
            ));
        }
    }

    fn node(&mut self, agent: &AgentName, process: &Process) -> Arc<Node> {
        let user = process.facts.uid.and_then(|uid| self.users.name(uid));
        let state = process.figures.state;
        if let Some(shown) = self.nodes.get(&process.key)
            && shown.revision == process.revision
            && shown.state == state
            && shown.user.as_ref() == user
        {
            return Arc::clone(&shown.node);
        }
        let user = user.cloned();
        let node = Arc::new(self.whole_node(agent, process, user.as_ref()));
        self.nodes.insert(process.key, Shown { revision: process.revision, state, user, node: Arc::clone(&node) });
        node
    }

    fn whole_node(&self, agent: &AgentName, process: &Process, user: Option<&CompactString>) -> Node {
        let facts = &process.facts;
        let mut node = Node::new(NodeId::process(agent, process.key.pid, process.key.start_ticks));
        node.name = Some(name(process));
        let container = facts.cgroups.container().and_then(|id| NodeId::container(id).ok());
        node.parents = Some(container.into_iter().chain([NodeId::host(agent)]).collect());
        let mut attrs = Fields::with_capacity(12);
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                attrs.insert(name, value);
            }
        };
        put("command", (!facts.args.is_empty()).then(|| self.command(&facts.args, facts.args_cut)));
        put("container_pid", facts.container_pid.map(Value::from));
        put("cwd", facts.cwd.as_deref().map(Value::text));
        put("exe", facts.exe.as_deref().map(Value::text));
        put("kernel_thread", process.is_kernel_thread.then(|| true.into()));
        put("parent_pid", (process.parent != 0).then(|| process.parent.into()));
        put("pid", Some(process.key.pid.into()));
        put("started_at", self.started_at(process.key).map(Value::from));
        put("state", Some(Value::text(process.figures.state.as_str())));
        put("uid", facts.uid.map(Value::from));
        put("user", user.map(|name| Value::text(name)));
        node.attrs = attrs;
        node
    }

    /// The arguments without secrets. A lone one with blanks is a title that the process gave itself, or a command line that it has overwritten.
    fn command(&self, args: &[CompactString], is_cut: bool) -> Value {
        match args {
            // Where the kernel's text was cut the last argument is half of one, and half of a secret looks like none.
            [whole @ .., _half] if is_cut => self.redactor.args(whole).into_iter().chain(["…".to_owned()]).collect(),
            [title] if title.contains(' ') => [Value::text(&self.redactor.command_line(title))].into_iter().collect(),
            args => self.redactor.args(args).into_iter().collect(),
        }
    }

    fn started_at(&self, key: Key) -> Option<Timestamp> {
        let since_boot = i64::try_from(key.start_ticks.checked_mul(self.tick_us)?).ok()?;
        self.boot_us?.checked_add(since_boot).map(Timestamp::from_micros)
    }
}

/// The name of its main thread, which is the program's unless it chose another one. The kernel cuts it after 15 bytes; the program's file or the first
/// argument tell the rest.
fn name(process: &Process) -> CompactString {
    const CUT: usize = 15;
    let facts = &process.facts;
    if facts.comm.is_empty() {
        return compact_str::format_compact!("[{}]", process.key.pid);
    }
    if facts.comm.len() < CUT {
        return facts.comm.clone();
    }
    let paths = facts.exe.as_deref().into_iter().chain(facts.args.first().map(CompactString::as_str));
    let mut names = paths.filter_map(|path| path.split(' ').next()?.rsplit('/').next());
    names.find(|name| name.len() > CUT && name.starts_with(facts.comm.as_str())).map_or_else(|| facts.comm.clone(), CompactString::from)
}

fn put_metrics(process: &Process, metrics: &mut Vec<Metric>) {
    let figures = &process.figures;
    let mut put = |name: &'static str, value: u64| metrics.push((name, value.into()));
    put("cpu_usage_us_total", figures.user_us.saturating_add(figures.system_us));
    put("cpu_user_us_total", figures.user_us);
    put("cpu_system_us_total", figures.system_us);
    put("mem_bytes", figures.resident_bytes);
    put("mem_virtual_bytes", figures.virtual_bytes);
    put("threads", figures.threads.into());
    let known = [("open_files", figures.open_files), ("disk_read_bytes_total", figures.read_bytes), ("disk_write_bytes_total", figures.write_bytes)];
    for (name, value) in known {
        if let Some(value) = value {
            put(name, value);
        }
    }
}
