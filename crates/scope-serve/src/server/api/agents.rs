//! The agents that the caller may know of: those that say something of what it may see.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use http::StatusCode;
use scope_core::limits::cut;
use scope_core::record::SourceTick;
use scope_core::{AgentName, CompactString, Timestamp};
use scope_render::view::heard_at;
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::{NoQuery, Path};
use super::json::{self, Written};
use super::{Allowed, Change, Read};
use crate::server::app::{App, now};
use crate::server::auth::{Peer, Visibility};
use crate::server::live::{AgentInfo, Forgotten, Liveness};
use crate::server::problem::ProblemDetails;

/// All agents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentList {
    /// The agents, by name.
    agents: Vec<AgentOut>,
}

/// An agent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentOut {
    /// What it is called here.
    name: String,
    /// Its version; absent where records were posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// `live`, `stale` (silent for a while, shown as it was) or `gone` (silent for long, no longer shown).
    state: Liveness,
    /// When it was last heard, by this server's clock.
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
    /// Milliseconds between its reports, where it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_ms: Option<u64>,
    /// What each of its sources last said of itself.
    sources: BTreeMap<String, SourceOut>,
    /// Records that were lost on the way, in queues and spools.
    lost: u64,
    /// Records that were refused: of others' hosts and processes.
    refused: u64,
    /// Records beyond the limits of this server.
    over: u64,
    /// How far its clock is ahead of this server's, in microseconds.
    clock_offset_us: i64,
    /// Where it dials from.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// Nodes that it speaks of, once for each of its sources.
    nodes: usize,
    /// Flows that it speaks of.
    flows: usize,
}

/// What a source of an agent last said of itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceOut {
    /// Whether it said all that it knows.
    full: bool,
    /// How many nodes, flows and problems it said.
    records: u64,
    /// CPU time that it took, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    took_us: Option<u64>,
    /// What it saw and had to leave out.
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<u64>,
}

impl From<AgentInfo> for AgentOut {
    fn from(agent: AgentInfo) -> Self {
        let source = |(name, said): (CompactString, SourceTick)| {
            (name.into(), SourceOut { full: said.full, records: said.records, took_us: said.took_us, dropped: said.dropped })
        };
        Self {
            name: agent.name.to_string(),
            version: agent.version.map(Into::into),
            state: agent.state,
            last_seen: agent.last_seen,
            interval_ms: agent.interval_ms,
            sources: agent.sources.into_iter().map(source).collect(),
            lost: agent.lost,
            refused: agent.refused,
            over: agent.over,
            clock_offset_us: agent.clock_offset_us,
            address: agent.address.map(|address| address.to_string()),
            nodes: agent.nodes,
            flows: agent.flows,
        }
    }
}

/// The agents: version, when last heard, sources, losses, clock.
#[utoipa::path(get, path = "/api/v1/agents", tag = "agents", responses((status = 200, body = AgentList)))]
pub(crate) async fn list(caller: Allowed<Read>, State(app): State<Arc<App>>, _: NoQuery) -> Result<Written, ProblemDetails> {
    let shared = Arc::clone(&app);
    app.compute(move || {
        let agents = visible(&shared, &caller.identity.tenant, &caller.identity.visibility);
        json::write(&AgentList { agents: agents.into_iter().map(AgentOut::from).collect() })
    })
    .await
}

/// Forget an agent that does not speak any more: what it said is gone, and nobody is told any longer that it is silent. One that comes back is taken in as before.
#[utoipa::path(
    delete, path = "/api/v1/agents/{agent}", tag = "agents", params(("agent" = String, Path, description = "What it is called here")),
    responses(
        (status = 204),
        (status = 404, description = "There is no such agent", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, description = "It is connected", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn forget(
    caller: Allowed<Change>,
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    Path(agent): Path<String>,
    _: NoQuery,
) -> Result<StatusCode, ProblemDetails> {
    let missing = || ProblemDetails::new(StatusCode::NOT_FOUND, format!("there is no agent {}: look for it among the agents", cut(&agent, 80).escape_debug()));
    let name: AgentName = agent.parse().map_err(|_| missing())?;
    let tenant = caller.identity.tenant.clone();
    match app.live.forget(&tenant, &name) {
        Forgotten::Done => {}
        Forgotten::Unknown => return Err(missing()),
        Forgotten::Connected => {
            let detail = format!("agent {name} is connected, and would be back at once: stop it first, or take its credential away");
            return Err(ProblemDetails::new(StatusCode::CONFLICT, detail));
        }
    }
    app.auth.write_down_later(tenant, &caller.identity.name, &peer, "agent.forget", Some(name.to_string()), "done");
    Ok(StatusCode::NO_CONTENT)
}

/// The agents that exist for `visibility`. Of one that says nothing of what may be seen, not even the name exists; and what it counts of all that it
/// sees would tell of what may not, and so would the moment of each report.
pub(in crate::server) fn visible(app: &App, tenant: &crate::server::tenant::Tenant, visibility: &Visibility) -> Vec<AgentInfo> {
    let agents = app.live.agents(tenant);
    if visibility.filter().is_none() {
        return agents;
    }
    let seen = |agent: AgentInfo| {
        app.live.read(tenant, visibility, |state| {
            let said = state.agent(&agent.name)?;
            let (nodes, flows) = (said.nodes_unsorted().count(), said.flows_unsorted().count());
            let last_seen = heard_at(agent.last_seen, agent.interval_ms, now());
            (nodes > 0).then(|| AgentInfo { sources: BTreeMap::new(), lost: 0, refused: 0, over: 0, address: None, nodes, flows, last_seen, ..agent.clone() })
        })
    };
    agents.into_iter().filter_map(seen).collect()
}
