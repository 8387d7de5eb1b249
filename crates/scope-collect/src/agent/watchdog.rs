//! Keeps the agent cheap: where its own CPU time passes the bound it reports less often, and says so.

use std::time::Duration;

use scope_core::Problem;

/// CPU time of an agent, in per cent of one core, beyond which it slows down: twice what a thousand containers may cost.
const BOUND_PCT: u64 = 20;
/// Intervals over the bound, in a row, before it acts. A burst is no reason.
const PATIENCE: u32 = 5;
/// The most by which an interval is widened.
const WIDEST: u32 = 8;

#[derive(Debug)]
pub(super) struct Watchdog {
    widened: u32,
    over: u32,
    under: u32,
    cpu_us: Option<u64>,
}

impl Default for Watchdog {
    fn default() -> Self {
        Self { widened: 1, over: 0, under: 0, cpu_us: None }
    }
}

impl Watchdog {
    /// The interval to the next report, given the interval asked for and the CPU time used so far.
    pub(super) fn pace(&mut self, every: Duration, cpu_us: u64) -> Duration {
        let pace = every * self.widened;
        let used = self.cpu_us.map(|before| cpu_us.saturating_sub(before));
        self.cpu_us = Some(cpu_us);
        let Some(used) = used else { return pace };
        let share = used * 100 / (pace.as_micros() as u64).max(1);
        if share > BOUND_PCT {
            (self.over, self.under) = (self.over + 1, 0);
        } else if share < BOUND_PCT / 4 {
            (self.over, self.under) = (0, self.under + 1);
        } else {
            (self.over, self.under) = (0, 0);
        }
        if self.over >= PATIENCE && self.widened < WIDEST {
            (self.widened, self.over) = (self.widened * 2, 0);
        } else if self.under >= PATIENCE * 4 && self.widened > 1 {
            (self.widened, self.under) = (self.widened / 2, 0);
        }
        every * self.widened
    }

    /// What is to be said of it.
    pub(super) fn problem(&self) -> Option<Problem> {
        (self.widened > 1).then(|| Problem {
            message: format!("the agent used over {BOUND_PCT} % of a core: its interval is widened {}-fold", self.widened).into(),
            hint: Some("lengthen --every, or leave sources out with --except; the tick says what each source takes".into()),
            id: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(1);

    #[test]
    fn widens_after_patience_and_narrows_again() {
        let mut watchdog = Watchdog::default();
        let mut cpu_us = 0;
        assert_eq!(watchdog.pace(EVERY, cpu_us), EVERY);
        for _ in 0..PATIENCE {
            assert!(watchdog.problem().is_none());
            cpu_us += 400_000;
            watchdog.pace(EVERY, cpu_us);
        }
        assert_eq!(watchdog.pace(EVERY, cpu_us), EVERY * 2);
        assert!(watchdog.problem().is_some_and(|problem| problem.message.contains("2-fold")));
        for _ in 0..PATIENCE * 4 {
            cpu_us += 1_000;
            watchdog.pace(EVERY, cpu_us);
        }
        assert_eq!(watchdog.pace(EVERY, cpu_us), EVERY);
    }

    #[test]
    fn a_burst_changes_nothing() {
        let mut watchdog = Watchdog::default();
        let mut cpu_us = 0;
        for round in 0..100 {
            cpu_us += if round % 3 == 0 { 900_000 } else { 100_000 };
            assert_eq!(watchdog.pace(EVERY, cpu_us), EVERY);
        }
    }
}
