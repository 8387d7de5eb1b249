//! What is not visible appears in no byte of any output.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use proptest::prelude::*;
use scope_core::field::Registry;
use scope_core::state::State;
use scope_core::{Timestamp, codec};
use scope_render::graph::Graph;
use scope_render::output::{Format, Options, Part, Theme, write};
use scope_render::view::{Selection, VIEWS, restrict};
use serde_json::{Value, json};

fn state(records: &[Value]) -> State {
    let lines: String = records
        .iter()
        .map(|record| {
            let mut record = record.clone();
            for (name, value) in [("run", json!("01920000-0000-7000-8000-000000000000")), ("seq", json!(1)), ("at", json!("2026-11-21T18:35:00Z"))] {
                record[name] = value;
            }
            record.to_string() + "\n"
        })
        .collect();
    let mut state = State::default();
    for record in codec::Reader::new(lines.as_bytes()) {
        let _ = state.apply(record.unwrap());
    }
    state
}

fn all_outputs(state: &State) -> String {
    let graph = Graph::build(state);
    let registry = Registry::new();
    let mut all = Vec::new();
    for view in VIEWS {
        let rendered = view.project(&graph, &Selection { show: &["all"], ..Selection::default() });
        let options = Options {
            registry: &registry,
            now: Timestamp::default(),
            width: None,
            colour: false,
            columns: &[],
            part: Part::default(),
            theme: Theme::default(),
        };
        write(Format::Json, &rendered, &mut all, &options).unwrap();
    }
    // And in what the state itself says.
    let mut writer = codec::Writer::new(all, codec::Format::Ndjson, codec::Compression::None).unwrap();
    for record in state.records() {
        writer.write(&record).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

fn container(number: usize) -> String {
    format!("container:{}", format!("{number:02x}").repeat(32))
}

/// Containers of two teams on two hosts, each with a process, that talk with each other; everything of a node has its number in it.
fn world(teams: &[bool], links: &[(usize, usize)]) -> Vec<Value> {
    let mut records = Vec::new();
    for agent in ["a0", "a1"] {
        records.push(json!({"record":"node","agent":agent,"source":"host","id":format!("host:{agent}"),"kind":"host","name":agent,"metrics":{"load1":4711}}));
    }
    for (number, team) in teams.iter().enumerate() {
        let agent = format!("a{}", number % 2);
        let secret = |what: &str| format!("{what}-of-{number}-");
        records.push(json!({"record":"node","agent":agent,"source":"docker","id":container(number),"kind":"container","name":secret("name"),
            "parents":[format!("host:{agent}")],"attrs":{"state":"running","labels":{"team":if *team { "blue" } else { "red" },"mark":secret("label")}},
            "metrics":{"mem_bytes":770_000 + number},"endpoints":[{"at":format!("net:x|10.0.0.{number}:80/tcp")}]}));
        records.push(json!({"record":"node","agent":agent,"source":"proc","id":format!("process:{agent}:{}:1", 5000 + number),"kind":"process",
            "name":secret("command"),"parents":[container(number)]}));
        records.push(json!({"record":"problem","agent":agent,"source":"docker","message":secret("problem"),"id":container(number)}));
    }
    records.push(json!({"record":"problem","agent":"a0","source":"docker","message":"general-trouble"}));
    for (from, to) in links.iter().filter(|(from, to)| *from < teams.len() && *to < teams.len()) {
        let at = format!("net:x|10.0.0.{to}:80");
        let (mut client, agent) = (
            json!({"record":"flow","source":"net","side":"client","proto":"tcp","owner":container(*from),"server_addr":at,"dialled":at,
            "server_name":format!("name-of-{to}-"),"since":"2026-11-21T18:34:00Z","last_seen":"2026-11-21T18:35:00Z","open":1,"ports":[],"seen_by":["sock_diag"]}),
            format!("a{}", from % 2),
        );
        client["agent"] = json!(agent);
        // The agent knows servers on its own host only.
        if from % 2 == to % 2 {
            client["server"] = json!(container(*to));
        }
        records.push(client);
        records.push(json!({"record":"flow","agent":format!("a{}", to % 2),"source":"net","side":"server","proto":"tcp","owner":container(*to),"server_addr":at,
            "client_addr":format!("net:x|10.0.0.{from}"),
            "server_name":format!("name-of-{from}-"),"since":"2026-11-21T18:34:00Z","last_seen":"2026-11-21T18:35:00Z","open":1,"ports":[],"seen_by":["sock_diag"]}));
    }
    records
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_not_visible_is_in_no_byte(
        teams in prop::collection::vec(any::<bool>(), 1..8),
        links in prop::collection::vec((0_usize..8, 0_usize..8), 0..12),
        filter in prop::sample::select(vec!["label.team=blue", "(label.team=blue or name=nothing)", "label.team=blue -kind=image"]),
    ) {
        let restricted = restrict(&state(&world(&teams, &links)), &filter.parse().unwrap(), Timestamp::default());
        let out = all_outputs(&restricted);
        for (number, blue) in teams.iter().enumerate() {
            for text in [container(number), format!("-of-{number}-"), format!("process:a{}:{}", number % 2, 5000 + number), format!("{}", 770_000 + number)] {
                prop_assert_eq!(out.contains(&text), *blue, "{} with {}", text, filter);
            }
        }
        prop_assert!(!out.contains("4711"), "of a host that is only a parent no figures are told");
        prop_assert_eq!(out.contains("general-trouble"), false);
        for agent in 0..2 {
            let any = teams.iter().enumerate().any(|(number, blue)| *blue && number % 2 == agent);
            prop_assert_eq!(out.contains(&format!("\"a{agent}\"")), any, "an agent without anything visible is not there");
        }
    }
}

#[test]
fn all_is_all() {
    let state = state(&world(&[true, false, true], &[(0, 1), (1, 2), (2, 0)]));
    let restricted = restrict(&state, &scope_core::filter::Filter::all(), Timestamp::default());
    let (all, left) = (Graph::build(&state), Graph::build(&restricted));
    assert_eq!((all.len(), all.links().len(), all.troubles().len()), (left.len(), left.links().len(), left.troubles().len()));
}

/// Which reports there were beside, and what they cost, is told where the filter takes the host and so all that is on it; not where all of it happens to be visible.
#[test]
fn an_agent_tells_of_itself_where_its_host_is_taken() {
    let tick = json!({"record":"tick","agent":"a0","sources":{"docker":{"full":false,"records":3,"took_us":815_815,"dropped":0}},"interval_ms":1000});
    let all_blue = || state(&[world(&[true, false, true], &[]), vec![tick.clone()]].concat());
    let tells = |filter: &str| {
        let out = all_outputs(&restrict(&all_blue(), &filter.parse().unwrap(), Timestamp::default()));
        assert!(out.contains("name-of-0-"), "{filter}");
        (out.contains("general-trouble"), out.contains("815815"))
    };
    assert_eq!(tells("agent=a0"), (true, true));
    assert_eq!(tells("name=a0"), (true, true));
    for filter in ["label.team=blue", "-label.team=red", "agent=a0 -label.team=red", "kind=container"] {
        assert_eq!(tells(filter), (false, false), "{filter}");
    }
}

/// However many reports there were meanwhile in which nothing is visible, and whenever: the same is told.
#[test]
fn reports_of_what_is_hidden_are_not_to_be_counted() {
    let now: Timestamp = "2026-11-21T18:35:02.700000Z".parse().unwrap();
    let told = |last: (u64, &str)| {
        let mut records = world(&[true], &[]);
        records.push(json!({"record":"tick","agent":"a0","sources":{"docker":{"full":false,"records":3}},"interval_ms":1000}));
        let mut state = state(&records);
        let tick = json!({"record":"tick","agent":"a0","run":"01920000-0000-7000-8000-000000000000","seq":last.0,"at":last.1,"interval_ms":1000,"sources":{}});
        for record in codec::Reader::new((tick.to_string() + "\n").as_bytes()) {
            let _ = state.apply(record.unwrap());
        }
        all_outputs(&restrict(&state, &"label.team=blue".parse().unwrap(), now))
    };
    let (one, other) = (told((2, "2026-11-21T18:35:02.100000Z")), told((9, "2026-11-21T18:35:02.650000Z")));
    assert_eq!(one, other);
    assert!(one.contains("\"at\":\"2026-11-21T18:35:02.000000Z\""), "as its interval says: {one}");
    assert!(told((2, "2026-11-21T18:35:00.300000Z")).contains("18:35:00.300000Z"), "of one that is silent, when it was heard");
}

#[test]
fn what_belongs_to_an_excluded_node_is_not_there_though_the_filter_says_nothing_of_it() {
    let state = state(&world(&[true, false], &[]));
    let out = all_outputs(&restrict(&state, &"-label.team=red".parse().unwrap(), Timestamp::default()));
    assert!(out.contains("command-of-0-") && !out.contains("command-of-1-"));
    assert!(out.contains("4711"), "the hosts are visible of themselves");
}
