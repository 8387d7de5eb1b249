//! What the push does, in figures, as Prometheus reads them, and whether it gets through. Where they are served is `admin`'s business.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use axum::Router;
use axum::routing::get;
use http::{StatusCode, header};

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

    /// All of them, as Prometheus' text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let rows = [
            ("link_up", "gauge", "Whether the link to the server is up.", u64::from(self.is_up())),
            ("link_connections_total", "counter", "Connections that the server welcomed.", self.connections.load(Relaxed)),
            ("link_sent_bytes_total", "counter", "Bytes of chunks sent to the server.", self.sent_bytes.load(Relaxed)),
            ("link_received_bytes_total", "counter", "Bytes of chunks received from the server.", self.received_bytes.load(Relaxed)),
            ("reports_total", "counter", "Reports taken from the collector.", self.reports.load(Relaxed)),
            ("reports_lost_total", "counter", "Reports given up because the server did not take them.", self.lost.load(Relaxed)),
            ("full_reports_total", "counter", "Full reports made from the state.", self.fulls.load(Relaxed)),
            ("records_too_large_total", "counter", "Records too large for the link.", self.too_heavy.load(Relaxed)),
            ("requests_total", "counter", "Requests of the server.", self.requests.load(Relaxed)),
            ("spool_bytes", "gauge", "Bytes of reports that are not known to have arrived.", self.spool_bytes.load(Relaxed)),
        ];
        for (name, kind, help, value) in rows {
            // Writing to a string does not fail.
            let _ = writeln!(text, "# HELP scope_agent_{name} {help}\n# TYPE scope_agent_{name} {kind}\nscope_agent_{name} {value}");
        }
        text
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
