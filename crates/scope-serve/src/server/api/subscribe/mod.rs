//! Subscriptions to a view or a node, over a WebSocket or as Server-Sent Events: the same messages. What they say is made in `views`, once for all
//! who ask for the same.

mod places;
mod socket;
pub(super) mod sse;
pub(super) mod websocket;

use std::sync::Arc;

use http::StatusCode;
use scope_core::NodeId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::node::unknown;
use super::question::find_view;
use crate::server::app::App;
use crate::server::auth::Identity;
use crate::server::problem::ProblemDetails;
use crate::server::views::{Resume, SubscribeError, Subscription, ViewKey};

use places::Place;
pub(in crate::server) use places::Places;

/// What is subscribed to: a view, or a node.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SubscribeQuery {
    /// The view; `containers` where neither it nor a node is named.
    view: Option<String>,
    /// The id of a node, in full.
    node: Option<String>,
    /// Only what matches.
    filter: Option<String>,
    /// Nodes that share this are drawn as one.
    group_by: Option<String>,
    /// What the view leaves out by itself and is to be shown: words with commas between them, or `all`.
    show: Option<String>,
    /// Whether nodes come with places.
    #[serde(default)]
    layout: bool,
    /// Which figures of nodes come with a view: names with commas between them, at most 64, or nothing for none. All where absent; `other_metrics` names the rest.
    metrics: Option<String>,
    /// Where a subscription broke: `EPOCH-SEQ`, from its last snapshot and its last message.
    #[param(pattern = "^[0-9]+-[0-9]+$")]
    resume: Option<String>,
    /// `deflate`: over a WebSocket every message is a binary one of raw DEFLATE (RFC 1951). `deflate-snapshots`: only snapshots are. Text where absent.
    encoding: Option<String>,
}

/// Opens what `query` asks for. The place is held for as long as the subscription lives.
async fn open(app: &Arc<App>, identity: Identity, query: SubscribeQuery) -> Result<(Subscription, Place), ProblemDetails> {
    let limit = app.config.limits.subscriptions;
    let place = app.places.take(&identity, limit).ok_or_else(|| {
        let detail = format!("there are {limit} subscriptions of this caller already: close some, or subscribe to less");
        ProblemDetails::new(StatusCode::TOO_MANY_REQUESTS, detail)
    })?;
    let resume = query.resume.as_deref().map(read_resume).transpose()?;
    let shared = Arc::clone(app);
    let subscription = app
        .compute(move || match query.node {
            Some(_) if query.view.is_some() => Err(bad("name a view or a node, not both".to_owned())),
            Some(id) => {
                let wanted: NodeId = id.parse().map_err(|_| unknown(&id))?;
                shared.views.subscribe_node(&identity.tenant, &identity.visibility, wanted, resume).map_err(|error| refused(&error))
            }
            None => {
                let show = query.show.unwrap_or_default();
                let key = ViewKey {
                    tenant: identity.tenant,
                    visibility: identity.visibility,
                    view: find_view(query.view.as_deref().unwrap_or("containers"))?,
                    filter: query.filter,
                    group_by: query.group_by,
                    show: words(&show),
                    layout: query.layout,
                    metrics: query.metrics.map(|names| words(&names)),
                };
                shared.views.resume(&key, resume).map_err(|error| refused(&error))
            }
        })
        .await?;
    Ok((subscription, place))
}

/// Words with commas between them.
fn words(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn read_resume(text: &str) -> Result<Resume, ProblemDetails> {
    let numbers = text.split_once('-').and_then(|(epoch, seq)| Some((epoch.parse().ok()?, seq.parse().ok()?)));
    numbers.map(|(epoch, seq)| Resume { epoch, seq }).ok_or_else(|| bad("`resume` is EPOCH-SEQ, two numbers".to_owned()))
}

fn refused(error: &SubscribeError) -> ProblemDetails {
    let status = match error {
        SubscribeError::Filter(_) | SubscribeError::GroupBy(_) | SubscribeError::Show(..) | SubscribeError::Metrics(_) => StatusCode::BAD_REQUEST,
        SubscribeError::TooMany | SubscribeError::Thread(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    ProblemDetails::new(status, error.to_string())
}

fn bad(detail: String) -> ProblemDetails {
    ProblemDetails::new(StatusCode::BAD_REQUEST, detail)
}
