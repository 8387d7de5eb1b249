//! Files of `/proc` about one process.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scope_collect::fuzzed::processes(bytes));
