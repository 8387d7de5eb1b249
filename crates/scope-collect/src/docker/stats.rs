//! Figures by way of the engine, for where control groups cannot be read: a stream per container, and questions at an interval where a stream fails.
//!
//! This is the costly way: each sample takes Docker some 3 ms of CPU time, two hundred times what the files take.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::FuturesUnordered;
use hashbrown::HashMap;
use scope_core::Problem;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::client::Client;
use super::error::Error;
use super::id::ContainerId;
use super::lines::Line;
use super::wire::{self, StatsSample};

/// Streams at once: each holds a connection, and a thread's worth of work in the engine.
const STREAMS: usize = 256;
/// Questions at once. One takes Docker a second, mostly waiting.
const POLLS: usize = 16;
/// The pause before a stream that ended is opened again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How old a sample may at least become: Podman sends one every five seconds.
const FRESH: Duration = Duration::from_secs(15);

/// A task that reads containers' figures from an engine.
#[derive(Debug)]
pub struct Stats {
    shared: Arc<Shared>,
    wanted: watch::Sender<Arc<[ContainerId]>>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    every: Duration,
    streams: Semaphore,
    polls: Semaphore,
    latest: Mutex<HashMap<ContainerId, (Instant, StatsSample)>>,
    /// Containers whose stream failed, and why.
    without_stream: Mutex<BTreeMap<ContainerId, Problem>>,
    /// Containers whose last question failed, and why.
    without_answer: Mutex<BTreeMap<ContainerId, Problem>>,
}

impl Stats {
    /// Starts the task on the current runtime, following no container yet. `every` is the interval of questions where streams fail.
    pub fn start(client: Client, every: Duration) -> Self {
        let (wanted, receiver) = watch::channel(Arc::from([]));
        let shared = Arc::new(Shared {
            client,
            every,
            streams: Semaphore::new(STREAMS),
            polls: Semaphore::new(POLLS),
            latest: Mutex::default(),
            without_stream: Mutex::default(),
            without_answer: Mutex::default(),
        });
        Self { task: tokio::spawn(run(Arc::clone(&shared), receiver)), shared, wanted }
    }

    /// Follows these containers and no others.
    pub fn follow(&self, ids: impl IntoIterator<Item = ContainerId>) {
        let ids: Arc<[ContainerId]> = ids.into_iter().collect();
        self.wanted.send_if_modified(|wanted| {
            let new = *wanted != ids;
            *wanted = ids;
            new
        });
    }

    /// The latest figures of a container; `None` where there are none, or none that are fresh.
    pub fn latest(&self, id: ContainerId) -> Option<StatsSample> {
        let oldest = FRESH.max(self.shared.every * 3);
        lock(&self.shared.latest).get(&id).filter(|(at, _)| at.elapsed() <= oldest).map(|(_, sample)| *sample)
    }

    /// What does not work now.
    pub fn problems(&self) -> Vec<Problem> {
        let summed = |failed: &BTreeMap<ContainerId, Problem>, what: &str, hint: &'static str| {
            let (id, first) = failed.first_key_value()?;
            let containers = if failed.len() == 1 { "container" } else { "containers" };
            let message = format!("{what} of {} {containers}: {}", failed.len(), first.message);
            Some(Problem { message: message.into(), hint: Some(hint.into()), id: id.node() })
        };
        let streams =
            summed(&lock(&self.shared.without_stream), "stream stats", "they are asked for at the interval instead, which is slower and costs the engine more");
        let answers = summed(&lock(&self.shared.without_answer), "read stats", "their figures are missing; make control groups readable (/sys/fs/cgroup)");
        streams.into_iter().chain(answers).collect()
    }

    /// Ends the task and waits until it has ended.
    pub async fn stop(mut self) {
        // Nothing can be wanted once the sender is gone.
        self.wanted = watch::channel(Arc::from([])).0;
        // A task that panicked has ended too.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Stats {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Following = Abortable<Pin<Box<dyn Future<Output = ContainerId> + Send>>>;

async fn run(shared: Arc<Shared>, mut wanted: watch::Receiver<Arc<[ContainerId]>>) {
    let mut following: FuturesUnordered<Following> = FuturesUnordered::new();
    let mut handles: HashMap<ContainerId, AbortHandle> = HashMap::new();
    loop {
        tokio::select! {
            changed = wanted.changed() => {
                if changed.is_err() {
                    return;
                }
                let ids = Arc::clone(&wanted.borrow_and_update());
                let mut before = std::mem::take(&mut handles);
                for id in ids.iter().copied() {
                    let handle = before.remove(&id).unwrap_or_else(|| {
                        let (handle, registration) = AbortHandle::new_pair();
                        let shared = Arc::clone(&shared);
                        following.push(Abortable::new(Box::pin(async move { shared.follow(id).await; id }), registration));
                        handle
                    });
                    handles.insert(id, handle);
                }
                for (id, handle) in before {
                    handle.abort();
                    shared.forget(id);
                }
            }
            Some(ended) = following.next() => {
                // Where it ended by itself the engine does not know the container: it is asked about again only when it is wanted anew.
                if let Ok(id) = ended {
                    shared.forget(id);
                }
            }
        }
    }
}

impl Shared {
    fn forget(&self, id: ContainerId) {
        lock(&self.latest).remove(&id);
        lock(&self.without_stream).remove(&id);
        lock(&self.without_answer).remove(&id);
    }

    fn put(&self, id: ContainerId, sample: Option<StatsSample>) {
        let mut latest = lock(&self.latest);
        match sample {
            Some(sample) => drop(latest.insert(id, (Instant::now(), sample))),
            None => drop(latest.remove(&id)),
        }
    }

    /// Keeps up with one container until the engine does not know it.
    async fn follow(&self, id: ContainerId) {
        if let Ok(_stream) = self.streams.try_acquire() {
            loop {
                match self.stream(id).await {
                    Ok(()) | Err(Error::Connect { .. }) => sleep(AGAIN_AFTER).await,
                    Err(error) if error.is_not_found() => return,
                    Err(error) => {
                        lock(&self.without_stream).insert(id, error.problem());
                        break;
                    }
                }
            }
        }
        while self.poll(id).await {
            sleep(self.every).await;
        }
    }

    /// Reads a stream to its end. An error means that it gave nothing.
    async fn stream(&self, id: ContainerId) -> Result<(), Error> {
        let mut lines = self.client.stats_stream(id).await?;
        let mut any = false;
        loop {
            let sample = match lines.next().await {
                Ok(Some(Line::Text(line))) => wire::stats(&line).ok(),
                Ok(Some(Line::TooLong)) => None,
                Ok(None) | Err(_) if any => return Ok(()),
                Ok(None) => return Err(lines.ended()),
                Err(error) => return Err(error),
            };
            any |= sample.is_some();
            self.put(id, sample.flatten());
        }
    }

    /// Asks once. Whether to ask again.
    async fn poll(&self, id: ContainerId) -> bool {
        let Ok(_permit) = self.polls.acquire().await else { return false };
        match self.client.stats_once(id).await {
            Ok(sample) => {
                self.put(id, sample);
                lock(&self.without_answer).remove(&id);
                true
            }
            Err(error) if error.is_not_found() => false,
            Err(error) => {
                self.put(id, None);
                lock(&self.without_answer).insert(id, error.problem());
                true
            }
        }
    }
}
