//! What the process that answers may still do: use memory up to a limit, compute, read its standard input and write its standard output. It opens no file and
//! no socket, starts no program, and cannot get any of that back. The limits hold even where the kernel has no filters for system calls.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

use super::worker::Asked;

/// System calls that computing takes: memory, threads, time, and the descriptors that are open.
const CALLS: &[i64] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_membarrier,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_sigaltstack,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_restart_syscall,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_epoll_pwait,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Gives up everything else, for good.
pub(super) fn confine(asked: &Asked) -> io::Result<()> {
    let limit = |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    // The descriptors that are open stay so; none comes beside them.
    limit(Resource::Nofile, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Core, 0)?;
    limit(Resource::As, asked.memory_bytes)?;
    // The server ends it at its deadline; this is for a server that is gone.
    limit(Resource::Cpu, 2 * asked.cpu_secs.max(1))?;
    let refused = |error: seccompiler::BackendError| io::Error::other(error);
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(refused)?;
    let calls = CALLS.iter().map(|call| (*call, Vec::new())).collect();
    // What is not on the list is answered with an error, as a machine without it would: libraries go on without.
    let filter = SeccompFilter::new(calls, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow, arch).map_err(refused)?;
    let program: BpfProgram = filter.try_into().map_err(refused)?;
    seccompiler::apply_filter_all_threads(&program).map_err(io::Error::other)
}
