//! What rarely changes of a process: its command line, user, directory and control groups.

use std::sync::Arc;

use compact_str::CompactString;

use crate::cgroup::Membership;

/// Longest command line read, in bytes; the kernel allows 2 MiB.
pub(super) const COMMAND_BYTES: usize = 4096;

/// What rarely changes of a process.
///
/// Command lines are as the process left them, secrets included: they have to be redacted before they go anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The name of the main thread, at most 15 bytes; what is not UTF-8 is replaced.
    pub comm: CompactString,
    /// The arguments, the command first; empty for a zombie. Cut after 4,096 bytes.
    pub args: Vec<CompactString>,
    /// Whether arguments were cut off.
    pub args_cut: bool,
    /// The effective user. None where it is not known yet.
    pub uid: Option<u32>,
    /// The program's file as its own mount namespace names it; none for a reader that may not trace it.
    pub exe: Option<String>,
    /// The current directory, likewise.
    pub cwd: Option<String>,
    /// The pid in its own pid namespace; absent in the machine's own.
    pub container_pid: Option<u32>,
    /// Its control groups, shared by all processes that are in the same ones.
    pub cgroups: Arc<Membership>,
}

/// The arguments in a `/proc/PID/cmdline`: each ends in NUL. A process that has overwritten them (`setproctitle`) leaves one text and maybe padding.
pub(super) fn arguments(content: &[u8]) -> Vec<CompactString> {
    let end = content.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if end == 0 {
        return Vec::new();
    }
    content.get(..end).unwrap_or_default().split(|byte| *byte == 0).map(CompactString::from_utf8_lossy).collect()
}

/// The effective user and the pid in the innermost namespace, of a `/proc/PID/status`.
pub(super) fn identity(content: &[u8]) -> (Option<u32>, Option<u32>) {
    // Line feeds in the name are escaped here, so a line is a line; the name comes first all the same.
    let field = |name: &[u8]| {
        content
            .split(|byte| *byte == b'\n')
            .skip(1)
            .find_map(|line| line.strip_prefix(name))
            .map(|value| value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()))
    };
    let number = |digits: &[u8]| super::stat::number(digits).and_then(|number| u32::try_from(number).ok());
    let uid = field(b"Uid:").and_then(|mut uids| uids.nth(1)).and_then(number);
    let inner = field(b"NSpid:").and_then(|pids| pids.skip(1).last()).and_then(number);
    (uid, inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn arguments_end_in_nul() {
        assert_eq!(arguments(b"sh\0-c\0\0a b\0"), ["sh", "-c", "", "a b"]);
        assert_eq!(arguments(b"nginx: worker process\0\0\0\0"), ["nginx: worker process"]);
        assert_eq!(arguments(b"no end"), ["no end"]);
        assert_eq!(arguments(b"\xff\0"), ["\u{fffd}"]);
        assert!(arguments(b"\0\0").is_empty());
    }

    #[test]
    fn a_name_cannot_pretend_to_be_a_field() {
        let content = b"Name:\tUid:\\t0\nUmask:\t0022\nUid:\t1000\t33\t33\t33\nNSpid:\t4242\t17\t3\n";
        assert_eq!(identity(content), (Some(33), Some(3)));
        assert_eq!(identity(b"Name:\tx\nNSpid:\t4242\n"), (None, None));
    }

    proptest! {
        #[test]
        fn nothing_panics(content in prop::collection::vec(any::<u8>(), 0..300)) {
            arguments(&content);
            identity(&content);
        }
    }
}
