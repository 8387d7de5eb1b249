//! What a tick amounts to: problems that were met, what was lost, what it cost.

use std::time::{Duration, Instant};

use scope_core::Problem;

use super::{Collector, thread_ns};
use crate::net::aggregator::Losses;
use crate::net::namespaces::NamespaceError;
use crate::net::problems;

/// How long a problem is told after it was met last.
const PROBLEMS_LAST: Duration = Duration::from_mins(1);

/// What was read in a tick. The flows are in [`Collector::flows`].
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What could not be seen.
    pub problems: Vec<Problem>,
    /// Observations lost or left out since the last tick.
    pub dropped: u64,
    /// CPU time taken since the last tick, microseconds.
    pub took_us: u64,
    /// The longest time since the connections of a namespace in use were last read.
    pub rotation: Duration,
}

/// What was lost up to the last report.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    losses: Losses,
    overruns: u64,
    /// Times that ends of connections were lost.
    unended: u64,
}

impl Collector {
    pub(super) fn report(&mut self, now: Instant, started: u64, over_limit: u64) -> Report {
        if let Some(problem) = self.tracker.problem() {
            self.meet(problem, now);
        }
        let waiting = self.readings.values().filter(|reading| reading.now.tcp_moved(reading.at_read.as_ref()));
        let rotation = waiting.filter_map(|reading| reading.dumped).map(|read| now.saturating_duration_since(read)).max();
        let rotation = rotation.unwrap_or_default();
        if rotation > Duration::from_secs(2) {
            self.meet(problems::slow_rotation(rotation), now);
        }
        let (losses, overruns, unended) = (self.aggregator.losses(), self.tracker.overruns(), self.endings.overruns);
        let told = std::mem::replace(&mut self.told, Told { losses, overruns, unended });
        if overruns > told.overruns {
            self.meet(problems::overrun(), now);
        }
        if losses.folded > told.losses.folded {
            self.meet(problems::folded(), now);
        }
        if losses.connections > told.losses.connections || over_limit > 0 {
            self.meet(problems::full(), now);
        }
        self.met.retain(|_, met| now.saturating_duration_since(*met) < PROBLEMS_LAST);
        let cpu_ns = std::mem::take(&mut self.cpu_ns) + thread_ns().saturating_sub(started);
        Report {
            problems: self.met.keys().cloned().collect(),
            dropped: losses.connections - told.losses.connections
                + (losses.listeners - told.losses.listeners)
                + (overruns - told.overruns)
                + (unended - told.unended)
                + over_limit,
            took_us: cpu_ns / 1000,
            rotation,
        }
    }

    /// A problem is told from now on, for some time.
    pub(super) fn meet(&mut self, problem: Problem, now: Instant) {
        self.met.insert(problem, now);
    }

    pub(super) fn meet_namespace_error(&mut self, error: &NamespaceError, now: Instant) {
        if error.is_gone() {
            return;
        }
        tracing::debug!(error = %error, "network namespace");
        let problem = match error {
            _ if error.is_permission() => problems::closed_namespaces(),
            NamespaceError::Netlink { netns, .. } if *netns == self.host => problems::no_sockets(error),
            _ => problems::failed_namespaces(error),
        };
        self.meet(problem, now);
    }
}
