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

/// Where `node` has all the words: in its name, its id, one fact, or else in several of them. What a word is all of goes before what begins with it, and that
/// before what it stands in: who looks for a port wants what listens there, not a longer number that has the same digits.
fn look(graph: &Graph<'_>, node: u32, words: &[String]) -> Option<Place> {
    let label = graph.label(node);
    if let Some(fit) = fit(label, words) {
        return Some(Place { rank: fit, field: "name".to_owned(), text: label.to_owned() });
    }
    let id = graph.id(node);
    if words.iter().all(|word| names_id(id, word)) {
        return Some(Place { rank: 3, field: "id".to_owned(), text: id.to_owned() });
    }
    let mut facts = Vec::new();
    for (name, value) in graph.attrs(node) {
        flatten(name, value, &mut facts);
    }
    // Names of fields are what all nodes have: only `app=web` asks for one.
    let with_name = |field: &str, text: &str| words.iter().any(|word| word.contains('=')).then(|| fit(&format!("{field}={text}"), words)).flatten();
    let best = facts.iter().filter_map(|(field, text)| Some((fit(text, words).or_else(|| with_name(field, text))?, field, text))).min_by_key(|(fit, ..)| *fit);
    if let Some((fit, field, text)) = best {
        return Some(Place { rank: 4 + fit, field: field.clone(), text: text.clone() });
    }
    let has = |text: &str, word: &String| fit(text, std::slice::from_ref(word)).is_some();
    let somewhere = |word: &String| {
        has(label, word)
            || names_id(id, word)
            || facts.iter().any(|(field, text)| has(text, word) || (word.contains('=') && has(&format!("{field}={text}"), word)))
    };
    let field = facts.iter().find(|(_, text)| words.iter().any(|word| has(text, word)));
    words.iter().all(somewhere).then(|| match field {
        Some((field, text)) => Place { rank: 7, field: field.clone(), text: text.clone() },
        None => Place { rank: 7, field: "name".to_owned(), text: label.to_owned() },
    })
}

/// How well a text fits words that it has to have all of: 0 where it is the only one, 1 where it begins with the first, 2 where they stand in it.
fn fit(text: &str, words: &[String]) -> Option<u8> {
    let text = text.to_lowercase();
    let first = words.first()?;
    if is_hash(&text) {
        return (words.len() == 1 && begins_hash(&text, first)).then_some(1);
    }
    words.iter().all(|word| text.contains(word.as_str())).then(|| if text == *first { 0 } else { u8::from(!text.starts_with(first.as_str())) + 1 })
}

/// Whether a word names this id: with its kind, whole, or as the beginning of a hash.
fn names_id(id: &str, word: &str) -> bool {
    let id = id.to_lowercase();
    let rest = id.split_once(':').map_or("", |(_, rest)| rest);
    rest == word || (word.contains(':') && id.starts_with(word)) || (is_hash(rest) && begins_hash(rest, word))
}

/// Letters of a hash mean nothing by themselves: any short word is in one of some hundred.
fn is_hash(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    digits.len() >= 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn begins_hash(hash: &str, word: &str) -> bool {
    word.len() >= 4 && (hash.starts_with(word) || hash.strip_prefix("sha256:").is_some_and(|digits| digits.starts_with(word)))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(text: &str, question: &str) -> Option<u8> {
        fit(text, &question.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn whole_texts_come_before_beginnings_and_those_before_what_has_a_word() {
        assert_eq!([fits("5432", "5432"), fits("54321", "5432"), fits("15432", "5432"), fits("80", "5432")], [Some(0), Some(1), Some(2), None]);
        assert_eq!([fits("Shop-DB-1", "db shop"), fits("shop-db-1", "shop db"), fits("shop-db-1", "shop cache")], [Some(2), Some(1), None]);
    }

    #[test]
    fn a_hash_is_found_by_its_beginning_alone() {
        let hash = format!("db54{}", "0".repeat(60));
        let id = format!("container:{hash}");
        for (word, found) in [("db5", false), ("db54", true), ("5400", false), (hash.as_str(), true), (id.as_str(), true), ("container:db", true)] {
            assert_eq!(names_id(&id, word), found, "{word}");
        }
        assert_eq!([fits(&hash, "db"), fits(&hash, "db54"), fits(&format!("sha256:{hash}"), "db54")], [None, Some(1), Some(1)]);
        assert!(names_id("process:vm:5432:1", "vm:5432:1") && names_id("process:vm:5432:1", "process:vm"));
        assert!(!names_id("process:vm:5432:1", "5432"));
    }
}
