//! Room for the numbers of a report, kept from one to the next on the same thread: a report is a dozen lists that would each grow anew. What they say is not
//! known here.

use std::cell::Cell;
use std::sync::Arc;

use prost::Message;

use super::message::Report;
use crate::id::NodeId;
use crate::moved::Moved;
use crate::number::Number;

/// Numbers that room is kept for, in each list.
const KEPT: usize = 16 << 10;

thread_local! {
    static SPARE: Cell<Option<Report>> = const { Cell::new(None) };
    static ROOM: Cell<Option<Room>> = const { Cell::new(None) };
    static LISTS: Cell<Vec<List>> = const { Cell::new(Vec::new()) };
}

/// Lists of moved figures that room is kept for. A report has a handful.
const LISTS_KEPT: usize = 8;

/// Room for the nodes of a list of moved figures, and for their values.
type List = (Vec<Arc<NodeId>>, Vec<Number>);

/// Room to gather the figures of a report in.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// Which figures moved: each with its entity before it.
    pub(super) moved: Vec<u64>,
    /// The same in another order.
    pub(super) merged: Vec<u64>,
    /// The numbers of the names of one entity's.
    pub(super) names: Vec<u32>,
    /// Their values.
    pub(super) values: Vec<Number>,
    /// The values in another order.
    pub(super) ordered: Vec<Number>,
}

impl Room {
    /// Empty.
    pub(super) fn take() -> Self {
        ROOM.take().unwrap_or_default()
    }

    /// Keeps it for the next report, unless it is uncommonly large.
    pub(super) fn keep(mut self) {
        let Self { moved, merged, names, values, ordered } = &mut self;
        let few = [moved.capacity(), merged.capacity(), names.capacity(), values.capacity(), ordered.capacity()].into_iter().all(|room| room <= KEPT);
        if few {
            moved.clear();
            ROOM.set(Some(self));
        }
    }
}

/// Room for a list of moved figures, empty.
pub(super) fn list() -> List {
    LISTS.with(|kept| {
        let mut lists = kept.take();
        let list = lists.pop();
        kept.set(lists);
        list.unwrap_or_default()
    })
}

/// Keeps the room of the lists of a report that is no longer needed, unless they are uncommonly many or large.
pub(super) fn keep_lists(lists: Vec<Moved>) {
    LISTS.with(|kept| {
        let mut rooms = kept.take();
        // The first is taken first again: reports have alike lists in the same order.
        for (mut ids, mut values) in lists.into_iter().rev().map(Moved::into_room) {
            if rooms.len() < LISTS_KEPT && ids.capacity() <= KEPT && values.capacity() <= KEPT {
                ids.clear();
                values.clear();
                rooms.push((ids, values));
            }
        }
        kept.set(rooms);
    });
}

/// A report that says nothing.
pub(super) fn take() -> Report {
    SPARE.take().unwrap_or_default()
}

/// Keeps the room of a report that is no longer needed, unless it is uncommonly large.
pub(super) fn keep(mut report: Report) {
    report.clear();
    let Report {
        entities, figures, told, same, bare, counts, count_deltas, hundredths, hundredth_deltas, floats, float_values, gone, moves, flows_gone, ..
    } = &report;
    let rooms = [entities, figures, told, same, bare, floats, gone, flows_gone].map(Vec::capacity);
    let columns = [counts, count_deltas, hundredths, hundredth_deltas].map(|column| column.capacity() / size_of::<u32>());
    let few = rooms.into_iter().chain(columns).chain([moves.capacity(), float_values.capacity(), report.json.capacity()]).all(|room| room <= KEPT);
    if few {
        SPARE.set(Some(report));
    }
}
