//! The agent: asks every source at the interval, passes the engine's events on at once, and hands over reports. What a source sees
//! lives with the source; where reports go is the caller's business.

mod clock;
mod connections;
mod engine;
mod machine;
mod memory;
mod watchdog;

use std::pin::{Pin, pin};
use std::time::Duration;

use scope_core::{NodeId, Problem, Record, RunId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};

use self::clock::{raise_descriptor_limit, resident_bytes, wall_time};
use self::engine::Engine;
use self::machine::Machine;
use self::memory::Memory;
use self::watchdog::Watchdog;
use crate::config::{Config, Source};
use crate::docker;
use crate::report::{Coverage, Reports};

/// How long the first report waits for an engine to say what it has.
const ENGINE_ANSWERS: Duration = Duration::from_secs(5);
/// How long the engine may take to add up its storage, when a single report asks for it.
const STORAGE_ANSWERS: Duration = Duration::from_mins(2);
/// The time over which the first report's rates are measured.
const FIRST_RATES: Duration = Duration::from_millis(250);
/// How long changes are gathered after the first of a burst, before they become a report.
const BURST: Duration = Duration::from_millis(10);
/// How often the kernel's events about connections are taken from it between reports: at 5,000 a second it has room for a few seconds of them.
const DRAIN: Duration = Duration::from_millis(250);
/// Changes in one report for events, at most.
const CHANGES: usize = 256;

/// Why an agent could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// The engine's endpoint that the operator named cannot be used.
    #[error("could not use the container engine's endpoint")]
    Endpoint(#[source] docker::Error),
    /// Not even `/proc` can be read.
    #[error("could not read processes")]
    Process(#[source] crate::process::ProcessError),
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All reports that were asked for are made.
    Done,
    /// `stop` came.
    Stopped,
    /// Nobody takes reports any more.
    Closed,
}

/// A question to a running agent: the raw connections of one node.
#[derive(Debug)]
pub struct Question {
    /// The node: a host, a container or a process.
    pub node: NodeId,
    /// Where they go, as records; none where the agent does not read connections.
    pub answer: oneshot::Sender<Option<Vec<Record>>>,
}

struct Agent {
    config: Config,
    reports: Reports,
    machine: Machine,
    engine: Engine,
    every: Option<Duration>,
    full_due: Option<Instant>,
    watchdog: Watchdog,
    memory: Memory,
}

/// Runs an agent until it has made `config.count` reports, `stop` completes or `reports` is closed. Each message is one whole report.
///
/// Raises the process's limit of open files to the hard one. A slow reader makes the agent wait: reports are then made less often, and none is dropped.
pub async fn run(config: Config, reports: mpsc::Sender<Vec<Record>>, stop: impl Future<Output = ()>) -> Result<Ended, AgentError> {
    let (_, nobody) = mpsc::channel(1);
    run_answering(config, reports, nobody, stop).await
}

/// Like [`run`], and answers `questions` between two reports.
pub async fn run_answering(
    config: Config,
    reports: mpsc::Sender<Vec<Record>>,
    mut questions: mpsc::Receiver<Question>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, AgentError> {
    raise_descriptor_limit();
    let mut stop = pin!(stop);
    let mut agent = Agent::new(config)?;
    let wanted = agent.config.sources.contains(&Source::Docker);
    let settings = engine::settings(&agent.config, agent.reports.agent());
    let mut watch = wanted.then(|| docker::Watch::start(settings)).transpose().map_err(AgentError::Endpoint)?;
    let ended = tokio::select! {
        () = &mut stop => Ended::Stopped,
        ended = agent.report_on(watch.as_mut(), &reports, &mut questions) => ended,
    };
    if let Some(watch) = watch {
        watch.stop().await;
    }
    agent.engine.stop().await;
    Ok(ended)
}

impl Agent {
    fn new(config: Config) -> Result<Self, AgentError> {
        let (name, machine) = Machine::open(&config)?;
        let run = RunId::from_u128(uuid::Uuid::now_v7().as_u128());
        Ok(Self {
            reports: Reports::new(name, run),
            engine: Engine::new(&config),
            machine,
            every: config.every,
            full_due: None,
            watchdog: Watchdog::default(),
            memory: Memory::new(Instant::now(), !config.shares_process),
            config,
        })
    }

    async fn report_on(
        &mut self,
        mut watch: Option<&mut docker::Watch>,
        reports: &mpsc::Sender<Vec<Record>>,
        questions: &mut mpsc::Receiver<Question>,
    ) -> Ended {
        if let Some(watch) = watch.as_deref_mut() {
            self.meet_engine(watch).await;
        }
        // A report that nobody sees: what is counted from now on gives the first one its rates.
        drop(self.whole_report(true));
        let mut due = Instant::now() + FIRST_RATES;
        let mut left = self.config.count;
        loop {
            if let Some(ended) = self.wait(due, watch.as_deref_mut(), reports, questions).await {
                return ended;
            }
            let now = Instant::now();
            let full = self.full_due.is_none_or(|due| now >= due);
            if full {
                self.full_due = Some(now + self.config.full_every);
            }
            let report = self.whole_report(full);
            if reports.send(report).await.is_err() {
                return Ended::Closed;
            }
            // Whoever takes reports has most often encoded this one by now.
            self.memory.tidy(now);
            left = left.map(|left| left - 1);
            let Some(every) = self.every else { return Ended::Done };
            if left == Some(0) {
                return Ended::Done;
            }
            // Ticks that were missed are not made up for.
            let used = self.cpu_time_us();
            due = (due + self.watchdog.pace(every, used)).max(Instant::now());
        }
    }

    /// Takes in what the engine has, so that the first report is whole.
    async fn meet_engine(&mut self, watch: &mut docker::Watch) {
        let deadline = Instant::now() + ENGINE_ANSWERS;
        while let Ok(Some(change)) = timeout_at(deadline, watch.next()).await {
            let settled = matches!(&change, docker::Change::Synced) || matches!(&change, docker::Change::Problems(problems) if !problems.is_empty());
            self.engine.take(change, self.reports.agent(), &self.machine);
            if settled {
                break;
            }
        }
        if self.config.every.is_none() {
            self.engine.await_storage(STORAGE_ANSWERS).await;
        }
    }

    /// Waits until `due`, passing changes on as they come.
    async fn wait(
        &mut self,
        due: Instant,
        mut watch: Option<&mut docker::Watch>,
        reports: &mpsc::Sender<Vec<Record>>,
        questions: &mut mpsc::Receiver<Question>,
    ) -> Option<Ended> {
        let mut sleep = pin!(sleep_until(due));
        loop {
            let change = tokio::select! {
                biased;
                () = sleep.as_mut() => return None,
                () = tokio::time::sleep(DRAIN) => {
                    self.machine.drain();
                    continue;
                }
                () = reports.closed() => return Some(Ended::Closed),
                Some(question) = questions.recv() => {
                    self.answer(question);
                    continue;
                }
                change = next_change(&mut watch) => change,
            };
            let burst = Instant::now() + BURST;
            let mut changes = vec![change];
            while changes.len() < CHANGES
                && let Ok(change) = timeout_at(burst, next_change(&mut watch)).await
            {
                changes.push(change);
            }
            let changed: Vec<_> = changes.into_iter().filter_map(|change| self.engine.take(change, self.reports.agent(), &self.machine)).collect();
            if changed.is_empty() || self.full_due.is_none() {
                continue;
            }
            self.reports.begin(wall_time(), false, None);
            self.engine.say_changed(&changed, &mut self.reports);
            self.machine.say_started(&self.config, self.engine.running(&changed), &mut self.reports);
            let report = self.reports.end();
            if reports.send(report).await.is_err() {
                return Some(Ended::Closed);
            }
        }
    }

    /// Shows raw connections to whoever asked for them. They are as old as the last report.
    fn answer(&mut self, question: Question) {
        let answer = self.machine.connections_of(&question.node).map(|rows| self.reports.shown(wall_time(), rows));
        // Whoever asked may have gone away.
        drop(question.answer.send(answer));
    }

    /// CPU time that the agent has used, in microseconds: the process's, or where others work in that the thread's, which does most of it.
    fn cpu_time_us(&self) -> u64 {
        if self.config.shares_process { clock::thread_time_us() } else { clock::cpu_time_us() }
    }

    /// All sources in turn.
    fn whole_report(&mut self, full: bool) -> Vec<Record> {
        let interval = self.every.map(|every| every.as_millis() as u64);
        self.reports.begin(wall_time(), full, interval);
        let own: Vec<Problem> = self.watchdog.problem().into_iter().chain(self.memory.problem()).collect();
        self.machine.say(&self.config, &self.engine, &own, &mut self.reports);
        self.engine.refresh(self.reports.agent(), &self.machine);
        if self.config.sources.contains(&Source::Docker) {
            let before = clock::thread_time_us();
            let mut said = self.reports.source(Source::Docker, Coverage::Whole);
            self.engine.say(&mut said);
            said.took(clock::thread_time_us().saturating_sub(before));
            said.end();
        }
        let used = self.cpu_time_us();
        self.reports.own_metric(("agent_cpu_us_total", used.into()));
        if let Some(bytes) = resident_bytes() {
            self.machine.remember(self.memory.weigh(bytes));
            self.reports.own_metric(("agent_mem_bytes", bytes.into()));
        }
        self.reports.end()
    }
}

/// The engine's next change; never comes where there is no engine to watch, or its task has ended.
async fn next_change(watch: &mut Option<&mut docker::Watch>) -> docker::Change {
    if let Some(watching) = watch {
        if let Some(change) = watching.next().await {
            return change;
        }
        *watch = None;
    }
    std::future::pending::<Pin<Box<docker::Change>>>().await;
    docker::Change::Lost
}
