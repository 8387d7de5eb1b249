//! What callers ask of views: names of views, filters, groupings and words of what to show, read from text once.

use http::StatusCode;
use scope_core::field::Registry;
use scope_core::filter::Filter;
use scope_core::limits::cut;
use scope_core::state::State;
use scope_render::graph;
use scope_render::view::{self, GroupBy, Selection, VIEWS, View};

use crate::server::app::now;
use crate::server::problem::ProblemDetails;

/// Longest text of a filter, in bytes.
const FILTER_BYTES: usize = 8 << 10;

/// What of a view is wanted, understood.
#[derive(Debug)]
pub(super) struct Question<'a> {
    filter: Option<Filter>,
    group_by: Option<GroupBy>,
    show: Vec<&'a str>,
}

impl<'a> Question<'a> {
    pub(super) fn new(state: &State, filter: Option<&str>, group_by: Option<&str>, show: Option<&'a str>) -> Result<Self, ProblemDetails> {
        let registry = registry(state);
        let filter = filter.map(|text| read_filter(text, &registry)).transpose()?;
        let group_by = group_by.map(|text| GroupBy::parse(text, &registry).map_err(|error| bad(format!("could not group: {error}")))).transpose()?;
        let show: Vec<&str> = show.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        if let Some(unknown) = view::unknown_show(&show).first() {
            return Err(bad(format!("no view leaves out anything called `{}`", cut(unknown, 80).escape_debug())));
        }
        Ok(Self { filter, group_by, show })
    }

    pub(super) fn selection(&self) -> Selection<'_> {
        Selection { filter: self.filter.as_ref(), group_by: self.group_by.as_ref(), show: &self.show, now: Some(now()), ..Selection::default() }
    }
}

/// Reads a filter.
pub(super) fn read_filter(text: &str, registry: &Registry) -> Result<Filter, ProblemDetails> {
    if text.len() > FILTER_BYTES {
        return Err(bad(format!("the filter is longer than {FILTER_BYTES} bytes")));
    }
    Filter::parse(text, registry).map_err(|error| bad(format!("could not understand the filter: {error}; {}", error.hint())))
}

/// The built-in fields and those that plugins brought.
pub(super) fn registry(state: &State) -> Registry {
    let mut registry = Registry::new();
    for field in graph::field_records(state) {
        // One that is refused is shown plainly; the agent's own log says why.
        drop(registry.add(field));
    }
    registry
}

/// The view of this name.
pub(super) fn find_view(name: &str) -> Result<&'static View, ProblemDetails> {
    view::find(name).ok_or_else(|| {
        let known: Vec<&str> = VIEWS.iter().map(|view| view.name).collect();
        ProblemDetails::new(StatusCode::NOT_FOUND, format!("there is no view `{}`; there are {}", cut(name, 80), known.join(", ")))
    })
}

fn bad(detail: String) -> ProblemDetails {
    ProblemDetails::new(StatusCode::BAD_REQUEST, detail)
}
