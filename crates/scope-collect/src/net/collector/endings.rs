//! Reads the ends of TCP connections, as long as there are not too many, and says whose bytes nobody counts. What an end means is the aggregator's business.

use std::time::{Duration, Instant};

use scope_core::Protocol;

use super::Collector;
use crate::net::namespaces::Namespace;
use crate::net::problems;

/// Most ends read in a second, of all namespaces together: 6 µs each (measured), so that they cost 1.2 % of a core. In the second in which there are more
/// each namespace has room for some.
const ENDS_PER_SEC: u32 = 2_000;
const ROOM: u32 = 50;
/// How long ends of a namespace are not listened for where there are too many.
const DEAF: Duration = Duration::from_secs(30);

/// What came of listening for ends.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Endings {
    /// Times that the kernel dropped some.
    pub(super) overruns: u64,
    /// Whether there is a namespace in which it does not tell.
    untold: bool,
    /// Whether there is one with too many.
    too_many: bool,
    /// How many were read since then.
    read: u32,
    /// When the second began in which they count.
    since: Option<Instant>,
}

impl Collector {
    /// Takes the ends that wait.
    pub(super) fn read_endings(&mut self) {
        let now = Instant::now();
        let Self { namespaces, aggregator, buffer, endings, readings, .. } = self;
        (endings.untold, endings.too_many) = (false, false);
        if endings.since.is_none_or(|since| now.saturating_duration_since(since) >= Duration::from_secs(1)) {
            (endings.since, endings.read) = (Some(now), 0);
            readings.values_mut().for_each(|reading| reading.ends = 0);
        }
        for namespace in namespaces.iter_mut() {
            let listens = namespace.listens_for_ends(now);
            // What waits is taken in any case: of what the kernel told already nothing is to be lost.
            let room = if listens { ENDS_PER_SEC.saturating_sub(endings.read) + ROOM } else { ENDS_PER_SEC };
            let Some(drained) = namespace.ended(buffer, room as usize, |ended| aggregator.ended(&ended)) else {
                endings.untold = true;
                aggregator.hears_ends(namespace.netns, false);
                continue;
            };
            aggregator.hears_ends(namespace.netns, listens);
            endings.overruns += drained.overruns as u64;
            endings.read = endings.read.saturating_add(drained.messages as u32);
            let reading = readings.entry(namespace.netns).or_default();
            reading.ends = reading.ends.saturating_add(drained.messages as u32);
            if drained.overruns > 0 {
                reading.ends = u32::MAX;
            }
            endings.too_many |= !listens;
        }
        let ends = |namespace: &Namespace| readings.get(&namespace.netns).map_or(0, |reading| reading.ends);
        let mut all: Vec<(u32, &mut Namespace)> = namespaces.iter_mut().map(|namespace| (ends(namespace), namespace)).filter(|(ends, _)| *ends > 0).collect();
        // Those that have most of them, until the rest is not too much.
        all.sort_unstable_by_key(|(ends, namespace)| (std::cmp::Reverse(*ends), namespace.netns));
        let mut rest = endings.read;
        for (ends, namespace) in all {
            if rest <= ENDS_PER_SEC && ends < u32::MAX {
                break;
            }
            rest = rest.saturating_sub(ends);
            if !namespace.listens_for_ends(now) {
                continue;
            }
            endings.too_many = true;
            aggregator.hears_ends(namespace.netns, false);
            if let Err(error) = namespace.be_deaf(now + DEAF) {
                tracing::debug!(netns = namespace.netns, %error, "ended connections");
            }
        }
    }

    /// Tells where bytes are seen by nobody.
    pub(super) fn look_at_bytes(&mut self, now: Instant) {
        if self.tracker.counts_bytes() {
            return;
        }
        if self.endings.untold {
            self.meet(problems::uncounted_bytes(), now);
        } else if self.endings.too_many {
            self.meet(problems::too_many_endings(), now);
        } else if self.tracker.misses_bytes()
            && self.aggregator.connections().iter().any(|(_, ends, connection)| ends.proto == Protocol::Udp && !connection.has_socket())
        {
            self.meet(problems::uncounted_datagrams(), now);
        }
    }
}
