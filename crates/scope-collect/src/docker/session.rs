//! One connection to an engine, from its subscription to events until something breaks.

use std::pin::Pin;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hashbrown::{HashMap, HashSet};
use scope_core::redact::Redactor;
use scope_core::{AgentName, Problem};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::client::Client;
use super::endpoint::Endpoint;
use super::error::Error;
use super::facts::{ContainerFacts, Flavour, ImageFacts, NetworkFacts, State};
use super::id::{ContainerId, ImageId, NetworkId};
use super::inventory::{Inventory, Trouble};
use super::lines::Line;
use super::queue::{Pending, Subject};
use super::watch::{Change, Closed, Settings};
use super::wire::{self, Event, Summary};

/// Questions under way at once: an engine answers them in parallel, and a container that it is stuck on blocks one.
const AT_ONCE: usize = 4;
/// Changes waiting to be told above which nothing more is asked: events meanwhile only mark what they touch.
const ENOUGH_NEWS: usize = 1024;
/// How long to wait for the head of the event stream. Some versions of Podman send it with the first event.
const HEAD_WITHIN: Duration = Duration::from_secs(1);
/// When to compare with the list after a subscription whose beginning is not exact.
const COMPARE_SOON: Duration = Duration::from_secs(2);
/// When to compare with the list after an event that could not be read, and to ask again for what was refused.
const COMPARE_AFTER_LOSS: Duration = Duration::from_secs(5);
/// How far before now Docker is asked for events: its clock and ours are one, but its answer comes before its subscription.
const OVERLAP: Duration = Duration::from_secs(1);

/// Containers with failing health checks that are asked about at a time, at most; the rest has its turn later.
const CHECKS: usize = 32;

/// Networks that the list is read again for, once each.
const UNKNOWN_NETWORKS: usize = 1000;

type Question = Pin<Box<dyn Future<Output = Answer> + Send>>;

enum Answer {
    Containers(Result<(Vec<Summary>, usize), Error>),
    Networks(Result<Vec<NetworkFacts>, Error>),
    Container(ContainerId, Box<Result<Option<ContainerFacts>, Error>>),
    Image(ImageId, Result<Option<ImageFacts>, Error>),
    Network(NetworkId, Result<Option<NetworkFacts>, Error>),
}

/// What must be in before everything was told once.
#[derive(Debug)]
enum Sync {
    /// The lists, and then what they name.
    Awaiting { containers: bool, networks: bool, subjects: HashSet<Subject> },
    /// It was.
    Done,
}

pub(super) struct Session {
    client: Client,
    flavour: Flavour,
    agent: Option<AgentName>,
    redactor: Redactor,
    compare_every: Duration,
    checks_every: Duration,
    pending: Pending,
    questions: FuturesUnordered<Question>,
    /// What the list said of containers that are asked about.
    listed: HashMap<ContainerId, ContainerFacts>,
    sync: Sync,
    /// When the list is next compared, and whether a comparison is under way.
    compare_at: Instant,
    comparing: bool,
    /// When failing health checks are next looked at, and the container that was the last to be.
    checks_at: Instant,
    checked: Option<ContainerId>,
    odd_events: u64,
    /// Networks of Podman's containers that were not in its list.
    unknown_networks: HashSet<NetworkId>,
}

/// Says of a container that it ended, before the engine is asked: it writes to its disk first, and answers a tenth of a second later. Whether it starts one
/// with a policy again only its answer tells.
fn ended(id: ContainerId, code: Option<i32>, inventory: &mut Inventory) {
    let stays = |facts: &&ContainerFacts| facts.state.is_alive() && facts.restart_policy.as_ref().is_none_or(|policy| policy.name == "no");
    if let Some(mut facts) = inventory.container(id).filter(stays).cloned() {
        facts.state = State::Exited { code };
        facts.pid = None;
        // Its image is known: it ran.
        let _ = inventory.set_container(facts);
    }
}

impl Session {
    pub(super) fn new(client: Client, flavour: Flavour, settings: &Settings) -> Self {
        Self {
            client,
            flavour,
            agent: settings.agent.clone(),
            redactor: settings.redactor.clone(),
            compare_every: settings.compare_every,
            checks_every: settings.checks_every,
            pending: Pending::default(),
            questions: FuturesUnordered::new(),
            listed: HashMap::new(),
            sync: Sync::Awaiting { containers: true, networks: true, subjects: HashSet::new() },
            compare_at: Instant::now() + settings.compare_every,
            comparing: false,
            checks_at: Instant::now() + settings.checks_every,
            checked: None,
            odd_events: 0,
            unknown_networks: HashSet::new(),
        }
    }

    /// Whether everything was told once.
    pub(super) fn has_synced(&self) -> bool {
        matches!(self.sync, Sync::Done)
    }

    /// Keeps up until something breaks, and says what.
    pub(super) async fn run(&mut self, sender: &mpsc::Sender<Change>, inventory: &mut Inventory) -> Result<Error, Closed> {
        // On one host the engine's clock is ours.
        let local = matches!(self.client.endpoint(), Endpoint::Unix(_));
        let since = SystemTime::now().checked_sub(OVERLAP).and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let since = since.filter(|_| local).and_then(|since| i64::try_from(since.as_secs()).ok());
        let mut events = match self.client.events(self.flavour, since).await {
            Ok(events) => events,
            Err(error) => return Ok(error),
        };
        match timeout(HEAD_WITHIN, events.opened()).await {
            Ok(Err(error)) => return Ok(error),
            Ok(Ok(())) if since.is_some() && self.flavour == Flavour::Docker => {}
            _ => self.compare_at = self.compare_at.min(Instant::now() + COMPARE_SOON),
        }
        self.compare();
        loop {
            while self.questions.len() < AT_ONCE + 2 && inventory.news() < ENOUGH_NEWS && self.can_ask() {
                let Some(subject) = self.pending.next() else { break };
                self.ask(subject);
            }
            tokio::select! {
                line = events.next() => match line {
                    Ok(Some(line)) => self.heard(&line, inventory),
                    Ok(None) => return Ok(events.ended()),
                    Err(error) => return Ok(error),
                },
                Some(answer) = self.questions.next() => {
                    if let Err(error) = self.answered(answer, inventory) {
                        return Ok(error);
                    }
                }
                permit = sender.reserve(), if inventory.has_news() => {
                    let permit = permit.map_err(|_| Closed)?;
                    if let Some(change) = inventory.next_news() {
                        permit.send(change);
                    }
                }
                () = sender.closed() => return Err(Closed),
                () = sleep_until(self.compare_at), if !self.comparing => self.compare(),
                () = sleep_until(self.checks_at) => self.look_at_checks(inventory),
            }
        }
    }

    /// Whether containers can be told of: their addresses are placed by networks, so those come first.
    fn can_ask(&self) -> bool {
        !matches!(self.sync, Sync::Awaiting { networks: true, .. })
    }

    /// Asks for the lists.
    fn compare(&mut self) {
        self.comparing = true;
        let (client, redactor) = (self.client.clone(), self.redactor.clone());
        self.questions.push(Box::pin(async move { Answer::Containers(client.containers(&redactor).await) }));
        let (client, redactor) = (self.client.clone(), self.redactor.clone());
        self.questions.push(Box::pin(async move { Answer::Networks(client.networks(&redactor).await) }));
    }

    /// Asks again what failing health checks print and how often they failed, a part of them at a time.
    fn look_at_checks(&mut self, inventory: &Inventory) {
        self.checks_at = Instant::now() + self.checks_every;
        let failing = inventory.with_failing_checks();
        let next = failing.partition_point(|id| Some(*id) <= self.checked);
        let (done, to_do) = failing.split_at(next);
        for id in to_do.iter().chain(done).take(CHECKS) {
            self.pending.touch(Subject::Container(*id));
            self.checked = Some(*id);
        }
    }

    fn compare_within(&mut self, delay: Duration) {
        self.compare_at = self.compare_at.min(Instant::now() + delay);
    }

    fn ask(&mut self, subject: Subject) {
        let (client, redactor) = (self.client.clone(), self.redactor.clone());
        self.questions.push(match subject {
            Subject::Container(id) => Box::pin(async move { Answer::Container(id, Box::new(client.container(id, &redactor).await)) }),
            Subject::Image(id) => Box::pin(async move { Answer::Image(id, client.image(id, &redactor).await) }),
            Subject::Network(id) => Box::pin(async move {
                let answer = client.network(&id, &redactor).await;
                Answer::Network(id, answer)
            }),
        });
    }

    fn heard(&mut self, line: &Line, inventory: &mut Inventory) {
        let event = match line {
            Line::Text(text) => wire::event(text).map_err(|error| error.to_string()),
            Line::TooLong => Err("it is too long".to_owned()),
        };
        match event {
            Ok(Event::Container(id)) => {
                let subject = Subject::Container(id);
                // What is asked for comes back as known, so it is counted before.
                if inventory.container(id).is_some() || self.pending.holds(&subject) || inventory.has_room(self.pending.len()) {
                    self.pending.touch(subject);
                }
            }
            Ok(Event::ContainerEnded(id, code)) => {
                if let Some(code) = code {
                    inventory.ended_with(id, code);
                }
                ended(id, code, inventory);
                self.pending.touch(Subject::Container(id));
            }
            Ok(Event::ContainerGone(id)) => self.container_gone(id, inventory),
            // Podman's networks are known by another id than it gives.
            Ok(Event::Network(_) | Event::NetworkGone(_)) if self.flavour == Flavour::Podman => self.compare_within(COMPARE_SOON),
            Ok(Event::Network(id)) => self.pending.touch(Subject::Network(id)),
            Ok(Event::NetworkGone(id)) => {
                let subject = Subject::Network(id.clone());
                self.pending.remove(&subject);
                self.done(&subject, inventory);
                inventory.remove_network(&id);
            }
            Ok(Event::Image(id)) if inventory.uses_image(id) => self.pending.touch(Subject::Image(id)),
            Ok(Event::Image(_) | Event::Other) => {}
            Err(why) => {
                self.odd_events += 1;
                let message = format!("{} events of the engine could not be read, the last because {why}", self.odd_events);
                inventory
                    .trouble(Trouble::Events, Problem { message: message.into(), hint: Some("what they told is read from the list instead".into()), id: None });
                self.compare_within(COMPARE_AFTER_LOSS);
            }
        }
    }

    fn answered(&mut self, answer: Answer, inventory: &mut Inventory) -> Result<(), Error> {
        match answer {
            Answer::Containers(answer) => {
                let (summaries, odd) = answer?;
                self.listed_containers(summaries, odd, inventory);
            }
            Answer::Networks(answer) => self.listed_networks(answer, inventory),
            Answer::Container(id, answer) => {
                let subject = Subject::Container(id);
                let listed = self.listed.remove(&id);
                if self.pending.answered(&subject) {
                    self.set_container(id, *answer, listed, inventory);
                }
                self.done(&subject, inventory);
            }
            Answer::Image(id, answer) => {
                let subject = Subject::Image(id);
                // An image can be removed by force while containers run from it: what is known of it stays.
                if self.pending.answered(&subject)
                    && let Ok(Some(facts)) = answer
                {
                    inventory.set_image(facts);
                }
                self.done(&subject, inventory);
            }
            Answer::Network(id, answer) => {
                let subject = Subject::Network(id.clone());
                if self.pending.answered(&subject) {
                    match answer {
                        Ok(Some(facts)) => inventory.set_network(facts),
                        Ok(None) => inventory.remove_network(&id),
                        Err(error) if error.is_not_found() => inventory.remove_network(&id),
                        Err(_) => self.compare_within(COMPARE_AFTER_LOSS),
                    }
                }
                self.done(&subject, inventory);
            }
        }
        Ok(())
    }

    fn set_container(&mut self, id: ContainerId, answer: Result<Option<ContainerFacts>, Error>, listed: Option<ContainerFacts>, inventory: &mut Inventory) {
        let facts = match answer {
            Ok(Some(facts)) => facts,
            // It was removed after the list, or before its event was read.
            Ok(None) => return self.container_gone(id, inventory),
            Err(error) if error.is_not_found() => return self.container_gone(id, inventory),
            Err(error) => {
                inventory.refused(id, error.problem());
                // What the list says is more than nothing, and newer than an answer from before.
                let Some(listed) = listed else { return self.compare_within(COMPARE_AFTER_LOSS) };
                match inventory.container(id) {
                    Some(before) => updated(before, listed),
                    None => listed,
                }
            }
        };
        let facts = self.with_networks(facts, inventory);
        if let Some(image) = inventory.set_container(facts) {
            self.await_subject(Subject::Image(image));
        }
    }

    /// The facts with the ids of networks as they are known.
    fn with_networks(&mut self, mut facts: ContainerFacts, inventory: &Inventory) -> ContainerFacts {
        if self.flavour == Flavour::Docker {
            return facts;
        }
        for at in &mut facts.networks {
            let meant = at.network.as_ref().and_then(|id| inventory.podman_network(id)).cloned();
            if let (Some(unknown), None) = (&at.network, &meant)
                && self.unknown_networks.len() < UNKNOWN_NETWORKS
                && self.unknown_networks.insert(unknown.clone())
            {
                // Podman has no event for a new network.
                self.compare_within(COMPARE_SOON);
            }
            at.network = meant;
        }
        facts
    }

    fn container_gone(&mut self, id: ContainerId, inventory: &mut Inventory) {
        let subject = Subject::Container(id);
        self.pending.remove(&subject);
        self.listed.remove(&id);
        inventory.remove_container(id);
        self.done(&subject, inventory);
    }

    fn listed_containers(&mut self, summaries: Vec<Summary>, odd: usize, inventory: &mut Inventory) {
        self.comparing = false;
        self.compare_at = Instant::now() + self.compare_every;
        if odd == 0 {
            inventory.settle(Trouble::List);
        } else {
            let message = format!("{odd} of the engine's containers have no id that could be read");
            inventory.trouble(Trouble::List, Problem { message: message.into(), hint: None, id: None });
        }
        let first = !self.has_synced();
        let mut unlisted: HashSet<ContainerId> = inventory.container_ids().collect();
        for Summary { facts } in summaries {
            let facts = self.with_networks(facts, inventory);
            let id = facts.id;
            let known = unlisted.remove(&id);
            // After a new connection anything may have happened.
            let same = !first && inventory.container(id).is_some_and(|before| !before.partial && agree(before, &facts));
            if same {
                // Whatever was refused, it told nothing new.
                inventory.complete(id);
            }
            if same || !(known || inventory.has_room(self.listed.len())) {
                continue;
            }
            self.listed.insert(id, facts);
            self.await_subject(Subject::Container(id));
        }
        // It was created after the list was made, or it is gone: the engine knows.
        for id in unlisted {
            self.await_subject(Subject::Container(id));
        }
        if let Sync::Awaiting { containers, .. } = &mut self.sync {
            *containers = false;
        }
        self.check_synced(inventory);
    }

    fn listed_networks(&mut self, answer: Result<Vec<NetworkFacts>, Error>, inventory: &mut Inventory) {
        match answer {
            Ok(networks) => {
                inventory.settle(Trouble::Networks);
                let mut unlisted: HashSet<NetworkId> = inventory.network_ids().cloned().collect();
                let mut news = false;
                for mut network in networks {
                    if let (Flavour::Podman, Some(agent)) = (self.flavour, &self.agent) {
                        network.id = network.id.on_host(agent);
                    }
                    news |= !unlisted.remove(&network.id);
                    inventory.set_network(network);
                }
                if news && !self.unknown_networks.is_empty() {
                    // One of them may be what a container was attached to.
                    for id in inventory.in_unknown_networks() {
                        self.await_subject(Subject::Container(id));
                    }
                }
                for id in unlisted {
                    match self.flavour {
                        Flavour::Docker => self.await_subject(Subject::Network(id)),
                        Flavour::Podman => inventory.remove_network(&id),
                    }
                }
            }
            Err(error) => inventory.trouble(Trouble::Networks, error.problem()),
        }
        if let Sync::Awaiting { networks, .. } = &mut self.sync {
            *networks = false;
        }
        self.check_synced(inventory);
    }

    fn await_subject(&mut self, subject: Subject) {
        if let Sync::Awaiting { subjects, .. } = &mut self.sync {
            subjects.insert(subject.clone());
        }
        self.pending.touch(subject);
    }

    fn done(&mut self, subject: &Subject, inventory: &mut Inventory) {
        if let Sync::Awaiting { subjects, .. } = &mut self.sync
            && subjects.remove(subject)
        {
            self.check_synced(inventory);
        }
    }

    fn check_synced(&mut self, inventory: &mut Inventory) {
        if let Sync::Awaiting { containers: false, networks: false, subjects } = &self.sync
            && subjects.is_empty()
        {
            self.sync = Sync::Done;
            inventory.synced();
        }
    }
}

/// What is known of a container, with what the list says now.
fn updated(known: &ContainerFacts, listed: ContainerFacts) -> ContainerFacts {
    ContainerFacts {
        name: listed.name,
        state: listed.state,
        health: listed.health,
        // What a check printed belongs to what came of it.
        health_check: known.health_check.clone().filter(|_| known.health == listed.health),
        pid: known.pid.filter(|_| known.state.is_alive() && listed.state.is_alive()),
        published: listed.published,
        networks: listed.networks,
        partial: true,
        ..known.clone()
    }
}

/// Whether the list says the same of a container as is known of it, as far as it goes.
fn agree(known: &ContainerFacts, listed: &ContainerFacts) -> bool {
    let addresses =
        |facts: &ContainerFacts| facts.networks.iter().map(|at| (at.network.clone(), at.ipv4.map(|v4| v4.ip), at.ipv6.map(|v6| v6.ip))).collect::<Vec<_>>();
    // A container that does not run has no ports in some lists and all in others.
    let ports = !known.state.is_alive() || known.published == listed.published;
    known.name == listed.name && known.state == listed.state && known.health == listed.health && ports && addresses(known) == addresses(listed)
}
