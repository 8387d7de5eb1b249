//! Engines that replay what was captured, and replies that are made of that.

use std::time::Duration;

use serde_json::{Value, json};

use super::fake::Fake;
use super::*;

pub(super) const RUNNING: &str = "cf014fcaaa00aba9714ca7748ad004b95efa466bbb2146a675c959e832178b64";
pub(super) const LIST: &str = "/containers/json?all=1";

pub(super) fn path_of(id: &str) -> String {
    format!("/containers/{id}/json")
}

/// An engine with all that was captured of Docker 20.10.
pub(super) fn captured() -> Fake {
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

pub(super) fn settings(fake: &Fake) -> Settings {
    Settings {
        lookup: Lookup { endpoint: Some(format!("unix://{}", fake.socket().display())), ..Lookup::default() },
        deadlines: Deadlines { connect: Duration::from_secs(30), answer: Duration::from_secs(30) },
        retry: Duration::from_millis(5),
        retry_at_most: Duration::from_millis(20),
        ..Settings::default()
    }
}

pub(super) fn event(action: &str, id: &str) -> String {
    json!({"status": action, "id": id, "Type": "container", "Action": action, "Actor": {"ID": id, "Attributes": {}}, "time": 1}).to_string()
}

/// The captured container `running` with some of it changed.
pub(super) fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(&fixture("engine-20.10/inspect/running.json")).unwrap();
    change(&mut value);
    value.to_string().into_bytes()
}

pub(super) fn named(name: &str) -> Vec<u8> {
    changed(|value| value["Name"] = json!(format!("/{name}")))
}

pub(super) trait ReplaceId {
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
pub(super) fn podman() -> Fake {
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
