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

pub use files::{BlockIo, Cpu, Throttling};
pub use group::{Figures, Fresh, Limits, RARE, SLOW};
pub use ids::{ContainerIds, containers_in, pod_in};
pub use layout::Layout;
pub use membership::{Membership, Placement};
pub use reader::{CgroupError, Cgroups};
pub use source::CgroupSource;
