//! The task that keeps up with an engine: events first, then one list, one question per container, and again what events touch.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use scope_core::redact::Redactor;
use scope_core::{AgentName, Problem};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::client::{Client, Deadlines};
use super::connect::{Connected, connect};
use super::endpoint::{Endpoint, Lookup};
use super::error::Error;
use super::facts::{ContainerFacts, EngineFacts, ImageFacts, NetworkFacts};
use super::id::{ContainerId, ImageId, NetworkId};
use super::inventory::Inventory;
use super::session::Session;

/// Changes that may wait for the reader before the task keeps further ones to itself, each thing's latest.
const CHANNEL: usize = 64;

/// How to watch.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to look for the engine.
    pub lookup: Lookup,
    /// The agent's name, which makes ids of Podman's networks unique among hosts. Without it they are as Podman gives them.
    pub agent: Option<AgentName>,
    /// What takes secrets out.
    pub redactor: Redactor,
    /// How long the engine may take.
    pub deadlines: Deadlines,
    /// The pause before the first further attempt to connect; it doubles up to `retry_at_most`.
    pub retry: Duration,
    /// The longest pause between attempts.
    pub retry_at_most: Duration,
    /// How often the list is compared with what events said, as engines drop events that a slow reader leaves waiting.
    pub compare_every: Duration,
    /// How often containers are asked about whose health check does not pass: of a further failure the engine sends no event.
    pub checks_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lookup: Lookup::default(),
            agent: None,
            redactor: Redactor::new(),
            deadlines: Deadlines::default(),
            retry: Duration::from_millis(100),
            retry_at_most: Duration::from_secs(15),
            compare_every: Duration::from_mins(10),
            checks_every: Duration::from_secs(10),
        }
    }
}

/// What happened. Each change stands for itself: the latest about a thing is all that is to be known of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Change {
    /// An engine answers.
    Engine(Box<EngineFacts>, Client),
    /// A container is new, or is not what it was.
    Container(Arc<ContainerFacts>),
    /// A container was removed.
    ContainerGone(ContainerId),
    /// An image came into use, or is not what it was.
    Image(Arc<ImageFacts>),
    /// An image is used by no container any more.
    ImageGone(ImageId),
    /// A network is new, or is not what it was.
    Network(Arc<NetworkFacts>),
    /// A network was removed.
    NetworkGone(NetworkId),
    /// All problems that there are now, in place of those before.
    Problems(Vec<Problem>),
    /// All that the engine has was told, and events will follow.
    Synced,
    /// The engine is out of reach: what was told of it may no longer hold. Attempts go on.
    Lost,
}

/// A task that watches an engine.
///
/// ```no_run
/// # async fn example() -> Result<(), scope_collect::docker::Error> {
/// use scope_collect::docker::{Change, Settings, Watch};
/// let mut watch = Watch::start(Settings::default())?;
/// while let Some(change) = watch.next().await {
///     if let Change::Container(facts) = change {
///         println!("{} {}", facts.name, facts.state.as_str());
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Watch {
    changes: mpsc::Receiver<Change>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Starts the task on the current runtime. An error means that the operator named no endpoint that could be used.
    pub fn start(settings: Settings) -> Result<Self, Error> {
        let candidates = settings.lookup.candidates()?;
        let (sender, changes) = mpsc::channel(CHANNEL);
        Ok(Self { changes, task: tokio::spawn(run(settings, candidates, sender)) })
    }

    /// The next change; `None` only where the task failed. Can be cancelled and called again.
    pub async fn next(&mut self) -> Option<Change> {
        self.changes.recv().await
    }

    /// A change that waits.
    pub fn try_next(&mut self) -> Option<Change> {
        self.changes.try_recv().ok()
    }

    /// Ends the task and waits until it has ended.
    pub async fn stop(mut self) {
        self.changes.close();
        // A task that panicked has ended too.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The reader wants no more.
pub(super) struct Closed;

async fn run(settings: Settings, candidates: Vec<Endpoint>, sender: mpsc::Sender<Change>) {
    let mut inventory = Inventory::default();
    // Ends only when the reader wants no more.
    let Err(Closed) = keep_up(&settings, &candidates, &sender, &mut inventory).await;
}

async fn keep_up(
    settings: &Settings,
    candidates: &[Endpoint],
    sender: &mpsc::Sender<Change>,
    inventory: &mut Inventory,
) -> Result<std::convert::Infallible, Closed> {
    let mut pause = settings.retry;
    loop {
        let failure = match telling(sender, inventory, connect(candidates, settings.deadlines)).await? {
            Ok(Connected { client, facts, problems }) => {
                let mut session = Session::new(client.clone(), facts.flavour, settings);
                inventory.connected(facts, client, problems);
                let failure = session.run(sender, inventory).await?;
                if session.has_synced() {
                    pause = settings.retry;
                }
                failure
            }
            Err(failure) => failure,
        };
        tracing::debug!(error = %failure, "engine out of reach");
        inventory.lost(failure.problem());
        telling(sender, inventory, sleep(jittered(pause))).await?;
        pause = (pause * 2).min(settings.retry_at_most);
    }
}

/// Completes `work` while what is to be told is told.
async fn telling<T>(sender: &mpsc::Sender<Change>, inventory: &mut Inventory, work: impl Future<Output = T>) -> Result<T, Closed> {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok(done),
            permit = sender.reserve(), if inventory.has_news() => {
                let permit = permit.map_err(|_| Closed)?;
                if let Some(change) = inventory.next_news() {
                    permit.send(change);
                }
            }
            () = sender.closed() => return Err(Closed),
        }
    }
}

/// Between half of `pause` and one and a half, so that many agents do not come back at once.
fn jittered(pause: Duration) -> Duration {
    // Each state is seeded anew, which is random enough here.
    let random = RandomState::new().build_hasher().finish();
    pause / 2 + pause.mul_f64((random >> 11) as f64 / (1_u64 << 53) as f64)
}
