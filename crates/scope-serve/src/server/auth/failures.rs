//! How often it may fail to prove an identity: per address, and in total. Only failures count, and a right secret is never turned away for the failures
//! of others: 256 bits are not guessed, so this bounds what guessing costs the server, its log and its audit.

use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use hashbrown::HashMap;

/// Failures of one address at once, then one for each pause.
const BURST: f64 = 10.0;
const PAUSE: Duration = Duration::from_secs(6);
/// The same for all addresses together.
const TOTAL_BURST: f64 = 200.0;
const TOTAL_PAUSE: Duration = Duration::from_millis(500);
/// Addresses that are remembered. Beyond it those go that have failed least.
pub(super) const ADDRESSES: usize = 4096;

/// So many failures are left, as of then.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn full(burst: f64, now: Instant) -> Self {
        Self { left: burst, at: now }
    }

    fn refill(&mut self, burst: f64, pause: Duration, now: Instant) {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() / pause.as_secs_f64();
        self.left = (self.left + gained).min(burst);
        self.at = now;
    }

    /// Whole seconds until the next failure is allowed; none where one is.
    fn wait(&self, pause: Duration) -> Option<u64> {
        (self.left < 1.0).then(|| ((1.0 - self.left) * pause.as_secs_f64()).ceil().max(1.0) as u64)
    }
}

/// What failed lately.
#[derive(Debug)]
pub(super) struct Failures {
    by_address: HashMap<IpAddr, Bucket>,
    total: Bucket,
    /// Failures ever, and those of them beyond a limit.
    pub(super) failed: u64,
    pub(super) limited: u64,
}

impl Failures {
    pub(super) fn new(now: Instant) -> Self {
        Self { by_address: HashMap::new(), total: Bucket::full(TOTAL_BURST, now), failed: 0, limited: 0 }
    }

    /// How long `address` has to wait before it may try at all: for doors that people type at.
    pub(super) fn blocked(&mut self, address: IpAddr, now: Instant) -> Option<u64> {
        let bucket = self.by_address.get_mut(&whole(address))?;
        bucket.refill(BURST, PAUSE, now);
        bucket.wait(PAUSE)
    }

    /// An attempt failed. How long to wait, where it was one too many.
    pub(super) fn failed(&mut self, address: IpAddr, now: Instant) -> Option<u64> {
        self.failed += 1;
        let address = whole(address);
        if self.by_address.len() >= ADDRESSES && !self.by_address.contains_key(&address) {
            self.forget(now);
        }
        let bucket = self.by_address.entry(address).or_insert_with(|| Bucket::full(BURST, now));
        bucket.refill(BURST, PAUSE, now);
        self.total.refill(TOTAL_BURST, TOTAL_PAUSE, now);
        let wait = bucket.wait(PAUSE).max(self.total.wait(TOTAL_PAUSE));
        bucket.left = (bucket.left - 1.0).max(0.0);
        if wait.is_some() {
            self.limited += 1;
        } else {
            self.total.left -= 1.0;
        }
        wait
    }

    /// Forgets a half of the addresses: those that may fail most often still.
    fn forget(&mut self, now: Instant) {
        self.by_address.iter_mut().for_each(|(_, bucket)| bucket.refill(BURST, PAUSE, now));
        let mut by_left: Vec<(f64, IpAddr)> = self.by_address.iter().map(|(address, bucket)| (bucket.left, *address)).collect();
        by_left.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        for (_, address) in by_left.iter().take(ADDRESSES / 2) {
            self.by_address.remove(address);
        }
    }

    #[cfg(test)]
    pub(super) fn addresses(&self) -> usize {
        self.by_address.len()
    }
}

/// One customer's addresses count as one: of IPv6 the first half.
fn whole(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn an_address_is_slowed_down_and_recovers() {
        let start = Instant::now();
        let mut failures = Failures::new(start);
        for _ in 0..10 {
            assert_eq!(failures.blocked(address(1), start), None);
            assert_eq!(failures.failed(address(1), start), None);
        }
        assert_eq!(failures.failed(address(1), start), Some(6));
        assert_eq!(failures.blocked(address(1), start), Some(6));
        assert_eq!(failures.blocked(address(2), start), None, "others are not slowed down");
        assert_eq!(failures.blocked(address(1), start + PAUSE), None);
    }

    #[test]
    fn ten_thousand_addresses_need_bounded_memory_and_are_slowed_down_together() {
        let start = Instant::now();
        let mut failures = Failures::new(start);
        let limited = (0..10_000).filter(|number| failures.failed(address(*number), start).is_some()).count();
        assert!(failures.addresses() <= ADDRESSES, "{}", failures.addresses());
        assert_eq!(limited, 10_000 - 200);
        assert_eq!((failures.failed, failures.limited), (10_000, 9_800));
    }

    #[test]
    fn addresses_that_failed_often_are_not_forgotten_for_those_that_failed_once() {
        let start = Instant::now();
        let mut failures = Failures::new(start);
        for _ in 0..12 {
            failures.failed(address(u32::MAX), start);
        }
        for number in 0..20_000 {
            failures.failed(address(number), start + Duration::from_secs(1));
        }
        assert!(failures.blocked(address(u32::MAX), start + Duration::from_secs(1)).is_some());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let start = Instant::now();
        let mut failures = Failures::new(start);
        let host = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        for last in 0..10 {
            assert_eq!(failures.failed(host(last), start), None);
        }
        assert!(failures.blocked(host(999), start).is_some());
    }
}
