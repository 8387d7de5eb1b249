//! What is asked of the collector while it runs, and what it answers.

use scope_collect::agent::Question;
use scope_core::NodeId;
use scope_serve::request::Answer;
use tokio::sync::{mpsc, oneshot};

/// The raw connections of a node, from the collector.
pub(crate) async fn connections(node: NodeId, questions: &mpsc::Sender<Question>) -> Answer {
    let (answer, answered) = oneshot::channel();
    if questions.send(Question { node, answer }).await.is_err() {
        return Answer::Failed("the agent is about to end".to_owned());
    }
    match answered.await {
        Ok(Some(records)) => Answer::Connections(records),
        Ok(None) => Answer::Failed("this agent does not read connections: it runs without the source `net`".to_owned()),
        Err(_) => Answer::Failed("the agent is about to end".to_owned()),
    }
}
