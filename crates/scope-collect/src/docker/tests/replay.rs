//! What the watcher makes of replies that were captured, and of those that no engine should give.

use std::time::Duration;

use serde_json::{Value, json};

use super::fake::{Fake, Reply};
use super::*;

const RUNNING: &str = "cf014fcaaa00aba9714ca7748ad004b95efa466bbb2146a675c959e832178b64";
const LIST: &str = "/containers/json?all=1";

fn path_of(id: &str) -> String {
    format!("/containers/{id}/json")
}

/// An engine with all that was captured of Docker 20.10.
fn captured() -> Fake {
    let fake = Fake::new();
    fake.json("/version", fixture("engine-20.10/version.json"));
    fake.json(LIST, fixture("engine-20.10/containers.json"));
    fake.json("/networks", fixture("engine-20.10/networks.json"));
    let listed: Value = serde_json::from_slice(&fixture("engine-20.10/containers.json")).unwrap();
    for container in listed.as_array().unwrap() {
        let name = container["Names"][0].as_str().unwrap().strip_prefix("/scope-fix-").unwrap();
        fake.json(&path_of(container["Id"].as_str().unwrap()), fixture(&format!("engine-20.10/inspect/{name}.json")));
    }
    fake.json(&format!("/images/{}/json", listed[0]["ImageID"].as_str().unwrap()), fixture("engine-20.10/image.json"));
    fake
}

fn settings(fake: &Fake) -> Settings {
    Settings {
        lookup: Lookup { endpoint: Some(format!("unix://{}", fake.socket().display())), ..Lookup::default() },
        deadlines: Deadlines { connect: Duration::from_secs(30), answer: Duration::from_secs(30) },
        retry: Duration::from_millis(5),
        retry_at_most: Duration::from_millis(20),
        ..Settings::default()
    }
}

fn event(action: &str, id: &str) -> String {
    json!({"status": action, "id": id, "Type": "container", "Action": action, "Actor": {"ID": id, "Attributes": {}}, "time": 1}).to_string()
}

/// The captured container `running` with some of it changed.
fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(&fixture("engine-20.10/inspect/running.json")).unwrap();
    change(&mut value);
    value.to_string().into_bytes()
}

fn named(name: &str) -> Vec<u8> {
    changed(|value| value["Name"] = json!(format!("/{name}")))
}

#[tokio::test]
async fn tells_all_that_the_engine_has() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    assert_eq!((reader.containers.len(), reader.images.len(), reader.networks.len()), (11, 1, 5));
    let engine = reader.engine.as_ref().unwrap();
    assert_eq!((engine.flavour, engine.version.as_str(), engine.api.unwrap().to_string()), (Flavour::Docker, "20.10.24+dfsg1", "1.41".to_owned()));
    assert!(reader.problems.is_empty());
    assert!(reader.containers.values().all(|facts| !facts.partial));
    assert_eq!(reader.networks_before_containers, 5, "networks place the addresses of containers, so they come first");
    // Events first, then one list, and one question for each container.
    assert_eq!(
        (fake.asked("/v1.41/events"), fake.asked("/v1.41/containers/json"), fake.asked("/v1.41/containers/"), fake.asked("/v1.41/images/")),
        (1, 1, 12, 1)
    );
    reader.watch.stop().await;
}

#[tokio::test]
async fn tells_all_that_an_engine_of_docker_1_10_has() {
    let fake = Fake::new();
    fake.json("/version", fixture("api-1.22/version.json"));
    fake.json(LIST, fixture("api-1.22/containers.json"));
    fake.json("/networks", fixture("api-1.22/networks.json"));
    fake.json(&path_of(RUNNING), fixture("api-1.22/running.json"));
    let exited: Value = serde_json::from_slice(&fixture("api-1.22/exited.json")).unwrap();
    fake.json(&path_of(exited["Id"].as_str().unwrap()), fixture("api-1.22/exited.json"));
    fake.json(&format!("/images/{}/json", exited["Image"].as_str().unwrap()), fixture("api-1.22/image.json"));
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    // Of the others the engine only has the list's entries: they are gone by the time they are asked about.
    assert_eq!((reader.containers.len(), reader.images.len(), reader.networks.len()), (2, 1, 5));
    assert_eq!(fake.asked("/v1.22/containers/json"), 1);
    fake.json(&path_of(RUNNING), fixture("engine-20.10/inspect/paused.json").replace_id(RUNNING));
    fake.event(json!({"status": "pause", "id": RUNNING, "from": "x", "time": 1}).to_string());
    reader.until("the pause", |reader| reader.containers.values().any(|facts| facts.state == State::Paused)).await;
    assert!(reader.problems.is_empty(), "{:?}", reader.problems);
}

trait ReplaceId {
    fn replace_id(self, id: &str) -> Vec<u8>;
}

impl ReplaceId for Vec<u8> {
    fn replace_id(self, id: &str) -> Vec<u8> {
        let mut value: Value = serde_json::from_slice(&self).unwrap();
        value["Id"] = json!(id);
        value.to_string().into_bytes()
    }
}

/// An engine with all that was captured of Podman 4.3.
fn podman() -> Fake {
    let fake = Fake::new();
    fake.json("/version", fixture("podman-4.3/version.json"));
    fake.json(LIST, fixture("podman-4.3/containers.json"));
    fake.json("/networks", fixture("podman-4.3/networks.json"));
    for name in ["web", "paused", "exited", "created"] {
        let whole: Value = serde_json::from_slice(&fixture(&format!("podman-4.3/{name}.json"))).unwrap();
        fake.json(&path_of(whole["Id"].as_str().unwrap()), whole.to_string());
        fake.json(&format!("/images/{}/json", whole["Image"].as_str().unwrap()), fixture("podman-4.3/image.json"));
    }
    fake
}

#[tokio::test]
async fn tells_all_that_podman_has() {
    let fake = podman();
    let mut reader = Reader::start(Settings { agent: Some("host-a".parse().unwrap()), ..settings(&fake) });
    reader.synced().await;
    let engine = reader.engine.as_ref().unwrap();
    assert_eq!((engine.flavour, engine.version.as_str(), fake.asked("/v1.41/events?")), (Flavour::Podman, "4.3.1", 0));
    assert_eq!((reader.containers.len(), reader.images.len(), reader.networks.len()), (4, 1, 1));
    let state = |name: &str| reader.named(&format!("scope-pod-{name}")).unwrap().state;
    assert_eq!(
        [state("web"), state("paused"), state("exited"), state("created")],
        [State::Running, State::Paused, State::Exited { code: Some(3) }, State::Created]
    );
    // Podman calls the network by different names and no id, and each host's default network has the same id.
    let network = reader.networks.keys().next().unwrap();
    assert_eq!(network.as_str(), "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9.host-a");
    let web = reader.named("scope-pod-web").unwrap();
    assert_eq!((web.networks[0].network.as_ref(), web.networks[0].name.as_str()), (Some(network), "podman"));
    // Its whole life, with Podman's own words for it.
    let life = "0b8b2b7fcc4e24dc41ff111a1159529984cf1f94bce419a59199638c1d656240";
    fake.json(&path_of(life), named("life").replace_id(life));
    let stream = fixture("podman-4.3/events.ndjson");
    for line in stream.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        if line.windows(8).any(|text| text == b"\"remove\"") {
            reader.until("the container", |reader| reader.named("life").is_some()).await;
        }
        fake.event(line);
    }
    reader.until("its end", |reader| reader.told.last().is_some_and(|told| told == "-life")).await;
    assert!(reader.problems.is_empty(), "{:?}", reader.problems);
}

#[tokio::test]
async fn finds_a_network_of_podman_that_came_later() {
    let fake = podman();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    let mut web: Value = serde_json::from_slice(&fixture("podman-4.3/web.json")).unwrap();
    web["NetworkSettings"]["Networks"]["late"] = json!({"NetworkID": "late", "IPAddress": "10.89.0.2", "IPPrefixLen": 24});
    let id = web["Id"].as_str().unwrap().to_owned();
    fake.json(&path_of(&id), web.to_string());
    let mut networks: Vec<Value> = serde_json::from_slice(&fixture("podman-4.3/networks.json")).unwrap();
    let mut late = networks[0].clone();
    (late["Name"], late["Id"]) = (json!("late"), json!("ab".repeat(32)));
    networks.push(late);
    fake.json("/networks", Value::from(networks).to_string());
    // There is no event for the network; that of the connection gives the container.
    fake.event(json!({"Type": "network", "Action": "connect", "Actor": {"ID": id, "Attributes": {"name": "scope-pod-web"}}}).to_string());
    let found = |reader: &Reader| {
        reader
            .named("scope-pod-web")
            .unwrap()
            .networks
            .iter()
            .any(|at| at.name == "late" && at.network.as_ref().is_some_and(|id| id.as_str() == "ab".repeat(32)))
    };
    reader.until("the network", found).await;
}

#[tokio::test]
async fn an_address_that_came_later_is_dated() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    fake.json(
        &path_of(RUNNING),
        changed(|value| value["NetworkSettings"]["Networks"]["late"] = json!({"NetworkID": "n1", "IPAddress": "10.0.1.3", "IPPrefixLen": 24})),
    );
    fake.event(event("update", RUNNING));
    reader.until("the network", |reader| reader.named("scope-fix-running").unwrap().networks.len() == 3).await;
    let facts = reader.named("scope-fix-running").unwrap();
    let since = |name: &str| facts.networks.iter().find(|at| at.name == name).unwrap().since;
    assert!(since("late") > facts.started_at);
    assert_eq!((since("scope-fix-net"), since("scope-fix-internal")), (None, None));
    // The date stays as long as the address.
    let dated = since("late");
    fake.json(
        &path_of(RUNNING),
        changed(|value| {
            value["Name"] = json!("/renamed");
            value["NetworkSettings"]["Networks"]["late"] = json!({"NetworkID": "n1", "IPAddress": "10.0.1.3", "IPPrefixLen": 24});
        }),
    );
    fake.event(event("rename", RUNNING));
    reader.until("the rename", |reader| reader.named("renamed").is_some()).await;
    assert_eq!(reader.named("renamed").unwrap().networks.iter().find(|at| at.name == "late").unwrap().since, dated);
}

#[tokio::test]
async fn asks_again_after_an_event_and_tells_only_what_changed() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    reader.told.clear();
    // Nothing changed: nothing is told.
    fake.event(event("update", RUNNING));
    fake.json(&path_of(RUNNING), named("renamed"));
    fake.event(event("rename", RUNNING));
    reader.until("the rename", |reader| reader.named("renamed").is_some()).await;
    fake.event(event("destroy", RUNNING));
    reader.until("the end", |reader| reader.containers.len() == 10).await;
    assert_eq!(reader.told, ["renamed running", "-renamed"]);
}

#[tokio::test]
async fn reads_the_whole_life_of_a_container() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    let life = "1e187f4045e869035bcf3257c202ff5e9ec313a2e727971a7eb00695ed43e73c";
    fake.json(&path_of(life), named("life").replace_id(life));
    let stream = fixture("engine-20.10/events.ndjson");
    for line in stream.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        if line.windows(9).any(|text| text == b"\"destroy\"") && line.windows(12).any(|text| text == &life.as_bytes()[..12]) {
            reader.until("the container", |reader| reader.named("life").is_some()).await;
        }
        fake.event(line);
    }
    reader.until("its end", |reader| reader.told.last().is_some_and(|told| told == "-life")).await;
    assert_eq!(reader.containers.len(), 11);
}

#[tokio::test]
async fn a_burst_of_events_is_one_question_at_a_time() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    let before = fake.asked("/v1.41/containers/");
    for _ in 0..5000 {
        fake.event(event("update", RUNNING));
    }
    fake.json(&path_of(RUNNING), named("after"));
    fake.event(event("rename", RUNNING));
    reader.until("the last of the burst", |reader| reader.named("after").is_some()).await;
    let asked = fake.asked("/v1.41/containers/") - before;
    assert!(asked < 5000, "each event asked: {asked}");
}

#[tokio::test]
async fn a_container_removed_between_list_and_question_is_not_told() {
    let fake = captured();
    fake.forget(&path_of(RUNNING));
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    assert_eq!(reader.containers.len(), 10);
    assert!(reader.problems.is_empty(), "it is no problem: {:?}", reader.problems);
}

#[tokio::test]
async fn an_answer_that_a_removal_overtook_is_not_told() {
    let fake = captured();
    fake.reply(&path_of(RUNNING), Reply::Silence);
    let mut reader = Reader::start(settings(&fake));
    reader.until("the question", |reader| fake.asked(&format!("/v1.41{}", path_of(RUNNING))) > 0 || reader.synced).await;
    assert!(!reader.synced);
    fake.event(event("destroy", RUNNING));
    reader.synced().await;
    assert_eq!(reader.containers.len(), 10);
}

#[tokio::test]
async fn comes_back_after_the_engine_was_away() {
    let mut fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    fake.stop().await;
    reader.until("the loss", |reader| !reader.synced).await;
    assert_eq!(reader.containers.len(), 11, "what was known is not taken back");
    // Meanwhile one was removed, one renamed, one created.
    let mut listed: Vec<Value> = serde_json::from_slice(&fixture("engine-20.10/containers.json")).unwrap();
    let removed = listed.remove(0)["Id"].as_str().unwrap().to_owned();
    let new = "ab".repeat(32);
    let mut created = listed[0].clone();
    created["Id"] = json!(new);
    listed.push(created);
    fake.json(LIST, Value::from(listed).to_string());
    fake.forget(&path_of(&removed));
    fake.json(&path_of(RUNNING), named("renamed"));
    fake.json(&path_of(&new), named("new").replace_id(&new));
    reader.until("refusals", |reader| reader.messages().contains("connect to the engine")).await;
    assert!(reader.problems[0].hint.as_ref().unwrap().contains("nothing listens"));
    fake.start();
    reader.synced().await;
    assert_eq!(reader.containers.len(), 11);
    assert!(reader.named("renamed").is_some() && reader.named("new").is_some() && !reader.containers.contains_key(&removed.parse().unwrap()));
    assert!(reader.problems.is_empty(), "{:?}", reader.problems);
}

#[tokio::test]
async fn reads_all_again_when_the_event_stream_ends() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    fake.json(&path_of(RUNNING), named("meanwhile"));
    fake.end_events();
    reader.until("the change", |reader| reader.synced && reader.named("meanwhile").is_some()).await;
    assert_eq!(fake.asked("/v1.41/events"), 2);
}

#[tokio::test]
async fn what_events_did_not_tell_the_list_tells() {
    let fake = captured();
    let mut reader = Reader::start(Settings { compare_every: Duration::from_millis(20), ..settings(&fake) });
    reader.synced().await;
    let asked = fake.asked("/v1.41/containers/");
    let mut listed: Vec<Value> = serde_json::from_slice(&fixture("engine-20.10/containers.json")).unwrap();
    for container in &mut listed {
        if container["Id"] == RUNNING {
            container["Names"] = json!(["/silently"]);
        }
    }
    fake.json(&path_of(RUNNING), named("silently"));
    fake.json(LIST, Value::from(listed).to_string());
    reader.until("the rename", |reader| reader.named("silently").is_some()).await;
    let lists = fake.asked("/v1.41/containers/json");
    assert_eq!(fake.asked("/v1.41/containers/") - asked, lists, "beside the lists only what differs is asked about");
}

#[tokio::test]
async fn a_container_that_the_engine_refuses_is_known_from_the_list() {
    for (reply, why) in [
        (Reply::Json(500, br#"{"message":"layer does not exist"}"#.to_vec()), "layer does not exist"),
        (Reply::Json(200, b"{\"Id\":".to_vec()), "decode"),
        (Reply::Json(200, vec![b' '; 5 << 20]), "larger than"),
        (Reply::Hangup, "read /v1.41/containers/"),
    ] {
        let fake = captured();
        fake.reply(&path_of(RUNNING), reply);
        let mut reader = Reader::start(settings(&fake));
        reader.synced().await;
        assert_eq!(reader.containers.len(), 11, "{why}");
        let facts = reader.named("scope-fix-running").unwrap();
        assert!(facts.partial && facts.state == State::Running && facts.published.len() == 3, "{why}");
        assert!(reader.messages().contains(why), "{}", reader.messages());
        assert_eq!(reader.problems[0].id, facts.id.node());
        // It comes to its senses.
        fake.json(&path_of(RUNNING), fixture("engine-20.10/inspect/running.json"));
        fake.event(event("update", RUNNING));
        reader.until("the whole container", |reader| !reader.named("scope-fix-running").unwrap().partial && reader.problems.is_empty()).await;
    }
}

#[tokio::test]
async fn a_container_that_the_engine_is_stuck_on_does_not_hold_up_the_rest() {
    let fake = captured();
    fake.reply(&path_of(RUNNING), Reply::Silence);
    let mut reader =
        Reader::start(Settings { deadlines: Deadlines { connect: Duration::from_secs(30), answer: Duration::from_millis(200) }, ..settings(&fake) });
    reader.synced().await;
    assert_eq!(reader.containers.len(), 11);
    assert!(reader.messages().contains("no answer within"), "{}", reader.messages());
}

#[tokio::test]
async fn events_that_make_no_sense_are_counted_and_made_up_for() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    fake.event("{\"Type\":");
    fake.event(vec![b'x'; 5 << 20]);
    fake.event(event("start", "../../version?x="));
    reader.until("the problem", |reader| reader.messages().contains("2 events of the engine could not be read")).await;
    // The stream goes on.
    fake.json(&path_of(RUNNING), named("still"));
    fake.event(event("rename", RUNNING));
    reader.until("the rename", |reader| reader.named("still").is_some()).await;
    assert_eq!(fake.asked("/v1.41/events"), 1);
}

#[tokio::test]
async fn a_list_that_makes_no_sense_is_tried_again() {
    let fake = captured();
    fake.json(LIST, b"[{]".to_vec());
    let mut reader = Reader::start(settings(&fake));
    reader.until("the problem", |reader| reader.messages().contains("decode what the engine answered to /containers/json")).await;
    fake.json(LIST, fixture("engine-20.10/containers.json"));
    reader.synced().await;
    assert_eq!((reader.containers.len(), reader.problems.len()), (11, 0));
}

#[tokio::test]
async fn networks_that_cannot_be_read_are_a_problem_and_no_more() {
    let fake = captured();
    fake.reply("/networks", Reply::Json(500, b"plain text of an old engine".to_vec()));
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    assert_eq!((reader.containers.len(), reader.networks.len()), (11, 0));
    assert!(reader.messages().contains("plain text of an old engine"));
}

#[tokio::test]
async fn keeps_up_with_networks() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    let network = |action: &str, id: &str, container: &str| {
        json!({"Type": "network", "Action": action, "Actor": {"ID": id, "Attributes": {"container": container}}}).to_string()
    };
    let id = "xk2b1bqzq0ynq5o6jv5jz9dkt";
    fake.json(
        &format!("/networks/{id}"),
        json!({"Name": "over", "Id": id, "Scope": "swarm", "Driver": "overlay", "IPAM": {"Config": [{"Subnet": "10.0.1.0/24", "Gateway": "10.0.1.1"}]}})
            .to_string(),
    );
    fake.event(network("create", id, ""));
    reader.until("the network", |reader| reader.networks.values().any(|network| network.name == "over")).await;
    assert_eq!(reader.networks[&id.parse().unwrap()].reach, Reach::Cluster);
    fake.json(
        &path_of(RUNNING),
        changed(|value| value["NetworkSettings"]["Networks"]["over"] = json!({"NetworkID": id, "IPAddress": "10.0.1.3", "IPPrefixLen": 24})),
    );
    fake.event(network("connect", id, RUNNING));
    reader.until("the connection", |reader| reader.named("scope-fix-running").unwrap().networks.len() == 3).await;
    fake.event(network("destroy", id, ""));
    reader.until("the end", |reader| reader.networks.len() == 5).await;
}

#[tokio::test]
async fn images_come_and_go_with_their_containers() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    let image = *reader.images.keys().next().unwrap();
    // A new tag shows.
    let mut facts: Value = serde_json::from_slice(&fixture("engine-20.10/image.json")).unwrap();
    facts["RepoTags"] = json!(["scope-test/busybox:1", "scope-test/busybox:2"]);
    fake.json(&format!("/images/sha256:{image}/json"), facts.to_string());
    fake.event(json!({"Type": "image", "Action": "tag", "Actor": {"ID": format!("sha256:{image}")}}).to_string());
    reader.until("the tag", |reader| reader.images[&image].tags.len() == 2).await;
    for id in reader.containers.keys().copied().collect::<Vec<_>>() {
        fake.event(event("destroy", &id.to_string()));
    }
    reader.until("the image's end", |reader| reader.images.is_empty()).await;
    assert!(reader.containers.is_empty());
}

#[tokio::test]
async fn a_slow_reader_loses_nothing() {
    let fake = captured();
    let mut listed = Vec::new();
    for number in 0..3000_u32 {
        let id = format!("{number:064x}");
        listed.push(json!({"Id": id, "Names": [format!("/c{number}")], "State": "running", "Status": "Up"}));
        fake.json(&path_of(&id), json!({"Id": id, "Name": format!("/c{number}"), "State": {"Status": "running"}}).to_string());
    }
    fake.json(LIST, Value::from(listed).to_string());
    let mut reader = Reader::start(settings(&fake));
    reader.until("the engine", |reader| reader.engine.is_some()).await;
    // Nothing is read while all of them are removed but one.
    while fake.asked("/v1.41/containers/0") < 500 {
        tokio::task::yield_now().await;
    }
    for number in 1..3000_u32 {
        let id = format!("{number:064x}");
        fake.forget(&path_of(&id));
        fake.event(event("destroy", &id));
    }
    reader.until("what is left", |reader| reader.synced && reader.containers.len() == 1).await;
}

#[tokio::test]
async fn hostile_names_come_through_bounded() {
    let fake = captured();
    let huge = "\u{1b}[2J<script>".repeat(100_000);
    fake.json(
        &path_of(RUNNING),
        changed(|value| {
            value["Name"] = json!(format!("/{huge}"));
            value["Config"]["Labels"] = json!({"l": huge});
        }),
    );
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    let facts = &reader.containers[&RUNNING.parse().unwrap()];
    assert!(facts.name.len() <= 512 && facts.labels[0].1.len() <= 1024);
    // A problem's text is safe to show.
    fake.reply(&path_of(RUNNING), Reply::Json(500, json!({"message": "\u{1b}[31mred\nline"}).to_string().into_bytes()));
    fake.event(event("update", RUNNING));
    reader.until("the problem", |reader| !reader.problems.is_empty()).await;
    assert!(!reader.messages().contains(['\u{1b}', '\n']), "{:?}", reader.messages());
}

#[tokio::test]
async fn says_why_there_is_no_engine() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("none.sock");
    let fake_settings = |endpoint: String| Settings { lookup: Lookup { endpoint: Some(endpoint), ..Lookup::default() }, ..Settings::default() };
    let mut reader = Reader::start(fake_settings(format!("unix://{}", socket.display())));
    reader.until("the problem", |reader| !reader.problems.is_empty()).await;
    assert!(reader.problems[0].hint.as_ref().unwrap().contains("no such socket"));
    reader.watch.stop().await;

    let error = Watch::start(fake_settings("ssh://host".into())).unwrap_err();
    assert!(error.hint().unwrap().contains("forward its socket"));

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut reader = Reader::start(fake_settings(format!("tcp://127.0.0.1:{port}")));
    reader.until("the problem", |reader| !reader.problems.is_empty()).await;
    assert!(reader.problems[0].message.contains("127.0.0.1") && reader.problems[0].message.contains("refused"), "{:?}", reader.problems);
}

#[tokio::test]
async fn what_is_not_an_engine_is_a_problem() {
    for reply in [Reply::Json(200, b"<html>".to_vec()), Reply::Json(403, b"{}".to_vec()), Reply::Hangup] {
        let fake = Fake::new();
        fake.reply("/version", reply);
        let mut reader = Reader::start(settings(&fake));
        reader.until("the problem", |reader| reader.messages().contains("/version")).await;
    }
}

#[tokio::test]
async fn ends_when_nobody_reads() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.until("the engine", |reader| reader.engine.is_some()).await;
    tokio::time::timeout(AT_MOST, reader.watch.stop()).await.expect("it ends with changes untold");
}

#[tokio::test]
async fn storage_is_asked_for_by_version() {
    let fake = captured();
    fake.json("/system/df", fixture("engine-20.10/df.json"));
    fake.json("/containers/json?all=true&size=true", b"[]".to_vec());
    let endpoint = Endpoint::Unix(fake.socket());
    let usage = |api| {
        let client = Client::new(endpoint.clone(), Some(api), Deadlines::default());
        async move { client.disk_usage().await }
    };
    assert_eq!(usage(ApiVersion::new(1, 41)).await.unwrap().containers.len(), 11);
    assert_eq!(usage(ApiVersion::new(1, 24)).await.unwrap(), DiskUsage::default());
    assert!(usage(ApiVersion::new(1, 44)).await.unwrap_err().is_not_found());
    assert_eq!(fake.asked("/v1.44/system/df?type=volume"), 1);
}
