//! Search: words, looked for in the ids, names and facts of everything the caller may see, of every kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use scope_core::Value;
use scope_core::limits::cut;
use scope_core::state;
use scope_render::graph::Graph;
use scope_render::view::{Selection, VIEWS};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::Query;
use super::json::{self, Written};
use super::{Allowed, Read};
use crate::server::app::{App, now};
use crate::server::problem::ProblemDetails;

/// Hits of one answer, where the caller names no number.
const HITS: usize = 50;
/// Hits of one answer, at most.
const MAX_HITS: usize = 1000;
/// Longest text that is looked for, in bytes.
const TEXT_BYTES: usize = 256;
/// How much of a fact is shown where a word was found, in bytes.
const SHOWN_BYTES: usize = 200;

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// Words; all of them have to be found in a node, in upper or lower case.
    #[param(min_length = 1, max_length = 256)]
    q: String,
    /// Only nodes of this kind: `container`.
    kind: Option<String>,
    /// Hits of the answer.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Found<'a> {
    /// The first hits: those whose names have the words first, then by kind and id.
    hits: Vec<Hit<'a>>,
    /// How many nodes have the words.
    total: usize,
    /// How many nodes of each view stand for a hit.
    views: BTreeMap<&'static str, usize>,
}

/// A node that has all the words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hit<'a> {
    /// Its id.
    id: &'a str,
    /// Its kind.
    kind: &'a str,
    /// Its name for people.
    name: &'a str,
    /// Where the words were found: `name`, `id`, or the name of a fact.
    field: String,
    /// What stands there.
    text: String,
    /// What it belongs to, nearest first.
    above: Vec<&'a str>,
}

/// Looks for words in everything there is.
#[utoipa::path(
    get, path = "/api/v1/search", tag = "views", params(SearchQuery),
    responses(
        (status = 200, body = Found<'_>),
        (status = 400, description = "There is nothing to look for", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn search(caller: Allowed<Read>, State(app): State<Arc<App>>, Query(query): Query<SearchQuery>) -> Result<Written, ProblemDetails> {
    let limit = query.limit.unwrap_or(HITS);
    let bad = |detail: String| Err(ProblemDetails::new(StatusCode::BAD_REQUEST, detail));
    if query.q.len() > TEXT_BYTES {
        return bad(format!("q is longer than {TEXT_BYTES} bytes"));
    }
    if !(1..=MAX_HITS).contains(&limit) {
        return bad(format!("limit is {limit}; an answer has 1 to {MAX_HITS} hits"));
    }
    let words: Vec<String> = query.q.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return bad("q has no word to look for".to_owned());
    }
    app.read(caller.identity, move |state| find(state, &words, query.kind.as_deref(), limit)).await
}

fn find(state: &state::State, words: &[String], kind: Option<&str>, limit: usize) -> Result<Written, ProblemDetails> {
    let graph = Graph::build(state);
    let mut hits: Vec<(u8, u32, Place)> = (0..graph.len() as u32)
        .filter(|node| kind.is_none_or(|kind| graph.kind(*node) == kind))
        .filter_map(|node| Some((node, look(&graph, node, words)?)))
        .map(|(node, place)| (place.rank, node, place))
        .collect();
    hits.sort_by_key(|(rank, node, _)| (*rank, *node));
    let mut found = vec![false; graph.len()];
    for (_, node, _) in &hits {
        if let Some(found) = found.get_mut(*node as usize) {
            *found = true;
        }
    }
    let is_hit = |member: &u32| found.get(*member as usize).copied().unwrap_or_default();
    let selection = Selection { now: Some(now()), ..Selection::default() };
    let in_view = |view: &'static scope_render::view::View| {
        let rendered = view.project(&graph, &selection);
        let count = rendered.nodes.iter().filter(|node| rendered.members(node).iter().any(is_hit)).count();
        (view.name, count)
    };
    let views = if hits.is_empty() { VIEWS.iter().map(|view| (view.name, 0)).collect() } else { VIEWS.iter().map(in_view).collect() };
    let total = hits.len();
    let hit = |(_, node, place): (u8, u32, Place)| Hit {
        id: graph.id(node),
        kind: graph.kind(node),
        name: graph.label(node),
        field: place.field,
        text: cut(&place.text, SHOWN_BYTES).into_owned(),
        above: graph.above(node).into_iter().map(|above| graph.id(above)).collect(),
    };
    json::write(&Found { hits: hits.into_iter().take(limit).map(hit).collect(), total, views })
}

/// Where the words of a question were found.
struct Place {
    /// The better ones first.
    rank: u8,
    field: String,
    text: String,
}

/// Where `node` has all the words: in its name, its id, one fact, or else in several of them.
fn look(graph: &Graph<'_>, node: u32, words: &[String]) -> Option<Place> {
    let has_all = |text: &str| {
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    };
    let label = graph.label(node);
    if has_all(label) {
        let begins = words.first().is_some_and(|word| label.to_lowercase().starts_with(word.as_str()));
        return Some(Place { rank: u8::from(!begins), field: "name".to_owned(), text: label.to_owned() });
    }
    if has_all(graph.id(node)) {
        return Some(Place { rank: 2, field: "id".to_owned(), text: graph.id(node).to_owned() });
    }
    let mut facts = Vec::new();
    for (name, value) in graph.attrs(node) {
        flatten(name, value, &mut facts);
    }
    if let Some((field, text)) = facts.iter().find(|(field, text)| has_all(text) || has_all(&format!("{field}={text}"))) {
        return Some(Place { rank: 3, field: field.clone(), text: text.clone() });
    }
    let everything = facts.iter().fold(format!("{label} {}", graph.id(node)), |all, (field, text)| format!("{all} {field}={text}"));
    let field = facts.iter().find(|(_, text)| words.iter().any(|word| text.to_lowercase().contains(word.as_str())));
    has_all(&everything).then(|| match field {
        Some((field, text)) => Place { rank: 4, field: field.clone(), text: text.clone() },
        None => Place { rank: 4, field: "name".to_owned(), text: label.to_owned() },
    })
}

/// The texts in a fact, each with its name: `labels.app`.
fn flatten(name: &str, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Map(map) => map.iter().for_each(|(key, value)| flatten(&format!("{name}.{key}"), value, out)),
        Value::List(items) => items.iter().for_each(|item| flatten(name, item, out)),
        Value::Null => {}
        other => out.push((name.to_owned(), other.as_text().map_or_else(|| serde_json::to_string(other).unwrap_or_default(), str::to_owned))),
    }
}
