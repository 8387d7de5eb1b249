//! What the collector reads, and under which name.

use std::path::{Path, PathBuf};

use scope_core::{AgentName, Scope};

/// What the collector reads, and under which name.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The agent's name.
    pub agent: AgentName,
    /// The scope of private addresses.
    pub realm: Scope,
    /// Where the host's proc file system is mounted.
    pub proc: PathBuf,
    /// Where the host's sysfs is mounted.
    pub sys: PathBuf,
    /// A process in the host's own network namespace: 1. Where that is closed to this user, the calling thread's namespace counts as the host's.
    pub host_pid: u32,
    /// The hosts file.
    pub hosts_file: PathBuf,
    /// The file that names resolvers.
    pub resolv_conf: PathBuf,
    /// Whether names of addresses are asked of DNS.
    pub ask_dns: bool,
}

impl Settings {
    /// The settings for the usual places.
    pub fn new(agent: AgentName, realm: Scope, proc: &Path, sys: &Path) -> Self {
        Self {
            agent,
            realm,
            proc: proc.into(),
            sys: sys.into(),
            host_pid: 1,
            hosts_file: "/etc/hosts".into(),
            resolv_conf: "/etc/resolv.conf".into(),
            ask_dns: true,
        }
    }
}
