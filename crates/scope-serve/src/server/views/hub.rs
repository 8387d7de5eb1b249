//! The views of one tenant, and the thread that computes them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hashbrown::HashMap;

use super::key::Wanted;
use super::message::{Kind, Message};
use super::subscription::{Queue, Subscription};
use super::{Limits, Resume, SubscribeError, Usage};
use crate::server::auth::Visibility;
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
    channels: Mutex<HashMap<String, Channel>>,
    stopped: AtomicBool,
    overflows: AtomicU64,
    messages: AtomicU64,
    cpu_us: AtomicU64,
}

#[derive(Debug)]
struct Channel {
    visibility: Visibility,
    wanted: Wanted,
    queues: Vec<Arc<Queue>>,
    seq: u64,
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
            cpu_us: AtomicU64::new(0),
        });
        let computing = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("scope-views".to_owned()).spawn(move || computing.run());
        let thread = thread.map_err(|error| SubscribeError::Thread(error.to_string()))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub(super) fn open(&self, visibility: &Visibility, text: String, wanted: Wanted, _resume: Option<Resume>) -> Result<Subscription, SubscribeError> {
        let mut channels = self.shared.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let open: usize = channels.values().map(|channel| channel.queues.len()).sum();
        if open >= self.shared.limits.subscriptions || (!channels.contains_key(&text) && channels.len() >= self.shared.limits.views) {
            return Err(SubscribeError::TooMany(open));
        }
        let channel = channels.entry(text).or_insert_with(|| Channel { visibility: visibility.clone(), wanted, queues: Vec::new(), seq: 0 });
        let queue = Arc::new(Queue::new(None));
        channel.queues.push(Arc::clone(&queue));
        drop(channels);
        self.shared.live.board.wake();
        Ok(Subscription { queue })
    }

    pub(super) fn usage(&self) -> Usage {
        let channels = self.shared.channels.lock().unwrap_or_else(PoisonError::into_inner);
        Usage {
            subscriptions: channels.values().map(|channel| channel.queues.len()).sum(),
            views: channels.len(),
            overflows: self.shared.overflows.load(Ordering::Relaxed),
            messages: self.shared.messages.load(Ordering::Relaxed),
            cpu_us: self.shared.cpu_us.load(Ordering::Relaxed),
        }
    }
}

impl Shared {
    fn run(&self) {
        let mut seen = 0;
        while !self.stopped.load(Ordering::Acquire) {
            self.live.board.wait(seen, Duration::from_secs(1));
            seen = self.live.board.read().structure;
            let began = Instant::now();
            for channel in self.channels.lock().unwrap_or_else(PoisonError::into_inner).values_mut() {
                channel.queues.retain(|queue| !queue.is_closed());
                let Wanted::View(wanted) = &channel.wanted else { continue };
                let json = self.live.with_visible(&channel.visibility, |state| {
                    let graph = scope_render::graph::Graph::build(state);
                    let show: Vec<&str> = wanted.show.iter().map(String::as_str).collect();
                    let selection = scope_render::view::Selection {
                        filter: wanted.filter.as_ref(),
                        group_by: wanted.group_by.as_ref(),
                        show: &show,
                        ..scope_render::view::Selection::default()
                    };
                    let rendered = wanted.view.project(&graph, &selection);
                    let mut json = Vec::new();
                    let registry = scope_core::field::Registry::new();
                    let options = scope_render::output::Options {
                        registry: &registry,
                        now: graph.latest(),
                        width: None,
                        colour: false,
                        columns: &[],
                        part: scope_render::output::Part::default(),
                        theme: scope_render::output::Theme::default(),
                    };
                    let _ = scope_render::output::write(scope_render::output::Format::Json, &rendered, &mut json, &options);
                    String::from_utf8(json).unwrap_or_default()
                });
                channel.seq += 1;
                let message = Message::new(channel.seq, Kind::Snapshot, json);
                for queue in &channel.queues {
                    queue.restart(&message);
                }
            }
            self.cpu_us.fetch_add(began.elapsed().as_micros() as u64, Ordering::Relaxed);
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        self.shared.live.board.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        for queue in self.shared.channels.lock().unwrap_or_else(PoisonError::into_inner).values().flat_map(|channel| &channel.queues) {
            queue.close();
        }
    }
}
