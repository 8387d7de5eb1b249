//! How much of each agent is kept, and for how long.

use std::time::Duration;

/// Bounds of live state. What goes beyond one is dropped and counted as the agent's loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Agents of a tenant, those that are gone among them.
    pub agents: usize,
    /// Nodes that one agent may speak of.
    pub nodes_per_agent: usize,
    /// Flows that one agent may speak of.
    pub flows_per_agent: usize,
    /// Intervals of silence after which an agent is stale, and after which what was posted expires.
    pub stale_intervals: u32,
    /// Silence after which a stale agent is gone and its state is removed.
    pub gone_after: Duration,
    /// How long an agent that is gone stays in the list.
    pub listed_for: Duration,
    /// The interval of an agent that does not say, such as a report that was posted once: a third of what it lasts.
    pub unknown_interval: Duration,
    /// Bytes that figures over time may take, all tenants together.
    pub series_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            agents: 4096,
            nodes_per_agent: 50_000,
            flows_per_agent: 100_000,
            stale_intervals: 3,
            gone_after: Duration::from_mins(1),
            listed_for: Duration::from_hours(1),
            unknown_interval: Duration::from_secs(20),
            series_bytes: 96 << 20,
        }
    }
}

impl Limits {
    /// Silence after which an agent of this interval is stale. Never less than two seconds: a heartbeat may be late.
    pub(super) fn stale_after(&self, interval: Duration) -> Duration {
        (interval * self.stale_intervals).max(Duration::from_secs(2))
    }

    /// Silence after which an agent of this interval is gone. An agent of a long interval is first stale all the same.
    pub(super) fn gone_after(&self, interval: Duration) -> Duration {
        self.gone_after.max(self.stale_after(interval) * 2)
    }
}
