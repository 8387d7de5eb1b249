//! What can be seen on this machine, what cannot, and the command that mends it. Everything is found out by trying what the sources do; nothing is changed.
//! How findings are shown, and what their exit code is, is the command's business.

mod cgroups;
mod engine;
mod kernel;
mod processes;
mod sockets;
#[cfg(test)]
mod tests;
mod tracking;

use std::path::Path;

use compact_str::CompactString;

use crate::config::{Config, Source};
use crate::host::file;

/// How a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is there.
    Ok,
    /// It is there, and a setting of the machine would show more.
    Advice,
    /// Something that would be shown is not to be seen.
    Missing,
}

impl State {
    /// The word for people and for JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Advice => "advice",
            Self::Missing => "missing",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The source that needs it.
    pub source: Source,
    /// What was looked at, in a word or two; the same on every machine.
    pub topic: &'static str,
    /// How it stands.
    pub state: State,
    /// What was found, and what that hides.
    pub found: CompactString,
    /// The command that mends it, or what to do where no command does.
    pub mend: Option<CompactString>,
}

impl Finding {
    fn ok(source: Source, topic: &'static str, found: impl Into<CompactString>) -> Self {
        Self { source, topic, state: State::Ok, found: found.into(), mend: None }
    }

    fn advice(source: Source, topic: &'static str, found: impl Into<CompactString>, mend: impl Into<CompactString>) -> Self {
        Self { source, topic, state: State::Advice, found: found.into(), mend: Some(mend.into()) }
    }

    fn missing(source: Source, topic: &'static str, found: impl Into<CompactString>, mend: impl Into<CompactString>) -> Self {
        Self { source, topic, state: State::Missing, found: found.into(), mend: Some(mend.into()) }
    }
}

/// Looks at this machine as an agent with these settings would, source by source. Takes as long as the engine takes to answer, seconds at most.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let (proc, sys) = (config.proc_root.as_path(), config.sys_root.as_path());
    let rights = Rights::read(proc);
    let mut findings = Vec::new();
    findings.extend(kernel::host(proc, sys, rights));
    findings.extend(engine::answer(config).await);
    findings.extend(cgroups::readable(proc, sys));
    findings.extend(processes::visible(proc, rights));
    findings.extend(sockets::readable(proc));
    findings.extend(tracking::complete(proc));
    findings.push(kernel::bpf(proc, sys, rights));
    findings.retain(|finding| config.sources.contains(&finding.source));
    findings
}

/// What this process may do, by its effective capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rights(u64);

impl Rights {
    /// Of the reading process; none where they cannot be told.
    fn read(proc: &Path) -> Self {
        let status = text(&proc.join("self/status")).unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("CapEff:")).and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        Self(mask.unwrap_or(0))
    }

    /// Whether a capability (its number in `include/uapi/linux/capability.h`) is among them.
    const fn has(self, number: u32) -> bool {
        self.0 >> number & 1 == 1
    }

    const SYS_PTRACE: u32 = 19;
    const SYS_ADMIN: u32 = 21;
    const BPF: u32 = 39;
}

/// A small file as text; none where it cannot be read.
fn text(path: &Path) -> Option<String> {
    /// More than any file that is looked at here has.
    const BYTES: usize = 64 << 10;
    let mut content = Vec::new();
    file::read(path, &mut content, BYTES).ok()?;
    Some(String::from_utf8_lossy(&content).into_owned())
}

/// The number that a file holds.
fn number(path: &Path) -> Option<u64> {
    text(path)?.trim().parse().ok()
}
