//! Why a node is in a view, or is not.

use scope_core::record::{Body, Gone};
use scope_core::state::State;

use super::rendered::{Rendered, Role};
use super::subject::{Asked, Refusal};
use super::{Outside, Selection, View, What};
use crate::graph::Graph;

/// Most nodes explained for one question.
const ANSWERS: usize = 16;

/// Whether one node is in a view, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The node.
    pub id: String,
    /// Whether it is to be seen.
    pub verdict: Verdict,
    /// The reasons, a sentence each, the decisive one last.
    pub reasons: Vec<String>,
}

/// Whether a node is to be seen in a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// As a node of its own.
    Shown,
    /// As a part of another node.
    Within,
    /// Left out by the view, unless it is asked for.
    LeftOut,
    /// Refused by the filter.
    Filtered,
    /// Neither of the view's kind, nor at an end of a connection of the view.
    Outside,
    /// It was there, and is over.
    Gone,
    /// No agent has said anything of it.
    Unknown,
}

impl Verdict {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Within => "within",
            Self::LeftOut => "left out",
            Self::Filtered => "filtered",
            Self::Outside => "outside",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }
}

impl View {
    /// Whether and why the nodes that `text` names are in this view: by id, by the beginning of an id as engines cut it, or by name.
    pub fn explain<'g>(&'static self, state: &State, graph: &'g Graph<'_>, selection: &Selection<'g>, text: &str) -> Vec<Explanation> {
        let found = graph.search(text, ANSWERS);
        let rendered = self.project(graph, selection);
        if found.is_empty() {
            return vec![self.made(&rendered, text).unwrap_or_else(|| absent(state, text))];
        }
        let asked = Asked::new(self, graph, selection);
        let climb = graph.climb(graph.kind_id(self.of));
        found
            .into_iter()
            .map(|node| {
                let mut reasons = vec![said(graph, node)];
                let shown = rendered.nodes.iter().find(|shown| shown.role != Role::Uncontained && rendered.members(shown).contains(&node));
                let verdict = match shown {
                    Some(shown) if shown.role == Role::Group => {
                        reasons.push(format!("it is one of {} in `{}` ({})", rendered.members(shown).len(), shown.name, shown.id));
                        Verdict::Within
                    }
                    Some(_) => {
                        reasons.push(format!("the view `{}` shows it", self.name));
                        Verdict::Shown
                    }
                    None => self.absence(graph, &asked, climb.from(node), node, &mut reasons),
                };
                Explanation { id: graph.id(node).to_owned(), verdict, reasons }
            })
            .collect()
    }

    /// What the view itself makes and no agent says: a group, or what runs outside of containers on a host.
    fn made(&self, rendered: &Rendered<'_, '_>, text: &str) -> Option<Explanation> {
        let node = rendered.nodes.iter().find(|node| node.id == text || node.name == text)?;
        let what = match node.role {
            Role::Uncontained => "it stands for what runs outside of containers on a host".to_owned(),
            _ => format!("it stands for {} nodes", rendered.members(node).len()),
        };
        let reasons = vec![what, format!("the view `{}` shows it", self.name)];
        Some(Explanation { id: node.id.to_string(), verdict: Verdict::Shown, reasons })
    }

    /// Why a node that exists is not among those of the view.
    fn absence(&self, graph: &Graph<'_>, asked: &Asked<'_, '_>, reached: &[u32], node: u32, reasons: &mut Vec<String>) -> Verdict {
        let kind = graph.kind(node);
        let (mut of_view, mut verdict) = (node, None);
        if kind != self.of {
            reasons.push(format!("the view `{}` shows nodes of kind {}, and this is of kind {kind}", self.name, self.of));
            match reached {
                [] if node >= graph.first_pseudo() => {
                    reasons.push("it stands for what nobody watches, and no connection leads from it to a node of the view".to_owned());
                    return Verdict::Outside;
                }
                [] if self.outside == Outside::Uncontained && matches!(kind, "host" | "process") => {
                    reasons.push(
                        "it belongs to no container; its connections with containers are drawn from the node for what runs outside containers on its host"
                            .to_owned(),
                    );
                    return Verdict::Outside;
                }
                [] => {
                    reasons.push(format!("it belongs to no {}, and has no connections of its own in this view", self.of));
                    verdict = Some(Verdict::Outside);
                }
                [first, ..] => {
                    reasons.push(format!("its connections are drawn from `{}` ({}), which it belongs to", graph.label(*first), graph.id(*first)));
                    of_view = *first;
                    verdict = Some(Verdict::Within);
                }
            }
        }
        match asked.refusal(of_view) {
            Some(Refusal::Default(hide)) => {
                reasons.push(format!("the view leaves out {}; `--show {}` shows them", hide.title, hide.name));
                Verdict::LeftOut
            }
            Some(Refusal::Filter(part)) => {
                reasons.push(format!("the filter does not take it: `{part}` does not hold"));
                Verdict::Filtered
            }
            None => verdict.unwrap_or_else(|| {
                if let Some(hide) = self.hides.iter().find(|hide| matches!(hide.what, What::Unconnected)) {
                    reasons.push(format!("the view leaves out {}; `--show {}` shows them", hide.title, hide.name));
                }
                Verdict::LeftOut
            }),
        }
    }
}

/// Who says that a node exists.
fn said(graph: &Graph<'_>, node: u32) -> String {
    let agents: Vec<&str> = graph.speakers(node).into_iter().map(scope_core::AgentName::as_str).collect();
    let sources = graph.sources(node);
    if node >= graph.first_pseudo() {
        "it stands for something that nobody watches".to_owned()
    } else if agents.is_empty() {
        "no agent describes it, but others name it".to_owned()
    } else {
        format!("`{}` exists: agent {} says so (source {})", graph.label(node), agents.join(", "), sources.join(", "))
    }
}

/// Why there is no node that `text` names.
fn absent(state: &State, text: &str) -> Explanation {
    let is_meant = |id: &str| id == text || id.split_once(':').is_some_and(|(_, rest)| rest == text || (text.len() >= 8 && rest.starts_with(text)));
    for record in state.records() {
        if let Body::Gone(Gone::Node(id)) = &record.body
            && is_meant(id.as_str())
        {
            let reason = format!("it is gone: agent {} said so at {} (source {})", record.agent, record.at, record.source);
            return Explanation { id: id.to_string(), verdict: Verdict::Gone, reasons: vec![reason] };
        }
    }
    let agents: Vec<&str> = state.agents().map(|(name, _)| name.as_str()).collect();
    let heard = if agents.is_empty() { "no agent has been heard of".to_owned() } else { format!("heard of agents: {}", agents.join(", ")) };
    let id = scope_core::limits::cut(text, 512).into_owned();
    Explanation { id, verdict: Verdict::Unknown, reasons: vec!["no agent says that it exists, and none said that it is gone".to_owned(), heard] }
}
