#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::Number;
use crate::id::is_kind;
use crate::record::FieldRecord;

#[test]
fn names_state_their_units() {
    for field in builtin::fields() {
        let name = field.name();
        assert!(is_kind(name), "{name} is not a word");
        assert!(field.unit().agrees_with(name), "{name} is in {}", field.unit());
        assert_eq!(field.is_counter(), field.unit().is_figure() && name.ends_with("_total"), "{name}");
        assert!(!field.label().is_empty() && field.label().len() <= 32, "{name}: label");
        assert!(field.description().ends_with('.') && !field.description().contains('\n'), "{name}: description");
        assert!(
            !field.unit().is_figure() || !matches!(field.show(), Show::Text | Show::List | Show::Table | Show::TimeAgo),
            "{name}: a figure is shown as one"
        );
        assert!(field.unit() != Unit::Time || field.show() == Show::TimeAgo, "{name}: a time is shown as one");
        assert!(!matches!(field.show(), Show::Table) || matches!(field.unit(), Unit::Map | Unit::List), "{name}: a table");
    }
}

#[test]
fn names_and_aliases_are_unique() {
    let mut seen = BTreeSet::new();
    for field in builtin::fields() {
        assert!(seen.insert(field.name()), "{}", field.name());
    }
    assert!(builtin::aliases().is_sorted_by(|a, b| a.0 < b.0), "aliases are looked up by bisection");
    let registry = Registry::new();
    for (alias, _) in builtin::aliases() {
        assert!(registry.get(alias).is_none(), "{alias} is a name");
        for target in registry.resolve(alias) {
            assert!(registry.get(&target.field).is_some(), "{alias} stands for nothing");
        }
    }
}

#[test]
fn every_counter_but_rare_ones_has_a_shown_rate() {
    let registry = Registry::new();
    for counter in builtin::fields().iter().filter(|field| field.is_counter()) {
        assert!(counter.is_hidden(), "{}", counter.name());
        let Some(derivation) = Derivation::of(counter.name()) else {
            assert_eq!(counter.name(), "oom_kills_total");
            continue;
        };
        let derived = registry.get(derivation.name()).unwrap();
        for kind in counter.kinds().filter(|kind| *kind != "connection") {
            assert!(derived.is_of(kind), "{} of a {kind}", derived.name());
        }
    }
}

#[test]
fn fields_come_in_the_order_of_tables() {
    let registry = Registry::new();
    let names: Vec<&str> = registry.of_kind("container").take_while(|field| !field.is_hidden()).map(Field::name).collect();
    assert_eq!(names.get(..8).unwrap(), ["name", "kind", "state", "health", "namespace", "image", "cpu_pct", "mem_bytes"]);
    assert!(!names.contains(&"threads") && !names.contains(&"labels"));
    let priorities: Vec<u32> = registry.fields().map(Field::priority).collect();
    assert!(priorities.is_sorted());
}

#[test]
fn aliases_and_keys_are_resolved() {
    let registry = Registry::new();
    let resolve = |name: &str| {
        let targets = registry.resolve(name).into_iter();
        targets.map(|target| target.key.map_or_else(|| target.field.to_string(), |key| format!("{}[{key}]", target.field))).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(resolve("cpu"), "cpu_pct");
    assert_eq!(resolve("cpu_pct"), "cpu_pct");
    assert_eq!(resolve("label.app.kubernetes.io/name"), "labels[app.kubernetes.io/name]");
    assert_eq!(resolve("app"), "labels[app] labels[app.kubernetes.io/name] compose_service");
    assert_eq!(resolve("age"), "created_at started_at since");
    assert_eq!(resolve("queue_length"), "queue_length");
    assert_eq!(resolve("."), ".");
    assert_eq!(resolve(""), "");
    assert!(registry.knows("env.PATH") && !registry.knows("queue_length"));
}

#[test]
fn near_names_are_suggested() {
    let registry = Registry::new();
    assert_eq!(registry.suggest("sate").first(), Some(&"state"));
    assert_eq!(registry.suggest("cpu_pcts").first(), Some(&"cpu_pct"));
    assert_eq!(registry.suggest("namepsace").first(), Some(&"namespace"));
    assert_eq!(registry.suggest("IMGAE").first(), Some(&"image"));
    assert!(registry.suggest("restart").contains(&"restarts"));
    assert!(registry.suggest("quux").is_empty());
    assert!(registry.suggest("").is_empty() && registry.suggest(&"x".repeat(10_000)).is_empty());
}

fn record(name: &str) -> FieldRecord {
    FieldRecord { name: name.into(), ..FieldRecord::default() }
}

#[test]
fn plugins_bring_fields() {
    let mut registry = Registry::new();
    registry.add(&record("queue_bytes")).unwrap();
    let field = registry.get("queue_bytes").unwrap();
    assert_eq!((field.label(), field.unit(), field.show(), field.is_hidden()), ("queue bytes", Unit::Bytes, Show::Number, false));
    assert!(field.is_of("anything"));
    let mut full = record("queue_depth");
    full.label = Some("Depth".into());
    full.unit = Some("count".into());
    full.show = Some("bar".into());
    full.priority = Some(5);
    full.kinds = vec!["container".into(), "Not A Kind".into()];
    full.description = Some("How deep.".into());
    registry.add(&full).unwrap();
    let field = registry.get("queue_depth").unwrap();
    assert_eq!((field.label(), field.unit(), field.show(), field.priority()), ("Depth", Unit::Count, Show::Bar, 5));
    assert!(field.is_of("container") && !field.is_of("host"));
    assert_eq!(registry.of_kind("container").nth(1).unwrap().name(), "queue_depth");
    assert_eq!(registry.suggest("queue_dpeth"), ["queue_depth"]);
}

#[test]
fn plugins_do_not_overrule_or_flood() {
    let mut registry = Registry::new();
    assert!(matches!(registry.add(&record("cpu_pct")), Err(FieldError::BuiltIn { .. })));
    for name in ["", "Upper", "a b", "a.b", "\u{202e}", &"x".repeat(65)] {
        assert!(matches!(registry.add(&record(name)), Err(FieldError::Name { .. })), "{name}");
    }
    assert!(matches!(registry.add(&FieldRecord { unit: Some("furlong".into()), ..record("a") }), Err(FieldError::Word { .. })));
    assert!(matches!(registry.add(&FieldRecord { unit: Some("seconds".into()), ..record("a_bytes") }), Err(FieldError::Unit { .. })));
    assert!(matches!(registry.add(&FieldRecord { unit: Some("bytes".into()), ..record("a") }), Err(FieldError::Unit { .. })));
    for count in 0..MAX_PLUGIN_FIELDS {
        registry.add(&record(&format!("f{count}"))).unwrap();
    }
    assert_eq!(registry.add(&record("one_more")), Err(FieldError::TooMany));
    registry.add(&record("f1")).unwrap();
    let long = FieldRecord { label: Some("é".repeat(1000).into()), description: Some("x".repeat(100_000).into()), ..record("f2") };
    registry.add(&long).unwrap();
    let field = registry.get("f2").unwrap();
    assert!(field.label().len() <= 64 && field.description().len() <= 512);
}

#[test]
fn words_read_back() {
    for unit in Unit::ALL {
        assert_eq!(Unit::from_word(unit.as_str()), Some(*unit));
    }
    for show in Show::ALL {
        assert_eq!(Show::from_word(show.as_str()), Some(*show));
    }
}

fn derived(before: &[(&str, u64)], after: &[(&str, u64)], elapsed_us: i64) -> BTreeMap<String, f64> {
    let mut out = BTreeMap::new();
    derive(
        after.iter().map(|(name, value)| (*name, Number::from(*value))),
        |name| before.iter().find(|(known, _)| *known == name).map(|(_, value)| Number::from(*value)),
        elapsed_us,
        |name, value| assert_eq!(out.insert(name.into_owned(), value.as_f64()), None),
    );
    out
}

#[test]
fn rates_come_from_two_readings() {
    let before = [("cpu_usage_us_total", 1_000_000), ("rx_bytes_total", 500), ("opened_total", 3), ("tx_bytes_total", 9), ("mem_pressure_some_us_total", 0)];
    let after = [
        ("cpu_usage_us_total", 1_500_000),
        ("rx_bytes_total", 2500),
        ("opened_total", 4),
        ("tx_bytes_total", 8),
        ("disk_reads_total", 4),
        ("mem_pressure_some_us_total", 20_000),
    ];
    let found = derived(&before, &after, 2_000_000);
    let expected = [("cpu_pct", 25.0), ("rx_bytes_per_sec", 1000.0), ("opened_per_sec", 0.5), ("mem_pressure_some_pct", 1.0)];
    assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value)).into());
    assert!(derived(&before, &after, 0).is_empty() && derived(&before, &after, -5).is_empty(), "no time has passed");
    assert_eq!(derived(&before, &before, 1_000_000).get("cpu_pct"), Some(&0.0), "what rests is nought, not unknown");
}

#[test]
fn counters_of_plugins_derive_by_their_names() {
    let found = derived(
        &[("queue_messages_total", 10), ("work_us_total", 0), ("sent_bytes_total", 0)],
        &[("queue_messages_total", 30), ("work_us_total", 500_000), ("sent_bytes_total", 7)],
        1_000_000,
    );
    assert_eq!(found, [("queue_messages_per_sec", 20.0), ("work_pct", 50.0), ("sent_bytes_per_sec", 7.0)].map(|(name, value)| (name.to_owned(), value)).into());
    for name in ["_total", "total", "x_pct_total", "x_at_total", "oom_kills_total", "x_per_sec_total"] {
        assert_eq!(Derivation::of(name), None, "{name}");
    }
}

#[test]
fn percentages_need_a_whole() {
    assert_eq!(derived(&[], &[("mem_bytes", 50), ("mem_limit_bytes", 200)], 1).get("mem_pct"), Some(&25.0));
    assert_eq!(
        derived(&[], &[("mem_total_bytes", 100), ("mem_bytes", 50), ("mem_limit_bytes", 200)], 1).get("mem_pct"),
        Some(&25.0),
        "the limit before the machine"
    );
    assert_eq!(derived(&[], &[("mem_limit_bytes", 0), ("mem_bytes", 50), ("mem_total_bytes", 100)], 1).get("mem_pct"), Some(&50.0));
    assert!(derived(&[], &[("mem_bytes", 50)], 1).is_empty());
    assert!(derived(&[], &[("disk_bytes", 50), ("disk_total_bytes", 0)], 1).is_empty());
}

proptest! {
    #[test]
    fn rates_are_finite_and_never_negative(before in any::<u64>(), after in any::<u64>(), elapsed in any::<i64>()) {
        for name in ["cpu_usage_us_total", "rx_bytes_total", "opened_total"] {
            match Derivation::of(name).unwrap().rate(before.into(), after.into(), elapsed) {
                Some(rate) => prop_assert!(rate >= Number::ZERO && after >= before && elapsed > 0),
                None => prop_assert!(after < before || elapsed <= 0),
            }
        }
    }

    #[test]
    fn any_name_is_resolved_and_none_panics(name in "\\PC{0,20}|[a-z_.]{0,20}") {
        let registry = Registry::new();
        prop_assert!(!registry.resolve(&name).is_empty());
        prop_assert!(registry.suggest(&name).len() <= 3);
        let _ = Derivation::of(&name);
    }
}
