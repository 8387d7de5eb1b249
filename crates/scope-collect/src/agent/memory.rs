//! Keeps the agent small: what is not used goes back to the kernel, and past a bound fewer connections are remembered, which is said.

use std::time::Duration;

use scope_core::{Problem, heap};
use tokio::time::Instant;

/// Memory of an agent beyond which it remembers less: twice what a thousand containers may cost.
const BOUND: u64 = 120_000_000;
/// Reports over the bound, in a row, before it acts. A burst is no reason.
const PATIENCE: u32 = 5;
/// The least part of the connections that is remembered.
const LEAST: u32 = 32;
/// How often what is not used goes back; the first time after the first reports, which make the most waste.
const GIVE_BACK_EVERY: Duration = Duration::from_mins(1);
const GIVE_BACK_FIRST: Duration = Duration::from_secs(3);

/// What is known of the agent's memory.
#[derive(Debug)]
pub(super) struct Memory {
    /// Whether the process is the agent's alone, so that what the process uses is what the agent does.
    is_alone: bool,
    /// Of the connections that have room, one in so many is remembered.
    part: u32,
    over: u32,
    under: u32,
    give_back: Instant,
}

impl Memory {
    /// Nothing is known before the first report.
    pub(super) fn new(now: Instant, is_alone: bool) -> Self {
        Self { is_alone, part: 1, over: 0, under: 0, give_back: now + GIVE_BACK_FIRST }
    }

    /// Gives back what is not used, where it is time.
    pub(super) fn tidy(&mut self, now: Instant) {
        if now >= self.give_back {
            heap::give_back();
            self.give_back = now + GIVE_BACK_EVERY;
        }
    }

    /// Takes the memory used after a report; gives which part of the connections is to be remembered from now on, one in so many.
    pub(super) fn weigh(&mut self, resident: u64) -> u32 {
        if !self.is_alone {
            return self.part;
        }
        if resident > BOUND {
            (self.over, self.under) = (self.over + 1, 0);
        } else if resident < BOUND / 2 {
            (self.over, self.under) = (0, self.under + 1);
        } else {
            (self.over, self.under) = (0, 0);
        }
        if self.over >= PATIENCE && self.part < LEAST {
            (self.part, self.over) = (self.part * 2, 0);
        } else if self.under >= PATIENCE * 4 && self.part > 1 {
            (self.part, self.under) = (self.part / 2, 0);
        }
        self.part
    }

    /// What is to be said of it.
    pub(super) fn problem(&self) -> Option<Problem> {
        (self.part > 1).then(|| Problem {
            message: format!(
                "the agent used over {} MB of memory: it remembers one connection in {} of those that it has room for",
                BOUND / 1_000_000,
                self.part
            )
            .into(),
            hint: Some("leave sources out with --except, or find out who opens so many connections: those left out are counted as dropped".into()),
            id: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn remembers_less_past_the_bound_and_more_again_below_half_of_it() {
        let mut memory = Memory::new(Instant::now(), true);
        for _ in 1..PATIENCE {
            assert_eq!(memory.weigh(BOUND + 1), 1);
        }
        assert!(memory.problem().is_none());
        assert_eq!(memory.weigh(BOUND + 1), 2);
        assert!(memory.problem().is_some_and(|problem| problem.message.contains("one connection in 2")));
        for _ in 0..100 {
            memory.weigh(u64::MAX);
        }
        assert_eq!(memory.weigh(BOUND), LEAST, "never less than that");
        for _ in 0..PATIENCE * 4 * LEAST.ilog2() {
            memory.weigh(BOUND / 2 - 1);
        }
        assert_eq!(memory.weigh(0), 1);
        assert!(memory.problem().is_none());
    }

    #[tokio::test]
    async fn what_a_server_uses_is_not_held_against_the_agent_in_it() {
        let mut memory = Memory::new(Instant::now(), false);
        for _ in 0..100 {
            assert_eq!(memory.weigh(BOUND * 10), 1);
        }
        assert!(memory.problem().is_none());
    }
}
