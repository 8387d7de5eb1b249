//! The views of one tenant, and the thread that computes them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use hashbrown::HashMap;
use scope_render::graph::Graph;

use super::channel::Channel;
use super::compute::{Kept, Sent};
use super::key::Wanted;
use super::left::Left;
use super::pace::{Due, Pace, Since};
use super::picture::Moved;
use super::subscription::Subscription;
use super::{Limits, Resume, SubscribeError, Usage};
use crate::server::auth::Visibility;
use crate::server::live::clock::now;
use crate::server::live::tenant::TenantLive;

/// The views of one tenant. Dropped, its thread ends.
#[derive(Debug)]
pub(super) struct Hub {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    live: Arc<TenantLive>,
    limits: Limits,
    channels: Mutex<HashMap<String, Arc<Channel>>>,
    stopped: AtomicBool,
    overflows: AtomicU64,
    messages: AtomicU64,
    busy_us: AtomicU64,
}

impl Hub {
    pub(super) fn start(live: Arc<TenantLive>, limits: Limits) -> Result<Self, SubscribeError> {
        let shared = Arc::new(Shared {
            live,
            limits,
            channels: Mutex::default(),
            stopped: AtomicBool::new(false),
            overflows: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            busy_us: AtomicU64::new(0),
        });
        let computing = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("scope-views".to_owned()).spawn(move || computing.run());
        let thread = thread.map_err(|error| SubscribeError::Thread(error.to_string()))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub(super) fn open(&self, visibility: &Visibility, text: String, wanted: Wanted, resume: Option<Resume>) -> Result<Subscription, SubscribeError> {
        let mut channels = self.shared.lock();
        let open: usize = channels.values().map(|channel| channel.subscribers()).sum();
        if open >= self.shared.limits.subscriptions || (!channels.contains_key(&text) && channels.len() >= self.shared.limits.views) {
            return Err(SubscribeError::TooMany);
        }
        let queue = channels.entry(text).or_insert_with(|| Arc::new(Channel::new(visibility.clone(), wanted))).open(resume);
        drop(channels);
        self.shared.live.board.wake();
        Ok(Subscription { queue })
    }

    pub(super) fn usage(&self) -> Usage {
        let channels = self.shared.lock();
        Usage {
            subscriptions: channels.values().map(|channel| channel.subscribers()).sum(),
            views: channels.len(),
            overflows: self.shared.overflows.load(Ordering::Relaxed),
            messages: self.shared.messages.load(Ordering::Relaxed),
            busy_us: self.shared.busy_us.load(Ordering::Relaxed),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Channel>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Computes what is due until it is stopped.
    fn run(&self) {
        let mut pace = Pace::new(Instant::now());
        let mut kept = AllKept::default();
        let mut seen = self.live.board.read();
        // What this thread has not looked at yet is news.
        seen.structure = seen.structure.wrapping_sub(1);
        while !self.stopped.load(Ordering::Acquire) {
            let began = Instant::now();
            let marks = self.live.board.read();
            let (asked, any) = {
                let mut channels = self.lock();
                channels.retain(|_, channel| channel.is_wanted(began));
                (channels.values().any(|channel| channel.wants_snapshot()), !channels.is_empty())
            };
            let since = Since {
                structure: any && marks.structure != seen.structure,
                drift: any && marks.drift != seen.drift,
                figures: any && marks.figures != seen.figures,
                asked,
            };
            let (due, wait) = pace.due(since, began);
            if due == Due::default() {
                self.live.board.wait(marks.structure, marks.wakes, wait);
                continue;
            }
            let (done, sent) = self.pass(&mut kept, due);
            seen.figures = if done.figures { marks.figures } else { seen.figures };
            if done.structure {
                (seen.structure, seen.drift) = (marks.structure, marks.drift);
            }
            let cost = began.elapsed();
            pace.done(done, began, cost.saturating_sub(sent.figures_took), sent.snapshots_took);
            self.messages.fetch_add(sent.messages, Ordering::Relaxed);
            self.overflows.fetch_add(sent.overflows, Ordering::Relaxed);
            self.busy_us.fetch_add(cost.as_micros() as u64, Ordering::Relaxed);
        }
    }

    /// Computes all channels, those of one visibility from one graph. What was done: where the former graph is of no use, the structure too.
    fn pass(&self, kept: &mut AllKept, due: Due) -> (Due, Sent) {
        let mut by_visibility: HashMap<String, (Visibility, Channels)> = HashMap::new();
        {
            let channels = self.lock();
            let gone: Vec<String> = kept.channels.keys().filter(|text| !channels.contains_key(*text)).cloned().collect();
            for text in gone {
                if let Some(places) = kept.channels.remove(&text).and_then(Kept::into_places) {
                    kept.left.leave(text, places);
                }
            }
            for (text, channel) in channels.iter() {
                let group = by_visibility.entry(channel.visibility.key()).or_insert_with(|| (channel.visibility.clone(), Vec::new()));
                group.1.push((text.clone(), Arc::clone(channel)));
            }
        }
        let (mut done, mut sent) = (due, Sent::default());
        for (visibility, channels) in by_visibility.into_values() {
            self.live.with_visible(&visibility, |state| {
                let all = visibility.filter().is_none();
                let former = if all { kept.graph.take() } else { None };
                let again = if due.structure { None } else { former.as_ref().and_then(|former| former.graph(state)) };
                let is_drawn = again.inspect(|graph| sent.add(compute(graph, &channels, kept, due))).is_some();
                if is_drawn {
                    kept.graph = former;
                    return;
                }
                let graph = Graph::build_after(state, former.as_ref());
                drop(former);
                sent.add(compute(&graph, &channels, kept, Due { structure: true, ..due }));
                if all {
                    done.structure = true;
                    kept.graph = Some(graph.keep());
                }
            });
        }
        (done, sent)
    }
}

/// Computes what is due for channels that see the same.
fn compute(graph: &Graph<'_>, channels: &Channels, kept: &mut AllKept, due: Due) -> Sent {
    let at = now();
    let mut sent = Sent::default();
    for (text, channel) in channels {
        let AllKept { channels, left, moved, .. } = &mut *kept;
        let of_channel = channels.entry_ref(text.as_str()).or_insert_with(|| Kept::new(&channel.wanted, left.come_back(text)));
        sent.add(of_channel.compute(channel, graph, due, at, moved));
    }
    sent
}

/// Channels with the texts that tell them apart.
type Channels = Vec<(String, Arc<Channel>)>;

/// What the thread that computes keeps from one time to the next.
#[derive(Debug, Default)]
struct AllKept {
    channels: HashMap<String, Kept>,
    /// Where nodes stand of views that nobody watches any more.
    left: Left,
    /// The graph of all that there is, without its state: figures are drawn from it until something but a figure changes.
    graph: Option<scope_render::graph::Kept>,
    /// Room for the figures that move.
    moved: Moved,
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        self.shared.live.board.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        for channel in self.shared.lock().values() {
            channel.close();
        }
    }
}
