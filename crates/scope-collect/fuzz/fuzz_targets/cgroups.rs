//! Files of control groups.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scope_collect::fuzzed::cgroups(bytes));
