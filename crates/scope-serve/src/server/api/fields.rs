//! The field registry: what each attribute and figure is called, its unit, and how it is shown.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use scope_core::field::Field;
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::NoQuery;
use super::json;
use super::question::registry;
use super::{Allowed, Read, words};
use crate::server::app::App;
use crate::server::problem::ProblemDetails;

/// All known fields.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldList<'a> {
    /// The fields, the first to be shown first.
    fields: Vec<FieldOut<'a>>,
}

/// An attribute or figure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldOut<'a> {
    /// Its name in `attrs` or `metrics`.
    #[schema(example = "mem_bytes")]
    name: &'a str,
    /// Its name for people.
    label: &'a str,
    /// The unit of its values.
    #[schema(schema_with = words::units)]
    unit: &'static str,
    /// How it is shown.
    #[schema(schema_with = words::manners)]
    show: &'static str,
    /// Its place among the others, the smallest first.
    priority: u32,
    /// Whether tables leave it out unless it is asked for.
    hidden: bool,
    /// The kinds of node that have it; all where there are none.
    kinds: Vec<&'a str>,
    /// Shorter names in filters.
    aliases: Vec<&'static str>,
    /// One line on what it says.
    description: &'a str,
}

impl<'a> From<&'a Field> for FieldOut<'a> {
    fn from(field: &'a Field) -> Self {
        Self {
            name: field.name(),
            label: field.label(),
            unit: field.unit().as_str(),
            show: field.show().as_str(),
            priority: field.priority(),
            hidden: field.is_hidden(),
            kinds: field.kinds().collect(),
            aliases: field.aliases().collect(),
            description: field.description(),
        }
    }
}

/// The fields there are: those of scope, and those that plugins brought.
#[utoipa::path(get, path = "/api/v1/fields", tag = "views", responses((status = 200, body = FieldList<'_>)))]
pub(crate) async fn list(caller: Allowed<Read>, State(app): State<Arc<App>>, _: NoQuery, headers: HeaderMap) -> Result<Response, ProblemDetails> {
    let written = app.read(caller.identity, |state| {
        let registry = registry(state);
        json::write(&FieldList { fields: registry.fields().map(FieldOut::from).collect() })
    });
    Ok(written.await?.packed(&headers))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use scope_core::field::Registry;

    /// Name and description of each field, as the page says them in German.
    const GERMAN: &str = include_str!("../../../ui/src/lib/fields/de.json");

    #[test]
    fn every_field_has_its_german_words_and_nothing_else_has() {
        let german: BTreeMap<String, [String; 2]> = serde_json::from_str(GERMAN).expect("names and descriptions");
        let registry = Registry::new();
        let known: BTreeSet<&str> = registry.fields().map(scope_core::field::Field::name).collect();
        assert_eq!(german.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
        for (name, [label, description]) in &german {
            assert!(!label.trim().is_empty() && description.ends_with('.'), "{name}: {label:?}, {description:?}");
        }
    }
}
