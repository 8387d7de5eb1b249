#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]
