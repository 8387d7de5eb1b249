//! The figures of several nodes as one: sums, where these mean anything.

use hashbrown::HashMap;
use scope_core::field::Unit;
use scope_core::figures::SharedNames;
use scope_core::{Figures, Number};

use crate::graph::{AHEAD, Graph};

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
    sum: Sum,
    /// The member that last had it: what a second speaker says of one is not added.
    last: usize,
}

/// Lists of names whose places are kept: nodes of one sort have a few.
const LISTS: usize = 64;

/// The place of a name that does not add up.
const NOWHERE: u32 = u32::MAX;

/// Sums in the making.
#[derive(Default)]
struct Sums<'s> {
    met: Vec<Met<'s>>,
    by_name: HashMap<&'s str, u32>,
    /// Lists of names that many share, and where the sum of each name stands.
    lists: Vec<(&'s SharedNames, Vec<u32>)>,
}

impl<'s> Sums<'s> {
    fn place(&mut self, name: &'s str) -> u32 {
        if let Some(place) = self.by_name.get(name) {
            return *place;
        }
        let place = if adds_up(name) { self.met.len() as u32 } else { NOWHERE };
        self.by_name.insert(name, place);
        if place != NOWHERE {
            self.met.push(Met { name, sum: Sum::default(), last: 0 });
        }
        place
    }

    fn list(&mut self, names: &'s SharedNames) -> usize {
        if let Some(at) = self.lists.iter().position(|(known, _)| known.is_same(names)) {
            return at;
        }
        if self.lists.len() >= LISTS {
            self.lists.clear();
        }
        let places = names.names().iter().map(|name| self.place(name)).collect();
        self.lists.push((names, places));
        self.lists.len() - 1
    }

    /// Adds the figures of the node that is the `number`th.
    fn add(&mut self, figures: &'s Figures, number: usize) {
        if let Some(names) = figures.shared_names() {
            let list = self.list(names);
            let Self { met, lists, .. } = self;
            let places = lists.get(list).map_or(&[][..], |(_, places)| places);
            for (place, value) in places.iter().zip(figures.values()) {
                if let Some(met) = met.get_mut(*place as usize) {
                    met.add(*value, number);
                }
            }
            return;
        }
        for (name, value) in figures.iter() {
            let place = self.place(name);
            if let Some(met) = self.met.get_mut(place as usize) {
                met.add(*value, number);
            }
        }
    }
}

impl Met<'_> {
    fn add(&mut self, value: Number, number: usize) {
        if self.last != number {
            self.last = number;
            self.sum.add(value);
        }
    }
}

/// The sums of all figures of several nodes, by name.
pub(super) fn all<'s>(graph: &Graph<'s>, members: &[u32]) -> Vec<(&'s str, Number)> {
    let mut sums = Sums::default();
    let mut number = 0;
    for near in members.chunks(AHEAD) {
        graph.look_ahead(near);
        for member in near {
            number += 1;
            graph.each_list(*member, |figures| sums.add(figures, number));
        }
    }
    let mut sums: Vec<(&'s str, Number)> = sums.met.iter().filter_map(|met| Some((met.name, met.sum.end(met.name, members.len())?))).collect();
    sums.sort_unstable_by_key(|(name, _)| *name);
    sums
}
