//! What is read from this machine's kernel: the host, its processes, control groups and connections, in the order in which they need each other.

use std::net::IpAddr;
use std::time::Instant;

use compact_str::CompactString;
use scope_core::flow::Connection;
use scope_core::{AgentName, NodeId, Problem};

use super::AgentError;
use super::clock::thread_time_us;
use super::connections::Connections;
use super::engine::Engine;
use crate::causes::chain;
use crate::cgroup::{CgroupSource, Layout};
use crate::config::{Config, Source};
use crate::host::HostSource;
use crate::process::{ProcessSource, Scanner};
use crate::report::{Coverage, Reports};

pub(super) struct Machine {
    host: HostSource,
    scanner: Option<Scanner>,
    process: ProcessSource,
    cgroup: CgroupSource,
    connections: Option<Connections>,
    addresses: Vec<IpAddr>,
    lacks_figures: bool,
}

impl Machine {
    /// Opens what can be opened, under the agent's name: the one in the settings, or the host's.
    pub(super) fn open(config: &Config) -> Result<(AgentName, Self), AgentError> {
        let needs_processes = [Source::Process, Source::Cgroup, Source::Net].iter().any(|source| config.sources.contains(source));
        let lacks_figures = Layout::discover(&config.proc_root, &config.sys_root).is_empty();
        let scanner = needs_processes.then(|| Scanner::from_config(config).map_err(AgentError::Process)).transpose()?;
        let host = HostSource::new(config);
        let name = config.agent.clone().unwrap_or_else(|| host.agent_name());
        let connections = config.sources.contains(&Source::Net).then(|| Connections::new(config, &name));
        let machine =
            Self { host, connections, scanner, process: ProcessSource::new(config), cgroup: CgroupSource::new(config), addresses: Vec::new(), lacks_figures };
        Ok((name, machine))
    }

    /// Takes from the kernel what waits about connections.
    pub(super) fn drain(&mut self) {
        if let Some(connections) = &mut self.connections {
            connections.drain();
        }
    }

    /// Sets which part of the connections is remembered from now on, of those that have room: one in `part`.
    pub(super) fn remember(&mut self, part: u32) {
        if let Some(connections) = &mut self.connections {
            connections.remember(part);
        }
    }

    /// The raw connections of one node; none where connections are not read.
    pub(super) fn connections_of(&mut self, node: &NodeId) -> Option<Vec<Connection>> {
        self.connections.as_mut().map(|connections| connections.of(node))
    }

    /// The host's addresses at which others reach it.
    pub(super) fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    /// Whether figures of containers cannot be had from control groups.
    pub(super) fn lacks_figures(&self) -> bool {
        self.lacks_figures
    }

    /// The first figures of containers that have just started, by their first processes: the next report would have them up to an interval later.
    pub(super) fn say_started(&mut self, config: &Config, started: impl Iterator<Item = (CompactString, u32)>, reports: &mut Reports) {
        let mut started = started.peekable();
        if started.peek().is_none() || !config.sources.contains(&Source::Cgroup) {
            return;
        }
        let agent = reports.agent().clone();
        let (before, now) = (thread_time_us(), Instant::now());
        let mut said = reports.source(Source::Cgroup, Coverage::Part);
        for (id, pid) in started {
            self.cgroup.say_started(&agent, &id, pid, now, &mut said);
        }
        said.took(thread_time_us().saturating_sub(before));
        said.end();
    }

    /// Everything, source by source.
    pub(super) fn say(&mut self, config: &Config, engine: &Engine, own_problems: &[Problem], reports: &mut Reports) {
        let agent = reports.agent().clone();
        let now = Instant::now();
        if config.sources.contains(&Source::Host) {
            let before = thread_time_us();
            let mut said = reports.source(Source::Host, Coverage::Whole);
            self.host.say(&agent, now, &mut said);
            for problem in own_problems {
                said.problem(problem);
            }
            said.took(thread_time_us().saturating_sub(before));
            said.end();
        }
        let addresses = self.host.reader().facts().addresses.iter().map(|address| address.address).filter(|ip| !ip.is_loopback());
        if !addresses.clone().eq(self.addresses.iter().copied()) {
            self.addresses = addresses.collect();
        }
        let Some(scanner) = &mut self.scanner else { return };
        let before = thread_time_us();
        let round = match scanner.scan(now) {
            Ok(round) => round,
            Err(error) => {
                let mut said = reports.source(Source::Process, Coverage::Part);
                said.problem(&Problem { message: chain(&error).into(), hint: Some("check --proc: it must be a mount of the host's /proc".into()), id: None });
                said.end();
                return;
            }
        };
        if config.sources.contains(&Source::Process) {
            let mut said = reports.source(Source::Process, Coverage::Whole);
            self.process.say(&agent, &round, now, &mut said);
            said.took(thread_time_us().saturating_sub(before));
            said.end();
        }
        if config.sources.contains(&Source::Cgroup) {
            let before = thread_time_us();
            let mut said = reports.source(Source::Cgroup, Coverage::Whole);
            self.cgroup.say(&agent, &round, now, &mut said);
            said.took(thread_time_us().saturating_sub(before));
            said.end();
        }
        if let Some(connections) = &mut self.connections {
            let mut said = reports.source(Source::Net, Coverage::Whole);
            let at = said.at();
            connections.say(&round, engine, at, &mut said);
            said.end();
        }
    }
}
