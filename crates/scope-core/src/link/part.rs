//! The part of a report that is being made: columns in any order, sorted when it is closed.

use std::ops::Range;

use super::column;
use super::key::distances;
use super::message::Report;

#[derive(Debug, Default)]
pub(super) struct Part {
    /// What needs no sorting.
    pub(super) message: Report,
    /// About the bytes that it takes.
    pub(super) bytes: usize,
    pub(super) told: Vec<(u32, Vec<u8>)>,
    pub(super) same: Vec<u32>,
    pub(super) bare: Vec<u32>,
    pub(super) counts: Vec<(u32, i64)>,
    pub(super) hundredths: Vec<(u32, i64)>,
    pub(super) floats: Vec<(u32, f64)>,
    pub(super) gone: Vec<u32>,
    /// Flows with where in `tokens` their movements stand.
    pub(super) moves: Vec<(u32, Range<usize>)>,
    pub(super) tokens: Vec<i64>,
    pub(super) flows_gone: Vec<u32>,
}

impl Part {
    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0 && self.message.head.is_none()
    }

    /// Closes the part, and begins the next one.
    pub(super) fn take(&mut self) -> Report {
        let mut message = std::mem::take(&mut self.message);
        self.bytes = 0;
        self.told.sort_unstable_by_key(|(number, _)| *number);
        message.told = distances(self.told.iter().map(|(number, _)| *number));
        message.facts = self.told.drain(..).map(|(_, facts)| facts).collect();
        for (list, column) in [
            (&mut self.same, &mut message.same),
            (&mut self.bare, &mut message.bare),
            (&mut self.gone, &mut message.gone),
            (&mut self.flows_gone, &mut message.flows_gone),
        ] {
            list.sort_unstable();
            *column = distances(list.drain(..));
        }
        (message.counts, message.count_deltas) = columns(&mut self.counts);
        (message.hundredths, message.hundredth_deltas) = columns(&mut self.hundredths);
        self.floats.sort_unstable_by_key(|(number, _)| *number);
        message.floats = distances(self.floats.iter().map(|(number, _)| *number));
        message.float_values = self.floats.drain(..).map(|(_, value)| value).collect();
        self.moves.sort_unstable_by_key(|(number, _)| *number);
        message.moves = Vec::with_capacity(self.moves.len() + self.tokens.len());
        let mut before = 0;
        for (number, tokens) in self.moves.drain(..) {
            message.moves.push(i64::from(number) - before);
            message.moves.extend_from_slice(self.tokens.get(tokens).unwrap_or_default());
            before = i64::from(number);
        }
        self.tokens.clear();
        message
    }
}

/// Figures by their numbers, as two columns: the distances of the numbers, and the differences.
fn columns(figures: &mut Vec<(u32, i64)>) -> (Vec<u8>, Vec<u8>) {
    figures.sort_unstable_by_key(|(number, _)| *number);
    let (mut numbers, mut deltas) = (Vec::with_capacity(figures.len()), Vec::with_capacity(figures.len() * 2));
    let mut before = 0;
    for (number, delta) in figures.drain(..) {
        column::put(&mut numbers, u64::from(number.wrapping_sub(before)));
        column::put_signed(&mut deltas, delta);
        before = number;
    }
    (numbers, deltas)
}
