//! Datagrams of a netlink socket: sockets, connection tracking, links and addresses.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scope_collect::fuzzed::netlink(bytes));
