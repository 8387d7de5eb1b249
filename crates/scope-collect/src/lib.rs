//! Sources of `scope`: the host, its processes, containers and connections become records.
//!
//! Start at [`agent`], the loop that asks every source at the interval and passes on events at once. Each source lives in its own
//! module and reads its part of the machine; [`report`] turns what they say into records. Nothing here speaks to a server, and no
//! source ever starts another program.

#[cfg(target_os = "linux")]
pub mod agent;
#[cfg(all(test, target_os = "linux"))]
mod captured;
#[cfg(target_os = "linux")]
mod causes;
pub mod config;
#[cfg(target_os = "linux")]
pub mod doctor;
pub mod report;

#[cfg(target_os = "linux")]
pub mod cgroup;
#[cfg(unix)]
pub mod docker;
#[cfg(all(any(fuzzing, test), target_os = "linux"))]
pub mod fuzzed;
#[cfg(target_os = "linux")]
pub mod host;
#[cfg(target_os = "linux")]
pub mod net;
#[cfg(target_os = "linux")]
pub mod process;
