//! Chunks as an agent sends them: no bytes panic, and whatever comes the tables stay within their bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scope_core::link::message::{Chunk, Frame, Kind};
use scope_core::link::{Decoder, Unpacker};

fuzz_target!(|bytes: &[u8]| {
    let (mut unpacker, mut decoder) = (Unpacker::default(), Decoder::new("a".parse().expect("a name")));
    let mut rest = bytes;
    // Each chunk is its length in two bytes, of which the highest bit says that it is compressed, and what follows.
    while let [low, high, after @ ..] = rest {
        let length = (usize::from(high & 0x7f) << 8 | usize::from(*low)).min(after.len());
        let (bytes, following) = after.split_at(length);
        rest = following;
        let chunk = if high & 0x80 != 0 { Chunk { zstd: bytes.to_vec().into(), ..Chunk::default() } } else { Chunk { plain: bytes.to_vec().into(), ..Chunk::default() } };
        match unpacker.unpack(&chunk) {
            Ok(Frame { kind: Some(Kind::Report(part)) }) => {
                if let Err(error) = decoder.decode(*part) {
                    assert!(!error.to_string().is_empty());
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => {
                assert!(!error.to_string().is_empty());
                return;
            }
        }
    }
});
