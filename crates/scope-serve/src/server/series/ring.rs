//! One figure over time: the last 15 seconds, second by second, and the last 15 minutes in steps of 15 seconds.

/// Samples kept second by second.
pub(super) const FINE: usize = 15;

/// Steps kept, and seconds in each.
pub(super) const COARSE: usize = 60;
pub(super) const STEP: i64 = 15;

/// A step: the mean and the largest of what was seen in it. Neither is a number where nothing was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) mean: f32,
    pub(super) max: f32,
}

const NOTHING: Step = Step { mean: f32::NAN, max: f32::NAN };

/// One figure over time. Times are seconds since 1970; they come in order, and what comes late is left out.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    fine: [f32; FINE],
    /// The second of the latest sample.
    last: i64,
    /// Grows with the figure's life; then a ring.
    steps: Vec<Step>,
    sum: f32,
    max: f32,
    count: u16,
}

impl Ring {
    pub(super) fn new(second: i64, value: f32) -> Self {
        let mut ring = Self { fine: [f32::NAN; FINE], last: second, steps: Vec::new(), sum: 0.0, max: f32::NEG_INFINITY, count: 0 };
        ring.put(second, value);
        ring
    }

    /// Adds a sample.
    pub(super) fn push(&mut self, second: i64, value: f32) {
        if second < self.last {
            return;
        }
        let (from, to) = (self.last.div_euclid(STEP), second.div_euclid(STEP));
        if to > from {
            self.close(from, to);
        }
        if second - self.last >= FINE as i64 {
            self.fine = [f32::NAN; FINE];
        } else {
            for missed in self.last + 1..second {
                self.set(missed, f32::NAN);
            }
        }
        self.last = second;
        self.put(second, value);
    }

    fn put(&mut self, second: i64, value: f32) {
        self.set(second, value);
        self.sum += value;
        self.max = self.max.max(value);
        self.count = self.count.saturating_add(1);
    }

    fn set(&mut self, second: i64, value: f32) {
        if let Some(place) = self.fine.get_mut(second.rem_euclid(FINE as i64) as usize) {
            *place = value;
        }
    }

    /// Puts the step `from` away, and leaves gaps up to `to`.
    fn close(&mut self, from: i64, to: i64) {
        let step = if self.count > 0 { Step { mean: self.sum / f32::from(self.count), max: self.max } } else { NOTHING };
        (self.sum, self.max, self.count) = (0.0, f32::NEG_INFINITY, 0);
        self.step(step);
        for _ in 0..(to - from - 1).min(COARSE as i64) {
            self.step(NOTHING);
        }
    }

    fn step(&mut self, step: Step) {
        if self.steps.len() == COARSE {
            // Once in 15 seconds, 480 bytes.
            self.steps.rotate_left(1);
            self.steps.pop();
        } else if self.steps.len() == self.steps.capacity() {
            self.steps.reserve_exact((self.steps.len().max(4)).min(COARSE - self.steps.len()));
        }
        self.steps.push(step);
    }

    /// The second of the latest sample.
    pub(super) fn last(&self) -> i64 {
        self.last
    }

    /// The sample of a second.
    pub(super) fn second(&self, second: i64) -> Option<f32> {
        let known = second <= self.last && second > self.last - FINE as i64;
        let value = self.fine.get(second.rem_euclid(FINE as i64) as usize).copied().filter(|_| known)?;
        (!value.is_nan()).then_some(value)
    }

    /// The step that `second` lies in, the one that is not over among them.
    pub(super) fn step_at(&self, second: i64) -> Option<Step> {
        let back = self.last.div_euclid(STEP) - second.div_euclid(STEP);
        if back == 0 {
            return (self.count > 0).then(|| Step { mean: self.sum / f32::from(self.count), max: self.max });
        }
        let at = self.steps.len().checked_sub(usize::try_from(back).ok()?)?;
        self.steps.get(at).copied().filter(|step| !step.mean.is_nan())
    }
}

/// Bytes that a figure takes at most, its number and its place in a list among them.
pub(super) const BYTES: usize = size_of::<(u16, Ring)>() + COARSE * size_of::<Step>();

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_ring_says_what_a_list_of_all_samples_says(gaps in prop::collection::vec((0_i64..40, 0_u16..1000), 1..200)) {
            let (mut ring, mut all, mut second): (Option<Ring>, Vec<(i64, f32)>, i64) = (None, Vec::new(), 1_000_000);
            for (gap, value) in gaps {
                second += gap;
                let value = f32::from(value);
                match &mut ring {
                    Some(ring) => ring.push(second, value),
                    None => ring = Some(Ring::new(second, value)),
                }
                all.push((second, value));
            }
            let ring = ring.unwrap();
            for at in second - FINE as i64 + 1..=second {
                let expected = all.iter().rev().find(|(when, _)| *when == at).map(|(_, value)| *value);
                prop_assert_eq!(ring.second(at), expected);
            }
            prop_assert_eq!(ring.second(second - FINE as i64), None);
            for back in 0..COARSE as i64 {
                let step = second.div_euclid(STEP) - back;
                let within: Vec<f32> = all.iter().filter(|(when, _)| when.div_euclid(STEP) == step).map(|(_, value)| *value).collect();
                let found = ring.step_at(step * STEP);
                prop_assert_eq!(found.is_some(), !within.is_empty(), "step {} back", back);
                if let Some(found) = found {
                    prop_assert_eq!(found.max, within.iter().copied().fold(f32::MIN, f32::max));
                    prop_assert!((found.mean - within.iter().sum::<f32>() / within.len() as f32).abs() < 0.01);
                }
            }
        }
    }

    #[test]
    fn what_comes_late_changes_nothing_and_memory_is_bounded() {
        let mut ring = Ring::new(1000, 1.0);
        ring.push(999, 9.0);
        assert_eq!(ring.second(999), None);
        for second in 1001..5000 {
            ring.push(second, 1.0);
        }
        assert_eq!(ring.steps.capacity(), COARSE);
    }
}
