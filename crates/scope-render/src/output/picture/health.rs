//! How a node is, and why: from its state, health check, restarts, and what it uses near its limits. The rule is the page's
//! (`crates/scope-serve/ui/src/lib/model/health.ts`): a picture must not call well what the page warns of.

use scope_core::{Number, Timestamp, Value};

use crate::view::{Edge, Node, Rendered};

/// How a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    Healthy,
    Warning,
    Critical,
    /// It has ended in order, or nothing is known of it.
    Unknown,
}

/// How a node is, and the reasons in words, the gravest first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judgement {
    pub(super) health: Health,
    pub(super) reasons: Vec<String>,
}

/// Restarts that are longer ago than this are over.
const RECENT_MICROS: i64 = 3_600 * 1_000_000;
/// What has restarted often stays up for so long before it is no longer taken to be in a loop.
const LOOP_MICROS: i64 = 600 * 1_000_000;
const MANY_RESTARTS: f64 = 3.0;
/// From which share of a limit on something is not well.
const MEMORY: Bounds = Bounds { warning: 0.85, critical: 0.95 };
const DISK: Bounds = Bounds { warning: 0.9, critical: 0.95 };
const CPU: Bounds = Bounds { warning: 0.95, critical: f64::INFINITY };
const THROTTLED: Bounds = Bounds { warning: 0.25, critical: f64::INFINITY };
/// How a container ends that somebody stopped: by itself, by Ctrl-C, by SIGKILL where it does not heed SIGTERM, by SIGTERM.
const ORDERLY: [f64; 4] = [0.0, 130.0, 137.0, 143.0];
/// The share of attempts that failed from which on a line is drawn as one that fails.
const FAILED_SHARE: f64 = 0.02;

struct Bounds {
    warning: f64,
    critical: f64,
}

#[derive(Default)]
struct Found {
    critical: Vec<String>,
    warning: Vec<String>,
}

/// How `node` is.
pub(super) fn judge(rendered: &Rendered<'_, '_>, node: &Node<'_>) -> Judgement {
    let unknown = Judgement { health: Health::Unknown, reasons: Vec::new() };
    if node.role.is_outside() {
        return unknown;
    }
    let attr = |name: &str| rendered.attr(node, name);
    let number = |name: &str| attr(name).and_then(Value::as_number).map(Number::as_f64);
    let state = attr("state").and_then(Value::as_text).map(str::to_ascii_lowercase);
    let state = state.as_deref();
    let health = attr("health").and_then(Value::as_text);
    let has_ended = matches!(state, Some("exited" | "stopped" | "failed"));
    let mut found = Found::default();

    let code = number("exit_code");
    let restarts = number("restart_count").filter(|count| *count >= MANY_RESTARTS && !has_ended);
    // As old as what the picture is of: the same input gives the same picture.
    let up_micros = attr("started_at").and_then(Value::as_time).map(|started: Timestamp| rendered.graph().latest().micros_since(started));
    let unrest = restarts.zip(up_micros).filter(|(_, up)| *up < RECENT_MICROS);
    if matches!(state, Some("restarting" | "crashloopbackoff")) || unrest.is_some_and(|(_, up)| up < LOOP_MICROS) {
        found.critical.push("restarts again and again".to_owned());
        // Whatever it ended with, it should not have ended.
        found.critical.extend(code.map(|code| format!("ended with code {code}")));
    }
    match state {
        Some("dead") => found.critical.push("is dead".to_owned()),
        Some("paused") => found.warning.push("is paused".to_owned()),
        Some("zombie") => found.warning.push("is a zombie".to_owned()),
        Some("pending") => found.warning.push("waits to start".to_owned()),
        _ => {}
    }
    if attr("oom_killed").and_then(Value::as_bool) == Some(true) {
        found.critical.push("was killed for memory".to_owned());
    }
    if has_ended {
        match code {
            Some(code) if !ORDERLY.contains(&code) => found.critical.push(format!("ended with code {code}")),
            None if state == Some("failed") => found.critical.push("failed".to_owned()),
            _ => {}
        }
    } else {
        if health == Some("unhealthy") {
            found.critical.push("its health check fails".to_owned());
        }
        found.warning.extend(unrest.map(|(count, _)| format!("restarted {count} times lately")));
        used(rendered, node, &mut found);
    }

    let Found { mut critical, warning } = found;
    if !critical.is_empty() {
        critical.extend(warning);
        return Judgement { health: Health::Critical, reasons: critical };
    }
    if !warning.is_empty() {
        return Judgement { health: Health::Warning, reasons: warning };
    }
    let is_seen = state.is_some() || rendered.metric(node, "cpu_pct").is_some() || rendered.metric(node, "mem_bytes").is_some();
    if has_ended || health == Some("starting") || state == Some("created") || !is_seen {
        return unknown;
    }
    Judgement { health: Health::Healthy, reasons: Vec::new() }
}

/// What it uses near its limits.
fn used(rendered: &Rendered<'_, '_>, node: &Node<'_>, found: &mut Found) {
    let figure = |name: &str| rendered.metric(node, name).map(Number::as_f64);
    let of = |used: Option<f64>, limit: Option<f64>| used.zip(limit.filter(|limit| *limit > 0.0)).map(|(used, limit)| used / limit);
    let percent = |name: &str| figure(name).map(|value| value / 100.0);
    let memory = of(figure("mem_bytes"), figure("mem_limit_bytes").or_else(|| figure("mem_total_bytes"))).or_else(|| percent("mem_pct"));
    let cores = || rendered.attr(node, "cores").and_then(Value::as_number).map(|cores| cores.as_f64() * 100.0);
    let cpu = of(figure("cpu_pct"), figure("cpu_limit_pct").or_else(cores));
    let mut put = |share: Option<f64>, bounds: &Bounds, words: &str| {
        let Some(share) = share.filter(|share| *share >= bounds.warning) else { return };
        let place = if share >= bounds.critical { &mut found.critical } else { &mut found.warning };
        place.push(words.replace("{}", &format!("{:.0} %", share * 100.0)));
    };
    put(memory, &MEMORY, "memory at {} of its limit");
    put(cpu, &CPU, "CPU at {} of its limit");
    put(percent("cpu_throttled_pct"), &THROTTLED, "CPU throttled for {} of the time");
    put(percent("disk_pct"), &DISK, "disks {} full");
}

/// Whether so many attempts over a connection failed that it is drawn as one that fails. That some failed a moment ago is nothing that one state tells.
pub(super) fn fails(edge: &Edge) -> bool {
    let failed = edge.figures.failed_total.unwrap_or(0) as f64;
    failed > 0.0 && failed / (failed + edge.figures.opened_total.unwrap_or(0) as f64) >= FAILED_SHARE
}
