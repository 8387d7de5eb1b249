//! The figures that were said of one node, and what follows from them: what moved, and the rates and shares derived.

use std::sync::Arc;

use compact_str::CompactString;
use scope_core::field::{Derivation, derive};
use scope_core::{Number, Timestamp};

use super::Metric;

/// The shortest time that a rate is derived over, microseconds: a reading is some hundred microseconds away from the time of its report.
const SHORTEST_US: i64 = 10_000;

/// The figures of one node, in the order in which they first came.
#[derive(Debug, Default)]
pub(super) struct Figures(Vec<Figure>);

#[derive(Debug)]
struct Figure {
    name: CompactString,
    value: Number,
    at: Timestamp,
    /// The report that last gave it.
    seq: u64,
    /// What is derived from it over time.
    rate: Option<Arc<Derivation>>,
}

impl Figures {
    /// Takes the figures of the report `seq`; puts those that moved into `moved`, with what is derived from them.
    pub(super) fn update(&mut self, metrics: &[Metric], at: Timestamp, seq: u64, moved: &mut scope_core::Figures) {
        if self.0.is_empty() {
            self.0.reserve_exact(metrics.len());
        }
        for (place, (name, value)) in metrics.iter().enumerate() {
            let rate = self.0.get(self.place(place, name)).and_then(|before| {
                let derivation = before.rate.as_ref()?;
                let elapsed = at.micros_since(before.at);
                let rate = (elapsed >= SHORTEST_US).then(|| derivation.rate(before.value, *value, elapsed))??;
                Some((CompactString::from(derivation.name()), rate))
            });
            self.set(place, name, *value, at, seq, moved);
            if let Some((name, rate)) = rate {
                self.set(usize::MAX, &name, rate, at, seq, moved);
            }
        }
        // Rates are derived above, each over its own time; here only the shares of wholes are.
        derive(metrics.iter().copied(), |_| None, 0, |name, share| self.set(usize::MAX, &name, share, at, seq, moved));
    }

    /// The figures that were given after the report `seq`; forgets the others.
    pub(super) fn since(&mut self, seq: u64) -> scope_core::Figures {
        self.0.retain(|figure| figure.seq > seq);
        self.0.iter().map(|figure| (figure.name.clone(), figure.value)).collect()
    }

    /// Where `name` stands: a source gives its figures in one order, so usually near the place where they stand in its list.
    fn place(&self, likely: usize, name: &str) -> usize {
        if self.0.get(likely).is_some_and(|figure| figure.name == name) {
            return likely;
        }
        self.0.iter().position(|figure| figure.name == name).unwrap_or(usize::MAX)
    }

    fn set(&mut self, likely: usize, name: &str, value: Number, at: Timestamp, seq: u64, moved: &mut scope_core::Figures) {
        let place = self.place(likely, name);
        if let Some(figure) = self.0.get_mut(place) {
            if figure.value != value {
                moved.insert(figure.name.clone(), value);
            }
            (figure.value, figure.at, figure.seq) = (value, at, seq);
        } else {
            moved.insert(name, value);
            // There are thousands of nodes, and a source says as many figures of each the next time: a vector by itself would keep room for as many again.
            if self.0.len() == self.0.capacity() {
                self.0.reserve_exact(4);
            }
            self.0.push(Figure { name: name.into(), value, at, seq, rate: Derivation::of(name) });
        }
    }
}
