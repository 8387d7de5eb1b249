//! How far an agent's clock is ahead of ours, from questions and answers. What is corrected by it is not decided here.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Answers that are remembered: the quickest of them is the truest, since half its way is the most that it can be wrong by.
const ANSWERS: usize = 16;

/// The clock of one agent.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// Questions without an answer, oldest first.
    asked: VecDeque<(u64, Instant)>,
    number: u64,
    /// Round trip, and offset in microseconds.
    answers: VecDeque<(Duration, i64)>,
}

impl Clock {
    /// The number of a question asked `now`.
    pub(super) fn ask(&mut self, now: Instant) -> u64 {
        self.number += 1;
        if self.asked.len() == ANSWERS {
            self.asked.pop_front();
        }
        self.asked.push_back((self.number, now));
        self.number
    }

    /// Takes the answer to question `number`: the agent's clock, beside ours at `now`. Gives back the offset as it is best known.
    pub(super) fn answer(&mut self, number: u64, theirs: i64, now: Instant, ours: i64) -> Option<i64> {
        // One that takes longer than the next question counts too; those before it will not come any more.
        let place = self.asked.iter().position(|(asked, _)| *asked == number)?;
        let (_, asked) = self.asked.drain(..=place).next_back()?;
        let round_trip = now.saturating_duration_since(asked);
        let there = ours.saturating_sub(i64::try_from(round_trip.as_micros() / 2).unwrap_or(i64::MAX));
        if self.answers.len() == ANSWERS {
            self.answers.pop_front();
        }
        self.answers.push_back((round_trip, theirs.saturating_sub(there)));
        // What a right clock could have answered, too, is no reason to call one wrong: with a server that is late, seconds of a way are no offset.
        let could_be_right = |(round_trip, offset): &(Duration, i64)| u128::from(offset.unsigned_abs()) <= round_trip.as_micros() / 2;
        self.answers.iter().min_by_key(|(round_trip, _)| *round_trip).map(|best| if could_be_right(best) { 0 } else { best.1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quickest_answer_counts() {
        let (mut clock, start) = (Clock::default(), Instant::now());
        let mut offset = None;
        // The agent is 5 min ahead; one answer comes straight, the others take their time on the way back only.
        for (wait, back) in [(10, 400), (2, 2), (10, 90)] {
            let number = clock.ask(start);
            let theirs = 300_000_000 + wait * 1000;
            offset = clock.answer(number, theirs, start + Duration::from_millis((wait + back) as u64), (wait + back) * 1000);
        }
        assert_eq!(offset, Some(300_000_000));
    }

    #[test]
    fn an_answer_that_takes_longer_than_the_next_question_counts() {
        let (mut clock, start) = (Clock::default(), Instant::now());
        let first = clock.ask(start);
        let second = clock.ask(start + Duration::from_millis(20));
        assert_eq!(clock.answer(first, 1_020_000, start + Duration::from_millis(40), 40_000), Some(1_000_000));
        assert_eq!(clock.answer(first, 0, start + Duration::from_millis(40), 40_000), None);
        assert_eq!(clock.answer(second, 1_040_000, start + Duration::from_millis(60), 60_000), Some(1_000_000));
    }

    #[test]
    fn a_right_clock_is_not_wrong_for_a_long_way() {
        let (mut clock, start) = (Clock::default(), Instant::now());
        let number = clock.ask(start);
        // All of six seconds went by on the way there.
        assert_eq!(clock.answer(number, 6_000_000, start + Duration::from_secs(6), 6_000_000), Some(0));
        let number = clock.ask(start);
        assert_eq!(clock.answer(number, 300_000_000, start + Duration::from_secs(1), 1_000_000), Some(299_500_000));
    }

    #[test]
    fn an_answer_to_nothing_counts_nothing() {
        let mut clock = Clock::default();
        assert_eq!(clock.answer(1, 0, Instant::now(), 0), None);
        let number = clock.ask(Instant::now());
        assert_eq!(clock.answer(number + 1, 0, Instant::now(), 0), None);
    }
}
