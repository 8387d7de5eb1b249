//! A report as it came over a link. What a server believes of it is not known here.

use super::spare;
use crate::id::AgentName;
use crate::moved::Moved;
use crate::record::{Body, Record, Stamp};
use crate::time::Timestamp;
use crate::value::Fields;
use compact_str::CompactString;

/// A report that has come whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// Who said it.
    pub agent: AgentName,
    /// Its stamp.
    pub stamp: Stamp,
    /// When it was said, by the agent's clock.
    pub at: Timestamp,
    /// Its records, the tick last.
    pub records: Vec<Record>,
    /// Nodes of which it says figures and nothing else; they are not among the records.
    pub moved: Vec<Moved>,
    /// The digest of the agent's state with it.
    pub digest: Option<u64>,
    /// Whether it is all that the agent knows: what it does not mention is over, whatever source once said it.
    pub whole: bool,
}

impl Received {
    /// How many records it comes to.
    pub fn len(&self) -> usize {
        self.records.len() + self.moved.iter().map(Moved::len).sum::<usize>()
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// For whoever has no more use for it: what is read next on this thread takes the room of its lists.
    pub fn give_back(self) {
        spare::keep_lists(self.moved);
    }

    /// What moved as records, but for those nodes of which `left_out` says so, in the order of the lists.
    pub fn spelled(&self, left_out: &[bool]) -> Vec<Record> {
        let record = |source: &CompactString, node| Record {
            agent: self.agent.clone(),
            stamp: self.stamp,
            source: source.clone(),
            at: self.at,
            body: Body::Node(node),
            extra: Fields::default(),
        };
        let nodes = self.moved.iter().flat_map(|moved| moved.iter().map(move |(id, values)| (moved, id, values)));
        let wanted = nodes.zip(left_out.iter().chain(std::iter::repeat(&false))).filter(|(_, left_out)| !**left_out);
        wanted.map(|((moved, id, values), _)| record(moved.source(), moved.node(id, values))).collect()
    }

    /// All of it as records, the tick last.
    pub fn into_records(mut self) -> Vec<Record> {
        let mut records = self.spelled(&[]);
        records.append(&mut self.records);
        records
    }
}

impl From<Vec<Record>> for Received {
    /// Records of one agent, told from the last of them.
    fn from(records: Vec<Record>) -> Self {
        let last = records.last();
        let agent = last.map_or_else(|| AgentName::from_host_name(""), |last| last.agent.clone());
        let (stamp, at) = last.map_or_else(Default::default, |last| (last.stamp, last.at));
        Self { agent, stamp, at, records, moved: Vec::new(), digest: None, whole: false }
    }
}
