#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::ast::{Comparison, Expr, Name, Order, TextTest};
use super::pattern::Pattern;
use super::quantity::Quantity;
use super::*;
use crate::record::{FieldRecord, Node};
use crate::value::Value;

const DOCS: &str = include_str!("../../../../docs/filter.md");

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn node(json: &serde_json::Value) -> Node {
    let mut node = Node::new(json["id"].as_str().unwrap().parse().unwrap());
    node.name = Some(json["name"].as_str().unwrap().into());
    node.attrs = serde_json::from_value(json["attrs"].clone()).unwrap();
    node.metrics = serde_json::from_value(json["metrics"].clone()).unwrap();
    node
}

/// The nodes that the documentation's examples speak of.
fn documented_nodes() -> Vec<Node> {
    let block = DOCS.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    block.lines().map(|line| node(&serde_json::from_str(line).unwrap())).collect()
}

/// The rows of the table below a heading, the first column without its quotes.
fn documented_rows(heading: &str) -> Vec<Vec<String>> {
    let section = DOCS.split(heading).nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells = row.trim_matches('|').split(" | ").map(|cell| cell.trim_matches(['|', ' ']).to_owned());
        let mut cells: Vec<String> = cells.collect();
        cells[0] = cells[0].trim_matches('`').to_owned();
        cells
    })
    .collect()
}

#[test]
fn documented_examples_find_what_they_say() {
    let nodes = documented_nodes();
    let rows = documented_rows("## Examples");
    assert!(nodes.len() == 5 && rows.len() > 40);
    for row in rows {
        let filter: Filter = row[0].parse().unwrap_or_else(|error| panic!("{}: {error}", row[0]));
        let found: Vec<&str> = nodes.iter().filter(|node| filter.matches(*node, now())).filter_map(|node| node.name.as_deref()).collect();
        assert_eq!(found.join(", "), row.get(1).map_or("", String::as_str), "{}", row[0]);
        let again: Filter = filter.to_string().parse().unwrap();
        assert_eq!(again, filter, "{} is written back as {filter}", row[0]);
    }
}

#[test]
fn documented_errors_say_what_they_say() {
    let rows = documented_rows("## Errors");
    assert!(rows.len() >= 15);
    for row in rows {
        let error = row[0].parse::<Filter>().expect_err(&row[0]);
        assert_eq!(error.column().to_string(), row[1], "{}: {error}", row[0]);
        assert_eq!(error.to_string(), format!("cannot read the filter at column {}: {}", row[1], row[2]), "{}", row[0]);
        assert_eq!(error.hint(), row[3], "{}", row[0]);
    }
}

#[test]
fn documented_short_names_are_known() {
    let section = DOCS.split("## Fields").nth(1).unwrap().split("\n## ").next().unwrap();
    let registry = Registry::new();
    for name in section.split('`').skip(1).step_by(2) {
        assert!(registry.knows(name) || name == "app.kubernetes.io/name", "{name}");
    }
}

#[track_caller]
fn canonical(text: &str, expected: &str) {
    let filter: Filter = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(filter.to_string(), expected, "{text}");
    assert_eq!(expected.parse::<Filter>().unwrap(), filter, "{text}");
}

#[test]
fn filters_have_one_way_to_be_written() {
    canonical("", "");
    canonical("  ", "");
    canonical(" a   b ", "a b");
    canonical("a and b AND c", "a b c");
    canonical("a or b Or (c or d)", "a or b or c or d");
    canonical("(a b) c", "a b c");
    canonical("a (b or c) d", "a (b or c) d");
    canonical("(a b) or c", "a b or c");
    canonical("not a", "-a");
    canonical("NOT (a b)", "-(a b)");
    canonical("--a", "--a");
    canonical("-(a)", "-a");
    canonical("cpu>20", "cpu > 20");
    canonical("cpu:>=20.50%", "cpu >= 20.5%");
    canonical("mem<1GIB", "mem < 1GiB");
    canonical("rtt > 1.5 ", "rtt > 1.5");
    canonical("rtt>20µs", "rtt > 20us");
    canonical("created>2026-01-31", "created > 2026-01-31T00:00:00.000000Z");
    canonical("state = running", "state=running");
    canonical("state==running", "state=running");
    canonical("state != running", "-state=running");
    canonical("label:app=web", "label.app=web");
    canonical("label:app=", "label.app=\"\"");
    canonical("label:app=a=b", "label.app=a=b");
    canonical("\"label\":app=web", "\"label\":app=web");
    canonical("label:*=web", "label:*=web");
    canonical("name:'a b'", "name:\"a b\"");
    canonical("label:tier=\"front end\"", "label.tier=\"front end\"");
    canonical("a\"b c\"*'d", "ab\\ c*'d");
    canonical("name:a\\ b*", "name:a\\ b*");
    canonical("name:**a***b", "name:*a*b");
    canonical("name:\"*\"", "name:\"*\"");
    canonical("\"or\" 'AND' \\not", "\"or\" \"AND\" \"not\"");
    canonical("or:x", "\"or\":x");
    canonical("\"-x\" it's - wow!", "\"-x\" it's \"-\" \"wow!\"");
    canonical("\"http://x\"", "\"http://x\"");
    canonical("url:http://x?a=b", "url:http://x?a=b");
    canonical("has:\"a b\"", "has:\"a b\"");
    canonical("\"has\":x", "\"has\":x");
    canonical("größe:ÄÖ", "größe:ÄÖ");
    canonical("a(b)c", "a b c");
    canonical("\"line\\nfeed\\t\"", "\"line\\nfeed\\t\"");
    canonical("cpu > -5", "cpu > -5");
}

#[test]
fn stars_stand_for_any_letters() {
    for (pattern, text, fits) in [
        ("a*c", "abc", true),
        ("a*c", "ac", true),
        ("a*c", "abcd", false),
        ("*b*", "abc", true),
        ("*", "", true),
        ("a*a", "a", false),
        ("*ab*ab*", "xabab", true),
        ("*ab*ab*", "xab", false),
        ("A*Ö", "aé ö", true),
        ("straße*", "STRAßE 1", true),
        ("a*b*c", "a c b c", true),
        ("Σ*Σ", "σας σ", true),
    ] {
        let filter: Filter = format!("name:{pattern}").parse().unwrap();
        let mut node = Node::new("pod:1".parse().unwrap());
        node.name = Some(text.into());
        assert_eq!(filter.matches(&node, now()), fits, "{pattern} {text}");
    }
}

#[test]
fn what_hides_a_node_is_named() {
    let nodes = documented_nodes();
    let filter: Filter = "cpu > 20 (state:running or state:paused) -app:web".parse().unwrap();
    let missed: Vec<Option<String>> = nodes.iter().map(|node| filter.first_miss(node, now())).collect();
    let cpu = Some("cpu > 20".to_owned());
    let state = Some("state:running or state:paused".to_owned());
    assert_eq!(missed, [Some("-app:web".to_owned()), cpu.clone(), cpu, state.clone(), state]);
    assert!(Filter::all().is_all() && Filter::all().matches(&nodes[0], now()));
    assert_eq!(Filter::all().first_miss(&nodes[0], now()), None);
}

#[test]
fn unknown_fields_are_told() {
    let mut registry = Registry::new();
    let filter = Filter::parse("quue_length > 5 cpu > 1 labels.x:y app:z (quue_length:1 or has:sate)", &registry).unwrap();
    assert_eq!(filter.unknown_fields(&registry), ["quue_length", "sate"]);
    registry.add(&FieldRecord { name: "queue_length".into(), ..FieldRecord::default() }).unwrap();
    assert_eq!(registry.suggest("quue_length"), ["queue_length"]);
}

#[test]
fn a_plugins_field_has_its_unit() {
    let mut registry = Registry::new();
    registry.add(&FieldRecord { name: "queue_bytes".into(), ..FieldRecord::default() }).unwrap();
    registry.add(&FieldRecord { name: "colour".into(), unit: Some("text".into()), ..FieldRecord::default() }).unwrap();
    assert!(Filter::parse("queue_bytes > 1KiB", &registry).is_ok());
    assert!(Filter::parse("queue_bytes > 1s", &registry).is_err());
    assert!(Filter::parse("colour > 1", &registry).is_err());
    assert!(Filter::parse("other_secs > 1h", &registry).is_ok(), "the name says it");
}

#[test]
fn filters_are_bounded() {
    let depth = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n)).parse::<Filter>();
    assert!(depth(MAX_DEPTH).is_ok() && depth(MAX_DEPTH + 1).is_err() && depth(2000).is_err());
    assert!("-".repeat(MAX_DEPTH).parse::<Filter>().is_ok() && format!("{}a", "-".repeat(4000)).parse::<Filter>().is_err());
    let terms = |n: usize| vec!["a"; n].join(" ").parse::<Filter>();
    assert!(terms(MAX_TERMS).is_ok() && terms(MAX_TERMS + 1).is_err());
    assert!("a".repeat(MAX_BYTES).parse::<Filter>().is_ok());
    let error = "é".repeat(MAX_BYTES).parse::<Filter>().unwrap_err();
    assert_eq!(error.column(), MAX_BYTES / 2 + 1);
    assert!(format!("cpu > {}", "9".repeat(4000)).parse::<Filter>().unwrap_err().to_string().len() < 200);
}

#[test]
fn deep_values_are_looked_at_no_deeper_than_records_go() {
    let mut value = Value::from("x");
    for _ in 0..10_000 {
        value = Value::List(vec![value]);
    }
    let mut node = Node::new("pod:1".parse().unwrap());
    node.attrs.insert("deep", value);
    for filter in ["x", "deep:x", "deep > 3", "has:deep"] {
        let _ = filter.parse::<Filter>().unwrap().matches(&node, now());
    }
    // Such a value cannot be dropped by recursion either.
    std::mem::forget(node);
}

/// Letters that the language uses, and others.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z0-9_.]{0,6}",
        2 => "[a-zA-Z \\-*:=<>!()\"'\\\\\n,]{0,6}",
        1 => "\\PC{0,4}",
        1 => prop::sample::select(vec!["or", "AND", "not", "has", "label", "labels", "cpu", "state", "env", "app", "a=b", "5m", "20", "1KiB", "-", "é", "\u{85}", "\u{1}"]).prop_map(str::to_owned),
    ]
}

fn name() -> impl Strategy<Value = Name> {
    let known = prop::sample::select(vec!["cpu", "mem_bytes", "state", "labels.app", "age", "label", "name", "restarts", "kind"]).prop_map(str::to_owned);
    prop_oneof![2 => known, 1 => text().prop_filter("a name", |name| !name.is_empty())].prop_map(|name| Name::new(&name, &Registry::new()))
}

fn pattern() -> impl Strategy<Value = Pattern> {
    prop::collection::vec(text(), 1..4).prop_map(Pattern::new)
}

fn quantity() -> impl Strategy<Value = Quantity> {
    let figure = (any::<i32>(), 0_u32..4, prop::sample::select(vec!["", "%", "MiB", "k", "m", "s", "min", "/s", "B/s"]));
    let figure = figure.prop_map(|(number, digits, suffix)| Quantity::Figure { number: f64::from(number) / f64::from(10_u32.pow(digits)), suffix });
    prop_oneof![4 => figure, 1 => any::<i64>().prop_map(|micros| Quantity::Time(Timestamp::from_micros(micros)))]
}

fn expr() -> impl Strategy<Value = Expr> {
    let comparison = (name(), prop::sample::select(vec![Order::Less, Order::LessOrEqual, Order::More, Order::MoreOrEqual]), quantity());
    let leaf = prop_oneof![
        pattern().prop_map(Expr::Any),
        name().prop_map(Expr::Has),
        (name(), pattern(), any::<bool>()).prop_map(|(name, pattern, whole)| Expr::Text(TextTest::new(name, pattern, whole))),
        comparison.prop_filter_map("a unit that fits", |(name, order, quantity)| {
            let comparable = !matches!(name.unit, Some(crate::field::Unit::Text | crate::field::Unit::Bool | crate::field::Unit::Map));
            comparable.then(|| Comparison::new(name, order, quantity)).flatten().map(Expr::Compare)
        }),
    ];
    leaf.prop_recursive(4, 24, 4, |part| {
        prop_oneof![
            prop::collection::vec(part.clone(), 1..4).prop_map(Expr::and),
            prop::collection::vec(part.clone(), 1..4).prop_map(Expr::or),
            part.prop_map(|part| Expr::Not(Box::new(part))),
        ]
    })
}

/// A subject with texts and figures that generated filters meet.
#[derive(Debug)]
struct Sample(BTreeMap<&'static str, Value>);

impl Subject for Sample {
    fn any_value(&self, name: &str, visit: &mut dyn FnMut(Found<'_>) -> bool) -> bool {
        self.0.get(name).is_some_and(|value| visit(value.into()))
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        self.0.values().filter_map(Value::as_text).any(visit)
    }
}

fn sample() -> impl Strategy<Value = Sample> {
    let value = prop_oneof![
        text().prop_map(|text| Value::from(text.as_str())),
        any::<i64>().prop_map(Value::from),
        (0_u64..100).prop_map(Value::from),
        any::<i64>().prop_map(|micros| Value::Time(Timestamp::from_micros(micros))),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        prop::collection::vec(text(), 0..3).prop_map(|texts| texts.iter().map(String::as_str).collect()),
        text().prop_map(|text| Value::Map([("app", Value::from(text.as_str()))].into_iter().collect())),
    ];
    let names = prop::sample::select(vec!["cpu_pct", "mem_bytes", "state", "labels", "created_at", "started_at", "name", "restart_count", "kind"]);
    prop::collection::btree_map(names, value, 0..8).prop_map(Sample)
}

fn holds(expr: Expr, sample: &Sample) -> bool {
    Filter { expr }.matches(sample, now())
}

fn not(expr: &Expr) -> Expr {
    Expr::Not(Box::new(expr.clone()))
}

#[test]
fn a_value_that_begins_as_an_operator_does_reads_back() {
    for text in [r"name:\!=", r"name=\!=b", r#"name:"!=""#, r"name:\>5", r"name:\=", r"'<':\!="] {
        let filter: Filter = text.parse().unwrap();
        assert_eq!(filter.to_string().parse::<Filter>().unwrap(), filter, "{text} is written as {filter}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(expr in expr()) {
        let text = expr.to_string();
        let again = parser::parse(&text, &Registry::new());
        prop_assert!(again.is_ok(), "{}: {:?}", text, again);
        prop_assert_eq!(again.unwrap(), expr, "{}", text);
    }

    #[test]
    fn any_text_is_a_filter_or_an_error(parts in prop::collection::vec(text(), 0..8), blank in "[ :=]{0,2}") {
        let text = parts.join(&blank);
        match text.parse::<Filter>() {
            Ok(filter) => prop_assert_eq!(filter.to_string().parse::<Filter>().unwrap(), filter, "{}", text),
            Err(error) => {
                prop_assert!((1..=text.chars().count() + 1).contains(&error.column()), "{}: {}", text, error);
                prop_assert!(!error.hint().is_empty());
            }
        }
    }

    #[test]
    fn logic_holds(a in expr(), b in expr(), sample in sample()) {
        prop_assert_eq!(holds(not(&not(&a)), &sample), holds(a.clone(), &sample), "not not");
        prop_assert_eq!(holds(not(&a), &sample), !holds(a.clone(), &sample), "not");
        let (all, one) = (Expr::and(vec![a.clone(), b.clone()]), Expr::or(vec![a.clone(), b.clone()]));
        prop_assert_eq!(holds(not(&all), &sample), holds(Expr::or(vec![not(&a), not(&b)]), &sample), "de Morgan");
        prop_assert_eq!(holds(not(&one), &sample), holds(Expr::and(vec![not(&a), not(&b)]), &sample), "de Morgan");
        prop_assert_eq!(holds(all, &sample), holds(a.clone(), &sample) && holds(b.clone(), &sample), "and");
        prop_assert_eq!(holds(one, &sample), holds(a.clone(), &sample) || holds(b, &sample), "or");
        let filter = Filter { expr: a };
        prop_assert_eq!(filter.first_miss(&sample, now()).is_none(), filter.matches(&sample, now()));
    }

    #[test]
    fn a_part_is_found_whatever_the_case(head in text(), part in text(), tail in text()) {
        let mut node = Node::new("pod:1".parse().unwrap());
        let name = format!("{head}{part}{tail}");
        node.name = Some(name.as_str().into());
        for part in [part.clone(), part.to_ascii_uppercase()] {
            let filter: Filter = format!("name:\"{}\"", part.replace('\\', "\\\\").replace('"', "\\\"")).parse().unwrap();
            prop_assert!(filter.matches(&node, now()), "{} in {}", filter, name);
        }
        let filter = Filter { expr: Expr::Text(TextTest::new(Name::new("name", &Registry::new()), Pattern::new(vec![name.clone()]), true)) };
        prop_assert!(filter.matches(&node, now()));
    }

    #[test]
    fn comparisons_order_as_figures_do(left in any::<i32>(), right in any::<i32>()) {
        let mut node = Node::new("pod:1".parse().unwrap());
        node.metrics.insert("cpu_pct", i64::from(left).into());
        for (operator, expected) in [("<", left < right), ("<=", left <= right), (">", left > right), (">=", left >= right), ("=", left == right), ("!=", left != right)] {
            let filter: Filter = format!("cpu {operator} {right}").parse().unwrap();
            prop_assert_eq!(filter.matches(&node, now()), expected, "{} of {}", filter, left);
        }
    }
}
