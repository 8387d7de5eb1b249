//! What the push does, in figures, as Prometheus reads them, and whether it gets through. Where they are served is `admin`'s business.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use axum::Router;
use axum::routing::get;
use http::{StatusCode, header};

use crate::exposition::{Exposition, Kind};

#[derive(Debug, Default)]
pub(super) struct Figures {
    reports: AtomicU64,
    sent_bytes: AtomicU64,
    received_bytes: AtomicU64,
    connections: AtomicU64,
    up: AtomicBool,
    spool_bytes: AtomicU64,
    lost: AtomicU64,
    fulls: AtomicU64,
    too_heavy: AtomicU64,
    requests: AtomicU64,
}

impl Figures {
    pub(super) fn report(&self) {
        self.reports.fetch_add(1, Relaxed);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.sent_bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.received_bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn up(&self) {
        self.connections.fetch_add(1, Relaxed);
        self.up.store(true, Relaxed);
    }

    pub(super) fn down(&self) {
        self.up.store(false, Relaxed);
    }

    pub(super) fn is_up(&self) -> bool {
        self.up.load(Relaxed)
    }

    pub(super) fn spool(&self, bytes: usize) {
        self.spool_bytes.store(bytes as u64, Relaxed);
    }

    pub(super) fn lost(&self, reports: u64) {
        self.lost.fetch_add(reports, Relaxed);
    }

    pub(super) fn full(&self) {
        self.fulls.fetch_add(1, Relaxed);
    }

    pub(super) fn too_heavy(&self, records: u64) {
        self.too_heavy.fetch_add(records, Relaxed);
    }

    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    /// All of them, and what the process uses, as Prometheus' text.
    pub(super) fn text(&self) -> String {
        let mut out = Exposition::default();
        let count = |value: &AtomicU64| value.load(Relaxed) as f64;
        let up = f64::from(u8::from(self.is_up()));
        let rows = [
            ("scope_agent_link_up", Kind::Gauge, "Whether the link to the server is up.", up),
            ("scope_agent_link_connections_total", Kind::Counter, "Connections that the server welcomed.", count(&self.connections)),
            ("scope_agent_link_sent_bytes_total", Kind::Counter, "Bytes of chunks sent to the server.", count(&self.sent_bytes)),
            ("scope_agent_link_received_bytes_total", Kind::Counter, "Bytes of chunks received from the server.", count(&self.received_bytes)),
            ("scope_agent_reports_total", Kind::Counter, "Reports taken from the collector.", count(&self.reports)),
            ("scope_agent_reports_lost_total", Kind::Counter, "Reports given up because the server did not take them.", count(&self.lost)),
            ("scope_agent_full_reports_total", Kind::Counter, "Full reports made from the state.", count(&self.fulls)),
            ("scope_agent_records_too_large_total", Kind::Counter, "Records too large for the link.", count(&self.too_heavy)),
            ("scope_agent_requests_total", Kind::Counter, "Requests of the server.", count(&self.requests)),
            ("scope_agent_spool_bytes", Kind::Gauge, "Bytes of reports that are not known to have arrived.", count(&self.spool_bytes)),
        ];
        for (name, kind, help, value) in rows {
            out.family(name, kind, help, vec![(Vec::new(), value)]);
        }
        crate::process::figures(&mut out);
        out.into_text()
    }
}

/// `/metrics` and `/healthz`.
pub(super) fn routes(figures: Arc<Figures>) -> Router {
    let health = Arc::clone(&figures);
    let metrics = move || async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], figures.text()) };
    let healthz =
        move || async move { if health.is_up() { (StatusCode::OK, "up\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "the server cannot be reached\n") } };
    Router::new().route("/metrics", get(metrics)).route("/healthz", get(healthz))
}
