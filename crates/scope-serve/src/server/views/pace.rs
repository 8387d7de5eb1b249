//! When views are computed: figures once a second, structure as it changes, but never so often that it costs more than its share of a core.

use std::time::{Duration, Instant};

/// Least time between two computations for the sake of structure.
const STRUCTURE: Duration = Duration::from_millis(100);

/// Time between two computations of figures.
const FIGURES: Duration = Duration::from_secs(1);

/// Most time that a change waits which only decides how connections are drawn.
const DRIFT: Duration = Duration::from_secs(5);

/// The share of a core that structure may cost: one part in so many.
const SHARE: u32 = 4;

/// The share that it may cost as long as nobody waits for longer than figures do.
const MODEST: u32 = 30;

/// Structure that takes more than one part in so many of a second is dear: it is computed with the figures. One graph serves both then, and what shows figures
/// and facts together is looked at once.
const DEAR: u32 = 60;

/// How much sooner than its share allows structure is computed for the sake of figures that are due.
const SOONER: Duration = Duration::from_millis(250);

/// What is to be computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) structure: bool,
    pub(super) figures: bool,
    /// For those who have nothing yet.
    pub(super) snapshots: bool,
}

/// What has happened since the last computation.
#[expect(clippy::struct_excessive_bools, reason = "four things that happen independently")]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Since {
    pub(super) structure: bool,
    pub(super) drift: bool,
    pub(super) figures: bool,
    /// Somebody waits for a snapshot.
    pub(super) asked: bool,
}

/// When what was computed, and what it cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    structure: Instant,
    figures: Instant,
    /// Of structure, without the figures and snapshots of views that were made with it.
    cost: Duration,
    /// Of these snapshots.
    snapshots: Duration,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { structure: now.checked_sub(DRIFT).unwrap_or(now), figures: now, cost: Duration::ZERO, snapshots: Duration::ZERO }
    }

    fn is_dear(&self) -> bool {
        self.cost * DEAR > FIGURES
    }

    /// From when on structure may be computed again for somebody who has nothing yet.
    fn asked_from(&self) -> Instant {
        self.structure + STRUCTURE.max((self.cost + self.snapshots) * SHARE)
    }

    /// From when on structure may be computed again. What is dear waits for the figures, but not for longer than these are apart.
    fn structure_from(&self) -> Instant {
        let from = self.structure + STRUCTURE.max(self.cost * SHARE).max(FIGURES.min(self.cost * MODEST));
        if self.is_dear() { from.max((self.figures + FIGURES).min(self.structure + FIGURES)) } else { from }
    }

    /// What is due, and for how long there is nothing to do but to wait for news.
    pub(super) fn due(&self, since: Since, now: Instant) -> (Due, Duration) {
        let next_figures = self.figures + FIGURES;
        let figures = since.figures && now >= next_figures;
        let sooner = if figures && self.is_dear() { SOONER } else { Duration::ZERO };
        let is_due = |at: &Instant| now + sooner >= *at;
        // Whoever waits for a snapshot does not hold up those who have one.
        let asked = since.asked.then(|| self.asked_from());
        let structure = since.structure.then(|| self.structure_from());
        let drift = since.drift.then(|| (self.structure + DRIFT).max(self.structure_from()));
        let next_structure = [asked, structure, drift].into_iter().flatten().min();
        let due = Due { structure: next_structure.as_ref().is_some_and(is_due), figures, snapshots: asked.as_ref().is_some_and(is_due) };
        let next = next_structure.map_or(next_figures, |at| at.min(next_figures));
        // Figures that did not move by their time are looked at a little later.
        (due, next.saturating_duration_since(now).max(Duration::from_millis(20)))
    }

    /// What was computed, what it cost beside figures, and what of that snapshots did.
    pub(super) fn done(&mut self, due: Due, began: Instant, cost: Duration, snapshots: Duration) {
        if due.structure {
            self.structure = began;
            // The means of the last few.
            self.cost = (self.cost * 3 + cost.saturating_sub(snapshots)) / 4;
            self.snapshots = (self.snapshots * 3 + snapshots) / 4;
        }
        if due.figures {
            // In step: a late one is not followed by another late one.
            self.figures = (self.figures + FIGURES).max(began.checked_sub(FIGURES / 2).unwrap_or(began));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    const STRUCTURE_CHANGED: Since = Since { structure: true, drift: false, figures: false, asked: false };

    #[test]
    fn the_first_change_after_silence_is_computed_at_once_and_the_next_waits_its_time() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let (due, _) = pace.due(STRUCTURE_CHANGED, start);
        assert!(due.structure && !due.figures);
        pace.done(due, start, Duration::from_millis(1), Duration::ZERO);
        let (due, wait) = pace.due(STRUCTURE_CHANGED, start + Duration::from_millis(40));
        assert_eq!((due, wait), (Due::default(), Duration::from_millis(60)));
        assert!(pace.due(STRUCTURE_CHANGED, start + Duration::from_millis(100)).0.structure);
    }

    #[test]
    fn what_is_dear_is_computed_less_often() {
        let start = Instant::now();
        let (mut pace, mut now, mut passes) = (Pace::new(start), start, 0_u32);
        while now < start + Duration::from_mins(1) {
            let (due, wait) = pace.due(STRUCTURE_CHANGED, now);
            now += wait;
            if due.structure {
                passes += 1;
                pace.done(due, now, Duration::from_millis(200), Duration::ZERO);
            }
        }
        let share = f64::from(passes) * 0.2 / 60.0;
        assert!((0.15..=0.25).contains(&share), "a share of {share}");
    }

    #[test]
    fn what_is_dear_is_computed_with_the_figures_and_at_once_after_silence() {
        let start = Instant::now();
        let (mut pace, mut now) = (Pace::new(start), start);
        let both = Since { figures: true, ..STRUCTURE_CHANGED };
        let (mut passes, mut last) = (Vec::new(), start);
        while now < start + Duration::from_mins(1) {
            let (due, wait) = pace.due(both, now);
            if due == Due::default() {
                now += wait;
                continue;
            }
            passes.push(due);
            last = now;
            pace.done(due, now, Duration::from_millis(60), Duration::ZERO);
            now += Duration::from_millis(60);
        }
        let late = passes.get(10..).unwrap();
        assert!(late.len() > 40 && late.iter().all(|due| due.structure && due.figures), "{late:?}");
        // Whoever has nothing yet does not wait for the figures.
        let asked = Since { asked: true, ..Since::default() };
        let soon = last + Duration::from_millis(700);
        assert!(!pace.due(both, soon).0.structure && pace.due(asked, soon).0.structure);
        let later = now + Duration::from_secs(5);
        assert!(pace.due(STRUCTURE_CHANGED, later).0.structure);
    }

    #[test]
    fn figures_are_computed_once_a_second_and_only_where_they_moved() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let moved = Since { figures: true, ..Since::default() };
        assert_eq!(pace.due(moved, start + Duration::from_millis(900)).0, Due::default());
        assert_eq!(pace.due(Since::default(), start + Duration::from_secs(3)).0, Due::default());
        let late = start + Duration::from_millis(1100);
        let (due, _) = pace.due(moved, late);
        assert!(due.figures);
        pace.done(due, late, Duration::ZERO, Duration::ZERO);
        assert!(!pace.due(moved, start + Duration::from_millis(1900)).0.figures);
        assert!(pace.due(moved, start + Duration::from_secs(2)).0.figures);
    }

    #[test]
    fn a_change_of_sampled_ports_waits_for_five_seconds() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.done(Due { structure: true, ..Due::default() }, start, Duration::ZERO, Duration::ZERO);
        let drift = Since { drift: true, ..Since::default() };
        assert!(!pace.due(drift, start + Duration::from_secs(4)).0.structure);
        assert!(pace.due(drift, start + Duration::from_secs(5)).0.structure);
    }

    #[test]
    fn who_waits_for_a_dear_snapshot_does_not_hold_up_the_others() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let both = Due { structure: true, snapshots: true, ..Due::default() };
        for pass in 1..20 {
            pace.done(both, start + Duration::from_secs(pass), Duration::from_millis(550), Duration::from_millis(500));
        }
        let last = start + Duration::from_secs(19);
        let since = Since { asked: true, ..STRUCTURE_CHANGED };
        let due = pace.due(since, last + Duration::from_millis(1100)).0;
        assert!(due.structure && !due.snapshots, "{due:?}");
        let due = pace.due(since, last + Duration::from_secs(3)).0;
        assert!(due.structure && due.snapshots, "{due:?}");
    }
}
