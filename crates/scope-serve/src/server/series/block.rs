//! Several figures of one node over time: the last 15 seconds, second by second, and the last 15 minutes in steps of 15 seconds. They are said together, so
//! those of one second lie together: a report touches a few lines of memory, not a few for each figure.
//!
//! A figure that a report does not mention still holds: it is one of each second until another is said, its node has gone, or its agent falls silent.

/// Samples kept second by second.
pub(super) const FINE: usize = 15;

/// Steps kept, and seconds in each.
pub(super) const COARSE: usize = 60;
pub(super) const STEP: i64 = 15;

/// Rows of floats: the seconds, then of the step that is not over the sums, the largest, and how many seconds they are of: all before the latest.
const ROWS: usize = FINE + 3;
const SUM: usize = FINE;
const MAX: usize = FINE + 1;
const COUNT: usize = FINE + 2;

/// A step: the mean and the largest of what was seen in it. Neither is a number where nothing was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) mean: f32,
    pub(super) max: f32,
}

const NOTHING: Step = Step { mean: f32::NAN, max: f32::NAN };

/// Bytes that a figure takes at most.
pub(super) const FIGURE: usize = ROWS * size_of::<f32>() + size_of::<u16>() + COARSE * size_of::<Step>();

/// Bytes that a block takes beside its figures.
pub(super) const BLOCK: usize = size_of::<Block>() + 64;

/// A silence of the agent that says the figures: when it was last heard before, and when again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Silence {
    pub(super) from: i64,
    pub(super) to: i64,
}

/// Figures over time. Times are seconds since 1970; they come in order, and what comes late is left out.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Which figures they are.
    numbers: Box<[u16]>,
    /// The latest second of which anything was said.
    last: i64,
    /// Its row, which has what holds from then on.
    row: u16,
    /// The node has gone: nothing holds.
    is_over: bool,
    rows: Box<[f32]>,
    /// Steps that are over, all figures of one together. Grows with the life of the node; then a ring.
    steps: Vec<Step>,
    /// Where the oldest step stands, in steps.
    oldest: u16,
}

impl Block {
    /// A block of these figures, before anything was said of them.
    pub(super) fn new(numbers: Vec<u16>, second: i64) -> Self {
        let width = numbers.len();
        let mut rows = vec![f32::NAN; ROWS * width].into_boxed_slice();
        clear(&mut rows, width);
        Self { numbers: numbers.into(), last: second, row: row_of(second), is_over: false, rows, steps: Vec::new(), oldest: 0 }
    }

    /// Which figures they are.
    pub(super) fn numbers(&self) -> &[u16] {
        &self.numbers
    }

    /// Takes what is said of one figure; `silence` is the last one of the agent.
    pub(super) fn push(&mut self, second: i64, silence: Option<Silence>, column: usize, value: f32) {
        if !self.advance(second, silence) {
            return;
        }
        self.is_over = false;
        let width = self.numbers.len();
        if let Some(place) = row(&mut self.rows, width, usize::from(self.row)).get_mut(column) {
            *place = value;
        }
    }

    /// Nothing holds any more.
    pub(super) fn end(&mut self, second: i64, silence: Option<Silence>) {
        if !self.is_over && self.advance(second, silence) {
            row(&mut self.rows, self.numbers.len(), usize::from(self.row)).fill(f32::NAN);
            self.is_over = true;
        }
    }

    /// Makes `second` the latest; whether it is not late.
    fn advance(&mut self, second: i64, silence: Option<Silence>) -> bool {
        if second <= self.last {
            return second == self.last;
        }
        match silence.filter(|silence| silence.to > self.last) {
            _ if self.is_over => self.go_to(second, false),
            Some(silence) => {
                if silence.from.min(second) > self.last {
                    self.go_to(silence.from.min(second), true);
                }
                if second > self.last {
                    self.go_to(second, false);
                }
            }
            None => self.go_to(second, true),
        }
        true
    }

    /// Makes the later `second` the latest. In those on the way the figures `hold`, or nothing is known.
    fn go_to(&mut self, second: i64, hold: bool) {
        let width = self.numbers.len();
        // What is longer ago than anything is kept needs no steps of its own.
        let mut at = self.last;
        while at < second {
            let end_of_step = at.div_euclid(STEP) * STEP + STEP - 1;
            let end = end_of_step.min(second - 1);
            let seconds = if hold { end - at + 1 } else { i64::from(at == self.last) };
            self.sum(seconds);
            if end == end_of_step {
                self.close();
            }
            at = (end + 1).max((second.div_euclid(STEP) - COARSE as i64) * STEP);
        }
        let latest = usize::from(self.row);
        for later in (self.last + 1).max(second - FINE as i64 + 1)..=second {
            let place = usize::from(row_of(later));
            if !hold {
                row(&mut self.rows, width, place).fill(f32::NAN);
            } else if place != latest {
                self.rows.copy_within(latest * width..(latest + 1) * width, place * width);
            }
        }
        (self.last, self.row) = (second, row_of(second));
    }

    /// Adds so many seconds in which what was said last held to the step that is not over.
    fn sum(&mut self, seconds: i64) {
        if seconds == 0 {
            return;
        }
        let width = self.numbers.len();
        let latest = usize::from(self.row) * width;
        let (rows, of_step) = self.rows.split_at_mut(SUM * width);
        let (sums, rest) = of_step.split_at_mut(width);
        let (largest, counts) = rest.split_at_mut(width);
        let values = rows.get(latest..latest + width).unwrap_or_default();
        let seconds = seconds as f32;
        for (((value, sum), largest), count) in values.iter().zip(sums).zip(largest).zip(counts) {
            if !value.is_nan() {
                *sum += value * seconds;
                *largest = largest.max(*value);
                *count += seconds;
            }
        }
    }

    /// Puts the step that is over away.
    fn close(&mut self) {
        let width = self.numbers.len();
        let of = |row: usize, column: usize| self.rows.get(row * width + column).copied().unwrap_or(f32::NAN);
        let step = |column: usize| {
            let count = of(COUNT, column);
            if count > 0.0 { Step { mean: of(SUM, column) / count, max: of(MAX, column) } } else { NOTHING }
        };
        let steps: Vec<Step> = (0..width).map(step).collect();
        self.step(steps.into_iter());
        clear(&mut self.rows, width);
    }

    fn step(&mut self, steps: impl Iterator<Item = Step>) {
        let width = self.numbers.len();
        if self.steps.len() >= COARSE * width {
            let place = usize::from(self.oldest) * width;
            for (place, step) in self.steps.iter_mut().skip(place).take(width).zip(steps) {
                *place = step;
            }
            self.oldest = (self.oldest + 1) % COARSE as u16;
            return;
        }
        if self.steps.len() == self.steps.capacity() {
            let known = self.steps.len() / width.max(1);
            self.steps.reserve_exact(known.max(4).min(COARSE - known) * width);
        }
        self.steps.extend(steps);
    }

    /// The latest second of which anything was said.
    pub(super) fn last(&self) -> i64 {
        self.last
    }

    /// Whether its node has gone.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// One of its figures, which holds up to the second `until` unless its node has gone.
    pub(super) fn figure(&self, number: u16, until: i64) -> Option<Figure<'_>> {
        let until = if self.is_over { self.last } else { until.max(self.last) };
        self.numbers.iter().position(|known| *known == number).map(|column| Figure { block: self, column, until })
    }
}

fn row(rows: &mut [f32], width: usize, number: usize) -> &mut [f32] {
    rows.get_mut(number * width..(number + 1) * width).unwrap_or_default()
}

/// Begins the next step.
fn clear(rows: &mut [f32], width: usize) {
    row(rows, width, SUM).fill(0.0);
    row(rows, width, MAX).fill(f32::NEG_INFINITY);
    row(rows, width, COUNT).fill(0.0);
}

/// Which row the sample of a second stands in.
fn row_of(second: i64) -> u16 {
    second.rem_euclid(FINE as i64) as u16
}

/// One figure over time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure<'a> {
    block: &'a Block,
    column: usize,
    /// The last second in which it holds.
    until: i64,
}

impl Figure<'_> {
    /// The last second in which it is known.
    pub(super) fn last(&self) -> i64 {
        self.until
    }

    /// When anything was last said of its node.
    pub(super) fn said(&self) -> i64 {
        self.block.last
    }

    fn value(&self, row: usize) -> Option<f32> {
        self.block.rows.get(row * self.block.numbers.len() + self.column).copied()
    }

    /// What was said last.
    fn latest(&self) -> Option<f32> {
        self.value(usize::from(self.block.row)).filter(|value| !value.is_nan())
    }

    /// What it was in a second.
    pub(super) fn second(&self, second: i64) -> Option<f32> {
        let block = self.block;
        if second > block.last {
            return self.latest().filter(|_| second <= self.until);
        }
        let known = second > block.last - FINE as i64;
        self.value(usize::from(row_of(second))).filter(|value| known && !value.is_nan())
    }

    /// The step that `second` lies in, the one that is not over among them.
    pub(super) fn step_at(&self, second: i64) -> Option<Step> {
        let block = self.block;
        let step = second.div_euclid(STEP);
        let back = block.last.div_euclid(STEP) - step;
        if back < 0 {
            let holds = step * STEP <= self.until;
            return self.latest().filter(|_| holds).map(|value| Step { mean: value, max: value });
        }
        if back == 0 {
            // The latest second, and those in which it held since, are not in the sums yet.
            let since = self.until.min(step * STEP + STEP - 1) - block.last + 1;
            let (latest, seconds) = self.latest().map_or((0.0, 0.0), |value| (value, since as f32));
            let count = self.value(COUNT)? + seconds;
            let max = if seconds > 0.0 { self.value(MAX)?.max(latest) } else { self.value(MAX)? };
            let mean = (self.value(SUM)? + latest * seconds) / count;
            return (count > 0.0).then_some(Step { mean, max });
        }
        let width = block.numbers.len();
        let known = block.steps.len() / width;
        let at = known.checked_sub(usize::try_from(back).ok()?)?;
        let place = if known == COARSE { (at + usize::from(block.oldest)) % COARSE } else { at };
        block.steps.get(place * width + self.column).copied().filter(|step| !step.mean.is_nan())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use proptest::prelude::*;

    use super::*;

    /// What happens after so many seconds.
    #[derive(Clone, Debug)]
    enum Then {
        /// Some of the figures are said.
        Said([Option<u16>; 3]),
        /// The agent was silent all the time but for the first seconds, and then says these.
        SaidAfterSilence(i64, [Option<u16>; 3]),
        /// The node goes.
        Gone,
    }

    fn then() -> impl Strategy<Value = Then> {
        let said = || prop::array::uniform3(prop::option::of(0_u16..1000));
        // Who comes back says all that there is.
        let again = (0_i64..20, said()).prop_map(|(after, said)| Then::SaidAfterSilence(after, said.map(|value| value.or(Some(7)))));
        prop_oneof![6 => said().prop_map(Then::Said), 1 => again, 1 => Just(Then::Gone)]
    }

    proptest! {
        #[test]
        fn a_block_says_what_was_said_second_by_second(all in prop::collection::vec((0_i64..40, then()), 1..200), later in 0_i64..40) {
            let begin = 1_000_000;
            let mut block = Block::new(vec![7, 3, 9], begin);
            // For each second what is known in it.
            let mut seconds: Vec<[Option<f32>; 3]> = vec![[None; 3]];
            let mut silence = None;
            for (gap, then) in all {
                let last = begin + seconds.len() as i64 - 1;
                let second = last + gap;
                let held = *seconds.last().unwrap();
                let holds_to = match then {
                    Then::SaidAfterSilence(after, _) if gap > after => last + after,
                    _ => second,
                };
                if holds_to < second {
                    silence = Some(Silence { from: holds_to, to: second });
                }
                seconds.extend((last + 1..=second).map(|at| if at <= holds_to { held } else { [None; 3] }));
                let now = seconds.last_mut().unwrap();
                match then {
                    Then::Said(values) | Then::SaidAfterSilence(_, values) => {
                        // Where nothing is said no block hears of the report.
                        for (column, value) in values.into_iter().enumerate().filter_map(|(column, value)| Some((column, f32::from(value?)))) {
                            block.push(second, silence, column, value);
                            now[column] = Some(value);
                        }
                    }
                    Then::Gone => {
                        block.end(second, silence);
                        *now = [None; 3];
                    }
                }
            }
            let until = begin + seconds.len() as i64 - 1 + later;
            let held = *seconds.last().unwrap();
            // A silence that nothing was said after is not known to the block: then it holds nothing that would be asked for.
            prop_assume!(silence.is_none_or(|silence| silence.to <= block.last()));
            seconds.extend((0..later).map(|_| held));
            let at = |second: i64| seconds.get(usize::try_from(second - begin).unwrap_or(usize::MAX)).copied().unwrap_or_default();
            for (column, number) in [7, 3, 9].into_iter().enumerate() {
                let figure = block.figure(number, until).unwrap();
                for second in block.last() - FINE as i64 + 1..=until {
                    prop_assert_eq!(figure.second(second), at(second)[column], "second {} of {}", second - begin, until - begin);
                }
                prop_assert_eq!(figure.second(block.last() - FINE as i64), None);
                for step in block.last().div_euclid(STEP) - COARSE as i64..=until.div_euclid(STEP) {
                    let within: Vec<f32> = (step * STEP..step * STEP + STEP).filter(|second| *second <= until).filter_map(|second| at(second)[column]).collect();
                    let found = figure.step_at(step * STEP);
                    prop_assert_eq!(found.is_some(), !within.is_empty(), "step {}", step);
                    if let Some(found) = found {
                        prop_assert_eq!(found.max, within.iter().copied().fold(f32::MIN, f32::max));
                        prop_assert!((found.mean - within.iter().sum::<f32>() / within.len() as f32).abs() < 0.05, "{:?}", found);
                    }
                }
            }
        }
    }

    #[test]
    fn what_comes_late_changes_nothing_and_memory_is_bounded() {
        let mut block = Block::new(vec![1], 1000);
        block.push(1000, None, 0, 1.0);
        block.push(999, None, 0, 9.0);
        assert_eq!(block.figure(1, 1000).unwrap().second(999), None);
        for second in 1001..5000 {
            block.push(second, None, 0, 1.0);
        }
        assert_eq!(block.steps.capacity(), COARSE);
    }
}
