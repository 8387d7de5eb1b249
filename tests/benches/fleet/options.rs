//! What is asked for: `name=value`, as `make fleet` passes them on.

use std::collections::BTreeSet;

use scope_core::field::{Field, Registry, Unit};

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Options {
    /// Agents, and containers of each.
    pub(crate) agents: usize,
    pub(crate) containers: usize,
    pub(crate) subscribers: usize,
    /// Seconds over which is measured.
    pub(crate) secs: usize,
    /// Containers of a hundred whose figures move.
    pub(crate) busy: usize,
    /// Goes on until it is stopped, with a fleet for the eye.
    pub(crate) hold: bool,
    /// A server that is running already, its token and its process.
    pub(crate) url: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) pid: Option<u32>,
    /// Which figures of nodes subscribers ask for, with commas between them: those of a page where nothing is said; with `all`, all.
    pub(crate) metrics: Option<String>,
    /// Which port of this machine a server that is started here takes.
    pub(crate) port: u16,
}

impl Options {
    /// Those of the command line. What is empty is as if it were not there.
    pub(crate) fn read() -> Self {
        let given: Vec<(String, String)> =
            std::env::args().skip(1).filter_map(|word| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))).collect();
        let text = |name: &str| given.iter().find(|(given, value)| given == name && !value.is_empty()).map(|(_, value)| value.clone());
        let number =
            |name: &str, otherwise: usize| text(name).map_or(otherwise, |value| value.parse().unwrap_or_else(|_| panic!("{name}: not a number: {value}")));
        Self {
            agents: number("agents", 100).max(1),
            containers: number("containers", 10),
            subscribers: number("subscribers", 20),
            secs: number("secs", 30),
            busy: number("busy", 100),
            hold: text("hold").is_some_and(|hold| hold != "0"),
            url: text("url"),
            token: text("token"),
            pid: text("pid").and_then(|pid| pid.parse().ok()),
            metrics: text("metrics").map_or_else(|| Some(of_a_page()), |names| (names != "all").then_some(names)),
            port: number("port", 0) as u16,
        }
    }
}

/// The figures that a page asks for: those that it shows without being asked, and those that it judges by (`model/wanted.ts` of the page).
fn of_a_page() -> String {
    let no_figures = [Unit::Text, Unit::List, Unit::Map, Unit::Bool, Unit::Time];
    let registry = Registry::new();
    let shown = registry.fields().filter(|field| {
        let of_nodes = field.kinds().next().is_none() || field.kinds().any(|kind| !["flow", "connection", "tick"].contains(&kind));
        of_nodes && !field.is_hidden() && !no_figures.contains(&field.unit())
    });
    let judged = ["cpu_pct", "cpu_limit_pct", "cpu_throttled_pct", "mem_bytes", "mem_pct", "mem_limit_bytes", "mem_total_bytes", "disk_pct"];
    shown.map(Field::name).chain(judged).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(",")
}
