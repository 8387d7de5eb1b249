//! What the facts become as records.

use std::net::IpAddr;

use scope_core::redact::Redactor;
use scope_core::{AgentName, Scope, field};

use super::*;
use crate::docker::wire;

fn facts(name: &str) -> ContainerFacts {
    wire::inspect(&fixture(&format!("engine-20.10/inspect/{name}.json")), &Redactor::allowing(["TZ"]).unwrap()).unwrap().unwrap()
}

fn with_host<T>(look: impl FnOnce(Surroundings<'_>) -> T) -> T {
    let agent: AgentName = "host-a".parse().unwrap();
    let addresses: [IpAddr; 3] = ["192.168.1.10".parse().unwrap(), "2001:db8::10".parse().unwrap(), "172.17.0.1".parse().unwrap()];
    let scope = |ip: IpAddr| match ip.to_string().as_str() {
        "127.0.0.1" => Scope::host(&agent),
        "172.17.0.1" => Scope::network("bridge").unwrap(),
        "192.168.1.10" => "lab".parse().unwrap(),
        _ => Scope::WORLD,
    };
    look(Surroundings { agent: &agent, addresses: &addresses, scope: &scope })
}

#[test]
fn a_container_as_a_node() {
    let node = with_host(|host| facts("running").node(host)).unwrap();
    let metrics: std::collections::BTreeMap<_, _> = facts("running").metrics().into_iter().collect();
    let whole = serde_json::json!({
        "id": node.id, "kind": node.kind, "name": node.name, "parents": node.parents, "endpoints": node.endpoints, "attrs": node.attrs, "metrics": metrics,
    });
    insta::assert_snapshot!(serde_json::to_string_pretty(&whole).unwrap());
}

#[test]
fn an_image_and_an_engine_as_nodes() {
    let agent: AgentName = "host-a".parse().unwrap();
    let image = wire::image(&fixture("engine-20.10/image.json"), &Redactor::new()).unwrap().unwrap().node(&agent).unwrap();
    assert_eq!((image.kind.as_str(), image.name.as_deref()), ("image", Some("scope-test/busybox:1")));
    assert_eq!(image.attrs.get("architecture").and_then(|value| value.as_text()), Some("amd64"));
    let greeting = wire::version(&fixture("engine-20.10/version.json")).unwrap();
    let engine =
        EngineFacts { flavour: greeting.flavour, version: greeting.release, offered: greeting.newest, api: greeting.newest, endpoint: "unix:///x".into() };
    let host = engine.node(&agent);
    assert_eq!((host.id.as_str(), host.attrs.get("engine").unwrap().to_string()), ("host:host-a", "docker 20.10.24+dfsg1".to_owned()));
}

#[test]
fn only_what_runs_can_be_reached() {
    for name in ["exited", "created", "restarting", "oom", "failed"] {
        assert_eq!(with_host(|host| facts(name).endpoints(host)), [], "{name}");
    }
    let paused: Vec<String> = with_host(|host| facts("paused").endpoints(host)).iter().map(|endpoint| endpoint.at.to_string()).collect();
    assert_eq!(paused, ["net:3f693d83871c0eda4c17cc7a1cede7efabbe9708e4e390d8f0d35408e941f9d3|172.17.0.3:80/tcp"]);
    assert!(with_host(|host| facts("host").endpoints(host)).is_empty(), "what listens on the host's network is for the kernel to say");
}

#[test]
fn an_exit_code_is_of_the_ended_and_of_the_restarting_only() {
    let code = |name: &str| with_host(|host| facts(name).node(host)).unwrap().attrs.get("exit_code").cloned();
    assert_eq!((code("exited"), code("oom"), code("running"), code("created")), (Some(3_u32.into()), Some(137_u32.into()), None, None));
    assert_eq!(code("restarting"), Some(1_u32.into()), "why it restarts again and again");
}

#[test]
fn every_field_is_registered() {
    let sample = wire::stats(&fixture("engine-20.10/stats.json")).unwrap().unwrap();
    for name in ["running", "exited", "failed", "restarting", "unhealthy"] {
        let facts = facts(name);
        let node = with_host(|host| facts.node(host)).unwrap();
        for field in
            node.attrs.iter().map(|(name, _)| name).chain(facts.metrics().iter().map(|(name, _)| *name)).chain(sample.metrics().iter().map(|(name, _)| *name))
        {
            assert!(field::Registry::default().get(field).is_some(), "{field}");
        }
    }
}

#[test]
fn what_the_list_does_not_say_is_not_said() {
    let (listed, _) = wire::list(&fixture("engine-20.10/containers.json"), &Redactor::new()).unwrap();
    let node = with_host(|host| listed[0].facts.node(host)).unwrap();
    assert_eq!(node.attrs.get("partial").and_then(scope_core::Value::as_bool), Some(true));
    for unknown in ["privileged", "oom_killed", "env", "restart_count"] {
        assert_eq!(node.attrs.get(unknown), None, "{unknown}");
    }
}
