//! `/proc/PID/stat` (`fs/proc/array.c`, `do_task_stat`, Linux 6.18; the fields used are the same since 2.6).

/// What a process is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// On a processor or waiting for one.
    Running,
    /// Waiting, can be interrupted.
    #[default]
    Sleeping,
    /// Waiting and cannot be interrupted, for a disk mostly.
    Blocked,
    /// Ended, not yet waited for by its parent.
    Zombie,
    /// Stopped by a signal.
    Stopped,
    /// Stopped by a debugger.
    Traced,
    /// An idle kernel thread.
    Idle,
    /// Ending.
    Dead,
    /// Another letter.
    Unknown,
}

impl State {
    fn from_letter(letter: u8) -> Self {
        match letter {
            b'R' => Self::Running,
            b'S' => Self::Sleeping,
            b'D' | b'K' | b'W' => Self::Blocked,
            b'Z' => Self::Zombie,
            b'T' => Self::Stopped,
            b't' => Self::Traced,
            b'I' | b'P' => Self::Idle,
            b'X' | b'x' => Self::Dead,
            _ => Self::Unknown,
        }
    }

    /// The word for it, in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Sleeping => "sleeping",
            Self::Blocked => "blocked",
            Self::Zombie => "zombie",
            Self::Stopped => "stopped",
            Self::Traced => "traced",
            Self::Idle => "idle",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        }
    }
}

/// The fields that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat<'a> {
    pub(super) pid: u32,
    /// The name of the main thread: at most 15 bytes, any but NUL, blanks, parentheses and line feeds included.
    pub(super) comm: &'a [u8],
    pub(super) state: State,
    pub(super) parent: u32,
    /// Whether it is a thread of the kernel (`PF_KTHREAD`).
    pub(super) is_kernel_thread: bool,
    pub(super) user_ticks: u64,
    pub(super) system_ticks: u64,
    pub(super) threads: u32,
    /// Clock ticks from boot to its start. With the pid its identity.
    pub(super) start_ticks: u64,
    pub(super) virtual_bytes: u64,
    pub(super) resident_pages: u64,
    /// Changes with every `exec` as address spaces are laid out at random; 0 or constant for a reader that may not trace the process.
    pub(super) image: u64,
}

/// `PF_KTHREAD` of `include/linux/sched.h`.
const KERNEL_THREAD: u64 = 0x0020_0000;

/// The fields of `content`; none when it is cut or not in the kernel's form.
pub(super) fn parse(content: &[u8]) -> Option<Stat<'_>> {
    // The name is between the first opening and the last closing parenthesis, whatever it holds: after it there are only numbers and one letter.
    let open = content.iter().position(|byte| *byte == b'(')?;
    let close = content.iter().rposition(|byte| *byte == b')')?;
    let pid = u32::try_from(number(content.get(..open)?.strip_suffix(b" ")?)?).ok()?;
    let comm = content.get(open + 1..close)?;
    let mut fields = content.get(close + 1..)?.strip_prefix(b" ")?.split(|byte| *byte == b' ');
    let state = State::from_letter(*fields.next()?.first()?);
    let parent = u32::try_from(number(fields.next()?)?).ok()?;
    // Fields are counted from 1 in proc(5); the next one is 5.
    let mut skip = |count: usize| fields.nth(count).and_then(number);
    let flags = skip(9 - 5)?;
    let user_ticks = skip(14 - 10)?;
    let system_ticks = skip(0)?;
    let threads = u32::try_from(skip(20 - 16)?).ok()?;
    let start_ticks = skip(22 - 21)?;
    let virtual_bytes = skip(0)?;
    let resident_pages = skip(0)?;
    let code = skip(26 - 25).unwrap_or(0);
    let stack = skip(28 - 27).unwrap_or(0);
    Some(Stat {
        pid,
        comm,
        state,
        parent,
        is_kernel_thread: flags & KERNEL_THREAD != 0,
        user_ticks,
        system_ticks,
        threads,
        start_ticks,
        virtual_bytes,
        resident_pages,
        image: code.rotate_left(32) ^ stack,
    })
}

/// A decimal number, without a sign.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| match digit {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use proptest::prelude::*;

    const TAIL: &[u8] = b" S 7 1 1 34816 5 4194560 98 0 0 0 150 25 0 0 20 0 3 0 69064 3133440 414 18446744073709551615 93894244925440 93894244945321 140729910961680 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 93894244961328 93894244962944 93894277795840 140729910962912 140729910962932 140729910962932 140729910964203 0\n";

    fn line(comm: &[u8]) -> Vec<u8> {
        [b"42 (", comm, b")", TAIL].concat()
    }

    #[test]
    fn reads_the_fields_that_count() {
        let content = line(b"cat");
        let stat = parse(&content).unwrap();
        assert_eq!((stat.pid, stat.comm, stat.state, stat.parent), (42, &b"cat"[..], State::Sleeping, 7));
        assert_eq!((stat.user_ticks, stat.system_ticks, stat.threads, stat.start_ticks), (150, 25, 3, 69_064));
        assert_eq!((stat.virtual_bytes, stat.resident_pages, stat.is_kernel_thread), (3_133_440, 414, false));
        let (code, stack) = (93_894_244_925_440_u64, 140_729_910_961_680);
        assert_eq!(stat.image, code.rotate_left(32) ^ stack);
    }

    #[test]
    fn a_kernel_thread_is_known_by_its_flag() {
        let content = b"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 3 0 0 20 0 1 0 4 0 0 18446744073709551615 0 0 0 0 0 0 0";
        assert!(parse(content).unwrap().is_kernel_thread);
    }

    #[test]
    fn a_name_may_hold_anything() {
        for comm in [&b"tmux: server"[..], b"a) R 1 (b", b"(sd-pam)", b"two\nlines", b"\xff\xfe", b"", b")) S 1 1"] {
            assert_eq!(parse(&line(comm)).unwrap().comm, comm);
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(content in prop::collection::vec(any::<u8>(), 0..300)) {
            parse(&content);
        }

        #[test]
        fn a_cut_line_never_yields_a_wrong_identity(at in 0..360_usize) {
            let content = line(b"x y");
            let cut = content.get(..at.min(content.len())).unwrap();
            if let Some(stat) = parse(cut) {
                prop_assert_eq!(stat.pid, 42);
                prop_assert!(stat.start_ticks == 69_064);
            }
        }

        #[test]
        fn any_name_is_found_again(comm in prop::collection::vec(1_u8.., 0..16)) {
            let content = line(&comm);
            prop_assert_eq!(parse(&content).unwrap().comm, &comm[..]);
        }
    }
}
