//! The questions that are asked of an engine, each with its bound, and its typed answer.

use std::time::Duration;

use scope_core::redact::Redactor;

use super::client::{Client, query_value};
use super::error::Error;
use super::facts::{ContainerFacts, Flavour, ImageFacts, NetworkFacts};
use super::id::{ContainerId, ImageId, NetworkId};
use super::lines::Lines;
use super::version::ApiVersion;
use super::wire::{self, DiskUsage, Greeting, StatsSample, Summary};

/// Largest answer about one thing, in bytes. A container's is 4 KiB, and mostly labels where it is more.
const ONE_BYTES: usize = 4 << 20;
/// Largest list, in bytes: 10,000 containers take 8 MiB.
const LIST_BYTES: usize = 64 << 20;
/// Longest line of the event stream, in bytes. Events carry the container's labels.
const EVENT_BYTES: usize = 4 << 20;
/// Longest line of a stats stream, in bytes: 2 KiB and a hundred for each core.
const STATS_BYTES: usize = 1 << 20;
/// How long an engine may add up what its storage is used for.
const USAGE_WITHIN: Duration = Duration::from_mins(2);

impl Client {
    fn decode<T>(path: &str, decoded: Result<T, serde_json::Error>) -> Result<T, Error> {
        decoded.map_err(|source| Error::Decode { path: path.to_owned(), source })
    }

    /// What an engine is. Asked without a version, which all engines answer.
    pub(crate) async fn version(&self) -> Result<Greeting, Error> {
        let path = "/version";
        Self::decode(path, wire::version(&self.get(path, ONE_BYTES).await?))
    }

    /// The event stream. Docker is asked from `since` on, in seconds since 1970 by its own clock, so that nothing is lost between its answer and its subscription.
    pub(crate) async fn events(&self, flavour: Flavour, since: Option<i64>) -> Result<Lines, Error> {
        // Podman names its events differently from version to version and takes unknown names for none, so it is asked for everything.
        let path = match (flavour, since) {
            (Flavour::Podman, _) => "/events".to_owned(),
            (Flavour::Docker, None) => format!("/events?filters={}", query_value(wire::FILTER)),
            (Flavour::Docker, Some(since)) => format!("/events?since={since}&filters={}", query_value(wire::FILTER)),
        };
        self.lines(&path, EVENT_BYTES).await
    }

    /// All containers, running or not, and how many entries could not be read.
    pub(crate) async fn containers(&self, redactor: &Redactor) -> Result<(Vec<Summary>, usize), Error> {
        let path = "/containers/json?all=1";
        Self::decode(path, wire::list(&self.get(path, LIST_BYTES).await?, redactor))
    }

    /// One container; `None` where the answer names another, or none.
    pub(crate) async fn container(&self, id: ContainerId, redactor: &Redactor) -> Result<Option<ContainerFacts>, Error> {
        let path = format!("/containers/{id}/json");
        let facts = Self::decode(&path, wire::inspect(&self.get(&path, ONE_BYTES).await?, redactor))?;
        Ok(facts.filter(|facts| facts.id == id))
    }

    /// All networks.
    pub(crate) async fn networks(&self, redactor: &Redactor) -> Result<Vec<NetworkFacts>, Error> {
        let path = "/networks";
        Self::decode(path, wire::networks(&self.get(path, LIST_BYTES).await?, redactor))
    }

    /// One network; `None` where the answer names another, or none.
    pub(crate) async fn network(&self, id: &NetworkId, redactor: &Redactor) -> Result<Option<NetworkFacts>, Error> {
        let path = format!("/networks/{id}");
        let facts = Self::decode(&path, wire::network(&self.get(&path, LIST_BYTES).await?, redactor))?;
        Ok(facts.filter(|facts| facts.id == *id))
    }

    /// One image; `None` where the answer names another, or none.
    pub(crate) async fn image(&self, id: ImageId, redactor: &Redactor) -> Result<Option<ImageFacts>, Error> {
        let path = format!("/images/sha256:{id}/json");
        let facts = Self::decode(&path, wire::image(&self.get(&path, ONE_BYTES).await?, redactor))?;
        Ok(facts.filter(|facts| facts.id == id))
    }

    /// A container's figures, about once a second (Podman: every five seconds) until it ends.
    pub(crate) async fn stats_stream(&self, id: ContainerId) -> Result<Lines, Error> {
        self.lines(&format!("/containers/{id}/stats?stream=1"), STATS_BYTES).await
    }

    /// A container's figures once; `None` where it has no processes. Takes Docker a second or two.
    pub(crate) async fn stats_once(&self, id: ContainerId) -> Result<Option<StatsSample>, Error> {
        // Before API 1.41 `one-shot` is not known, and passed over.
        let path = format!("/containers/{id}/stats?stream=0&one-shot=1");
        Self::decode(&path, wire::stats(&self.get(&path, STATS_BYTES).await?))
    }

    /// What writable layers and volumes take. **Costly**: the engine walks the files of all containers and volumes, which takes seconds to minutes. For a
    /// person who asks, never on an interval.
    pub async fn disk_usage(&self) -> Result<DiskUsage, Error> {
        let api = self.api().unwrap_or(ApiVersion::OLDEST);
        if api < ApiVersion::new(1, 25) {
            return Ok(DiskUsage { containers: self.written_layers().await?, ..DiskUsage::default() });
        }
        // Images and the build cache take long and are not wanted; before 1.42 there is no leaving them out, so all is asked for at once.
        let apart = api >= ApiVersion::new(1, 42);
        let path = if apart { "/system/df?type=volume" } else { "/system/df" };
        let containers = if apart { Some(self.written_layers().await?) } else { None };
        let usage = Self::decode(path, wire::usage(&self.get_within(path, LIST_BYTES, USAGE_WITHIN).await?))?;
        Ok(DiskUsage { containers: containers.unwrap_or(usage.containers), ..usage })
    }
}
