//! JSON: what is written reads back, in any order, with whatever a later version adds.

use proptest::prelude::*;
use scope_core::codec::Reader;
use scope_core::{Body, Record, Value};

use crate::strategy::{any_record, any_value};

/// A JSON object with its keys in this order.
fn object(entries: &[(String, serde_json::Value)]) -> String {
    let fields: Vec<String> = entries.iter().map(|(name, value)| format!("{}: {value}", serde_json::Value::from(name.as_str()))).collect();
    format!("{{{}}}", fields.join(" ,"))
}

fn read_line(text: &str) -> Record {
    Reader::new(text.as_bytes()).next().unwrap().unwrap_or_else(|error| panic!("{error}: {text}"))
}

const ENVELOPE: &str = r#""agent":"a","run":"01930000-0000-7000-8000-000000000000","seq":1,"source":"kube","at":"2026-11-21T18:34:00Z""#;

proptest! {
    #[test]
    fn a_record_reads_back(record in any_record()) {
        let text = serde_json::to_string(&record).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Record>(&text).unwrap(), &record, "{}", text);
        prop_assert_eq!(read_line(&text), record, "{}", text);
    }

    #[test]
    fn keys_come_in_any_order(
        (record, order) in any_record().prop_flat_map(|record| {
            let serde_json::Value::Object(fields) = serde_json::to_value(&record).unwrap() else { unreachable!() };
            (Just(record), Just(fields.into_iter().collect::<Vec<_>>()).prop_shuffle())
        })
    ) {
        let text = object(&order);
        prop_assert_eq!(&read_line(&text), &record, "{}", text);
        prop_assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record, "{}", text);
    }

    #[test]
    fn what_a_later_version_adds_is_kept(record in any_record(), value in any_value(), first in any::<bool>()) {
        let serde_json::Value::Object(fields) = serde_json::to_value(&record).unwrap() else { unreachable!() };
        let mut entries: Vec<_> = fields.into_iter().collect();
        let added = ("tomorrow".to_owned(), serde_json::to_value(&value).unwrap());
        entries.insert(if first { 0 } else { entries.len() }, added);
        let mut expected = record;
        expected.extra.insert("tomorrow", value);
        prop_assert_eq!(read_line(&object(&entries)), expected);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}|\\{\"record\":\"(node|flow|tick)\"[\\PC]{0,60}\\}?") {
        let _: Vec<_> = Reader::new(text.as_bytes()).collect();
    }
}

#[test]
fn a_field_of_another_type_of_record_has_any_shape() {
    // `state`, `id` and `open` mean something to other types of record, and nothing to these.
    let line = format!(r#"{{"record":"widget",{ENVELOPE},"state":[1],"id":7,"open":"yes"}}"#);
    let record = read_line(&line);
    assert!(matches!(&record.body, Body::Unknown(name) if name == "widget"));
    assert_eq!(record.extra.get("id"), Some(&Value::from(7_u64)));
    let line = format!(r#"{{"state":{{"a":1}},"record":"node",{ENVELOPE},"id":"pod:1","open":false}}"#);
    let record = read_line(&line);
    assert_eq!(record.extra.len(), 2);
    assert_eq!(read_line(&serde_json::to_string(&record).unwrap()), record);
}

#[test]
fn null_is_absent_where_a_field_is_known_and_kept_where_it_is_not() {
    let record = read_line(&format!(r#"{{"record":"node",{ENVELOPE},"id":"pod:1","name":null,"parents":null,"attrs":{{"a":null}},"tomorrow":null}}"#));
    let Body::Node(node) = &record.body else { panic!("{record:?}") };
    assert_eq!((&node.name, &node.parents), (&None, &None));
    assert_eq!(node.attrs.get("a"), Some(&Value::Null));
    assert_eq!(record.extra.get("tomorrow"), Some(&Value::Null));
}

#[test]
fn a_set_that_is_empty_is_not_one_that_is_absent() {
    let record = read_line(&format!(r#"{{"record":"node",{ENVELOPE},"id":"pod:1","parents":[],"endpoints":[]}}"#));
    let Body::Node(node) = &record.body else { panic!("{record:?}") };
    assert_eq!((node.parents.as_deref(), node.endpoints.as_deref()), (Some(&[][..]), Some(&[][..])));
}

#[test]
fn what_is_said_twice_is_refused_and_never_written() {
    for twice in [r#""record":"node""#, r#""seq":2"#, r#""id":"pod:2""#, r#""metrics":{}"#] {
        let line = format!(r#"{{"record":"node",{ENVELOPE},"id":"pod:1","metrics":{{"a":1}},{twice}}}"#);
        let error = Reader::new(line.as_bytes()).next().unwrap().unwrap_err().to_string();
        assert!(error.contains("duplicate field"), "{error}");
    }
    // Only a program can make a record whose extra fields repeat its own.
    let mut record = read_line(&format!(r#"{{"record":"node",{ENVELOPE},"id":"pod:1"}}"#));
    record.extra.insert("id", Value::from("pod:2"));
    record.extra.insert("agent", Value::from("b"));
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!((text.matches("\"id\"").count(), text.matches("\"agent\"").count()), (1, 1), "{text}");
}

#[test]
fn what_is_missing_is_named() {
    let envelope = |without: &str| ENVELOPE.split(',').filter(|field| !field.contains(without)).collect::<Vec<_>>().join(",");
    for (line, missing) in [
        (format!(r"{{{ENVELOPE}}}"), "`?` record without `record`"),
        (format!(r#"{{"record":"gone",{}}}"#, envelope("agent")), "`gone` record without `agent`"),
        (format!(r#"{{"record":"gone",{}}}"#, envelope("source")), "`gone` record without `source`"),
        (format!(r#"{{"record":"gone",{ENVELOPE}}}"#), "`gone` record without `id` or `owner`"),
        (format!(r#"{{"record":"flow",{ENVELOPE},"side":"server"}}"#), "`flow` record without `client_addr`"),
        (format!(r#"{{"record":"problem",{ENVELOPE}}}"#), "`problem` record without `message`"),
    ] {
        let error = Reader::new(line.as_bytes()).next().unwrap().unwrap_err().to_string();
        assert!(error.contains(missing), "{error}");
    }
}

#[test]
fn a_hostile_order_of_many_keys_costs_a_sort() {
    // Each key sorts before all that came before it: shifting them for each would take minutes.
    let fields: Vec<String> = (0..250_000_u32).rev().map(|number| format!("\"{number:06}\":1")).collect();
    let record = read_line(&format!(r#"{{"record":"node",{ENVELOPE},"id":"pod:1","attrs":{{{}}}}}"#, fields.join(",")));
    let Body::Node(node) = &record.body else { panic!("not a node") };
    assert_eq!(node.attrs.len(), 250_000);
}
