//! Watching an engine: one that replays, and the real ones where there are any.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a failed test may panic")]

mod captured;
mod changes;
mod fake;
mod live;
mod record;
mod replay;
mod stats;
mod trouble;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use scope_core::Problem;

use super::*;

/// Long enough for the slowest machine; nothing is measured by it.
const AT_MOST: Duration = Duration::from_mins(1);

fn fixture(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/docker").join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A reader that knows what was told.
struct Reader {
    watch: Watch,
    engine: Option<EngineFacts>,
    client: Option<Client>,
    containers: BTreeMap<ContainerId, Arc<ContainerFacts>>,
    images: BTreeMap<ImageId, Arc<ImageFacts>>,
    networks: BTreeMap<NetworkId, Arc<NetworkFacts>>,
    problems: Vec<Problem>,
    synced: bool,
    networks_before_containers: usize,
    /// Containers in the order in which they were told of, by name and state, the gone ones with a minus.
    told: Vec<String>,
}

impl Reader {
    fn start(settings: Settings) -> Self {
        let watch = Watch::start(settings).unwrap();
        Self {
            watch,
            engine: None,
            client: None,
            containers: BTreeMap::new(),
            images: BTreeMap::new(),
            networks: BTreeMap::new(),
            problems: Vec::new(),
            synced: false,
            networks_before_containers: 0,
            told: Vec::new(),
        }
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Engine(facts, client) => (self.engine, self.client) = (Some(*facts), Some(client)),
            Change::Container(facts) => {
                self.told.push(format!("{} {}", facts.name, facts.state.as_str()));
                self.containers.insert(facts.id, facts);
            }
            Change::ContainerGone(id) => {
                if let Some(facts) = self.containers.remove(&id) {
                    self.told.push(format!("-{}", facts.name));
                }
            }
            Change::Image(facts) => drop(self.images.insert(facts.id, facts)),
            Change::ImageGone(id) => drop(self.images.remove(&id)),
            Change::Network(facts) => {
                self.networks_before_containers += usize::from(self.containers.is_empty());
                self.networks.insert(facts.id.clone(), facts);
            }
            Change::NetworkGone(id) => drop(self.networks.remove(&id)),
            Change::Problems(problems) => self.problems = problems,
            Change::Synced => self.synced = true,
            Change::Lost => self.synced = false,
        }
    }

    /// Reads until `enough`.
    async fn until(&mut self, what: &str, enough: impl Fn(&Self) -> bool) {
        let reading = async {
            while !enough(self) {
                let change = self.watch.next().await.expect("the task goes on");
                self.apply(change);
            }
        };
        let done = tokio::time::timeout(AT_MOST, reading).await;
        assert!(done.is_ok(), "{what} did not come; told: {:?}, problems: {:?}", self.told, self.problems);
    }

    async fn synced(&mut self) {
        self.until("the whole", |reader| reader.synced).await;
    }

    fn named(&self, name: &str) -> Option<&Arc<ContainerFacts>> {
        self.containers.values().find(|facts| facts.name == name)
    }

    fn messages(&self) -> String {
        self.problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("\n")
    }
}
