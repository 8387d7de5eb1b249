//! Frames as chunks and back: each compressed by itself, by what went before it in the same direction. What frames mean is not known here.
//!
//! Neither end keeps a compression context between two chunks, only the last few KiB that were said: a server of a thousand agents has a thousand of these.

use std::cell::RefCell;
use std::io;

use bytes::Bytes;
use prost::Message;
use zstd::zstd_safe::{self, CCtx, CParameter, DCtx};

use super::message::{Chunk, Frame, Kind};
use super::{FRAME_BYTES, LinkError, spare};

/// Bytes of former frames that a chunk can refer to: several reports of the steady kind.
const BEFORE: usize = 16 << 10;
/// How far back matches are looked for, as a power of two: in what went before, and in a large frame itself.
const WINDOW_LOG: u32 = 17;
/// Spends about 4 µs for each KiB; higher levels save a few per cent of what is left.
const LEVEL: i32 = 3;
/// Frames below this travel as they are until something larger has come: a direction that only ever says small things compresses nothing.
const SMALL: usize = 256;
/// With what a dictionary begins that is more than bytes to refer to (RFC 8878, 5).
const DICTIONARY: [u8; 4] = [0x37, 0xa4, 0x30, 0xec];
/// Memory that is kept for the next frame.
const KEPT: usize = 64 << 10;

/// The end of what was said, compressed, in one direction.
#[derive(Debug, Default)]
struct Before(Vec<u8>);

impl Before {
    fn add(&mut self, frame: &[u8]) {
        let frame = frame.get(frame.len().saturating_sub(BEFORE)..).unwrap_or_default();
        let over = (self.0.len() + frame.len()).saturating_sub(BEFORE);
        self.0.drain(..over.min(self.0.len()));
        self.0.reserve_exact(frame.len());
        self.0.extend_from_slice(frame);
    }
}

fn failed(code: zstd_safe::ErrorCode) -> io::Error {
    io::Error::other(zstd_safe::get_error_name(code))
}

/// Makes chunks of frames, for one direction of a connection.
#[derive(Debug, Default)]
pub struct Packer {
    before: Before,
    frame: Vec<u8>,
}

impl Packer {
    /// The chunk of `frame`. Fails only where memory does.
    pub fn pack(&mut self, frame: &Frame) -> io::Result<Chunk> {
        self.frame.clear();
        frame.encode(&mut self.frame).map_err(io::Error::other)?;
        if self.frame.len() < SMALL && self.before.0.is_empty() {
            return Ok(Chunk { plain: Bytes::copy_from_slice(&self.frame), zstd: Bytes::new() });
        }
        let mut out = Vec::with_capacity(zstd_safe::compress_bound(self.frame.len()));
        compress(&self.before.0, &self.frame, &mut out).map_err(failed)?;
        out.shrink_to_fit();
        self.before.add(&self.frame);
        // A large full report is rare; its buffer is not kept for the small ones.
        self.frame.shrink_to(KEPT);
        Ok(Chunk { plain: Bytes::new(), zstd: out.into() })
    }
}

fn compress(before: &[u8], frame: &[u8], out: &mut Vec<u8>) -> Result<(), zstd_safe::ErrorCode> {
    let mut zstd = CCtx::create();
    zstd.set_parameter(CParameter::CompressionLevel(LEVEL))?;
    zstd.set_parameter(CParameter::WindowLog(WINDOW_LOG))?;
    zstd.set_parameter(CParameter::HashLog(15))?;
    zstd.set_parameter(CParameter::ChainLog(15))?;
    zstd.set_parameter(CParameter::ChecksumFlag(false))?;
    zstd.ref_prefix(before)?;
    zstd.compress2(out, frame).map(drop)
}

/// Makes frames of chunks, for one direction of a connection.
#[derive(Debug, Default)]
pub struct Unpacker {
    before: Before,
}

impl Unpacker {
    /// The frame of `chunk`. After an error the connection is of no use any more.
    pub fn unpack(&mut self, chunk: &Chunk) -> Result<Frame, LinkError> {
        if chunk.zstd.is_empty() {
            return if chunk.plain.len() > FRAME_BYTES { Err(LinkError::FrameTooLarge) } else { read(&chunk.plain) };
        }
        let damaged = || LinkError::Compression(io::ErrorKind::InvalidData.into());
        // A chunk says how much it becomes, and becomes no more.
        let size = zstd_safe::get_frame_content_size(&chunk.zstd).ok().flatten().ok_or_else(damaged)?;
        let size = usize::try_from(size).ok().filter(|size| *size <= FRAME_BYTES).ok_or(LinkError::FrameTooLarge)?;
        FRAME.with_borrow_mut(|frame| {
            frame.clear();
            frame.reserve_exact(size);
            decompress(&self.before.0, &chunk.zstd, frame).map_err(|code| LinkError::Compression(failed(code)))?;
            self.before.add(frame);
            let read = read(frame);
            frame.shrink_to(KEPT);
            read
        })
    }
}

/// With what a frame begins that is a part of a report: number and type of its one field.
const REPORT: u8 = 2 << 3 | 2;

fn read(bytes: &[u8]) -> Result<Frame, LinkError> {
    let mut frame = Frame { kind: (bytes.first() == Some(&REPORT)).then(|| Kind::Report(Box::new(spare::take()))) };
    frame.merge(bytes)?;
    Ok(frame)
}

thread_local! {
    /// A context is large, and knows nothing of a connection between two chunks: one for each thread that unpacks.
    static CONTEXT: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
    /// Room for a frame, until it is read.
    static FRAME: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn decompress(before: &[u8], bytes: &[u8], frame: &mut Vec<u8>) -> Result<(), zstd_safe::ErrorCode> {
    if before.starts_with(&DICTIONARY) {
        // What was said before is only that, whatever it looks like.
        let mut zstd = DCtx::create();
        zstd.ref_prefix(before)?;
        return zstd.decompress(frame, bytes).map(drop);
    }
    CONTEXT.with_borrow_mut(|zstd| zstd.decompress_using_dict(frame, bytes, before)).map(drop)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    #[test]
    fn what_was_said_before_is_no_dictionary_whatever_it_looks_like() {
        let text = b"one text that is said twice, so that the second refers to the first; ".repeat(8);
        for before in [text.clone(), [DICTIONARY.as_slice(), &text].concat(), DICTIONARY.to_vec(), Vec::new()] {
            let mut packed = Vec::with_capacity(zstd_safe::compress_bound(text.len()));
            compress(&before, &text, &mut packed).unwrap();
            let mut frame = Vec::with_capacity(text.len());
            decompress(&before, &packed, &mut frame).unwrap();
            assert_eq!(frame, text);
        }
    }

    #[test]
    fn nothing_of_a_former_report_is_left() {
        let said =
            crate::link::message::Report { counts: vec![7, 9], texts: vec!["a".to_owned()], last: true, whole: true, digest: Some(3), ..Default::default() };
        spare::keep(said);
        let mut unpacker = Unpacker::default();
        let plain = Frame::from(Kind::Report(Box::default())).encode_to_vec();
        let frame = unpacker.unpack(&Chunk { plain: plain.into(), zstd: Bytes::new() }).unwrap();
        assert_eq!(frame, Frame::from(Kind::Report(Box::default())));
    }
}
