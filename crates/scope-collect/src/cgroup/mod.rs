//! Control groups: to which container a process belongs, and what the kernel counts for it.
//!
//! Versions 1 and 2 and the hybrid of both. Everything here is read from `/proc/PID/cgroup` and from the files of the mounted hierarchies; container engines
//! are not asked. Network figures are not here: the kernel keeps them per network namespace, not per control group.

mod files;
mod group;
mod ids;
mod layout;
mod membership;
mod process_io;
mod reader;
mod source;
#[cfg(test)]
mod tests;

/// Every parser of the files of control groups, on anything.
#[cfg(any(fuzzing, test))]
pub(crate) fn parse_anything(content: &[u8]) {
    let _ = (files::single(content), files::cpu_stat(content), files::memory_stat(content), files::limit(content), files::cpu_max(content));
    let _ = (files::oom_kills(content), files::io_stat(content), files::blkio(content), pod_in(content));
    for (id, end) in containers_in(content) {
        assert!(id.len() == 64 && end <= content.len());
    }
    let layout = Layout::from_mounts(content, std::path::Path::new("/sys"));
    let _ = Membership::parse(content, &layout);
}

pub use files::{BlockIo, Cpu, Throttling};
pub use group::{Figures, Fresh, Limits, RARE, SLOW};
pub use ids::{ContainerIds, containers_in, pod_in};
pub use layout::Layout;
pub use membership::{Membership, Placement};
pub use reader::{CgroupError, Cgroups};
pub use source::CgroupSource;
