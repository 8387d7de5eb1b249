//! A subscriber: reads what the server sends. One of them looks for what agents changed, and takes the time.

use std::collections::HashMap;
use std::io::Read;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use flate2::read::DeflateDecoder;
use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::Message;

use super::Counts;
use super::host::MARK;
use super::server::Address;

/// When agents changed something, until it is seen; and how long that took.
#[derive(Debug, Default)]
pub(crate) struct Clocks(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    figures: HashMap<u64, Instant>,
    structure: HashMap<String, Instant>,
    /// In milliseconds.
    figure_ms: Vec<f64>,
    structure_ms: Vec<f64>,
}

impl Clocks {
    /// An agent is about to say that these containers are new, and what its figure to look for is.
    pub(crate) fn changed(&self, now: Instant, new: &[String], mark: Option<u64>) {
        if new.is_empty() && mark.is_none() {
            return;
        }
        let mut waiting = self.0.lock().expect("no panic");
        waiting.structure.extend(new.iter().map(|id| (id.clone(), now)));
        waiting.figures.extend(mark.map(|mark| (mark, now)));
    }

    /// What was changed up to now is not waited for.
    pub(crate) fn clear(&self) {
        *self.0.lock().expect("no panic") = Waiting::default();
    }

    /// How long figures and new containers took. What was never seen is not among them: the server may send the newest figure only.
    pub(crate) fn latencies(&self) -> (Vec<f64>, Vec<f64>) {
        let waiting = self.0.lock().expect("no panic");
        (waiting.figure_ms.clone(), waiting.structure_ms.clone())
    }

    /// Looks for what is waited for.
    fn look(&self, text: &str, now: Instant) {
        let mut waiting = self.0.lock().expect("no panic");
        let mark = (MARK / 1_000_000_000).to_string();
        for (at, _) in text.match_indices(&mark) {
            let digits: String = text[at..].chars().take_while(char::is_ascii_digit).collect();
            if let Some(then) = digits.parse().ok().and_then(|number: u64| waiting.figures.remove(&number)) {
                waiting.figure_ms.push((now - then).as_secs_f64() * 1e3);
            }
        }
        for (at, kind) in text.match_indices("container:") {
            if let Some(id) = text.get(at..at + kind.len() + 64)
                && let Some(then) = waiting.structure.remove(id)
            {
                waiting.structure_ms.push((now - then).as_secs_f64() * 1e3);
            }
        }
    }
}

/// Reads until the server ends. `looks` for changes where it is the one that does.
pub(crate) async fn run(to: Address, looks: bool, counts: Arc<Counts>, clocks: Arc<Clocks>) {
    let mut socket = match to.connect().await {
        Ok(socket) => socket,
        Err(error) => {
            eprintln!("no subscription to {to}: {error}");
            counts.subscribers_lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
    };
    while let Some(Ok(message)) = socket.next().await {
        let Message::Binary(bytes) = message else { continue };
        counts.messages.fetch_add(1, Ordering::Relaxed);
        counts.message_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if looks {
            let now = Instant::now();
            let mut text = String::new();
            DeflateDecoder::new(&bytes[..]).read_to_string(&mut text).expect("raw DEFLATE of JSON");
            clocks.look(&text, now);
        }
    }
    counts.subscribers_lost.fetch_add(1, Ordering::Relaxed);
}
