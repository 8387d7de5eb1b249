//! Frames as chunks and back: one streaming zstd context for each direction of a connection, with bounds on what comes out. What frames mean is not known here.

use std::io;

use prost::Message;
use zstd::stream::raw::{CParameter, DParameter, Decoder, Encoder, InBuffer, Operation, OutBuffer};

use super::message::{Chunk, Frame};
use super::{FRAME_BYTES, LinkError};

/// The window, as a power of two: 64 KiB hold many reports of the steady kind, and a server has two windows for every agent.
const WINDOW_LOG: u32 = 16;
/// Spends about 4 µs for each KiB; higher levels save a few per cent of what is left.
const LEVEL: i32 = 3;
/// Frames below this travel as they are until something larger has come: a direction that only ever says small things needs no compression context.
const SMALL: usize = 256;
/// Room that is asked for at once where output is to come.
const STEP: usize = 16 << 10;

/// Makes chunks of frames, for one direction of a connection.
#[derive(Default)]
pub struct Packer {
    zstd: Option<Encoder<'static>>,
    frame: Vec<u8>,
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packer").field("compresses", &self.zstd.is_some()).finish_non_exhaustive()
    }
}

impl Packer {
    /// The chunk of `frame`. Fails only where memory does.
    pub fn pack(&mut self, frame: &Frame) -> io::Result<Chunk> {
        self.frame.clear();
        frame.encode(&mut self.frame).map_err(io::Error::other)?;
        let zstd = match &mut self.zstd {
            None if self.frame.len() < SMALL => return Ok(Chunk { plain: self.frame.clone(), zstd: Vec::new() }),
            None => self.zstd.insert(encoder()?),
            Some(zstd) => zstd,
        };
        let mut out = Vec::with_capacity(self.frame.len() / 2 + 64);
        let mut input = InBuffer::around(self.frame.as_slice());
        while input.pos() < self.frame.len() {
            out.reserve(STEP);
            let at = out.len();
            zstd.run(&mut input, &mut OutBuffer::around_pos(&mut out, at))?;
        }
        loop {
            out.reserve(STEP);
            let at = out.len();
            if zstd.flush(&mut OutBuffer::around_pos(&mut out, at))? == 0 {
                break;
            }
        }
        // A large full report is rare; its buffer is not kept for the small ones.
        self.frame.shrink_to(4 * STEP);
        out.shrink_to_fit();
        Ok(Chunk { plain: Vec::new(), zstd: out })
    }
}

fn encoder() -> io::Result<Encoder<'static>> {
    let mut encoder = Encoder::new(LEVEL)?;
    encoder.set_parameter(CParameter::WindowLog(WINDOW_LOG))?;
    encoder.set_parameter(CParameter::HashLog(15))?;
    encoder.set_parameter(CParameter::ChainLog(15))?;
    encoder.set_parameter(CParameter::ContentSizeFlag(false))?;
    encoder.set_parameter(CParameter::ChecksumFlag(false))?;
    Ok(encoder)
}

/// Makes frames of chunks, for one direction of a connection.
#[derive(Default)]
pub struct Unpacker {
    zstd: Option<Decoder<'static>>,
    frame: Vec<u8>,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unpacker").field("decompresses", &self.zstd.is_some()).finish_non_exhaustive()
    }
}

impl Unpacker {
    /// The frame of `chunk`. After an error the connection is of no use any more.
    pub fn unpack(&mut self, chunk: &Chunk) -> Result<Frame, LinkError> {
        if chunk.zstd.is_empty() {
            return if chunk.plain.len() > FRAME_BYTES { Err(LinkError::FrameTooLarge) } else { Ok(Frame::decode(chunk.plain.as_slice())?) };
        }
        self.decompress(&chunk.zstd)?;
        let frame = Frame::decode(self.frame.as_slice())?;
        self.frame.shrink_to(4 * STEP);
        Ok(frame)
    }

    fn decompress(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            None => self.zstd.insert(decoder().map_err(LinkError::Compression)?),
        };
        self.frame.clear();
        let mut input = InBuffer::around(bytes);
        loop {
            if self.frame.len() > FRAME_BYTES {
                return Err(LinkError::FrameTooLarge);
            }
            self.frame.reserve(STEP);
            let at = self.frame.len();
            let mut output = OutBuffer::around_pos(&mut self.frame, at);
            zstd.run(&mut input, &mut output).map_err(LinkError::Compression)?;
            // Room that was left over says that nothing waits inside.
            let full = output.pos() == output.capacity();
            let still = output.pos() == at;
            if input.pos() == bytes.len() && !full {
                return Ok(());
            }
            if still && !full {
                return Err(LinkError::Compression(io::ErrorKind::InvalidData.into()));
            }
        }
    }
}

fn decoder() -> io::Result<Decoder<'static>> {
    let mut decoder = Decoder::new()?;
    decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
    Ok(decoder)
}
