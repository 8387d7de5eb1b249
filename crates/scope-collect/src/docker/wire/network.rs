//! `GET /networks` and `GET /networks/{id}`.

use scope_core::redact::Redactor;
use serde::Deserialize;

use crate::docker::facts::{NetworkFacts, Reach, Subnet};

use super::{NAME_BYTES, Raw, Room, as_text};

/// The option that names the bridge of a network with the bridge driver; the default network has it too.
const BRIDGE_NAME: &str = "com.docker.network.bridge.name";

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Inspect<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    name: Raw<'a>,
    driver: Raw<'a>,
    scope: Raw<'a>,
    internal: Raw<'a>,
    #[serde(rename = "IPAM")]
    ipam: Raw<'a>,
    options: Raw<'a>,
    labels: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Ipam<'a> {
    #[serde(borrow)]
    config: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct IpamConfig<'a> {
    #[serde(borrow)]
    subnet: Raw<'a>,
    gateway: Raw<'a>,
}

/// The networks in the list; those without an id are left out.
pub(crate) fn networks(answer: &[u8], redactor: &Redactor) -> Result<Vec<NetworkFacts>, serde_json::Error> {
    let text = as_text(answer);
    let entries: Vec<Raw<'_>> = serde_json::from_str(&text)?;
    Ok(entries.into_iter().filter_map(|entry| facts(&entry.get()?, redactor)).collect())
}

/// The facts in the answer about one network; `None` where it has no id.
pub(crate) fn network(answer: &[u8], redactor: &Redactor) -> Result<Option<NetworkFacts>, serde_json::Error> {
    let text = as_text(answer);
    Ok(facts(&serde_json::from_str(&text)?, redactor))
}

fn facts(network: &Inspect<'_>, redactor: &Redactor) -> Option<NetworkFacts> {
    let id: crate::docker::id::NetworkId = network.id.text()?.parse().ok()?;
    let mut room = Room::new();
    let driver = network.driver.text_within(64).unwrap_or_default();
    let subnets = room.take(network.ipam.get::<Ipam<'_>>().unwrap_or_default().config.list(), |config| {
        let config: IpamConfig<'_> = config.get()?;
        let subnet = config.subnet.text()?;
        let (ip, prefix) = subnet.split_once('/')?;
        let ip: std::net::IpAddr = ip.parse().ok()?;
        let prefix: u8 = prefix.parse().ok().filter(|bits| *bits <= if ip.is_ipv4() { 32 } else { 128 })?;
        // Podman and newer engines write the gateway plainly, some with the prefix.
        let gateway = config.gateway.text().and_then(|ip| ip.split_once('/').map_or(ip.as_ref(), |(ip, _)| ip).parse().ok());
        Some((Subnet { ip, prefix, gateway }, subnet.len()))
    });
    let named = network.options.entries().into_iter().find(|(key, _)| key == BRIDGE_NAME).and_then(|(_, name)| name.text_within(64));
    let bridge = named.or_else(|| (driver == "bridge").then(|| format!("br-{}", id.as_str().get(..12).unwrap_or(id.as_str())).into()));
    Some(NetworkFacts {
        name: network.name.text_within(NAME_BYTES).unwrap_or_default(),
        reach: match network.scope.text().as_deref() {
            Some("swarm" | "global") => Reach::Cluster,
            _ => Reach::Local,
        },
        id,
        driver,
        subnets,
        internal: network.internal.flag(),
        bridge,
        labels: room.labels(network.labels, redactor),
    })
}
