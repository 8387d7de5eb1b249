//! Tests of the crate from outside, one binary for all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]

mod codec_arrow;
mod codec_arrow_foreign;
mod codec_json;
mod codec_stream;
mod compat;
mod link;
mod strategy;
