//! Answers and events of a container engine.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scope_collect::fuzzed::docker(bytes));
