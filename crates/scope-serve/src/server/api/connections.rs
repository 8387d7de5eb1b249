//! The connections of one node: as the graph has them, and raw, asked of its agent.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use scope_core::{NodeId, Protocol, Record, Timestamp};
use scope_render::graph::{Graph, Link};
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::{NoQuery, Path};
use super::json::{self, Written};
use super::node::{Relative, unknown};
use super::shape::FiguresOut;
use super::{Allowed, Read, words};
use crate::request::{Answer, Request};
use crate::server::app::App;
use crate::server::auth::{Action, Target, authorize};
use crate::server::live::RequestError;
use crate::server::problem::ProblemDetails;

/// Connections in one answer, each way.
const ENDS: usize = 1000;

/// The other end of a node's connections.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndOut<'a> {
    /// The node there.
    #[serde(flatten)]
    node: Relative<'a>,
    /// The part of the asked node that has the connections, where it is not the node itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'a str>,
    /// `tcp` or `udp`.
    #[schema(schema_with = words::protocols)]
    protocol: String,
    /// Where the server listens.
    port: u16,
    #[serde(flatten)]
    figures: FiguresOut,
    /// When the first was seen.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// When one was last open.
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
}

/// What comes in and what goes out, each with how much there is.
type Ends<'a> = ((Vec<EndOut<'a>>, usize), (Vec<EndOut<'a>>, usize));

/// The connections of `node` and of all that belongs to it, but for those among themselves.
pub(super) fn ends<'a>(graph: &'a Graph<'_>, node: u32) -> Ends<'a> {
    let within: Vec<bool> = (0..graph.len() as u32).map(|other| other == node || graph.above(other).contains(&node)).collect();
    let is_within = |other: u32| within.get(other as usize).copied().unwrap_or_default();
    let (mut incoming, mut outgoing) = (BTreeMap::new(), BTreeMap::new());
    for link in graph.links() {
        match (is_within(link.from), is_within(link.to)) {
            (false, true) => drop(incoming.insert(key(link, link.from, link.to), link)),
            (true, false) => drop(outgoing.insert(key(link, link.to, link.from), link)),
            _ => {}
        }
    }
    let list = |links: BTreeMap<Key, &Link>| {
        let total = links.len();
        let ends = links.into_iter().take(ENDS).map(|((other, _, _, part, _), link)| EndOut {
            node: Relative::of(graph, other),
            part: (part != node).then(|| graph.id(part)),
            protocol: link.protocol.to_string(),
            port: link.port,
            figures: link.figures.into(),
            since: link.since,
            last_seen: link.last_seen,
        });
        (ends.collect(), total)
    };
    (list(incoming), list(outgoing))
}

/// The order of connections: by the other end, what is spoken there, the part of this end, and when it began.
type Key = (u32, Protocol, u16, u32, Timestamp);

fn key(link: &Link, other: u32, part: u32) -> Key {
    (other, link.protocol, link.port, part, link.since)
}

/// Raw connections of a node.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionList {
    /// A `connection` record for each.
    #[schema(value_type = Vec<std::collections::BTreeMap<String, serde_json::Value>>)]
    connections: Vec<Record>,
}

/// The raw connections of a node, read by its agent now.
#[utoipa::path(
    get, path = "/api/v1/nodes/{id}/connections", tag = "nodes",
    params(("id" = String, Path, description = "The node's id", max_length = 1024)),
    responses(
        (status = 200, body = ConnectionList),
        (status = 403, description = "The caller sees a part only", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "There is no such node", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 502, description = "Its agent could not read them", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Its agent is not connected, or busy", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 504, description = "Its agent did not answer in time", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn raw(caller: Allowed<Read>, State(app): State<Arc<App>>, Path(id): Path<String>, _: NoQuery) -> Result<Written, ProblemDetails> {
    let identity = caller.identity;
    if identity.visibility.filter().is_some() {
        // The other ends are addresses of what may not be seen.
        let detail = "raw connections show addresses of everything, and this token sees a part; the node itself shows what may be seen";
        return Err(ProblemDetails::new(StatusCode::FORBIDDEN, detail));
    }
    let wanted: NodeId = id.parse().map_err(|_| unknown(&id))?;
    let asked = wanted.clone();
    let agent = app
        .read(identity.clone(), move |state| {
            let graph = Graph::build(state);
            let node = graph.find(asked.as_str()).ok_or_else(|| unknown(asked.as_str()))?;
            graph.speakers(node).first().map(|name| (*name).clone()).ok_or_else(|| unknown(asked.as_str()))
        })
        .await?;
    authorize(&identity, Action::Read, Target::Agent(&identity.tenant, &agent))?;
    let answer = app.live.request(&identity.tenant, &agent, Request::Connections(wanted)).await;
    match answer {
        Ok(Answer::Connections(connections)) => json::write(&ConnectionList { connections }),
        Ok(_) => Err(ProblemDetails::new(StatusCode::BAD_GATEWAY, format!("agent {agent} answered something else"))),
        Err(error) => {
            let status = match error {
                RequestError::NotConnected(_) | RequestError::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
                RequestError::Timeout(_) => StatusCode::GATEWAY_TIMEOUT,
                RequestError::Failed(..) => StatusCode::BAD_GATEWAY,
            };
            Err(ProblemDetails::new(status, error.to_string()))
        }
    }
}
