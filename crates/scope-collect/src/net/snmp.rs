//! A namespace's own counters of TCP and UDP (`/proc/net/snmp`): six microseconds tell whether sockets need to be looked at.

/// What is used of the counters (RFC 2012 and 2013). TCP counts both families, UDP IPv4 only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snmp {
    /// Connections begun from here, failed ones too (`ActiveOpens`).
    pub active_opens: u64,
    /// Connections taken (`PassiveOpens`).
    pub passive_opens: u64,
    /// Segments received and sent (`InSegs`, `OutSegs`).
    pub tcp_segments: u64,
    /// Datagrams received and sent (`InDatagrams`, `OutDatagrams`).
    pub udp_datagrams: u64,
}

impl Snmp {
    /// Connections that came up, from either side.
    pub fn opens(&self) -> u64 {
        self.active_opens.wrapping_add(self.passive_opens)
    }

    /// Reads the file's text: pairs of lines, names then values. `None` where a counter is missing.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut lines = text.split(|b| *b == b'\n');
        let (mut tcp, mut udp) = (None, None);
        while let (Some(names), Some(values)) = (lines.next(), lines.next()) {
            let counter = |wanted: &[u8]| {
                let at = words(names).position(|name| name == wanted)?;
                let value = words(values).nth(at)?;
                std::str::from_utf8(value).ok()?.parse::<u64>().ok()
            };
            match words(names).next() {
                Some(b"Tcp:") => {
                    let segments = counter(b"InSegs")?.wrapping_add(counter(b"OutSegs")?);
                    tcp = Some((counter(b"ActiveOpens")?, counter(b"PassiveOpens")?, segments));
                }
                Some(b"Udp:") => udp = Some(counter(b"InDatagrams")?.wrapping_add(counter(b"OutDatagrams")?)),
                _ => {}
            }
        }
        let (active_opens, passive_opens, tcp_segments) = tcp?;
        Some(Self { active_opens, passive_opens, tcp_segments, udp_datagrams: udp? })
    }
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|b| *b == b' ').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use proptest::prelude::*;

    const TEXT: &[u8] = include_bytes!("../../tests/fixtures/net/snmp");

    #[test]
    fn reads_the_kernels_counters() {
        let snmp = Snmp::parse(TEXT).unwrap();
        assert_eq!(snmp, Snmp { active_opens: 4, passive_opens: 3, tcp_segments: 52, udp_datagrams: 2 });
        assert_eq!(snmp.opens(), 7);
    }

    #[test]
    fn a_kernel_without_a_counter_is_no_zero() {
        let text = String::from_utf8(TEXT.to_vec()).unwrap();
        assert_eq!(Snmp::parse(text.replace("InSegs", "Other").as_bytes()), None);
    }

    proptest! {
        #[test]
        fn never_panics(cut in 0..TEXT.len(), at in 0..TEXT.len(), byte: u8, noise: Vec<u8>) {
            let mut text = TEXT.to_vec();
            text[at] = byte;
            let _any = Snmp::parse(&text[..cut]);
            let _any = Snmp::parse(&noise);
        }
    }
}
