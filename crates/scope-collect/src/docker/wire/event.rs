//! `GET /events`: which event means that what must be read again.

use std::borrow::Cow;

use serde::Deserialize;

use crate::docker::id::{ContainerId, ImageId, NetworkId};

use super::{Raw, as_text};

/// What Docker is asked to send. Without the events of `exec` a host full of health checks is quiet: they come three to each check, and change nothing that is
/// shown. `health_status` is matched by its beginning from Docker 17.03, by the whole word before, so its whole words are there too.
pub(crate) const FILTER: &str = r#"{"type":["container","network","image"],"event":["create","start","restart","die","pause","unpause","rename","update","oom","destroy","health_status","health_status: starting","health_status: healthy","health_status: unhealthy","connect","disconnect","remove","tag","untag","delete"]}"#;

/// What an event asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Read the container again.
    Container(ContainerId),
    /// The container ended, with this exit code where it is told. Read it again.
    ContainerEnded(ContainerId, Option<i32>),
    /// The container is gone.
    ContainerGone(ContainerId),
    /// Read the network again.
    Network(NetworkId),
    /// The network is gone.
    NetworkGone(NetworkId),
    /// Read the image again, if it is in use.
    Image(ImageId),
    /// Nothing.
    Other,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    // The reference of API 1.22 has them in lower case.
    #[serde(borrow, rename = "Type", alias = "type")]
    kind: Raw<'a>,
    #[serde(rename = "Action", alias = "action")]
    action: Raw<'a>,
    #[serde(rename = "Actor", alias = "actor")]
    actor: Raw<'a>,
    status: Raw<'a>,
    id: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Actor<'a> {
    #[serde(borrow, rename = "ID", alias = "id")]
    id: Raw<'a>,
    #[serde(rename = "Attributes", alias = "attributes")]
    attributes: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Attributes<'a> {
    #[serde(borrow)]
    container: Raw<'a>,
    #[serde(rename = "exitCode")]
    exit_code: Raw<'a>,
}

/// What a line of the stream asks for.
pub(crate) fn event(line: &[u8]) -> Result<Event, serde_json::Error> {
    let text = as_text(line);
    let message: Message<'_> = serde_json::from_str(&text)?;
    let actor: Actor<'_> = message.actor.get().unwrap_or_default();
    let id = actor.id.text().or_else(|| message.id.text()).unwrap_or_default();
    let action = message.action.text().or_else(|| message.status.text()).unwrap_or_default();
    // `exec_start: sh -c true`, `health_status: healthy`
    let action = action.split_once(':').map_or(action.as_ref(), |(action, _)| action);
    let asked = match message.kind.text().unwrap_or(Cow::Borrowed("container")).as_ref() {
        "container" => id.parse().ok().and_then(|id| match action {
            "destroy" | "remove" => Some(Event::ContainerGone(id)),
            // `died`, `init`, `cleanup`, `sync`, `checkpoint` and `restore` are Podman's.
            "die" => {
                let attributes: Attributes<'_> = actor.attributes.get().unwrap_or_default();
                Some(Event::ContainerEnded(id, attributes.exit_code.text().and_then(|code| code.parse().ok())))
            }
            "create" | "init" | "start" | "restart" | "died" | "cleanup" | "stop" | "pause" | "unpause" | "rename" | "update" | "oom" | "health_status"
            | "restore" | "checkpoint" | "sync" => Some(Event::Container(id)),
            _ => None,
        }),
        "network" => match action {
            "connect" | "disconnect" => {
                let attributes: Attributes<'_> = actor.attributes.get().unwrap_or_default();
                // Podman gives the container in place of the network.
                let container = attributes.container.text().unwrap_or_else(|| id.clone());
                container.parse().ok().map(Event::Container)
            }
            "create" | "update" => id.parse().ok().map(Event::Network),
            "destroy" | "remove" => id.parse().ok().map(Event::NetworkGone),
            _ => None,
        },
        "image" => match action {
            "tag" | "untag" | "delete" | "remove" => id.parse().ok().map(Event::Image),
            _ => None,
        },
        _ => None,
    };
    Ok(asked.unwrap_or(Event::Other))
}
