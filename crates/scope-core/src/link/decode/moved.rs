//! The figures of a part, which are most of what comes: read where they stand, put together by node.

use std::sync::Arc;

use compact_str::CompactString;

use super::{Decoder, EXPECTED};
use crate::figures::Figures;
use crate::link::LinkError;
use crate::link::column::Column;
use crate::link::key::numbers;
use crate::link::merged::merge;
use crate::link::message::Report;
use crate::link::number::Last;
use crate::link::spare::{self, Room};
use crate::moved::Moved;

/// A figure of an entity.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) entity: u32,
    pub(super) name: u32,
    pub(super) last: Last,
}

impl Figure {
    /// In the order of entities, then of figures.
    fn key(&self, number: usize) -> u64 {
        u64::from(self.entity) << 32 | number as u64
    }
}

const UNKNOWN_FIGURE: LinkError = LinkError::Contradiction("a figure that was never introduced");

impl Decoder {
    /// Takes over a column of figures, and the column of what they differ by, as `next` says; which they are goes into `moved`.
    fn hear(&mut self, numbers: &[u8], deltas: &[u8], moved: &mut Vec<u64>, next: impl Fn(Last, i64) -> Last) -> Result<(), LinkError> {
        let (mut numbers, mut deltas) = (Column::new(numbers)?, Column::new(deltas)?);
        let count = numbers.len();
        if count != deltas.len() {
            return Err(LinkError::Contradiction("figures without values"));
        }
        moved.reserve(count);
        let mut number = 0;
        for nth in 0..count {
            let (distance, delta) = numbers.take().zip(deltas.take_signed()).ok_or(LinkError::Invalid("list of numbers"))?;
            if distance == 0 && nth > 0 {
                return Err(LinkError::Contradiction("a number comes twice in one list"));
            }
            number = usize::try_from(distance).ok().and_then(|distance| distance.checked_add(number)).ok_or(UNKNOWN_FIGURE)?;
            let figure = self.figures.get_mut(number).ok_or(UNKNOWN_FIGURE)?;
            figure.last = next(figure.last, delta);
            moved.push(figure.key(number));
        }
        Ok(())
    }

    /// Takes in the figures of a part: of nodes that have no record yet as lists, else into the record.
    pub(super) fn moved_figures(&mut self, part: &Report) -> Result<(), LinkError> {
        // Each with its entity before it: what is known of an entity later is introduced later.
        let mut room = Room::take();
        let Room { moved, merged, names, values, ordered } = &mut room;
        self.hear(&part.counts, &part.count_deltas, moved, Last::count)?;
        let counts = moved.len();
        self.hear(&part.hundredths, &part.hundredth_deltas, moved, Last::hundredths)?;
        let ends = [counts, moved.len()];
        if part.floats.len() != part.float_values.len() {
            return Err(LinkError::Contradiction("figures without values"));
        }
        for (number, value) in numbers(&part.floats, self.figures.len()).zip(&part.float_values) {
            let number = number?;
            let figure = self.figures.get_mut(number).ok_or(UNKNOWN_FIGURE)?;
            figure.last = Last::float(*value).ok_or(LinkError::Invalid("finite number"))?;
            moved.push(figure.key(number));
        }
        merge(moved, ends, merged);
        // Room is made for all figures twice at most, whatever comes.
        let mut most_room = moved.len() * 2;
        let mut rest = moved.as_slice();
        while let Some(number) = rest.first().map(|first| first >> 32) {
            names.clear();
            values.clear();
            for figure in rest.iter().take_while(|moved| **moved >> 32 == number).map_while(|moved| self.figures.get(*moved as u32 as usize)) {
                names.push(figure.name);
                values.push(figure.last.number());
            }
            rest = rest.get(names.len()..).unwrap_or_default();
            let Some(schema) = self.schemas.of(names, &self.texts) else {
                // One name twice: the later figure holds.
                for (name, value) in names.iter().zip(values.iter()) {
                    let name = self.text(*name)?;
                    self.node(number as usize)?.metrics.insert(name, *value);
                }
                continue;
            };
            schema.order(values, ordered);
            let entity = self.entities.get(number as usize).ok_or(LinkError::Contradiction("an entity that was never introduced"))?;
            if entity.mentioned == self.report {
                // There is a record of it, which has no figures yet: those of one entity come together.
                let figures = Figures::shared(schema.names.clone(), values.clone()).unwrap_or_default();
                let known = &mut self.node(number as usize)?.metrics;
                for (name, value) in std::mem::replace(known, figures) {
                    if known.get(&name).is_none() {
                        known.insert(name, value);
                    }
                }
                continue;
            }
            let text = |number: u32| self.texts.get(number as usize).ok_or(LinkError::Contradiction("a text that was never introduced"));
            let id = self.ids.get(entity.id as usize).ok_or(LinkError::Contradiction("an id that was never introduced"))?;
            let open = self.open.get_or_insert_default();
            open.count(size_of_val(values.as_slice()))?;
            let goes_on = |last: &Moved| open.of == (entity.source, entity.sort) && last.names().is_same(&schema.names);
            if !open.moved.last().is_some_and(goes_on) {
                let kind = entity.kind.checked_sub(1).map_or(Ok(id.kind()), |kind| text(kind).map(CompactString::as_str))?;
                // It may be of all that is left.
                let width = names.len().max(1);
                let most = (1 + rest.len() / width).min(most_room / width).min(EXPECTED);
                most_room = most_room.saturating_sub(most * width);
                open.moved.extend(Moved::with_room(text(entity.source)?.clone(), kind.into(), schema.names.clone(), most, spare::list()));
                open.of = (entity.source, entity.sort);
            }
            open.nodes += usize::from(open.moved.last_mut().is_some_and(|last| last.push(Arc::clone(id), values)));
        }
        room.keep();
        Ok(())
    }
}
