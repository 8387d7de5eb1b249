//! `/api/v1/enrolments`, `/api/v1/enrol` and `/api/v1/agent-credentials`: how agents come to their credentials, and lose them.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use scope_core::{AgentName, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Body, MayChangeSettings, MayReadSettings, Part};
use super::on_disk;
use crate::server::auth::{Auth, NewEnrolment, Peer, Refused};
use crate::server::guard::Site;
use crate::server::problem::ProblemDetails;
use crate::server::store::{AgentRecord, EnrolmentRecord, SecretHash};

/// What an agent turns in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Enrol {
    /// The secret of its enrolment string.
    secret: String,
    /// The name that it is to go by.
    #[schema(value_type = String)]
    agent: AgentName,
    /// Its machine's id, as it reports it.
    machine_id: Option<String>,
}

/// What it gets for it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EnrolledOut {
    /// The only agent that the credential speaks for.
    #[schema(value_type = String)]
    agent: AgentName,
    /// To be sent as `Authorization: Bearer`, and kept where only the agent reads it.
    credential: String,
}

/// An enrolment that waits to be used, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EnrolmentOut {
    /// What it is revoked by.
    id: String,
    /// The only agent that may use it; any new agent without.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    agent: Option<AgentName>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// When it ends, unused.
    #[schema(value_type = String, format = DateTime)]
    expires: Timestamp,
}

impl EnrolmentOut {
    fn new(hash: &SecretHash, enrolment: EnrolmentRecord) -> Self {
        Self { id: hash.id(), agent: enrolment.agent, created: enrolment.created, expires: enrolment.expires }
    }
}

/// All enrolments that wait.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EnrolmentList {
    enrolments: Vec<EnrolmentOut>,
}

/// An enrolment that is to be made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrolmentIn {
    /// The only agent that may use it, in place of a credential that it has already; any new agent without.
    #[schema(value_type = Option<String>, example = "host-a")]
    agent: Option<AgentName>,
    /// When it ends, unused; in an hour without.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Timestamp>,
}

/// An enrolment that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EnrolmentMade {
    /// For `scope collect --push`: shown now and never again.
    string: String,
    #[serde(flatten)]
    enrolment: EnrolmentOut,
}

/// An agent with a credential.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CredentialOut {
    /// The agent.
    #[schema(value_type = String)]
    agent: AgentName,
    /// The machine that it was given to, as it said itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    machine_id: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// When it was last used, to a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used: Option<Timestamp>,
}

impl From<AgentRecord> for CredentialOut {
    fn from(record: AgentRecord) -> Self {
        Self { agent: record.agent, machine_id: record.machine_id, created: record.created, last_used: record.last_used }
    }
}

/// All agents with a credential.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CredentialList {
    agents: Vec<CredentialOut>,
}

/// Turn an enrolment in for a credential. It works once.
#[utoipa::path(post, path = "/api/v1/enrol", tag = "identity", request_body = Enrol, responses(
    (status = 200, body = EnrolledOut), (status = 409, body = ProblemDetails)
))]
pub(super) async fn enrol(State(auth): State<Arc<Auth>>, Extension(peer): Extension<Peer>, Body(body): Body<Enrol>) -> Result<Json<EnrolledOut>, Refused> {
    let agent = body.agent.clone();
    let credential = on_disk(auth, move |auth| auth.enrol(&body.secret, &body.agent, body.machine_id, &peer)).await?;
    Ok(Json(EnrolledOut { agent, credential: credential.reveal().to_owned() }))
}

/// The enrolments that wait to be used, without their secrets.
#[utoipa::path(get, path = "/api/v1/enrolments", tag = "identity", responses((status = 200, body = EnrolmentList)))]
pub(super) async fn list(State(auth): State<Arc<Auth>>, MayReadSettings(identity): MayReadSettings) -> Result<Json<EnrolmentList>, Refused> {
    let found = on_disk(auth, move |auth| auth.enrolments(&identity.tenant)).await?;
    Ok(Json(EnrolmentList { enrolments: found.into_iter().map(|(hash, enrolment)| EnrolmentOut::new(&hash, enrolment)).collect() }))
}

/// Make an enrolment. Its string is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/enrolments", tag = "identity", request_body = EnrolmentIn, responses(
    (status = 201, body = EnrolmentMade),
    (status = 409, body = ProblemDetails)
))]
pub(super) async fn create(
    State(auth): State<Arc<Auth>>,
    MayChangeSettings(identity): MayChangeSettings,
    Extension(peer): Extension<Peer>,
    Extension(site): Extension<Site>,
    Body(body): Body<EnrolmentIn>,
) -> Result<(StatusCode, Json<EnrolmentMade>), Refused> {
    let new = NewEnrolment { agent: body.agent, expires: body.expires };
    let (string, hash, enrolment) = on_disk(auth, move |auth| {
        let url = auth.url(&site);
        auth.create_enrolment(&identity.tenant, &identity.name, Some(peer.ip()), url, new)
    })
    .await?;
    Ok((StatusCode::CREATED, Json(EnrolmentMade { string: string.to_string(), enrolment: EnrolmentOut::new(&hash, enrolment) })))
}

/// Take an enrolment back.
#[utoipa::path(delete, path = "/api/v1/enrolments/{id}", tag = "identity", params(("id" = String, Path, description = "As the list of enrolments says")), responses((status = 204)))]
pub(super) async fn revoke(
    State(auth): State<Arc<Auth>>,
    MayChangeSettings(identity): MayChangeSettings,
    Extension(peer): Extension<Peer>,
    Part(id): Part,
) -> Result<StatusCode, Refused> {
    on_disk(auth, move |auth| auth.revoke_enrolment(&identity.tenant, &identity.name, Some(peer.ip()), &id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The agents with a credential, without it.
#[utoipa::path(get, path = "/api/v1/agent-credentials", tag = "identity", responses((status = 200, body = CredentialList)))]
pub(super) async fn agents(State(auth): State<Arc<Auth>>, MayReadSettings(identity): MayReadSettings) -> Result<Json<CredentialList>, Refused> {
    let found = on_disk(auth, move |auth| Ok(auth.store().agents(&identity.tenant)?)).await?;
    Ok(Json(CredentialList { agents: found.into_iter().map(|(_, record)| record.into()).collect() }))
}

/// Take an agent's credential away. It is shut out from its next connection on.
#[utoipa::path(
    delete, path = "/api/v1/agent-credentials/{agent}", tag = "identity", params(("agent" = String, Path, description = "The agent's name")), responses(
    (status = 204), (status = 422, body = ProblemDetails)
))]
pub(super) async fn revoke_agent(
    State(auth): State<Arc<Auth>>,
    MayChangeSettings(identity): MayChangeSettings,
    Extension(peer): Extension<Peer>,
    Part(agent): Part,
) -> Result<StatusCode, Refused> {
    let agent = agent.parse::<AgentName>().map_err(|error| Refused::Invalid(error.to_string()))?;
    on_disk(auth, move |auth| auth.revoke_agent(&identity.tenant, &identity.name, Some(peer.ip()), &agent)).await?;
    Ok(StatusCode::NO_CONTENT)
}
