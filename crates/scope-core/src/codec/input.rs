//! The bytes of an input, decompressed where they are compressed. What they mean is [`super::reader`]'s business.

use std::io::{self, BufRead, Read};

use zstd::stream::raw::{DParameter, Decoder, Operation};

/// Bytes asked of the source at once.
const CHUNK: usize = 64 << 10;

/// Reads of plain bytes into room of this size and more need no stop in the window.
const DIRECT: usize = 4 << 10;

/// Largest window of a zstd frame, as a power of two: 8 MiB, which is what RFC 8878 asks every decoder for, and bounds what a frame can make us hold.
const WINDOW_LOG: u32 = 23;

/// Bytes that are read but not yet consumed.
#[derive(Debug)]
struct Window {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Window {
    fn new() -> Self {
        Self { bytes: vec![0; CHUNK].into_boxed_slice(), start: 0, end: 0 }
    }

    fn get(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.end - self.start
    }

    fn consume(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.end);
    }

    /// The free part, after what is there was moved to the front.
    fn free(&mut self) -> &mut [u8] {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    fn filled(&mut self, bytes: usize) {
        self.end = (self.end + bytes).min(self.bytes.len());
    }
}

/// Whether what comes is compressed.
enum Layer {
    Plain,
    /// zstd frames; `open` within one.
    Zstd {
        decoder: Box<Decoder<'static>>,
        open: bool,
    },
}

/// An input. Consecutive zstd frames are one stretch of bytes, as `zstdcat` has it, and plain bytes may follow them.
pub(super) struct Input<R> {
    inner: R,
    ended: bool,
    /// What comes is known to be read in large pieces.
    large: bool,
    layer: Layer,
    raw: Window,
    /// What came out of the decoder.
    decoded: Window,
}

impl<R> std::fmt::Debug for Input<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("compressed", &matches!(self.layer, Layer::Zstd { .. })).field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// Whether `bytes` begin a zstd frame or one that decoders skip (RFC 8878, 3.1).
fn is_zstd(bytes: &[u8]) -> bool {
    matches!(bytes, [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

impl<R: Read> Input<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, ended: false, large: false, layer: Layer::Plain, raw: Window::new(), decoded: Window { bytes: Box::default(), start: 0, end: 0 } }
    }

    /// Says whether what comes will be read in large pieces: then little is taken ahead of them, for each byte taken ahead is copied twice.
    pub(super) fn expect_large(&mut self, large: bool) {
        self.large = large;
    }

    /// Says that a new stream may begin here, and with it compression. Compressed data within compressed data is data: bombs nest.
    pub(super) fn boundary(&mut self) -> io::Result<()> {
        if matches!(self.layer, Layer::Plain) && self.decoded.len() == 0 && is_zstd(self.peek_raw(4)?) {
            let mut decoder = Decoder::new()?;
            decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
            self.layer = Layer::Zstd { decoder: Box::new(decoder), open: false };
            if self.decoded.bytes.is_empty() {
                self.decoded = Window::new();
            }
        }
        Ok(())
    }

    /// The next bytes: at least `count`, fewer only at the end of the input or of a compressed stretch.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.fill_buf()?.len() < count && self.extend()? {}
        self.fill_buf()
    }

    /// Gets more bytes behind those at hand; whether there were any.
    fn extend(&mut self) -> io::Result<bool> {
        if self.decoded.len() > 0 {
            let before = self.decoded.len();
            self.decode()?;
            return Ok(self.decoded.len() > before);
        }
        self.refill()
    }

    fn refill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let ahead = if self.large && matches!(self.layer, Layer::Plain) { DIRECT } else { CHUNK };
        let room = self.raw.free();
        // No room is not the end of the input.
        if room.is_empty() {
            return Ok(false);
        }
        let ahead = ahead.min(room.len());
        let read = read_some(&mut self.inner, room.get_mut(..ahead).unwrap_or_default())?;
        self.raw.filled(read);
        self.ended = read == 0;
        Ok(read > 0)
    }

    fn peek_raw(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.raw.len() < count && could_be_zstd(self.raw.get()) && self.refill()? {}
        Ok(self.raw.get())
    }

    /// Decodes into the window until it has something new, or the compressed stretch is over.
    fn decode(&mut self) -> io::Result<()> {
        loop {
            let Layer::Zstd { open, .. } = &self.layer else { return Ok(()) };
            if !open && !is_zstd(self.peek_raw(4)?) {
                self.layer = Layer::Plain;
                return Ok(());
            }
            let Layer::Zstd { decoder, open } = &mut self.layer else { return Ok(()) };
            if !*open {
                decoder.reinit()?;
                *open = true;
            }
            let status = decoder.run_on_buffers(self.raw.get(), self.decoded.free()).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            self.raw.consume(status.bytes_read);
            self.decoded.filled(status.bytes_written);
            *open = status.remaining != 0;
            if status.bytes_written > 0 {
                return Ok(());
            }
            if *open && self.raw.len() == 0 && !self.refill()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// Whether more bytes after these could make them the beginning of a zstd frame.
fn could_be_zstd(bytes: &[u8]) -> bool {
    bytes.first().is_none_or(|first| matches!(first, 0x28 | 0x50..=0x5f))
}

fn read_some(inner: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match inner.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A source that says more than it was given room for is not believed.
            other => return other.map(|read| read.min(buffer.len())),
        }
    }
}

impl<R: Read> BufRead for Input<R> {
    /// Fails with [`io::ErrorKind::UnexpectedEof`] where a frame is cut short, with [`io::ErrorKind::InvalidData`] where it is damaged.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.decoded.len() == 0 && matches!(self.layer, Layer::Zstd { .. }) {
            self.decode()?;
        }
        if self.decoded.len() > 0 {
            return Ok(self.decoded.get());
        }
        if self.raw.len() == 0 {
            self.refill()?;
        }
        Ok(self.raw.get())
    }

    fn consume(&mut self, bytes: usize) {
        if self.decoded.len() > 0 {
            self.decoded.consume(bytes);
        } else {
            self.raw.consume(bytes);
        }
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if matches!(self.layer, Layer::Plain) && self.decoded.len() + self.raw.len() == 0 && buffer.len() >= DIRECT && !self.ended {
            let read = read_some(&mut self.inner, buffer)?;
            self.ended = read == 0;
            return Ok(read);
        }
        let mut at_hand = self.fill_buf()?;
        let read = at_hand.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
