//! How long to wait before dialling again: longer each time, and never in step with other agents.

use std::time::Duration;

#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
    /// A generator of no quality but spread: agents that lost one server do not come back at one time.
    random: u64,
}

impl Backoff {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        let random = uuid::Uuid::now_v7().as_u128() as u64 | 1;
        Self { first, longest, next: first, random }
    }

    /// The next wait: between half and all of a time that doubles.
    pub(super) fn next(&mut self) -> Duration {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let share = 0.5 + (self.random >> 11) as f64 / (1_u64 << 54) as f64;
        let wait = self.next.mul_f64(share);
        self.next = (self.next * 2).min(self.longest);
        wait
    }

    /// The server was there.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_differ() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_mins(1));
        let waits: Vec<_> = (0..40).map(|_| backoff.next()).collect();
        assert!(waits[0] <= Duration::from_secs(1) && waits[0] >= Duration::from_millis(500));
        assert!(waits.iter().skip(8).all(|wait| (Duration::from_secs(30)..=Duration::from_mins(1)).contains(wait)), "{waits:?}");
        let late: std::collections::BTreeSet<_> = waits.iter().skip(8).collect();
        assert!(late.len() > 20, "they are spread");
        backoff.reset();
        assert!(backoff.next() <= Duration::from_secs(1));
    }
}
