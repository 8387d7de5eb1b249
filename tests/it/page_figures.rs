//! The figures that a page asks for without being told to are those that the field registry does not hide.

use std::collections::BTreeSet;

use scope_core::field::{Field, Registry, Unit};

/// Fields that are numbers and attributes: they come with the facts.
const ATTRIBUTES: [&str; 4] = ["pid", "restart_count", "size_bytes", "cores"];

#[test]
fn what_a_page_asks_for_is_what_the_registry_shows() {
    let page = include_str!("../../crates/scope-serve/ui/src/lib/model/wanted.ts");
    let list = page.split_once("const USUAL = [").and_then(|(_, rest)| rest.split_once(']')).expect("the list").0;
    let asked: BTreeSet<&str> = list.split('\'').skip(1).step_by(2).collect();
    let registry = Registry::new();
    let no_figures = [Unit::Text, Unit::List, Unit::Map, Unit::Bool, Unit::Time];
    let of_nodes = |field: &&Field| field.kinds().next().is_none() || field.kinds().any(|kind| !["flow", "connection", "tick"].contains(&kind));
    let shown = registry.fields().filter(of_nodes).filter(|field| !field.is_hidden() && !no_figures.contains(&field.unit()));
    let shown: BTreeSet<&str> = shown.map(Field::name).filter(|name| !ATTRIBUTES.contains(name)).collect();
    assert_eq!(asked, shown);
}
