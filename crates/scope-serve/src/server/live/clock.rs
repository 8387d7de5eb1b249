//! The time of day, read in one place.

use std::time::{SystemTime, UNIX_EPOCH};

use scope_core::Timestamp;

/// Now, by the clock of this machine.
pub(crate) fn now() -> Timestamp {
    // Clocks before 1970 are wrong, and are read as 1970.
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}
