//! Several figures of one node over time: the last 15 seconds, second by second, and the last 15 minutes in steps of 15 seconds. They are said together, so
//! those of one second lie together: a report touches a few lines of memory, not a few for each figure.

/// Samples kept second by second.
pub(super) const FINE: usize = 15;

/// Steps kept, and seconds in each.
pub(super) const COARSE: usize = 60;
pub(super) const STEP: i64 = 15;

/// Rows of floats: the seconds, then of the step that is not over the sums, the largest, and how many samples they are of.
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

/// Figures over time. Times are seconds since 1970; they come in order, and what comes late is left out.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Which figures they are.
    numbers: Box<[u16]>,
    /// The second of the latest sample.
    last: i64,
    /// Its row.
    row: u16,
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
        Self { numbers: numbers.into(), last: second, row: row_of(second), rows, steps: Vec::new(), oldest: 0 }
    }

    /// Which figures they are.
    pub(super) fn numbers(&self) -> &[u16] {
        &self.numbers
    }

    /// Adds a sample of one figure.
    pub(super) fn push(&mut self, second: i64, column: usize, value: f32) {
        if self.advance(second) {
            put(&mut self.rows, self.numbers.len(), column, usize::from(self.row), value);
        }
    }

    /// Makes `second` the latest; whether it is not late.
    fn advance(&mut self, second: i64) -> bool {
        if second <= self.last {
            return second == self.last;
        }
        let width = self.numbers.len();
        let (from, to) = (self.last.div_euclid(STEP), second.div_euclid(STEP));
        if to > from {
            self.close(from, to);
        }
        let missed = (second - self.last).min(FINE as i64);
        for at in second - missed + 1..=second {
            row(&mut self.rows, width, usize::from(row_of(at))).fill(f32::NAN);
        }
        (self.last, self.row) = (second, row_of(second));
        true
    }

    /// Puts the step `from` away, and leaves gaps up to `to`.
    fn close(&mut self, from: i64, to: i64) {
        let width = self.numbers.len();
        let of = |row: usize, column: usize| self.rows.get(row * width + column).copied().unwrap_or(f32::NAN);
        let step = |column: usize| {
            let count = of(COUNT, column);
            if count > 0.0 { Step { mean: of(SUM, column) / count, max: of(MAX, column) } } else { NOTHING }
        };
        let steps: Vec<Step> = (0..width).map(step).collect();
        self.step(steps.into_iter());
        for _ in 0..(to - from - 1).min(COARSE as i64) {
            self.step(std::iter::repeat_n(NOTHING, width));
        }
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

    /// The second of the latest sample.
    pub(super) fn last(&self) -> i64 {
        self.last
    }

    /// One of its figures.
    pub(super) fn figure(&self, number: u16) -> Option<Figure<'_>> {
        self.numbers.iter().position(|known| *known == number).map(|column| Figure { block: self, column })
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

fn put(rows: &mut [f32], width: usize, column: usize, latest: usize, value: f32) {
    let mut place = |row: usize, new: &dyn Fn(f32) -> f32| {
        if let Some(place) = rows.get_mut(row * width + column) {
            *place = new(*place);
        }
    };
    place(latest, &|_| value);
    place(SUM, &|sum| sum + value);
    place(MAX, &|max| max.max(value));
    place(COUNT, &|count| count + 1.0);
}

/// One figure over time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure<'a> {
    block: &'a Block,
    column: usize,
}

impl Figure<'_> {
    /// The second of the latest sample of its node.
    pub(super) fn last(&self) -> i64 {
        self.block.last
    }

    fn value(&self, row: usize) -> Option<f32> {
        self.block.rows.get(row * self.block.numbers.len() + self.column).copied()
    }

    /// The sample of a second.
    pub(super) fn second(&self, second: i64) -> Option<f32> {
        let known = second <= self.block.last && second > self.block.last - FINE as i64;
        self.value(usize::from(row_of(second))).filter(|value| known && !value.is_nan())
    }

    /// The step that `second` lies in, the one that is not over among them.
    pub(super) fn step_at(&self, second: i64) -> Option<Step> {
        let block = self.block;
        let back = block.last.div_euclid(STEP) - second.div_euclid(STEP);
        if back == 0 {
            let count = self.value(COUNT).filter(|count| *count > 0.0)?;
            return Some(Step { mean: self.value(SUM)? / count, max: self.value(MAX)? });
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

    proptest! {
        #[test]
        fn a_block_says_what_lists_of_all_samples_say(said in prop::collection::vec((0_i64..40, prop::array::uniform3(prop::option::of(0_u16..1000))), 1..200)) {
            let mut second = 1_000_000;
            let (mut block, mut all): (Block, [Vec<(i64, f32)>; 3]) = (Block::new(vec![7, 3, 9], second), Default::default());
            for (gap, values) in said {
                second += gap;
                for (column, value) in values.into_iter().enumerate() {
                    if let Some(value) = value.map(f32::from) {
                        block.push(second, column, value);
                        all[column].push((second, value));
                    }
                }
            }
            let last = block.last();
            for (number, all) in [7, 3, 9].into_iter().zip(all) {
                let figure = block.figure(number).unwrap();
                for at in last - FINE as i64 + 1..=last {
                    let expected = all.iter().rev().find(|(when, _)| *when == at).map(|(_, value)| *value);
                    prop_assert_eq!(figure.second(at), expected);
                }
                prop_assert_eq!(figure.second(last - FINE as i64), None);
                for back in 0..=COARSE as i64 {
                    let step = last.div_euclid(STEP) - back;
                    let within: Vec<f32> = all.iter().filter(|(when, _)| when.div_euclid(STEP) == step).map(|(_, value)| *value).collect();
                    let found = figure.step_at(step * STEP);
                    prop_assert_eq!(found.is_some(), !within.is_empty(), "step {} back", back);
                    if let Some(found) = found {
                        prop_assert_eq!(found.max, within.iter().copied().fold(f32::MIN, f32::max));
                        prop_assert!((found.mean - within.iter().sum::<f32>() / within.len() as f32).abs() < 0.01);
                    }
                }
            }
        }
    }

    #[test]
    fn what_comes_late_changes_nothing_and_memory_is_bounded() {
        let mut block = Block::new(vec![1], 1000);
        block.push(1000, 0, 1.0);
        block.push(999, 0, 9.0);
        assert_eq!(block.figure(1).unwrap().second(999), None);
        for second in 1001..5000 {
            block.push(second, 0, 1.0);
        }
        assert_eq!(block.steps.capacity(), COARSE);
    }
}
