//! What is known of an engine and what of it is still to be told. Asking is [`super::session`]'s business.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use hashbrown::{HashMap, HashSet};
use scope_core::{CompactString, Problem, Timestamp};

use super::client::Client;
use super::facts::{ContainerFacts, EngineFacts, ImageFacts, NetworkFacts};
use super::id::{ContainerId, ImageId, NetworkId};
use super::queue::Outbox;
use super::watch::Change;

/// Most containers of one engine that are watched.
const CONTAINERS: usize = 20_000;
/// Most networks of one engine that are watched.
const NETWORKS: usize = 10_000;

/// What a change is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Topic {
    Engine,
    Container(ContainerId),
    Image(ImageId),
    Network(NetworkId),
    Problems,
    /// Synced or lost.
    Link,
}

/// What a problem is about; there is one for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Trouble {
    /// The engine is out of reach.
    Link,
    /// An event could not be read.
    Events,
    /// An entry of the list could not be read.
    List,
    /// The networks could not be read.
    Networks,
    /// More containers or networks than are watched.
    Bound,
}

#[derive(Debug, Default)]
struct Image {
    users: HashSet<ContainerId>,
    facts: Option<Arc<ImageFacts>>,
}

/// What is known of an engine.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    containers: HashMap<ContainerId, Arc<ContainerFacts>>,
    images: HashMap<ImageId, Image>,
    networks: HashMap<NetworkId, Arc<NetworkFacts>>,
    /// What the engine's greeting showed.
    remarks: Vec<Problem>,
    troubles: BTreeMap<Trouble, Problem>,
    /// Containers that the engine did not tell the whole of, and why.
    refused: BTreeMap<ContainerId, CompactString>,
    told_problems: Vec<Problem>,
    /// What containers that exist last ended with, as far as it was seen.
    exit_codes: HashMap<ContainerId, i32>,
    /// Whether it was told that the engine is out of reach.
    lost: bool,
    news: Outbox<Topic, Change>,
}

impl Inventory {
    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// How many changes wait to be told.
    pub(super) fn news(&self) -> usize {
        self.news.len()
    }

    pub(super) fn next_news(&mut self) -> Option<Change> {
        self.news.pop()
    }

    pub(super) fn connected(&mut self, facts: EngineFacts, client: Client, remarks: Vec<Problem>) {
        self.remarks = remarks;
        self.settle(Trouble::Link);
        self.news.put(Topic::Engine, Change::Engine(Box::new(facts), client));
    }

    pub(super) fn lost(&mut self, problem: Problem) {
        self.trouble(Trouble::Link, problem);
        if !std::mem::replace(&mut self.lost, true) {
            self.news.put_last(Topic::Link, Change::Lost);
        }
    }

    pub(super) fn synced(&mut self) {
        self.lost = false;
        self.news.put_last(Topic::Link, Change::Synced);
    }

    pub(super) fn trouble(&mut self, trouble: Trouble, problem: Problem) {
        self.troubles.insert(trouble, problem);
        self.tell_problems();
    }

    pub(super) fn settle(&mut self, trouble: Trouble) {
        self.troubles.remove(&trouble);
        self.tell_problems();
    }

    /// The engine did not tell the whole of a container.
    pub(super) fn refused(&mut self, id: ContainerId, problem: Problem) {
        self.refused.insert(id, problem.message);
        self.tell_problems();
    }

    /// Nothing is missing of what is known of a container.
    pub(super) fn complete(&mut self, id: ContainerId) {
        if self.refused.remove(&id).is_some() {
            self.tell_problems();
        }
    }

    fn tell_problems(&mut self) {
        let mut problems: Vec<Problem> = self.troubles.values().chain(&self.remarks).cloned().collect();
        if let Some((id, why)) = self.refused.first_key_value() {
            let name = self.containers.get(id).map(|facts| facts.name.clone()).unwrap_or_default();
            let message = match self.refused.len() {
                1 => format!("container {} is known in part: {why}", name.escape_debug()),
                count => format!("{count} containers are known in part, such as {}: {why}", name.escape_debug()),
            };
            let hint = "their list entries are shown; look at the engine's log for why it does not tell the rest";
            problems.push(Problem { message: message.into(), hint: Some(hint.into()), id: id.node() });
        }
        if problems != self.told_problems {
            self.told_problems.clone_from(&problems);
            self.news.put(Topic::Problems, Change::Problems(problems));
        }
    }

    pub(super) fn container(&self, id: ContainerId) -> Option<&ContainerFacts> {
        self.containers.get(&id).map(Arc::as_ref)
    }

    pub(super) fn container_ids(&self) -> impl Iterator<Item = ContainerId> {
        self.containers.keys().copied()
    }

    /// Whether one more container can be watched.
    pub(super) fn has_room(&mut self, more: usize) -> bool {
        let room = self.containers.len() + more < CONTAINERS;
        if !room {
            self.out_of_room("containers", CONTAINERS);
        }
        room
    }

    fn out_of_room(&mut self, what: &str, most: usize) {
        let message = format!("the engine has more than {most} {what}; the rest is not watched");
        self.trouble(Trouble::Bound, Problem { message: message.into(), hint: None, id: None });
    }

    /// A container that is known ended with `code`.
    pub(super) fn ended_with(&mut self, id: ContainerId, code: i32) {
        if self.containers.contains_key(&id) {
            self.exit_codes.insert(id, code);
        }
    }

    /// Containers whose health check does not pass, in the order of their ids.
    pub(super) fn with_failing_checks(&self) -> Vec<ContainerId> {
        let mut failing: Vec<ContainerId> = self.containers.values().filter(|facts| facts.health_check.is_some()).map(|facts| facts.id).collect();
        failing.sort_unstable();
        failing
    }

    /// A container is as `facts` say. Gives back its image, where nothing is known of that yet.
    pub(super) fn set_container(&mut self, mut facts: ContainerFacts) -> Option<ImageId> {
        let (id, image) = (facts.id, facts.image);
        if !facts.partial {
            self.complete(id);
        }
        if let Some(code) = facts.state.exit_code() {
            self.exit_codes.insert(id, code);
        }
        facts.last_exit_code = self.exit_codes.get(&id).copied();
        let before = self.containers.get(&id);
        if let Some(before) = before {
            date_attachments(&mut facts, before);
        }
        if before.is_some_and(|before| **before == facts) {
            return None;
        }
        let used_before = before.and_then(|before| before.image);
        let facts = Arc::new(facts);
        self.containers.insert(id, Arc::clone(&facts));
        self.news.put(Topic::Container(id), Change::Container(facts));
        if used_before != image
            && let Some(image) = used_before
        {
            self.release_image(image, id);
        }
        let of_image = self.images.entry(image?).or_default();
        of_image.users.insert(id);
        of_image.facts.is_none().then_some(image).flatten()
    }

    /// A container is gone.
    pub(super) fn remove_container(&mut self, id: ContainerId) {
        self.complete(id);
        self.exit_codes.remove(&id);
        if let Some(facts) = self.containers.remove(&id) {
            self.news.put(Topic::Container(id), Change::ContainerGone(id));
            if let Some(image) = facts.image {
                self.release_image(image, id);
            }
        }
    }

    fn release_image(&mut self, image: ImageId, user: ContainerId) {
        let Some(of_image) = self.images.get_mut(&image) else { return };
        of_image.users.remove(&user);
        if of_image.users.is_empty() {
            let told = of_image.facts.is_some();
            self.images.remove(&image);
            if told {
                self.news.put(Topic::Image(image), Change::ImageGone(image));
            }
        }
    }

    pub(super) fn uses_image(&self, id: ImageId) -> bool {
        self.images.contains_key(&id)
    }

    /// An image is as `facts` say. Of no interest where no container uses it.
    pub(super) fn set_image(&mut self, facts: ImageFacts) {
        let id = facts.id;
        let Some(image) = self.images.get_mut(&id) else { return };
        if image.facts.as_deref() != Some(&facts) {
            let facts = Arc::new(facts);
            image.facts = Some(Arc::clone(&facts));
            self.news.put(Topic::Image(id), Change::Image(facts));
        }
    }

    /// The network that Podman means by `text`: in a container it gives the name in place of the id, and calls its default network `podman` there and `bridge`
    /// in the list (4.3).
    pub(super) fn podman_network(&self, text: &NetworkId) -> Option<&NetworkId> {
        let name = if text.as_str() == "podman" { "bridge" } else { text.as_str() };
        let meant = self.networks.values().find(|network| network.id.is_of(text) || network.name == text.as_str());
        meant.or_else(|| self.networks.values().find(|network| network.name == name)).map(|network| &network.id)
    }

    /// Containers with an address in a network that is not known.
    pub(super) fn in_unknown_networks(&self) -> Vec<ContainerId> {
        let unknown = |facts: &ContainerFacts| facts.networks.iter().any(|at| at.network.is_none() && (at.ipv4.is_some() || at.ipv6.is_some()));
        self.containers.values().filter(|facts| unknown(facts)).map(|facts| facts.id).collect()
    }

    pub(super) fn network_ids(&self) -> impl Iterator<Item = &NetworkId> {
        self.networks.keys()
    }

    /// A network is as `facts` say.
    pub(super) fn set_network(&mut self, facts: NetworkFacts) {
        if self.networks.get(&facts.id).is_some_and(|before| **before == facts) {
            return;
        }
        if self.networks.len() >= NETWORKS && !self.networks.contains_key(&facts.id) {
            return self.out_of_room("networks", NETWORKS);
        }
        let (id, facts) = (facts.id.clone(), Arc::new(facts));
        self.networks.insert(id.clone(), Arc::clone(&facts));
        self.news.put(Topic::Network(id), Change::Network(facts));
    }

    /// A network is gone.
    pub(super) fn remove_network(&mut self, id: &NetworkId) {
        if self.networks.remove(id).is_some() {
            self.news.put(Topic::Network(id.clone()), Change::NetworkGone(id.clone()));
        }
    }
}

/// Says since when a container has an address that it got while it ran. Before, another may have had it.
fn date_attachments(facts: &mut ContainerFacts, before: &ContainerFacts) {
    if !before.state.is_alive() || before.started_at != facts.started_at {
        return;
    }
    for at in &mut facts.networks {
        let same = before.networks.iter().find(|before| (&before.network, before.ipv4, before.ipv6) == (&at.network, at.ipv4, at.ipv6));
        at.since = match same {
            Some(before) => before.since,
            None => {
                SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().and_then(|now| i64::try_from(now.as_micros()).ok()).map(Timestamp::from_micros)
            }
        };
    }
}
