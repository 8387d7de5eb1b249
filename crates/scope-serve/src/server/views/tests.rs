#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
//! After any sequence of changes a client that applies the messages has exactly the view that is rendered from the state.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use scope_core::field::Registry;
use scope_core::figures::SharedNames;
use scope_core::record::{Body, Record};
use scope_core::state::State;
use scope_core::{CompactString, Figures, Timestamp, codec};
use scope_render::graph::{self, Graph};
use scope_render::output::{Format, Options, Part, Theme, write};
use scope_render::view::{self, Selection};
use serde_json::{Value, json};

use super::channel::Channel;
use super::client::Client;
use super::compute::Kept;
use super::key::ViewKey;
use super::message::{Kind, Message};
use super::pace::Due;
use super::picture::Moved;
use super::subscription::Queue;
use super::{Resume, Subscription};
use crate::server::auth::Visibility;
use crate::server::tenant::Tenant;

/// The view as the JSON output has it, in the same form.
fn rendered(state: &State, key: &ViewKey, at: Timestamp) -> Value {
    let registry = Registry::new();
    let graph = Graph::build(state);
    let filter = key.filter.as_deref().map(|text| text.parse().unwrap());
    let group_by = key.group_by.as_deref().map(|text| view::GroupBy::parse(text, &registry).unwrap());
    let show: Vec<&str> = key.show.iter().map(String::as_str).collect();
    let selection = Selection { filter: filter.as_ref(), group_by: group_by.as_ref(), show: &show, now: Some(at), ..Selection::default() };
    let rendered = key.view.project(&graph, &selection);
    let mut out = Vec::new();
    let options = Options { registry: &registry, now: at, width: None, colour: false, columns: &[], part: Part::default(), theme: Theme::default() };
    write(Format::Json, &rendered, &mut out, &options).unwrap();
    let mut view: Value = serde_json::from_slice(&out).unwrap();
    let mut nodes = view["nodes"].as_array().unwrap().clone();
    for node in &mut nodes {
        let node = node.as_object_mut().unwrap();
        let metrics = node.entry("metrics").or_insert_with(|| json!({}));
        if let Some(wanted) = &key.metrics {
            metrics.as_object_mut().unwrap().retain(|name, _| wanted.contains(name));
        }
        if let Some(parents) = node.get_mut("parents").and_then(Value::as_array_mut) {
            parents.sort_by_key(Value::to_string);
        }
    }
    nodes.sort_by_key(|node| node["id"].to_string());
    let mut edges = view["edges"].as_array().unwrap().clone();
    for edge in &mut edges {
        let edge = edge.as_object_mut().unwrap();
        edge.remove("last_seen");
        let metrics: serde_json::Map<String, Value> =
            super::picture::EDGE_FIGURES.iter().filter_map(|name| Some(((*name).to_owned(), edge.remove(*name)?))).collect();
        edge.insert("metrics".to_owned(), metrics.into());
    }
    edges.sort_by_key(|edge| (edge["from"].to_string(), edge["to"].to_string()));
    json!({"nodes": nodes, "edges": edges, "hidden": view["hidden"].take(), "problems": view["problems"].take()})
}

pub(super) fn key(view: &str, filter: Option<&str>, group_by: Option<&str>) -> ViewKey {
    ViewKey {
        tenant: Tenant::default(),
        visibility: Visibility::all(),
        view: view::find(view).unwrap(),
        filter: filter.map(str::to_owned),
        group_by: group_by.map(str::to_owned),
        show: Vec::new(),
        layout: false,
        metrics: None,
    }
}

fn keys() -> impl Strategy<Value = ViewKey> {
    let view = prop::sample::select(vec!["containers", "containers-by-image", "processes", "hosts", "images"]);
    let filter = prop::sample::select(vec![None, Some("cpu > 1"), Some("-state:exited"), Some("label.app:1"), Some("agent:a1"), Some("c1-")]);
    let group = prop::sample::select(vec![None, Some("label:app"), Some("parent:host"), Some("image")]);
    let metrics = prop::sample::select(vec![None, Some(""), Some("cpu_pct"), Some("threads,mem_bytes,what.nobody.has")]);
    (view, filter, group, any::<bool>(), metrics).prop_map(|(view, filter, group, all, metrics)| {
        let mut key = key(view, filter, group);
        key.metrics = metrics.map(|names| names.split_terminator(',').map(str::to_owned).collect());
        key.show = if all { vec!["all".to_owned()] } else { Vec::new() };
        key
    })
}

/// What happens to the state between two computations, as records.
fn events() -> impl Strategy<Value = Vec<Value>> {
    let container = |number: u8| format!("container:{}", format!("{number:02x}").repeat(32));
    let node = (0_u8..6, 0_u8..2, 0_u8..3, 0_u8..3, any::<bool>()).prop_map(move |(number, agent, cpu, app, facts)| {
        let mut node =
            json!({"record":"node","agent":format!("a{agent}"),"source":"docker","id":container(number),"kind":"container","metrics":{"cpu_pct":cpu}});
        if facts {
            node["name"] = json!(format!("c{number}-{app}"));
            node["parents"] = json!([format!("host:a{agent}"), format!("image:{}", "ab".repeat(32))]);
            node["attrs"] = json!({"state": (["running", "exited", "paused"][app as usize]), "image": format!("i{app}"), "labels": {"app": app.to_string()},
                "networks": [{"id": "x", "name": "x", "ipv4": format!("10.0.0.{}", number + app)}]});
            node["endpoints"] = json!([{"at": format!("net:x|10.0.0.{number}:80/tcp")}]);
            node["metrics"]["mem_bytes"] = json!(u64::from(cpu) * 1000);
        }
        node
    });
    let host = (0_u8..2, 0_u8..9).prop_map(|(agent, load)| {
        json!({"record":"node","agent":format!("a{agent}"),"source":"host","id":format!("host:a{agent}"),"kind":"host","name":format!("A{agent}"),"metrics":{"load_1":load}})
    });
    let process = (0_u8..2, 0_u8..6, 0_u8..4).prop_map(move |(agent, number, threads)| {
        json!({"record":"node","agent":format!("a{agent}"),"source":"proc","id":format!("process:a{agent}:{number}:1"),"kind":"process","name":"p",
               "parents":[container(number)],"metrics":{"threads":threads}})
    });
    let flow = (0_u8..6, 0_u8..8, 0_u8..2, 0_u64..4, any::<bool>()).prop_map(move |(owner, server, agent, open, named)| {
        let mut flow = json!({"record":"flow","agent":format!("a{agent}"),"source":"net","side":"client","proto":"tcp","owner":container(owner),
            "server_addr":format!("net:x|10.0.0.{server}:80"),"dialled":format!("net:x|10.0.0.{server}:80"),"since":"2026-11-21T18:34:00Z","last_seen":"2026-11-21T18:35:00Z",
            "open":open,"opened_total":open + 1,"ports":[],"seen_by":["sock_diag"]});
        if named {
            flow["server_name"] = json!(format!("s{server}.internal"));
        }
        flow
    });
    let gone =
        (0_u8..6, 0_u8..2).prop_map(move |(number, agent)| json!({"record":"gone","agent":format!("a{agent}"),"source":"docker","id":container(number)}));
    let problem = (0_u8..3).prop_map(|number| json!({"record":"problem","agent":"a0","source":"net","message":format!("trouble {number}")}));
    let event = prop_oneof![6 => node, 1 => host, 2 => process, 4 => flow, 2 => gone, 1 => problem];
    prop::collection::vec(event, 0..12)
}

/// Records that move figures of what exists, and nothing else: those of the others are left out.
fn moves() -> impl Strategy<Value = Vec<Value>> {
    events().prop_map(|events| {
        let figures = |mut event: Value| {
            for facts in ["name", "parents", "attrs", "endpoints"] {
                event.as_object_mut().unwrap().remove(facts);
            }
            event
        };
        events.into_iter().map(figures).collect()
    })
}

/// Whether a record speaks of a node or flow that its source spoke of before, and says nothing new but figures.
fn is_known(state: &State, record: &Record) -> bool {
    let source = state.agent(&record.agent).and_then(|agent| agent.source_state(&record.source));
    match &record.body {
        Body::Node(node) => source.is_some_and(|source| source.node_state(&node.id).is_some()),
        Body::Flow(flow) => source.and_then(|source| source.flow(&flow.key)).is_some_and(|known| known.server_name == flow.server_name),
        _ => false,
    }
}

pub(super) fn records(events: &[Value], seq: u64) -> Vec<Record> {
    let lines = events.iter().map(|event| {
        let mut event = event.clone();
        event["run"] = json!("01920000-0000-7000-8000-000000000000");
        event["seq"] = json!(seq);
        event["at"] = json!("2026-11-21T18:35:00Z");
        event.to_string() + "\n"
    });
    let lines: String = lines.collect();
    codec::Reader::new(lines.as_bytes()).map(Result::unwrap).map(|record| share(record, seq)).collect()
}

/// The record as a link brings it: of some nodes and agents the names of figures are lists that several share, others now and then.
fn share(mut record: Record, seq: u64) -> Record {
    thread_local! {
        static LISTS: RefCell<BTreeMap<(u64, Vec<CompactString>), SharedNames>> = const { RefCell::new(BTreeMap::new()) };
    }
    if let Body::Node(node) = &mut record.body
        && (node.id.as_str().len() + record.agent.as_str().bytes().map(usize::from).sum::<usize>()) % 3 > 0
    {
        let names: Vec<CompactString> = node.metrics.iter().map(|(name, _)| name.into()).collect();
        let list = LISTS.with_borrow_mut(|lists| lists.entry((seq / 4, names.clone())).or_insert_with(|| SharedNames::new(names).unwrap()).clone());
        node.metrics = Figures::shared(list, node.metrics.values().to_vec()).unwrap();
    }
    record
}

struct Setup {
    channel: Channel,
    kept: Kept,
    /// The graph of the structure before.
    graph: Option<graph::Kept>,
    moved: Moved,
}

impl Setup {
    fn new(key: &ViewKey) -> Self {
        let (_, wanted) = key.read(&Registry::new()).unwrap();
        Self { kept: Kept::new(&wanted, None), channel: Channel::new(Visibility::all(), wanted), graph: None, moved: Moved::default() }
    }

    /// What only moves figures is computed from the former graph, as the hub does it. Whether that was possible.
    fn figures(&mut self, former: &graph::Kept, state: &State) -> bool {
        let again = former.graph(state);
        let due = Due { figures: true, ..Due::default() };
        if let Some(graph) = &again {
            self.kept.compute(&self.channel, graph, due, Timestamp::default(), &mut self.moved);
        }
        again.is_some()
    }

    fn compute(&mut self, state: &State, figures: bool) {
        let graph = Graph::build_after(state, self.graph.as_ref());
        self.kept.compute(&self.channel, &graph, Due { structure: true, figures, snapshots: true }, Timestamp::default(), &mut self.moved);
        self.graph = Some(graph.keep());
    }
}

fn waiting(queue: &Arc<Queue>) -> Vec<Message> {
    queue.drain()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_client_has_exactly_the_view(key in keys(), steps in prop::collection::vec((events(), any::<bool>(), any::<bool>()), 1..12)) {
        let (mut state, mut setup) = (State::default(), Setup::new(&key));
        let mut clients: Vec<(Arc<Queue>, Client)> = vec![(setup.channel.open(None), Client::default())];
        let last = steps.len() - 1;
        for (at, (events, figures, joins)) in steps.into_iter().enumerate() {
            for record in records(&events, at as u64 + 1) {
                let _ = state.apply(record);
            }
            if joins {
                clients.push((setup.channel.open(None), Client::default()));
            }
            setup.compute(&state, figures || at == last);
            for (queue, client) in &mut clients {
                for message in waiting(queue) {
                    client.apply(&message);
                }
            }
            if figures || at == last {
                let expected = rendered(&state, &key, Timestamp::default());
                for (_, client) in &clients {
                    prop_assert_eq!(&client.view(), &expected);
                }
            }
        }
    }

    #[test]
    fn figures_from_the_former_graph_are_those_of_a_new_one(key in keys(), steps in prop::collection::vec((events(), moves(), moves()), 1..8)) {
        let (mut state, mut setup) = (State::default(), Setup::new(&key));
        let (queue, mut client) = (setup.channel.open(None), Client::default());
        let mut seq = 0;
        for (events, one, other) in steps {
            seq += 1;
            for record in records(&events, seq) {
                let _ = state.apply(record);
            }
            setup.compute(&state, true);
            let former = Graph::build(&state).keep();
            for figures in [one, other] {
                seq += 1;
                for record in records(&figures, seq) {
                    if is_known(&state, &record) {
                        let _ = state.apply(record);
                    }
                }
                prop_assert!(setup.figures(&former, &state));
                for message in waiting(&queue) {
                    client.apply(&message);
                }
                prop_assert_eq!(&client.view(), &rendered(&state, &key, Timestamp::default()));
            }
        }
    }

    /// Between two looks at the structure things go and come. What is left keeps its own figures, and the next look puts everything right.
    #[test]
    fn what_went_meanwhile_is_not_mixed_up(key in keys(), steps in prop::collection::vec((events(), events()), 1..8)) {
        let (mut state, mut setup) = (State::default(), Setup::new(&key));
        let (queue, mut client) = (setup.channel.open(None), Client::default());
        let mut seq = 0;
        for (before, meanwhile) in steps {
            for (events, is_before) in [(before, true), (meanwhile, false)] {
                seq += 1;
                let former = Graph::build(&state).keep();
                for record in records(&events, seq) {
                    let _ = state.apply(record);
                }
                if is_before || !setup.figures(&former, &state) {
                    setup.compute(&state, true);
                }
                for message in waiting(&queue) {
                    client.apply(&message);
                }
            }
            setup.compute(&state, true);
            for message in waiting(&queue) {
                client.apply(&message);
            }
            prop_assert_eq!(&client.view(), &rendered(&state, &key, Timestamp::default()));
        }
    }

    #[test]
    fn places_are_those_that_a_snapshot_has(steps in prop::collection::vec(events(), 1..12)) {
        let key = ViewKey { layout: true, ..key("containers", None, None) };
        let (mut state, mut setup) = (State::default(), Setup::new(&key));
        let queue = setup.channel.open(None);
        let mut client = Client::default();
        for (at, events) in steps.iter().enumerate() {
            for record in records(events, at as u64 + 1) {
                let _ = state.apply(record);
            }
            let fresh = setup.channel.open(None);
            setup.compute(&state, true);
            let mut late = Client::default();
            for (queue, client) in [(&queue, &mut client), (&fresh, &mut late)] {
                for message in waiting(queue) {
                    client.apply(&message);
                }
            }
            prop_assert_eq!(client.view(), late.view());
            prop_assert_eq!(client.places(), late.places());
            prop_assert!(client.places().values().all(Value::is_array));
        }
        // All leave, and somebody comes back to the view.
        let mut again = Setup::new(&key);
        let (_, wanted) = key.read(&Registry::new()).unwrap();
        again.kept = Kept::new(&wanted, setup.kept.into_places());
        let queue = again.channel.open(None);
        again.compute(&state, true);
        let mut back = Client::default();
        for message in waiting(&queue) {
            back.apply(&message);
        }
        prop_assert_eq!(client.places(), back.places());
    }

    #[test]
    fn whoever_comes_back_has_it_too_and_so_has_whoever_is_slow(steps in prop::collection::vec(events(), 1..40), breaks in 0_usize..30) {
        let key = key("containers", None, None);
        let (mut state, mut setup) = (State::default(), Setup::new(&key));
        let slow = setup.channel.open(None);
        let first = setup.channel.open(None);
        let (mut client, mut back): (Client, Option<Arc<Queue>>) = (Client::default(), None);
        for (at, events) in steps.iter().enumerate() {
            for record in records(events, at as u64 + 1) {
                let _ = state.apply(record);
            }
            if at == breaks + 3 {
                back = Some(setup.channel.open(Some(Resume { epoch: client.epoch, seq: client.seq })));
            }
            setup.compute(&state, true);
            let queue = if at < breaks { Some(&first) } else { back.as_ref() };
            for message in queue.map(waiting).unwrap_or_default() {
                client.apply(&message);
            }
        }
        let expected = rendered(&state, &key, Timestamp::default());
        if steps.len() <= breaks || back.is_some() {
            prop_assert_eq!(&client.view(), &expected);
        }
        // One more computation hands the snapshot to whoever overflowed in the last one.
        setup.compute(&state, true);
        let mut late = Client::default();
        for message in waiting(&slow) {
            late.apply(&message);
        }
        prop_assert_eq!(&late.view(), &expected);
    }
}

#[test]
fn what_did_not_change_is_not_sent() {
    let event = json!({"record":"node","agent":"a","source":"docker","id":format!("container:{}", "1".repeat(64)),"kind":"container","name":"web",
        "attrs":{"state":"running"},"metrics":{"cpu_pct":3,"mem_bytes":5}});
    let (mut state, mut setup) = (State::default(), Setup::new(&key("containers", None, None)));
    let queue = setup.channel.open(None);
    let mut next = |event: &Value, seq: u64| {
        for record in records(std::slice::from_ref(event), seq) {
            let _ = state.apply(record);
        }
        setup.compute(&state, true);
        waiting(&queue)
    };
    assert_eq!(next(&event, 1).iter().map(Message::kind).collect::<Vec<_>>(), [Kind::Snapshot]);
    assert!(next(&event, 2).is_empty(), "the same again is nothing new");
    let mut moved = event.clone();
    moved["metrics"]["cpu_pct"] = json!(4);
    let messages = next(&moved, 3);
    assert_eq!(messages.len(), 1);
    let figures: Value = serde_json::from_str(&messages[0].json()).unwrap();
    assert_eq!(figures["figures"], json!({"nodes": [[0, [0], [4]]], "edges": []}));

    // Of what is known only what is another.
    moved["attrs"] = json!({"state": "paused", "exit_code": 1, "image": "nginx"});
    assert_eq!(
        said(&next(&moved, 4)),
        json!({"gone": [], "n": [], "id": [], "kind": [], "name": [], "role": [], "facts": [],
        "changed": {"n": [0], "said": [{"attrs": {"exit_code": 1, "image": "nginx", "state": "paused"}}]}})
    );
    moved["attrs"] = json!({"state": "running", "exit_code": null});
    moved["name"] = json!("shop");
    assert_eq!(said(&next(&moved, 5))["changed"], json!({"n": [0], "said": [{"name": "shop", "attrs": {"exit_code": null, "state": "running"}}]}));
    moved["parents"] = json!(["host:a"]);
    assert_eq!(said(&next(&moved, 6))["changed"], json!({"n": [0], "said": [{"parents": ["host:a"]}]}));
}

/// What the one of these messages says of nodes.
fn said(messages: &[Message]) -> Value {
    assert_eq!(messages.len(), 1);
    serde_json::from_str::<Value>(&messages[0].json()).unwrap()["nodes"].take()
}

#[test]
fn what_nobody_asked_for_is_named_and_does_not_come() {
    let event = json!({"record":"node","agent":"a","source":"docker","id":format!("container:{}", "1".repeat(64)),"kind":"container","name":"web",
        "attrs":{"state":"running"},"metrics":{"cpu_pct":3,"mem_bytes":5}});
    let mut key = key("containers", None, None);
    key.metrics = Some(vec!["cpu_pct".to_owned()]);
    let (mut state, mut setup) = (State::default(), Setup::new(&key));
    let (queue, mut client) = (setup.channel.open(None), Client::default());
    let mut next = |event: &Value, seq: u64| {
        for record in records(std::slice::from_ref(event), seq) {
            let _ = state.apply(record);
        }
        setup.compute(&state, true);
        let messages = waiting(&queue);
        for message in &messages {
            client.apply(message);
        }
        (messages.len(), client.metrics.clone(), client.other_metrics.clone())
    };
    assert_eq!(next(&event, 1), (1, vec!["cpu_pct".to_owned()], vec!["mem_bytes".to_owned()]));
    let mut moved = event.clone();
    moved["metrics"]["mem_bytes"] = json!(6);
    assert_eq!(next(&moved, 2).0, 0, "what moves unasked is no message");
    moved["metrics"] = json!({"cpu_pct": 4, "mem_bytes": 7, "pids": 1});
    assert_eq!(next(&moved, 3), (1, vec!["cpu_pct".to_owned()], vec!["mem_bytes".to_owned(), "pids".to_owned()]));
    moved["metrics"]["threads"] = json!(2);
    let (messages, _, others) = next(&moved, 4);
    assert_eq!((messages, others.last().map(String::as_str)), (1, Some("threads")), "a name is told though nothing else is new");
}

#[test]
fn a_message_is_compressed_once_and_reads_back() {
    let message = Message::new(1, 1, Kind::Change, "{\"a\":\"<b>\u{1b}\"}".repeat(50));
    let deflated = message.deflated();
    assert_eq!(deflated.as_ptr(), message.clone().deflated().as_ptr());
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::DeflateDecoder::new(&*deflated), &mut text).unwrap();
    assert_eq!(text.as_str(), &*message.json());
}

#[tokio::test]
async fn a_subscription_ends_when_it_is_closed() {
    let queue = Arc::new(Queue::new(Some(Vec::new())));
    let mut subscription = Subscription { queue: Arc::clone(&queue) };
    assert!(!queue.push(&Message::new(1, 1, Kind::Change, "{}".to_owned())));
    queue.close();
    assert_eq!(subscription.next().await.map(|message| message.seq()), Some(1));
    assert!(subscription.next().await.is_none());
}
