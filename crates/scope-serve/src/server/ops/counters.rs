//! What the server counts of itself. How it is written lives in `metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;

/// Counters and gauges, each changed where it happens.
#[derive(Debug, Default)]
pub(in crate::server) struct Counters {
    /// Connections open now.
    pub(in crate::server) connections_open: AtomicU64,
    /// Connections refused because too many were open.
    pub(in crate::server) connections_refused: AtomicU64,
    /// Answers by the first digit of their status.
    answers: [AtomicU64; 6],
}

impl Counters {
    /// Counts an answer.
    pub(in crate::server) fn answered(&self, status: StatusCode) {
        if let Some(answers) = self.answers.get(usize::from(status.as_u16() / 100)) {
            answers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Answers given, by the class of their status: `2xx`.
    pub(in crate::server) fn answers(&self) -> impl Iterator<Item = (String, u64)> {
        self.answers.iter().enumerate().skip(1).map(|(class, count)| (format!("{class}xx"), count.load(Ordering::Relaxed)))
    }
}
