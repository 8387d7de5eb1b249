//! Block I/O of a container by the counters of its processes, where its control group does not count it: version 1 from Linux 6.9 on, and rootless engines,
//! to which the `io` controller is not delegated.

use compact_str::CompactString;
use hashbrown::HashMap;

use crate::process::{Key, Process, Round};

/// The sums over processes, made counters that never fall.
///
/// A process that ends passes its counters on to the parent that waits for it, so the sum over a container stays what it is but for the time in which the
/// parent has not been read again: hence the largest sum so far counts. Processes that an engine started in the container (`docker exec`) have a parent outside;
/// what such a one had done when it was last read is kept.
#[derive(Debug, Default)]
pub(super) struct ProcessIo {
    containers: HashMap<CompactString, Tally>,
    /// Processes in a container with a parent outside it, its first process aside, as of the last round.
    guests: HashMap<Key, (CompactString, Bytes)>,
}

/// Bytes read and written.
type Bytes = [u64; 2];

#[derive(Debug, Default)]
struct Tally {
    /// The sum over the processes of this round.
    sum: Bytes,
    /// What processes had done that ended and passed nothing on.
    kept: Bytes,
    /// The largest of both so far.
    most: Bytes,
    /// Whether all processes' figures were known in one round; before that the sum would rise by what was done long ago.
    is_known: bool,
    /// Whether some process's figures are not known in this round.
    lacks: bool,
}

impl ProcessIo {
    /// Adds up what a round found, for the containers that `wants` names.
    pub(super) fn add_up(&mut self, round: &Round<'_>, wants: impl Fn(&str) -> bool) {
        for tally in self.containers.values_mut() {
            tally.sum = [0, 0];
            tally.lacks = false;
        }
        for gone in round.gone() {
            if let Some((container, bytes)) = self.guests.remove(gone)
                && let Some(tally) = self.containers.get_mut(&container)
            {
                add(&mut tally.kept, bytes);
            }
        }
        for process in round.processes() {
            let known = process.figures.read_bytes.zip(process.figures.write_bytes);
            let bytes = known.map_or([0, 0], |(read, written)| [read, written]);
            for container in process.facts.cgroups.containers.iter().filter(|id| wants(id)) {
                let tally = self.containers.entry(container.clone()).or_default();
                add(&mut tally.sum, bytes);
                tally.lacks |= known.is_none();
            }
            if let Some(container) = process.facts.cgroups.container().filter(|id| wants(id))
                && is_guest(process, round, container)
            {
                self.guests.insert(process.key, (container.clone(), bytes));
            }
        }
        for tally in self.containers.values_mut() {
            let mut now = tally.sum;
            add(&mut now, tally.kept);
            tally.most = [tally.most[0].max(now[0]), tally.most[1].max(now[1])];
            tally.is_known |= !tally.lacks;
        }
    }

    /// Bytes read and written by container `id`; none where they are not known of all its processes.
    pub(super) fn of(&self, id: &str) -> Option<Bytes> {
        self.containers.get(id).filter(|tally| tally.is_known).map(|tally| tally.most)
    }

    /// Forgets containers for which `stays` does not hold.
    pub(super) fn retain(&mut self, stays: impl Fn(&str) -> bool) {
        self.containers.retain(|id, _| stays(id));
        self.guests.retain(|_, (id, _)| stays(id));
    }
}

fn is_guest(process: &Process, round: &Round<'_>, container: &CompactString) -> bool {
    let parent_is_inside = round.get(process.parent).is_some_and(|parent| parent.facts.cgroups.containers.contains(container));
    !parent_is_inside && process.facts.container_pid != Some(1)
}

fn add(sum: &mut Bytes, bytes: Bytes) {
    for (sum, bytes) in sum.iter_mut().zip(bytes) {
        *sum = sum.saturating_add(bytes);
    }
}
