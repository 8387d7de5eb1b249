//! What a subscriber asks for. Whoever asks for the same shares one computation.

use scope_core::field::{Registry, Target, Unit};
use scope_core::filter::Filter;
use scope_core::{CompactString, NodeId, limits};
use scope_render::view::{GroupBy, View};

use super::SubscribeError;
use crate::server::auth::Visibility;
use crate::server::tenant::Tenant;

/// A view, as somebody sees it.
#[derive(Clone, Debug)]
pub struct ViewKey {
    /// Whose.
    pub tenant: Tenant,
    /// What exists for the subscriber.
    pub visibility: Visibility,
    /// Which view.
    pub view: &'static View,
    /// Only what this filter takes.
    pub filter: Option<String>,
    /// What nodes are collapsed by instead of what the view says.
    pub group_by: Option<String>,
    /// What the view would leave out and is to be shown all the same.
    pub show: Vec<String>,
    /// Whether nodes come with places.
    pub layout: bool,
    /// Which figures of nodes come; all where none are named.
    pub metrics: Option<Vec<String>>,
}

/// Most figures that are asked for by name. Whoever wants more asks for all.
const METRICS: usize = 64;

/// What is asked for, ready to be computed.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// A view.
    View(Box<WantedView>),
    /// One node in full.
    Node(NodeId),
}

/// A view, its options read.
#[derive(Clone, Debug)]
pub(super) struct WantedView {
    pub(super) view: &'static View,
    pub(super) filter: Option<Filter>,
    pub(super) group_by: Option<GroupBy>,
    pub(super) show: Vec<String>,
    pub(super) layout: bool,
    /// Sorted, each once.
    pub(super) metrics: Option<Vec<CompactString>>,
    /// Whether what is in it depends on no figure and no time of day.
    pub(super) is_steady: bool,
    /// Whether its filter asks for nothing but facts about a node itself: not who it belongs to, nor which part of an agent speaks of it.
    pub(super) of_facts: bool,
}

impl ViewKey {
    /// Reads the options: the text that tells what is wanted from all else, and what is wanted.
    pub(super) fn read(&self, registry: &Registry) -> Result<(String, Wanted), SubscribeError> {
        let filter = self.filter.as_deref().map(|text| Filter::parse(text, registry)).transpose().map_err(|error| SubscribeError::Filter(error.to_string()))?;
        let group_by =
            self.group_by.as_deref().map(|text| GroupBy::parse(text, registry)).transpose().map_err(|error| SubscribeError::GroupBy(error.to_string()))?;
        let mut show = self.show.clone();
        show.sort_unstable();
        show.dedup();
        let known = |name: &str| name == "all" || self.view.hides.iter().any(|hide| hide.name == name);
        if let Some(unknown) = show.iter().find(|name| !known(name)) {
            return Err(SubscribeError::Show(scope_core::limits::cut(unknown, 80).escape_debug().to_string(), self.view.name));
        }
        let metrics = self.metrics.as_deref().map(metrics_of).transpose()?;
        let filter = filter.filter(|filter| !filter.is_all());
        let is_steady = filter.as_ref().is_none_or(|filter| is_steady(filter, registry));
        let of_others = |name: &str| registry.resolve(name).iter().any(|target| matches!(target.field.as_str(), "parents" | "source"));
        let of_facts = is_steady && filter.as_ref().is_some_and(|filter| !filter.names().into_iter().any(of_others));
        let text = format!(
            "{}\n{}\n{}\n{}\n{}\n{}\n{}",
            self.visibility.key(),
            self.view.name,
            filter.as_ref().map(ToString::to_string).unwrap_or_default(),
            group_by.as_ref().map_or("", GroupBy::as_str),
            show.join(","),
            self.layout,
            metrics.as_ref().map_or_else(|| "*".to_owned(), |metrics| metrics.join(","))
        );
        Ok((text, Wanted::View(Box::new(WantedView { view: self.view, filter, group_by, show, layout: self.layout, metrics, is_steady, of_facts }))))
    }
}

/// The figures that are asked for. One that nobody has may yet come.
fn metrics_of(names: &[String]) -> Result<Vec<CompactString>, SubscribeError> {
    if names.len() > METRICS {
        return Err(SubscribeError::Metrics(format!(
            "at most {METRICS} figures can be named, {} are: name fewer, or leave `metrics` away for all",
            names.len()
        )));
    }
    let is_name =
        |name: &str| name.len() <= limits::ID_BYTES && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':'));
    if let Some(other) = names.iter().find(|name| !is_name(name)) {
        return Err(SubscribeError::Metrics(format!("`{}` is no name of a figure", limits::cut(other, 80).escape_debug())));
    }
    let mut metrics: Vec<CompactString> = names.iter().map(CompactString::from).collect();
    metrics.sort_unstable();
    metrics.dedup();
    Ok(metrics)
}

/// Whether what a filter takes can only change when a fact does.
fn is_steady(filter: &Filter, registry: &Registry) -> bool {
    let is_fact = |target: &Target| {
        let by_nature = matches!(target.field.as_str(), "id" | "agent" | "source" | "parents" | "endpoints");
        by_nature || target.key.is_some() || matches!(registry.unit(target), Some(Unit::Text | Unit::Bool | Unit::List | Unit::Map))
    };
    filter.names().into_iter().flat_map(|name| registry.resolve(name)).all(|target| is_fact(&target))
}
