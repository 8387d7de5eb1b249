#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a failed test may panic")]

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::docker::facts::{ContainerFacts, Flavour, Health, Reach, State};
use crate::docker::id::ContainerId;

fn fixture(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/docker").join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn inspected(path: &str) -> ContainerFacts {
    inspect(&fixture(path), &Redactor::new()).unwrap().unwrap()
}

fn inspected_with(change: impl FnOnce(&mut Value)) -> ContainerFacts {
    let mut value: Value = serde_json::from_slice(&fixture("engine-20.10/inspect/running.json")).unwrap();
    change(&mut value);
    inspect(value.to_string().as_bytes(), &Redactor::new()).unwrap().unwrap()
}

#[test]
fn reads_everything_of_a_container() {
    let facts = inspected("engine-20.10/inspect/running.json");
    insta::assert_debug_snapshot!(facts);
    let all = format!("{facts:?}");
    assert!(!all.contains("s3cret"), "an environment variable's value must not leave");
}

#[test]
fn reads_each_state() {
    let state = |name: &str| {
        let facts = inspected(&format!("engine-20.10/inspect/{name}.json"));
        (facts.state, facts.pid.is_some(), facts.health, facts.oom_killed)
    };
    assert_eq!(state("running"), (State::Running, true, Some(Health::Healthy), false));
    assert_eq!(state("unhealthy"), (State::Running, true, Some(Health::Unhealthy), false));
    assert_eq!(state("paused"), (State::Paused, true, None, false));
    assert_eq!(state("created"), (State::Created, false, None, false));
    assert_eq!(state("failed"), (State::Created, false, None, false));
    assert_eq!(state("restarting"), (State::Restarting { code: Some(1) }, false, None, false));
    assert_eq!(state("exited"), (State::Exited { code: Some(3) }, false, None, false));
    assert_eq!(state("oom"), (State::Exited { code: Some(137) }, false, None, true));
    assert!(inspected("engine-20.10/inspect/failed.json").error.unwrap().contains("operation not permitted"));
    assert_eq!(inspected("engine-20.10/inspect/restarting.json").restart_count, Some(11));
}

#[test]
fn reads_each_network_mode() {
    let host = inspected("engine-20.10/inspect/host.json");
    assert_eq!((host.network_mode.as_deref(), host.networks[0].name.as_str(), host.networks[0].ipv4), (Some("host"), "host", None));
    let joined = inspected("engine-20.10/inspect/joined.json");
    let bridge = inspected("engine-20.10/inspect/bridge.json");
    assert_eq!(joined.network_mode.unwrap(), format!("container:{}", bridge.id));
    assert!(joined.networks.is_empty());
    assert_eq!(bridge.networks[0].ipv4.unwrap().ip.to_string(), "172.17.0.2");
}

#[test]
fn a_secret_in_a_command_does_not_leave() {
    let host = inspected("engine-20.10/inspect/host.json");
    assert_eq!(host.command[0], "sh");
    assert!(!format!("{host:?}").contains("hunter2"));
    let (listed, _) = list(&fixture("engine-20.10/containers.json"), &Redactor::new()).unwrap();
    assert!(!format!("{listed:?}").contains("hunter2"));
}

#[test]
fn the_list_agrees_with_the_containers() {
    for path in ["engine-20.10/containers.json", "api-1.22/containers.json"] {
        let (listed, odd) = list(&fixture(path), &Redactor::new()).unwrap();
        assert_eq!((listed.len(), odd), (11, 0), "{path}");
        for Summary { facts: listed } in listed {
            let name = listed.name.strip_prefix("scope-fix-").unwrap();
            let whole = inspected(&format!("engine-20.10/inspect/{name}.json"));
            assert_eq!((listed.id, &listed.name, listed.image, listed.state), (whole.id, &whole.name, whole.image, whole.state), "{path}");
            assert_eq!((listed.health, &listed.labels, &listed.published), (whole.health, &whole.labels, &whole.published), "{path} {name}");
            assert_eq!(
                listed.networks.iter().map(|at| (&at.network, at.ipv4)).collect::<Vec<_>>(),
                whole.networks.iter().map(|at| (&at.network, at.ipv4)).collect::<Vec<_>>()
            );
            assert!(listed.partial && !whole.partial);
        }
    }
}

#[test]
fn reads_what_docker_1_10_says() {
    let old = inspected("api-1.22/running.json");
    let new = inspected("engine-20.10/inspect/running.json");
    assert_eq!(
        (old.id, old.state, old.pid, &old.networks, &old.published, &old.labels),
        (new.id, new.state, new.pid, &new.networks, &new.published, &new.labels)
    );
    assert_eq!((old.limits.nano_cpus, old.limits.pids, old.health, old.runtime), (Some(500_000_000), None, None, None));
    assert_eq!(old.mounts.iter().map(|mount| mount.kind.as_str()).collect::<Vec<_>>(), ["volume", "bind"]);
    let exited = inspected("api-1.22/exited.json");
    assert_eq!((exited.state, exited.exposed.len(), exited.published.len()), (State::Exited { code: Some(3) }, 1, 0));
    let greeting = version(&fixture("api-1.22/version.json")).unwrap();
    assert_eq!((greeting.flavour, greeting.newest.unwrap().to_string().as_str(), greeting.oldest), (Flavour::Docker, "1.22", None));
    assert_eq!(networks(&fixture("api-1.22/networks.json"), &Redactor::new()).unwrap().len(), 5);
    assert_eq!(image(&fixture("api-1.22/image.json"), &Redactor::new()).unwrap().unwrap().tags, ["scope-test/busybox:1"]);
}

#[test]
fn reads_images_and_networks() {
    let image = image(&fixture("engine-20.10/image.json"), &Redactor::new()).unwrap().unwrap();
    assert_eq!(
        (image.tags[0].as_str(), image.size_bytes, image.architecture.as_deref(), image.os.as_deref()),
        ("scope-test/busybox:1", Some(1_984_164), Some("amd64"), Some("linux"))
    );
    assert_eq!(image.labels, [("org.opencontainers.image.title".into(), "scope test image".into())]);
    let networks = networks(&fixture("engine-20.10/networks.json"), &Redactor::new()).unwrap();
    let named = |name: &str| networks.iter().find(|network| network.name == name).unwrap();
    let own = named("scope-fix-net");
    assert_eq!(own.subnets.iter().map(|subnet| format!("{}/{}", subnet.ip, subnet.prefix)).collect::<Vec<_>>(), ["172.30.0.0/24", "fd00:30::/64"]);
    assert_eq!((own.driver.as_str(), own.reach, own.internal, own.bridge.as_deref()), ("bridge", Reach::Local, false, Some("br-bc2a07590de1")));
    assert!(named("scope-fix-internal").internal);
    assert_eq!(named("bridge").bridge.as_deref(), Some("docker0"));
    assert_eq!((named("host").driver.as_str(), named("none").driver.as_str(), named("host").bridge.as_deref()), ("host", "null", None));
    assert_eq!(network(&fixture("engine-20.10/network.json"), &Redactor::new()).unwrap().as_ref(), Some(own));
}

#[test]
fn reads_what_storage_is_used_for() {
    let usage = usage(&fixture("engine-20.10/df.json")).unwrap();
    assert_eq!((usage.layers_bytes, usage.containers.len()), (Some(1_984_164), 11));
    let volume = usage.volumes.iter().find(|volume| volume.name == "scope-fix-vol").unwrap();
    assert_eq!((volume.bytes, volume.containers), (Some(0), Some(1)));
    let odd =
        super::usage(br#"{"Containers":[{"Id":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","SizeRw":5,"SizeRootFs":7},{"Id":"short"}]}"#)
            .unwrap();
    assert_eq!((odd.containers[0].written_bytes, odd.containers[0].total_bytes, odd.containers.len()), (5, Some(7), 1));
}

#[test]
fn counts_as_docker_stats_does() {
    let sample = stats(&fixture("engine-20.10/stats.json")).unwrap().unwrap();
    assert_eq!(sample.cpu_usage_us, Some(692_024));
    assert_eq!((sample.cpu_periods, sample.cpu_throttled_periods, sample.cpu_throttled_us), (Some(90), Some(0), Some(0)));
    // 1,441,792 less total_inactive_file, 20,480
    assert_eq!((sample.memory_usage_bytes, sample.memory_working_set_bytes, sample.memory_limit_bytes), (Some(1_441_792), Some(1_421_312), Some(67_108_864)));
    assert_eq!(sample.pids, Some(1));
    assert_eq!(sample.interfaces, Some(Interfaces { rx_bytes: 3476, tx_bytes: 876, rx_packets: 30, tx_packets: 10, rx_lost: 0, tx_lost: 0 }));
    let stream = fixture("engine-20.10/stats-stream-1.22.ndjson");
    let samples: Vec<_> = stream.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| stats(line).unwrap().unwrap()).collect();
    assert_eq!(samples.len(), 3);
    assert!(samples.is_sorted_by_key(|sample| (sample.at, sample.cpu_usage_us)));
    // A container without processes.
    assert_eq!(stats(br#"{"read":"0001-01-01T00:00:00Z","cpu_stats":{"cpu_usage":{"total_usage":0}},"memory_stats":{}}"#).unwrap(), None);
}

#[test]
fn knows_which_events_matter() {
    let stream = fixture("engine-20.10/events.ndjson");
    let events: Vec<Event> = stream.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| event(line).unwrap()).collect();
    assert_eq!(events.len(), 66);
    let life: ContainerId = "1e187f4045e869035bcf3257c202ff5e9ec313a2e727971a7eb00695ed43e73c".parse().unwrap();
    let touches = events.iter().filter(|event| matches!(event, Event::Container(id) | Event::ContainerEnded(id, _) if *id == life)).count();
    // create, start, rename, pause, unpause, update, restart, start; 2 die, 2 stop; 3 connect, 4 disconnect
    assert_eq!(touches, 19);
    assert_eq!(events.iter().filter(|event| **event == Event::ContainerGone(life)).count(), 1);
    assert!(matches!(events.iter().find(|event| matches!(event, Event::Network(_) | Event::NetworkGone(_))), Some(Event::Network(_))));
    assert!(events.iter().any(|event| matches!(event, Event::NetworkGone(_))));
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Image(_))).count(), 2);
    // Only exec, attach and kill remain.
    assert_eq!(events.iter().filter(|event| **event == Event::Other).count(), 35);
}

#[test]
fn reads_events_of_every_age_and_kind() {
    let id = "ab".repeat(32);
    let container: ContainerId = id.parse().unwrap();
    let read = |value: Value| event(value.to_string().as_bytes()).unwrap();
    // Before API 1.22
    assert_eq!(read(json!({"status": "start", "id": id, "from": "x", "time": 1})), Event::Container(container));
    assert_eq!(read(json!({"type": "container", "action": "destroy", "actor": {"id": id}})), Event::ContainerGone(container));
    let died = |attributes| read(json!({"Type": "container", "Action": "die", "Actor": {"ID": id, "Attributes": attributes}}));
    assert_eq!(died(json!({"exitCode": "137", "execDuration": "3"})), Event::ContainerEnded(container, Some(137)));
    assert_eq!(died(json!({"exitCode": []})), Event::ContainerEnded(container, None));
    assert_eq!(read(json!({"Type": "container", "Action": "health_status: healthy", "Actor": {"ID": id}})), Event::Container(container));
    assert_eq!(read(json!({"Type": "network", "Action": "connect", "Actor": {"ID": "n", "Attributes": {"container": id}}})), Event::Container(container));
    for odd in [
        json!({}),
        json!({"Type": 7, "Action": ["start"], "Actor": "x"}),
        json!({"Type": "container", "Action": "start", "Actor": {"ID": "../../x"}}),
        json!({"Type": "volume", "Action": "create", "Actor": {"ID": "v"}}),
    ] {
        assert_eq!(read(odd), Event::Other);
    }
    assert!(event(b"{\"Type\":").is_err());
}

#[test]
fn one_odd_entry_does_not_lose_the_list() {
    let mut listed: Value = serde_json::from_slice(&fixture("engine-20.10/containers.json")).unwrap();
    listed[0]["Id"] = json!("nonsense");
    listed[1] = json!("a string");
    listed[2]["State"] = json!("quiescent");
    listed[2]["Labels"] = json!(["a"]);
    listed[2]["Ports"] = json!({"80/tcp": null});
    let (listed, odd) = list(listed.to_string().as_bytes(), &Redactor::new()).unwrap();
    assert_eq!((listed.len(), odd), (9, 2));
    // The words tell the state where its name is not known.
    assert_eq!(listed[0].facts.state, State::Running);
}

#[test]
fn one_odd_field_does_not_lose_the_container() {
    let facts = inspected_with(|value| {
        value["State"]["Status"] = json!("quiescent");
        value["State"]["StartedAt"] = json!("yesterday");
        value["Config"]["Env"] = json!({"A": "b"});
        value["HostConfig"]["Memory"] = json!("64m");
        value["NetworkSettings"]["Networks"]["scope-fix-internal"] = json!(null);
        value["NetworkSettings"]["Networks"]["scope-fix-net"]["IPAddress"] = json!("not an address");
        value["Mounts"][0] = json!(17);
        value["RestartCount"] = json!(-1);
        value["Created"] = json!("0001-01-01T00:00:00Z");
    });
    assert_eq!((facts.state, facts.started_at, facts.created_at), (State::Running, None, None));
    assert_eq!((facts.env.len(), facts.limits.memory_bytes, facts.restart_count), (0, None, None));
    assert_eq!(facts.limits.pids, Some(50), "the field beside the odd one stays");
    assert_eq!(facts.networks.len(), 1);
    assert_eq!((facts.networks[0].ipv4, facts.networks[0].ipv6.is_some()), (None, true));
    assert_eq!((facts.mounts.len(), facts.dropped), (2, 2));
}

#[test]
fn hostile_texts_are_kept_within_bounds() {
    let huge = "x".repeat(1 << 20);
    let hostile = "<script>alert(1)</script>\u{1b}[31m\nname\0\u{202e}";
    let facts = inspected_with(|value| {
        value["Name"] = json!(format!("/{hostile}{huge}"));
        value["Config"]["Labels"] = json!({"big": huge, hostile: hostile});
        let many = value["Config"]["Env"].as_array_mut().unwrap();
        many.extend((0..100_000).map(|number| json!(format!("V{number}=1"))));
        value["Args"] = json!(vec![huge.clone(); 3]);
        value["NetworkSettings"]["Networks"][&huge] = json!({"Aliases": vec!["a".repeat(1000); 1000]});
        value["Mounts"][0]["Source"] = json!(huge);
    });
    assert!(facts.name.starts_with(hostile), "escaping is the outputs' business");
    assert!(facts.name.len() <= NAME_BYTES);
    assert!(facts.labels.iter().all(|(key, value)| key.len() <= 256 && value.len() <= 1024));
    assert!(facts.labels.iter().any(|(key, value)| key == hostile && value == hostile));
    assert!(facts.labels.iter().any(|(key, value)| key == "big" && value == "…"), "what is too long to be searched for secrets is not shown");
    assert_eq!(facts.env.len(), ITEMS);
    assert!(facts.dropped >= 99_000);
    assert!(format!("{facts:?}").len() < 2 * CONTAINER_BYTES);
}

#[test]
fn what_is_not_utf8_is_still_read() {
    let mut answer = fixture("engine-20.10/inspect/running.json");
    let at = answer.windows(7).position(|text| text == b"webhost").unwrap();
    answer[at] = 0xff;
    let facts = inspect(&answer, &Redactor::new()).unwrap().unwrap();
    assert_eq!(facts.hostname.as_deref(), Some("\u{fffd}ebhost"));
}

#[test]
fn finds_the_tag_in_an_image_name() {
    let tagged = |image: &str| inspected_with(|value| value["Config"]["Image"] = json!(image)).image_tag;
    assert_eq!(tagged("nginx:1.27").as_deref(), Some("1.27"));
    assert_eq!(tagged("registry:5000/team/nginx:1.27@sha256:abcd").as_deref(), Some("1.27"));
    for untagged in ["nginx", "registry:5000/team/nginx", "nginx@sha256:abcd", "sha256:abcd", "nginx:"] {
        assert_eq!(tagged(untagged), None, "{untagged}");
    }
}

proptest! {
    /// Every place in an answer is replaced by something odd, one after the other.
    #[test]
    fn no_reply_makes_it_panic(seed in any::<prop::sample::Index>(), odd in prop_oneof![Just(json!(null)), Just(json!(-1)), Just(json!(1e300)), Just(json!("")), Just(json!([[]])), Just(json!({"": {}})), Just(json!("9999-99-99T99:99:99Z"))]) {
        let (redactor, fixture) = (Redactor::new(), fixture("engine-20.10/inspect/running.json"));
        let mut value: Value = serde_json::from_slice(&fixture).unwrap();
        let mut places = Vec::new();
        collect(&value, String::new(), &mut places);
        let place = seed.get(&places);
        *value.pointer_mut(place).unwrap() = odd;
        let text = value.to_string();
        let facts = inspect(text.as_bytes(), &redactor).unwrap();
        prop_assert!(facts.is_some() || place == "/Id");
        let _ = (list(format!("[{text}]").as_bytes(), &redactor), event(text.as_bytes()), image(text.as_bytes(), &redactor), network(text.as_bytes(), &redactor));
        let _ = (stats(text.as_bytes()), usage(text.as_bytes()), version(text.as_bytes()));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let redactor = Redactor::new();
        let _ = (inspect(&bytes, &redactor), list(&bytes, &redactor), event(&bytes), image(&bytes, &redactor), networks(&bytes, &redactor), stats(&bytes), usage(&bytes), version(&bytes));
    }
}

fn collect(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| collect(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), places)),
        Value::Array(items) => items.iter().enumerate().for_each(|(number, value)| collect(value, format!("{at}/{number}"), places)),
        _ => {}
    }
    if !at.is_empty() {
        places.push(at);
    }
}
