//! Lists of names that figures come in again and again, so that all nodes of a sort share one list.

use compact_str::CompactString;
use hashbrown::HashMap;

use crate::figures::SharedNames;
use crate::number::Number;

/// Names in all lists that are kept, at most. Past this all are forgotten: whatever has one keeps it.
const NAMES: usize = 1 << 16;

/// The lists of one connection.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    by_numbers: HashMap<Box<[u32]>, u32>,
    /// None for numbers of which two are one name.
    all: Vec<Option<Schema>>,
    /// The numbers of the list that was asked for last, and which it is: nodes of one sort follow each other.
    last: (Vec<u32>, u32),
    names: usize,
}

/// A list of names.
#[derive(Debug)]
pub(super) struct Schema {
    /// The names, in their order.
    pub(super) names: SharedNames,
    /// For each name the place of its number; none where they are in order already.
    order: Option<Vec<u32>>,
}

impl Schemas {
    /// The list of the names with these numbers in `texts`. None where a name comes twice, or is not there.
    pub(super) fn of(&mut self, numbers: &[u32], texts: &[CompactString]) -> Option<&Schema> {
        if self.last.0 != numbers {
            let known = self.by_numbers.get(numbers).copied().unwrap_or_else(|| self.add(numbers, texts));
            self.last.0.clear();
            self.last.0.extend_from_slice(numbers);
            self.last.1 = known;
        }
        self.all.get(self.last.1 as usize)?.as_ref()
    }

    fn add(&mut self, numbers: &[u32], texts: &[CompactString]) -> u32 {
        if self.names + numbers.len() > NAMES {
            *self = Self::default();
        }
        self.names += numbers.len();
        let number = self.all.len() as u32;
        self.all.push(Schema::new(numbers, texts));
        self.by_numbers.insert(numbers.into(), number);
        number
    }
}

impl Schema {
    /// Puts values that come in the order of the numbers in the order of the names; `room` is for that.
    pub(super) fn order(&self, values: &mut Vec<Number>, room: &mut Vec<Number>) {
        if let Some(order) = &self.order {
            room.clear();
            room.extend(order.iter().filter_map(|place| values.get(*place as usize).copied()));
            std::mem::swap(values, room);
        }
    }

    fn new(numbers: &[u32], texts: &[CompactString]) -> Option<Self> {
        let names = numbers.iter().map(|number| texts.get(*number as usize).cloned()).collect::<Option<Vec<_>>>()?;
        let order = (!names.is_sorted()).then(|| {
            let mut order: Vec<u32> = (0..names.len() as u32).collect();
            order.sort_unstable_by_key(|place| names.get(*place as usize));
            order
        });
        Some(Self { names: SharedNames::new(names)?, order })
    }
}
