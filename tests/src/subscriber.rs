//! What a subscriber of a view is told, thing by thing, and when it was told first.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::server::Events;

/// What can be seen of a node, by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Seen {
    /// It is in this state.
    State(String, String),
    /// Its figures: how much memory it uses.
    Figures(String),
    /// A connection to it.
    EdgeTo(String),
    /// It is no longer there.
    Gone(String),
}

/// A subscriber that reads everything as it comes.
#[derive(Debug)]
pub struct Subscriber {
    sees: Receiver<(f64, Seen)>,
    at: HashMap<Seen, f64>,
}

impl Subscriber {
    /// Reads these events on a thread of its own.
    pub fn new(events: Events) -> Self {
        let (seen, sees) = channel();
        std::thread::spawn(move || watch(events, &seen));
        Self { sees, at: HashMap::new() }
    }

    /// When `what` was seen first, in seconds since 1970, where that is within `limit` from now.
    pub fn when(&mut self, what: &Seen, limit: Duration) -> Option<f64> {
        let end = Instant::now() + limit;
        loop {
            if let Some(at) = self.at.get(what) {
                return Some(*at);
            }
            let (at, seen) = self.sees.recv_timeout(end.saturating_duration_since(Instant::now())).ok()?;
            self.at.entry(seen).or_insert(at);
        }
    }
}

/// Seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Tells what is in each message, until nobody listens or the stream ends.
fn watch(events: Events, seen: &Sender<(f64, Seen)>) {
    let (mut ids, mut names): (HashMap<u64, String>, Vec<Value>) = (HashMap::new(), Vec::new());
    for (_, message) in events {
        let at = now();
        if message["type"] == "snapshot" {
            names.clear();
        }
        names.extend(list(&message["metrics"]).cloned());
        let nodes = &message["nodes"];
        let mut told: Vec<Seen> = Vec::new();
        // A number that is gone may be another's in the same message.
        told.extend(list(&nodes["gone"]).filter_map(|number| ids.remove(&number.as_u64()?)).map(Seen::Gone));
        for (number, (id, facts)) in list(&nodes["n"]).zip(list(&nodes["id"]).zip(list(&nodes["facts"]))) {
            let id = id.as_str().unwrap_or_default().to_owned();
            if let Some(state) = facts["attrs"]["state"].as_str() {
                told.push(Seen::State(id.clone(), state.to_owned()));
            }
            ids.insert(number.as_u64().unwrap_or_default(), id);
        }
        let changed = &nodes["changed"];
        for (number, said) in list(&changed["n"]).zip(list(&changed["said"])) {
            if let (Some(id), Some(state)) = (number.as_u64().and_then(|number| ids.get(&number)), said["attrs"]["state"].as_str()) {
                told.push(Seen::State(id.clone(), state.to_owned()));
            }
        }
        let id = |number: &Value| ids.get(&number.as_u64().unwrap_or_default()).cloned().unwrap_or_default();
        told.extend(list(&message["edges"]["to"]).map(id).map(Seen::EdgeTo));
        let is_memory = |column: &&Value| column[0].as_u64().and_then(|name| names.get(name as usize)).is_some_and(|name| name == "mem_bytes");
        let mut of = &Value::Null;
        for column in list(&message["figures"]["nodes"]) {
            // Without nodes of its own it is of those of the column before it.
            of = if column[1].is_null() { of } else { &column[1] };
            if is_memory(&column) {
                told.extend(list(of).map(id).map(Seen::Figures));
            }
        }
        if told.into_iter().any(|what| seen.send((at, what)).is_err()) {
            return;
        }
    }
}
