//! What to collect and how: the settings of an agent. Flags and environment variables are the command's business.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use scope_core::redact::Redactor;
use scope_core::{AgentName, Scope};

/// A source of records, by the word that stands in `source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The machine itself.
    Host,
    /// Processes.
    Process,
    /// Containers, images and networks, as an engine with Docker's API has them.
    Docker,
    /// Figures of containers, from control groups.
    Cgroup,
    /// Connections.
    Net,
}

impl Source {
    /// All of them, in the order in which they report.
    pub const ALL: [Self; 5] = [Self::Host, Self::Docker, Self::Cgroup, Self::Process, Self::Net];

    /// The word in records and flags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Process => "process",
            Self::Docker => "docker",
            Self::Cgroup => "cgroup",
            Self::Net => "net",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names no source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no source is named `{0}`: there are host, docker, cgroup, process, net")]
pub struct UnknownSource(String);

impl FromStr for Source {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|source| source.as_str() == text).ok_or_else(|| UnknownSource(scope_core::limits::cut(text, 80).into_owned()))
    }
}

/// The settings of an agent.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command, and they are independent")]
pub struct Config {
    /// The agent's name; the host's name where absent.
    pub agent: Option<AgentName>,
    /// The scope of private addresses: hosts of one realm can reach each other's.
    pub realm: Scope,
    /// Time between reports; a single report where absent.
    pub every: Option<Duration>,
    /// Reports to make before ending; without end where absent.
    pub count: Option<u64>,
    /// Time between full reports.
    pub full_every: Duration,
    /// The sources to read.
    pub sources: Vec<Source>,
    /// Where the engine listens: `unix:///path` or `tcp://host:port`. Where absent the usual places are tried.
    pub docker_endpoint: Option<String>,
    /// `XDG_RUNTIME_DIR`: where engines without root keep their sockets.
    pub runtime_dir: Option<PathBuf>,
    /// Where the host's `/proc` is mounted.
    pub proc_root: PathBuf,
    /// Where the host's `/sys` is mounted.
    pub sys_root: PathBuf,
    /// Whether raw connections are shown beside the flows.
    pub connections: bool,
    /// Whether names are looked up for addresses.
    pub resolve_names: bool,
    /// Whether kernel threads count as processes.
    pub kernel_threads: bool,
    /// Whether the space used by writable layers and volumes is asked for; the engine walks its disks for it.
    pub storage: bool,
    /// What may leave the host of environments and command lines.
    pub redactor: Redactor,
    /// Whether others work in this process too, as in a server that reads its own machine: what the process uses then says nothing of the agent.
    pub shares_process: bool,
}

impl Default for Config {
    /// Everything on, one report, the usual places.
    fn default() -> Self {
        Self {
            agent: None,
            realm: Scope::WORLD,
            every: None,
            count: None,
            full_every: Duration::from_mins(1),
            sources: Source::ALL.to_vec(),
            docker_endpoint: None,
            runtime_dir: None,
            proc_root: "/proc".into(),
            sys_root: "/sys".into(),
            connections: false,
            resolve_names: true,
            kernel_threads: false,
            storage: false,
            redactor: Redactor::default(),
            shares_process: false,
        }
    }
}
