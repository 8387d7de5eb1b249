//! The figures of several nodes as one: sums, where these mean anything.

use hashbrown::HashMap;
use scope_core::Number;
use scope_core::field::Unit;

use crate::graph::Graph;

/// Whether a figure of this name means anything when it is added up.
fn adds_up(name: &str) -> bool {
    match Unit::of_name(name) {
        Some(Unit::Bytes | Unit::BytesPerSecond | Unit::PerSecond | Unit::Count) => true,
        Some(Unit::Micros) => name.ends_with("_total"),
        // The share of a whole does not add up; that of one core does.
        Some(Unit::Percent) => name.starts_with("cpu_"),
        Some(_) => false,
        None => matches!(name, "pids" | "threads" | "open_files" | "restart_count"),
    }
}

/// A limit adds up only where all have one.
fn all_have_it(name: &str) -> bool {
    name.contains("limit")
}

/// A sum in the making.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    whole: u64,
    fraction: f64,
    count: usize,
}

impl Sum {
    fn add(&mut self, figure: Number) {
        self.count += 1;
        match figure.as_u64() {
            Some(figure) => self.whole = self.whole.saturating_add(figure),
            None => self.fraction += figure.as_f64(),
        }
    }

    /// The sum over `members` nodes.
    fn end(self, name: &str, members: usize) -> Option<Number> {
        if self.count == 0 || (self.count < members && all_have_it(name)) {
            return None;
        }
        if self.fraction == 0.0 { Some(self.whole.into()) } else { Number::from_f64(self.whole as f64 + self.fraction) }
    }
}

/// The sum of a figure over several nodes; none where the figure is not of the kind that adds up, or nobody has it.
pub(super) fn one(name: &str, figures: impl Iterator<Item = Option<Number>>) -> Option<Number> {
    if !adds_up(name) {
        return None;
    }
    let (mut sum, mut members) = (Sum::default(), 0);
    for figure in figures {
        members += 1;
        if let Some(figure) = figure {
            sum.add(figure);
        }
    }
    sum.end(name, members)
}

/// A figure that was met.
struct Met<'s> {
    name: &'s str,
    adds_up: bool,
    sum: Sum,
    /// The member that last had it: what a second speaker says of one is not added.
    last: usize,
}

/// The sums of all figures of several nodes, by name.
pub(super) fn all<'s>(graph: &Graph<'s>, members: &[u32]) -> Vec<(&'s str, Number)> {
    let (mut met, mut by_name): (Vec<Met<'s>>, HashMap<&'s str, usize>) = (Vec::new(), HashMap::new());
    for (member, number) in members.iter().zip(1..) {
        // Members say the same figures in the same order: the next one is where it was the last time.
        let mut next = 0;
        graph.each_metric(*member, |name, value| {
            let at = if met.get(next).is_some_and(|met| met.name == name) { Some(next) } else { by_name.get(name).copied() };
            let at = at.unwrap_or_else(|| {
                by_name.insert(name, met.len());
                met.push(Met { name, adds_up: adds_up(name), sum: Sum::default(), last: 0 });
                met.len() - 1
            });
            next = at + 1;
            if let Some(met) = met.get_mut(at).filter(|met| met.adds_up && met.last != number) {
                met.last = number;
                met.sum.add(value);
            }
        });
    }
    let mut sums: Vec<(&'s str, Number)> = met.iter().filter_map(|met| Some((met.name, met.sum.end(met.name, members.len())?))).collect();
    sums.sort_unstable_by_key(|(name, _)| *name);
    sums
}
