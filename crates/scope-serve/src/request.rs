//! What a server may ask of an agent down its link, and the way back of the answer. How either becomes bytes is the link's business.

use scope_core::{NodeId, Record};
use tokio::sync::oneshot;

/// A question to an agent. Each reads only.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Whether it is there.
    Ping,
    /// The raw connections of one node.
    Connections(NodeId),
}

/// What an agent answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It is there.
    Pong,
    /// One record for each connection.
    Connections(Vec<Record>),
    /// It could not be done: what failed, on what, and what to do next.
    Failed(String),
}

/// A question on its way, with where the answer goes.
#[derive(Debug)]
pub struct RequestEnvelope {
    /// The question.
    pub request: Request,
    /// Where the answer goes. Dropped where there is none.
    pub answer: oneshot::Sender<Answer>,
}
