//! A resolver's answers, and the files that name hosts.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scope_collect::fuzzed::names(bytes));
