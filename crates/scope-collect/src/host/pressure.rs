//! Pressure stall information, of the host (`/proc/pressure`) and of control groups alike (`Documentation/accounting/psi.rst`, Linux 4.20 and later).
//!
//! Own code, as `procfs-core` 0.18 demands the line `full`, which `cpu` has only from Linux 5.13 on, and cuts lines without looking at their length.

/// How much of the time tasks waited for a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stalled {
    /// Share of the last ten seconds, in per cent.
    pub avg10_pct: f64,
    /// Time in all, in microseconds.
    pub total_us: u64,
}

/// Pressure on one resource.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pressure {
    /// Some task waited.
    pub some: Stalled,
    /// No task got on. Absent for the CPU before Linux 5.13.
    pub full: Option<Stalled>,
}

/// Pressure on the three resources, each absent where the kernel does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pressures {
    /// Waiting for a processor.
    pub cpu: Option<Pressure>,
    /// Waiting for memory.
    pub memory: Option<Pressure>,
    /// Waiting for block devices.
    pub io: Option<Pressure>,
}

/// The pressure that a file states; none without a line `some`.
pub(crate) fn parse(content: &[u8]) -> Option<Pressure> {
    let text = std::str::from_utf8(content).ok()?;
    let line = |name: &str| text.lines().find_map(|line| stalled(line.strip_prefix(name)?));
    Some(Pressure { some: line("some ")?, full: line("full ") })
}

/// `avg10=0.00 avg60=0.00 avg300=0.00 total=0`
fn stalled(fields: &str) -> Option<Stalled> {
    let field = |name: &str| fields.split_ascii_whitespace().find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    let avg10_pct = field("avg10")?.parse::<f64>().ok().filter(|share| share.is_finite())?;
    Some(Stalled { avg10_pct, total_us: field("total")?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_both_lines() {
        let content = b"some avg10=2.10 avg60=0.12 avg300=0.00 total=391926\nfull avg10=0.50 avg60=0.02 avg300=0.00 total=7\n";
        let some = Stalled { avg10_pct: 2.1, total_us: 391_926 };
        assert_eq!(parse(content), Some(Pressure { some, full: Some(Stalled { avg10_pct: 0.5, total_us: 7 }) }));
    }

    #[test]
    fn cpu_before_linux_5_13_has_no_full() {
        let found = parse(b"some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n");
        assert_eq!(found, Some(Pressure { some: Stalled { avg10_pct: 0.0, total_us: 5 }, full: None }));
    }

    #[test]
    fn a_cut_file_states_nothing() {
        for content in ["", "some", "full", "some avg10=NaN total=1", "some avg10=1.0", "full avg10=1.0 avg60=1 avg300=1 total=1"] {
            assert_eq!(parse(content.as_bytes()), None, "{content}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(content in prop::collection::vec(any::<u8>(), 0..200)) {
            parse(&content);
        }
    }
}
