//! `/metrics`: the server's own figures as `scope_*`, and those of containers under the names and labels that cAdvisor gives them, so that dashboards
//! that exist show them. A caller gets the containers that it may see, and the server's own figures if it may see all: memory, CPU time, connections and
//! refusals grow with what others have.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use scope_core::{AgentName, state};
use scope_render::graph::Graph;

use crate::exposition::{Exposition, Kind};
use crate::server::api::{Allowed, Read, visible};
use crate::server::app::{App, now};
use crate::server::live::Liveness;
use crate::server::problem::ProblemDetails;

/// The format's own name.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A figure of a container: cAdvisor's name and help, ours, and what ours is multiplied by.
struct Figure {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    ours: &'static str,
    scale: f64,
}

const FIGURES: &[Figure] = &[
    Figure {
        name: "container_cpu_usage_seconds_total",
        kind: Kind::Counter,
        help: "Cumulative cpu time consumed in seconds.",
        ours: "cpu_usage_us_total",
        scale: 1e-6,
    },
    Figure {
        name: "container_cpu_cfs_throttled_seconds_total",
        kind: Kind::Counter,
        help: "Total time duration the container has been throttled.",
        ours: "cpu_throttled_us_total",
        scale: 1e-6,
    },
    Figure {
        name: "container_memory_usage_bytes",
        kind: Kind::Gauge,
        help: "Current memory usage in bytes, including all memory regardless of when it was accessed.",
        ours: "mem_usage_bytes",
        scale: 1.0,
    },
    Figure { name: "container_memory_working_set_bytes", kind: Kind::Gauge, help: "Current working set in bytes.", ours: "mem_bytes", scale: 1.0 },
    Figure { name: "container_spec_memory_limit_bytes", kind: Kind::Gauge, help: "Memory limit for the container.", ours: "mem_limit_bytes", scale: 1.0 },
    Figure {
        name: "container_network_receive_bytes_total",
        kind: Kind::Counter,
        help: "Cumulative count of bytes received.",
        ours: "rx_bytes_total",
        scale: 1.0,
    },
    Figure {
        name: "container_network_transmit_bytes_total",
        kind: Kind::Counter,
        help: "Cumulative count of bytes transmitted.",
        ours: "tx_bytes_total",
        scale: 1.0,
    },
    Figure { name: "container_fs_reads_bytes_total", kind: Kind::Counter, help: "Cumulative count of bytes read.", ours: "disk_read_bytes_total", scale: 1.0 },
    Figure {
        name: "container_fs_writes_bytes_total",
        kind: Kind::Counter,
        help: "Cumulative count of bytes written.",
        ours: "disk_write_bytes_total",
        scale: 1.0,
    },
    Figure { name: "container_processes", kind: Kind::Gauge, help: "Number of processes running inside the container.", ours: "pids", scale: 1.0 },
];

pub(super) async fn metrics(caller: Allowed<Read>, State(app): State<Arc<App>>) -> Result<Response, ProblemDetails> {
    let shared = Arc::clone(&app);
    let identity = caller.identity.clone();
    let text = app
        .read(caller.identity, move |state| {
            let mut out = Exposition::default();
            containers(&mut out, state);
            Ok(out)
        })
        .await?;
    let text = app
        .compute(move || {
            let mut out = text;
            if identity.visibility.filter().is_none() {
                server(&mut out, &shared);
            } else {
                version(&mut out);
            }
            let agents = visible(&shared, &identity.tenant, &identity.visibility);
            let name = |agent: &AgentName| vec![("agent", agent.as_str().to_owned())];
            let rows = |figure: fn(&crate::server::live::AgentInfo) -> f64| agents.iter().map(|agent| (name(&agent.name), figure(agent))).collect::<Vec<_>>();
            out.family("scope_agent_up", Kind::Gauge, "Whether the agent speaks.", rows(|agent| f64::from(u8::from(agent.state == Liveness::Live))));
            out.family("scope_agent_lost_records_total", Kind::Counter, "Records of the agent that were lost on the way.", rows(|agent| agent.lost as f64));
            out.family("scope_agent_refused_records_total", Kind::Counter, "Records of the agent that were refused.", rows(|agent| agent.refused as f64));
            out.family(
                "scope_agent_over_records_total",
                Kind::Counter,
                "Records of the agent beyond the limits of this server.",
                rows(|agent| agent.over as f64),
            );
            out.family(
                "scope_agent_clock_offset_seconds",
                Kind::Gauge,
                "How far the agent's clock is ahead.",
                rows(|agent| agent.clock_offset_us as f64 / 1e6),
            );
            out.family("scope_agent_nodes", Kind::Gauge, "Nodes that the agent speaks of.", rows(|agent| agent.nodes as f64));
            out.family("scope_agent_flows", Kind::Gauge, "Flows that the agent speaks of.", rows(|agent| agent.flows as f64));
            Ok(out.into_text())
        })
        .await?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}

/// The server's own figures alone.
pub(super) async fn own(State(app): State<Arc<App>>) -> Response {
    let mut out = Exposition::default();
    server(&mut out, &app);
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], out.into_text()).into_response()
}

/// The server's own figures. They name nobody's containers, but how much there is can be read from them.
fn server(out: &mut Exposition, app: &App) {
    let one = |value: f64| vec![(Vec::new(), value)];
    let count = |count: &std::sync::atomic::AtomicU64| one(count.load(Ordering::Relaxed) as f64);
    version(out);
    out.family("scope_uptime_seconds", Kind::Gauge, "Time since the server started.", one(app.started.elapsed().as_secs_f64()));
    crate::process::figures(out);
    out.family("scope_connections", Kind::Gauge, "Connections open now.", count(&app.counters.connections_open));
    out.family("scope_connections_refused_total", Kind::Counter, "Connections refused because too many were open.", count(&app.counters.connections_refused));
    let answers = app.counters.answers().map(|(class, count)| (vec![("status", class)], count as f64)).collect();
    out.family("scope_http_answers_total", Kind::Counter, "Answers by the class of their status.", answers);
    out.family("scope_subscriptions", Kind::Gauge, "Subscriptions open now.", one(app.places.open() as f64));
    let series = app.live.series().usage();
    out.family("scope_series_bytes", Kind::Gauge, "Memory of figures over time.", one(series.bytes as f64));
    out.family("scope_series_limit_bytes", Kind::Gauge, "Memory that figures over time may take.", one(series.limit as f64));
    out.family("scope_series_refused_total", Kind::Counter, "Figures over time that found no room.", one(series.refused as f64));
    out.family("scope_series_evicted_total", Kind::Counter, "Figures over time that made room, or were silent for long.", one(series.evicted as f64));
    let auth = app.auth.figures();
    out.family("scope_auth_failures_total", Kind::Counter, "Attempts to prove an identity that failed.", one(auth.failed as f64));
    out.family("scope_auth_limited_total", Kind::Counter, "Attempts beyond the limit of failures.", one(auth.limited as f64));
    out.family("scope_audit_dropped_total", Kind::Counter, "Entries that never reached the audit.", one(auth.audit_dropped as f64));
}

fn version(out: &mut Exposition) {
    let labels = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    out.family("scope_build_info", Kind::Gauge, "The version of the server.", vec![(labels, 1.0)]);
}

/// Figures of containers, with cAdvisor's labels and `instance_host` for the host.
fn containers(out: &mut Exposition, state: &state::State) {
    let graph = Graph::build(state);
    let nodes: Vec<u32> = (0..graph.first_pseudo()).filter(|node| graph.kind(*node) == "container").collect();
    let labels: Vec<Vec<(&str, String)>> = nodes
        .iter()
        .map(|node| {
            let id = graph.id(*node).split_once(':').map_or("", |(_, rest)| rest);
            let image = graph.attr(*node, "image").and_then(|image| image.as_text()).unwrap_or_default();
            let host = graph.above(*node).into_iter().find(|above| graph.kind(*above) == "host").map(|host| graph.label(host)).unwrap_or_default();
            vec![("host", host.to_owned()), ("id", format!("/docker/{id}")), ("image", image.to_owned()), ("name", graph.label(*node).to_owned())]
        })
        .collect();
    for figure in FIGURES {
        let is_network = figure.name.starts_with("container_network_");
        let row = |(node, labels): (&u32, &Vec<(&'static str, String)>)| {
            let value = graph.metric(*node, figure.ours)?.as_f64() * figure.scale;
            let mut labels = labels.clone();
            if is_network {
                // All interfaces of a container together.
                labels.push(("interface", "all".to_owned()));
            }
            Some((labels, value))
        };
        out.family(figure.name, figure.kind, figure.help, nodes.iter().zip(&labels).filter_map(row).collect());
    }
    let started = |(node, labels): (&u32, &Vec<(&'static str, String)>)| {
        let at = graph.attr(*node, "started_at")?.as_time()?;
        Some((labels.clone(), at.as_micros() as f64 / 1e6))
    };
    let help = "Start time of the container since unix epoch in seconds.";
    out.family("container_start_time_seconds", Kind::Gauge, help, nodes.iter().zip(&labels).filter_map(started).collect());
    let seen = |(node, labels): (&u32, &Vec<(&'static str, String)>)| {
        let heard = |name: &AgentName| state.agent(name).and_then(|agent| agent.tick()).map(|tick| tick.at);
        let at = graph.speakers(*node).into_iter().filter_map(heard).max().unwrap_or_else(now);
        Some((labels.clone(), at.as_micros() as f64 / 1e6))
    };
    let help = "Last time a container was seen by the exporter.";
    out.family("container_last_seen", Kind::Gauge, help, nodes.iter().zip(&labels).filter_map(seen).collect());
}
