#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
use scope_core::codec::Reader;
use scope_core::field::Registry;
use scope_core::state::State;

use super::*;
use crate::graph::Graph;
use crate::output::{Format, Theme};
use crate::view::{self, Selection};

fn ask(sql: &str, format: Format) -> Result<String, SqlError> {
    let id = |digit: &str| format!("container:{}", digit.repeat(64));
    let mut stream = String::new();
    for (digit, name, cpu) in [("1", "web", 40), ("2", "=db", 3)] {
        stream.push_str(&format!(
            r#"{{"record":"node","agent":"a","run":"01930000-0000-7000-8000-000000000001","seq":1,"source":"docker","at":"2026-11-21T22:00:00Z","id":"{}","name":"{name}","attrs":{{"state":"running","started_at":"2026-11-21T21:00:00.000000Z"}},"metrics":{{"cpu_pct":{cpu}.5}}}}"#,
            id(digit)
        ));
        stream.push('\n');
    }
    stream.push_str(&format!(
        r#"{{"record":"flow","agent":"a","run":"01930000-0000-7000-8000-000000000001","seq":1,"source":"net","at":"2026-11-21T22:00:00Z","side":"client","proto":"tcp","owner":"{}","server":"{}","server_addr":"10.0.0.2:5432","dialled":"10.0.0.2:5432","since":"2026-11-21T21:00:00Z","last_seen":"2026-11-21T22:00:00Z","open":3}}"#,
        id("1"),
        id("2")
    ));
    let mut state = State::default();
    for record in Reader::new(stream.as_bytes()) {
        let _ = state.apply(record.unwrap());
    }
    let graph = Graph::build(&state);
    let registry = Registry::new();
    let rendered = view::find("containers").unwrap().project(&graph, &Selection::default());
    let options = Options { registry: &registry, now: graph.latest(), width: None, colour: false, columns: &[], part: Part::Nodes, theme: Theme::Light };
    let answer = query(&rendered, &options, sql)?;
    let mut out = Vec::new();
    answer.write(format, &mut out).unwrap();
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn joins_nodes_and_edges() {
    let sql = r#"SELECT c.name AS client, s.name AS server, e.open FROM edges e JOIN nodes c ON c.id = e."from" JOIN nodes s ON s.id = e."to""#;
    assert_eq!(ask(sql, Format::Table).unwrap(), "client  server  open\nweb     =db        3\n");
    assert_eq!(ask(sql, Format::Csv).unwrap(), "client,server,open\nweb,'=db,3\n");
    assert_eq!(ask(sql, Format::Ndjson).unwrap(), "{\"client\":\"web\",\"server\":\"=db\",\"open\":3}\n");
}

#[test]
fn adds_up_orders_and_knows_times() {
    assert_eq!(ask("SELECT sum(cpu_pct) AS cpu FROM nodes", Format::Json).unwrap(), "[{\"cpu\":44.0}]\n");
    let latest = ask("SELECT name, started_at FROM nodes ORDER BY cpu_pct DESC LIMIT 1", Format::Json).unwrap();
    assert_eq!(latest, "[{\"name\":\"web\",\"started_at\":\"2026-11-21T21:00:00.000000Z\"}]\n");
    assert_eq!(ask("SELECT count(*) AS n FROM flows", Format::Ndjson).unwrap(), "{\"n\":1}\n");
}

#[test]
fn what_cannot_be_answered_is_an_error() {
    assert!(matches!(ask("SELECT * FROM read_csv('/etc/passwd')", Format::Json), Err(SqlError::Refused(Refused::Function(_)))));
    assert!(matches!(ask("SELECT nothing FROM nodes", Format::Json), Err(SqlError::Query(_))));
}
