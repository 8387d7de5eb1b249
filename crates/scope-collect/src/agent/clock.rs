//! The clocks and the memory of this process. The only place of the crate that asks what time it is by the wall.

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use scope_core::Timestamp;

/// The wall clock's time.
pub(super) fn wall_time() -> Timestamp {
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
    Timestamp::from_micros(micros)
}

/// CPU time of this process, in microseconds.
pub(super) fn cpu_time_us() -> u64 {
    micros(ClockId::ProcessCPUTime)
}

/// CPU time of this thread, in microseconds.
pub(super) fn thread_time_us() -> u64 {
    micros(ClockId::ThreadCPUTime)
}

fn micros(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    (time.tv_sec as u64).saturating_mul(1_000_000).saturating_add(time.tv_nsec as u64 / 1000)
}

/// Memory of this process in RAM, in bytes. None where `/proc` is not this process's.
pub(super) fn resident_bytes() -> Option<u64> {
    let memory = procfs::process::Process::myself().ok()?.statm().ok()?;
    Some(memory.resident * rustix::param::page_size() as u64)
}

/// Raises the number of files that this process may hold open to what its hard limit allows: kept files make the sources cheap.
pub(super) fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where that is refused the sources keep fewer files, and cost more.
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        tracing::debug!(%error, "could not raise the limit of open files");
    }
}
