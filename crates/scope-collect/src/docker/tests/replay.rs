//! What the watcher makes of all that was captured of an engine.

use serde_json::{Value, json};

use super::captured::*;
use super::fake::Fake;
use super::*;

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
