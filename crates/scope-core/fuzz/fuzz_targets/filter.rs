//! The filter language: no text panics, what is read is written back as the same filter, and asking it ends.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scope_core::field::Registry;
use scope_core::filter::Filter;
use scope_core::value::Fields;
use scope_core::{Node, Timestamp, Value};

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

static NODE: LazyLock<Node> = LazyLock::new(|| {
    let mut node = Node::new("container:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".parse().expect("an id"));
    node.name = Some("shop-web-1 größe".into());
    node.attrs.insert("state", "running".into());
    node.attrs.insert("labels", Value::Map(Fields::from_iter([("app", Value::from("web")), ("tier", Value::from("front end"))])));
    node.attrs.insert("command", ["nginx", "-g", "daemon off;"].into_iter().collect());
    node.attrs.insert("started_at", Timestamp::from_seconds(1_790_000_000).into());
    node.metrics.insert("cpu_pct", 24_u64.into());
    node
});

fuzz_target!(|text: &str| {
    let now = Timestamp::from_seconds(1_800_000_000);
    match Filter::parse(text, &REGISTRY) {
        Ok(filter) => {
            let written = filter.to_string();
            assert_eq!(Filter::parse(&written, &REGISTRY).as_ref(), Ok(&filter), "{written:?}");
            assert_eq!(filter.first_miss(&*NODE, now).is_none(), filter.matches(&*NODE, now));
            for name in filter.unknown_fields(&REGISTRY) {
                assert!(REGISTRY.suggest(name).len() <= 3);
            }
        }
        Err(error) => {
            assert!((1..=text.chars().count() + 1).contains(&error.column()));
            assert!(!error.to_string().is_empty() && !error.hint().is_empty());
        }
    }
});
