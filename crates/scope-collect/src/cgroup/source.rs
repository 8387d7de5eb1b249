//! Containers as the kernel knows them: a node of kind `container` for each control group that is one's, with its figures. What a container is called and made
//! of, its engine says.

use std::sync::Arc;
use std::time::Instant;

use compact_str::CompactString;
use hashbrown::{HashMap, HashSet};
use scope_core::record::Problem;
use scope_core::{AgentName, Node, NodeId, Number};

use super::group::Figures;
use super::membership::Membership;
use super::process_io::ProcessIo;
use super::reader::Cgroups;
use crate::config::Config;
use crate::host::put_pressures;
use crate::process::Round;
use crate::report::{Metric, Said};

/// Most containers watched.
const CONTAINERS: usize = 10_000;

/// Says which containers run and what they use, with or without an engine to ask.
pub struct CgroupSource {
    cgroups: Cgroups,
    nodes: HashMap<CompactString, Arc<Node>>,
    io: ProcessIo,
    metrics: Vec<Metric>,
}

impl CgroupSource {
    /// The containers of the machine whose `/proc` and `/sys` the settings name.
    pub fn new(config: &Config) -> Self {
        Self {
            cgroups: Cgroups::new(&config.proc_root, &config.sys_root, Cgroups::descriptors()),
            nodes: HashMap::new(),
            io: ProcessIo::default(),
            metrics: Vec::new(),
        }
    }

    /// The control groups that are watched.
    pub fn cgroups(&self) -> &Cgroups {
        &self.cgroups
    }

    /// Says the containers in which `round` found processes, with their figures at `now`, as those of the host that `agent` watches.
    pub fn say(&mut self, agent: &AgentName, round: &Round<'_>, now: Instant, said: &mut Said<'_>) {
        let mut running: HashMap<&CompactString, &Membership> = HashMap::new();
        for membership in round.memberships() {
            for id in &membership.containers {
                running.entry(id).or_insert(membership);
            }
        }
        let ended: Vec<_> = self.cgroups.watched().filter(|id| !running.contains_key(id)).cloned().collect();
        for id in ended {
            self.cgroups.forget(&id);
            self.nodes.remove(&id);
        }
        let mut unseen = false;
        let mut dropped = 0;
        let mut figures = Vec::with_capacity(running.len());
        for (id, membership) in &running {
            if figures.len() >= CONTAINERS {
                dropped += 1;
            } else if self.cgroups.watch_member(id, membership) {
                // A group that was removed between the listing and now has no figures, and no process in the next round.
                figures.extend(self.cgroups.read(id, now).map(|figures| (*id, *membership, figures)));
            } else {
                unseen = true;
            }
        }
        self.io.retain(|id| running.contains_key(&CompactString::from(id)));
        let uncounted: HashSet<&str> = figures.iter().filter(|(_, _, figures)| figures.io.is_none()).map(|(id, ..)| id.as_str()).collect();
        if !uncounted.is_empty() {
            self.io.add_up(round, |id| uncounted.contains(id));
        }
        for (id, membership, figures) in figures {
            let Some(node) = self.node(agent, id, membership) else { continue };
            self.metrics.clear();
            put_metrics(&figures, &mut self.metrics);
            if figures.io.is_none()
                && let Some([read, written]) = self.io.of(id)
            {
                self.metrics.extend([("disk_read_bytes_total", read.into()), ("disk_write_bytes_total", written.into())]);
            }
            said.node(&node, &self.metrics);
        }
        said.dropped(dropped);
        if unseen {
            said.problem(&Problem {
                message: "read the control groups of all containers: some are not mounted below --sys".into(),
                hint: Some("mount the host's /sys/fs/cgroup into the collector's container and name its place with --sys".into()),
                id: None,
            });
        }
    }

    /// Says the first figures of a container that has just started with process `pid`, at `now`; nothing where it is watched already, or over by now.
    pub fn say_started(&mut self, agent: &AgentName, id: &CompactString, pid: u32, now: Instant, said: &mut Said<'_>) {
        if self.cgroups.is_watched(id) || self.nodes.len() >= CONTAINERS {
            return;
        }
        let Ok(membership) = self.cgroups.membership(pid) else { return };
        if membership.container() != Some(id) || !self.cgroups.watch_member(id, &membership) {
            return;
        }
        let Some((figures, node)) = self.cgroups.read(id, now).zip(self.node(agent, id, &membership)) else { return };
        self.metrics.clear();
        put_metrics(&figures, &mut self.metrics);
        said.node(&node, &self.metrics);
    }

    fn node(&mut self, agent: &AgentName, id: &CompactString, membership: &Membership) -> Option<Arc<Node>> {
        if let Some(node) = self.nodes.get(id) {
            return Some(Arc::clone(node));
        }
        let mut node = Node::new(NodeId::container(id).ok()?);
        let outer = membership.containers.iter().take_while(|outer| *outer != id).last();
        let outer = outer.and_then(|outer| NodeId::container(outer).ok());
        let pod = membership.pod.as_ref().and_then(|uid| compact_str::format_compact!("pod:{uid}").parse::<NodeId>().ok());
        node.parents = Some([NodeId::host(agent)].into_iter().chain(outer).chain(pod).collect());
        let node = Arc::new(node);
        self.nodes.insert(id.clone(), Arc::clone(&node));
        Some(node)
    }
}

fn put_metrics(figures: &Figures, metrics: &mut Vec<Metric>) {
    let throttling = figures.throttling.filter(|_| figures.fresh.throttling);
    let io = figures.io;
    let known = [
        ("cpu_usage_us_total", figures.cpu.usage_us),
        ("cpu_user_us_total", figures.cpu.user_us),
        ("cpu_system_us_total", figures.cpu.system_us),
        ("cpu_throttled_us_total", throttling.map(|throttling| throttling.throttled_us)),
        ("cpu_periods_total", throttling.map(|throttling| throttling.periods)),
        ("cpu_throttled_periods_total", throttling.map(|throttling| throttling.throttled_periods)),
        ("mem_bytes", figures.memory_working_set_bytes),
        ("mem_usage_bytes", figures.memory_usage_bytes),
        ("mem_cache_bytes", figures.memory_cache_bytes),
        ("mem_anon_bytes", figures.memory_anonymous_bytes),
        ("mem_limit_bytes", figures.limits.memory_bytes),
        ("pids", figures.pids),
        ("pids_limit", figures.limits.pids),
        ("oom_kills_total", figures.oom_kills.filter(|_| figures.fresh.slow)),
        ("disk_read_bytes_total", io.map(|io| io.read_bytes)),
        ("disk_write_bytes_total", io.map(|io| io.write_bytes)),
        ("disk_reads_total", io.map(|io| io.reads)),
        ("disk_writes_total", io.map(|io| io.writes)),
    ];
    metrics.extend(known.into_iter().filter_map(|(name, value)| Some((name, value?.into()))));
    metrics.extend(figures.limits.processors.and_then(|processors| Number::from_f64(processors * 100.0)).map(|percent| ("cpu_limit_pct", percent)));
    if figures.fresh.slow {
        put_pressures(&figures.pressure, metrics);
    }
}
