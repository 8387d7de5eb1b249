//! What a container engine sends, as the HTTP client takes it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scope_collect::fuzzed::engine_http(bytes));
