//! What is asked for: `name=value`, as `make fleet` passes them on.

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
    /// Which figures of nodes subscribers ask for, with commas between them; all where nothing is said.
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
            metrics: text("metrics"),
            port: number("port", 0) as u16,
        }
    }
}
