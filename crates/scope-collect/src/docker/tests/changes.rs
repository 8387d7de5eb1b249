//! What the watcher makes of events: it asks again, and tells what changed.

use serde_json::{Value, json};

use super::captured::*;
use super::fake::Reply;
use super::*;

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
async fn what_a_check_printed_is_read_when_the_health_changes_and_never_for_its_own_sake() {
    let fake = captured();
    let settings = Settings { compare_every: Duration::from_millis(20), ..settings(&fake) };
    let mut reader = Reader::start(settings);
    reader.synced().await;
    let printed = |reader: &Reader| reader.named("scope-fix-running").unwrap().health_check.clone();
    assert_eq!(printed(&reader), None);
    let path = path_of(RUNNING);
    let failing = |output: &str| {
        changed(|value| value["State"]["Health"] = json!({"Status": "unhealthy", "FailingStreak": 3, "Log": [{"ExitCode": 1, "Output": output}]}))
    };
    // The list says the same of its health from here on.
    let mut listed: Vec<Value> = serde_json::from_slice(&fixture("engine-20.10/containers.json")).unwrap();
    listed.iter_mut().filter(|container| container["Id"] == RUNNING).for_each(|container| container["Status"] = json!("Up 2 minutes (unhealthy)"));
    fake.json(&path, failing("refused"));
    fake.json(LIST, Value::from(listed).to_string());
    fake.event(event("health_status: unhealthy", RUNNING));
    reader.until("the failure", |reader| printed(reader).is_some_and(|check| check.output.as_deref() == Some("refused"))).await;
    let compared = async || {
        let before = fake.asked("/v1.41/containers/json");
        while fake.asked("/v1.41/containers/json") < before + 5 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        fake.asked(&format!("/v1.41{path}"))
    };
    // Later checks print something else; nothing tells of them, and comparing with the list asks nothing.
    let asked = compared().await;
    fake.json(&path, failing("timed out"));
    assert_eq!(compared().await, asked);
    // Whatever else happens brings what the last one printed.
    fake.event(event("update", RUNNING));
    reader.until("the later output", |reader| printed(reader).is_some_and(|check| check.output.as_deref() == Some("timed out"))).await;
    fake.json(&path, fixture("engine-20.10/inspect/running.json"));
    fake.event(event("health_status: healthy", RUNNING));
    reader.until("that it passes", |reader| printed(reader).is_none()).await;
    assert_eq!(reader.named("scope-fix-running").unwrap().health, Some(Health::Healthy));
}

#[tokio::test]
async fn a_check_that_goes_on_failing_is_read_again_without_an_event_and_no_more_once_it_passes() {
    let fake = captured();
    let failing = |streak: u32, output: &str| {
        changed(|value| value["State"]["Health"] = json!({"Status": "unhealthy", "FailingStreak": streak, "Log": [{"ExitCode": 1, "Output": output}]}))
    };
    let path = path_of(RUNNING);
    fake.json(&path, failing(3, "refused"));
    let mut reader = Reader::start(Settings { checks_every: Duration::from_millis(20), ..settings(&fake) });
    reader.synced().await;
    let check = |reader: &Reader| reader.named("scope-fix-running").unwrap().health_check.clone();
    assert_eq!(check(&reader).unwrap().output.as_deref(), Some("refused"));
    fake.json(&path, failing(157, "timed out"));
    reader.until("the later failure", |reader| check(reader).is_some_and(|check| check.output.as_deref() == Some("timed out"))).await;
    assert_eq!(check(&reader).unwrap().failing_streak, Some(157));
    fake.json(&path, fixture("engine-20.10/inspect/running.json"));
    reader.until("that it passes", |reader| check(reader).is_none()).await;
    // One question may be under way still.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let asked = fake.asked(&format!("/v1.41{path}"));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fake.asked(&format!("/v1.41{path}")), asked);
}

#[tokio::test]
async fn what_a_container_ended_with_is_known_while_it_runs_again() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    let code = |reader: &Reader| reader.named("scope-fix-running").unwrap().last_exit_code;
    assert_eq!(code(&reader), None);
    // The engine has started it again by the time that it is asked.
    fake.json(&path_of(RUNNING), changed(|value| value["RestartCount"] = json!(1)));
    let died = json!({"Type": "container", "Action": "die", "Actor": {"ID": RUNNING, "Attributes": {"exitCode": "42"}}});
    fake.event(died.to_string());
    reader.until("the restart", |reader| reader.named("scope-fix-running").unwrap().restart_count == Some(1)).await;
    assert_eq!(code(&reader), Some(42));
}
