//! The messages of an Arrow IPC stream: their frames, and the checks that make their contents safe to hand to arrow.
//!
//! arrow validates offsets, indices and UTF-8, but takes the place and the size of a buffer from the message as they are: it panics where a buffer
//! lies out of bounds or ends within an item, and makes room for whatever a compressed one claims to hold. What is checked here, it need not be
//! trusted with.

use std::io::{self, BufRead, Read};

use arrow_buffer::Buffer;
use arrow_ipc::CompressionType;
use arrow_schema::{DataType, Field, UnionMode};

use crate::codec::error::ReadError;
use crate::codec::input::Input;

/// Largest metadata of a message, which describes columns and buffers, not rows.
const METADATA_BYTES: usize = 4 << 20;

/// Largest body of a message, and most bytes that its buffers may hold once decompressed. Our own batches have some 4 MiB; other writers put a whole
/// table into one.
pub(super) const BODY_BYTES: usize = 256 << 20;

/// Most rows of a batch.
const ROWS: i64 = 1 << 20;

/// Most items of a list column's batch. Keeps sizes that are derived from it far from overflow.
const ITEMS: i64 = i32::MAX as i64;

const SMALLER: &str = "write it in batches of some 10,000 rows";

/// What surrounds the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::codec) enum Container {
    /// Nothing.
    Stream,
    /// The file format: a footer comes after the messages.
    File,
}

/// Reads the metadata of the next message; false at the end of the stream. Ending without the mark for it is how a writer that was stopped ends.
pub(super) fn read_metadata<R: Read>(input: &mut Input<R>, metadata: &mut Vec<u8>) -> Result<bool, FrameError> {
    metadata.clear();
    if input.fill_buf()?.is_empty() {
        return Ok(false);
    }
    let mut prefix = [0_u8; 4];
    input.read_exact(&mut prefix)?;
    if prefix != [0xff; 4] {
        return Err(FrameError::Damaged("no message begins where the one before ends"));
    }
    input.read_exact(&mut prefix)?;
    let length = u32::from_le_bytes(prefix) as usize;
    if length == 0 {
        return Ok(false);
    }
    if length > METADATA_BYTES {
        return Err(FrameError::TooLarge("the description of a batch"));
    }
    read_bytes(input, length, metadata)?;
    Ok(true)
}

/// Reads what a file may hold between its magic word and its first framed message: polars writes the schema there, without a frame. Messages begin
/// at multiples of eight.
pub(super) fn read_unframed<R: Read>(input: &mut Input<R>, metadata: &mut Vec<u8>) -> Result<bool, FrameError> {
    const WORD: usize = 8;
    metadata.clear();
    for _ in 0..METADATA_BYTES / WORD {
        let Some(word) = input.peek(WORD)?.first_chunk::<WORD>().filter(|word| !word.starts_with(&[0xff; 4])).copied() else {
            return Ok(!metadata.is_empty());
        };
        // The magic word is padded, by some to more than eight bytes; no description begins with nought.
        if !metadata.is_empty() || word != [0; WORD] {
            metadata.extend_from_slice(&word);
        }
        input.consume(WORD);
    }
    Err(FrameError::TooLarge("what precedes the first message"))
}

/// Reads the body of a message whose metadata claims `length` bytes.
pub(super) fn read_body<R: Read>(input: &mut Input<R>, length: i64) -> Result<Buffer, FrameError> {
    let length = usize::try_from(length).map_err(|_| FrameError::Damaged("a negative length"))?;
    if length > BODY_BYTES {
        return Err(FrameError::TooLarge("a batch"));
    }
    let mut body = Vec::new();
    read_bytes(input, length, &mut body)?;
    Ok(Buffer::from_vec(body))
}

/// Reads `length` bytes. Room is made a mebibyte at a time as they come, so that a claim costs nothing.
fn read_bytes<R: Read>(input: &mut Input<R>, length: usize, bytes: &mut Vec<u8>) -> Result<(), FrameError> {
    while bytes.len() < length {
        let have = bytes.len();
        bytes.resize(length.min(have + (1 << 20)), 0);
        input.read_exact(bytes.get_mut(have..).unwrap_or_default())?;
    }
    Ok(())
}

/// Consumes the footer of a file: it tells where the batches are, which whoever has read them knows. It ends in its length and the magic word.
pub(super) fn skip_footer<R: Read>(input: &mut Input<R>) -> Result<(), FrameError> {
    let mut tail = [0_u8; 10];
    let mut read = 0_usize;
    loop {
        let mut byte = [0_u8; 1];
        if input.read(&mut byte)? == 0 {
            // All batches are read; a footer that is cut short takes nothing away.
            return Ok(());
        }
        tail.rotate_left(1);
        tail[9] = byte[0];
        read += 1;
        let [a, b, c, d, magic @ ..] = tail;
        if &magic == b"ARROW1" && u32::from_le_bytes([a, b, c, d]) as usize + 10 == read {
            return Ok(());
        }
        if read > METADATA_BYTES {
            return Err(FrameError::TooLarge("the footer"));
        }
    }
}

/// What the buffers of a batch are, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// Items of so many bytes, which arrow takes the buffer to be a multiple of; 1 where it does not.
    Items(usize),
    /// As many buffers of text as the batch says.
    Texts,
}

/// The buffers of a column of this type, as they follow each other in a batch of the format's version 5.
pub(super) fn buffers_of(data_type: &DataType, slots: &mut Vec<Slot>) {
    let own: &[Slot] = match data_type {
        DataType::Null | DataType::RunEndEncoded(..) => &[],
        DataType::Utf8 | DataType::Binary => &[Slot::Items(1), Slot::Items(4), Slot::Items(1)],
        DataType::LargeUtf8 | DataType::LargeBinary => &[Slot::Items(1), Slot::Items(8), Slot::Items(1)],
        DataType::Utf8View | DataType::BinaryView => &[Slot::Items(1), Slot::Items(16), Slot::Texts],
        DataType::List(_) | DataType::Map(..) => &[Slot::Items(1), Slot::Items(4)],
        DataType::LargeList(_) => &[Slot::Items(1), Slot::Items(8)],
        DataType::ListView(_) => &[Slot::Items(1), Slot::Items(4), Slot::Items(4)],
        DataType::LargeListView(_) => &[Slot::Items(1), Slot::Items(8), Slot::Items(8)],
        DataType::FixedSizeList(..) | DataType::Struct(_) | DataType::Union(_, UnionMode::Sparse) => &[Slot::Items(1)],
        DataType::Union(_, UnionMode::Dense) => &[Slot::Items(1), Slot::Items(4)],
        DataType::Dictionary(keys, _) => {
            slots.extend([Slot::Items(1), Slot::Items(keys.primitive_width().unwrap_or(1))]);
            &[]
        }
        _ => &[Slot::Items(1), Slot::Items(1)],
    };
    slots.extend(own);
    for child in children_of(data_type) {
        buffers_of(child.data_type(), slots);
    }
}

fn children_of(data_type: &DataType) -> Vec<&Field> {
    match data_type {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => vec![item],
        DataType::Struct(fields) => fields.iter().map(AsRef::as_ref).collect(),
        DataType::Union(fields, _) => fields.iter().map(|(_, field)| field.as_ref()).collect(),
        DataType::RunEndEncoded(ends, values) => vec![ends, values],
        _ => Vec::new(),
    }
}

/// Checks the places and sizes that a batch of buffers `slots` claims within its body; gives how many bytes they hold once decompressed.
pub(super) fn check_batch(batch: &arrow_ipc::RecordBatch<'_>, body: &[u8], slots: &[Slot]) -> Result<usize, String> {
    if !(0..=ROWS).contains(&batch.length()) {
        return Err(format!("{} rows, where at most {ROWS} are read", batch.length()));
    }
    for node in batch.nodes().into_iter().flatten() {
        if !(0..=ITEMS).contains(&node.length()) || !(0..=node.length()).contains(&node.null_count()) {
            return Err("a column of a negative or an impossible length".to_owned());
        }
    }
    let compressed = match batch.compression().map(|compression| compression.codec()) {
        None => false,
        Some(CompressionType::ZSTD) => true,
        Some(_) => return Err("its buffers are compressed with something else than zstd".to_owned()),
    };
    let mut sizes = Vec::new();
    for buffer in batch.buffers().into_iter().flatten() {
        let place = usize::try_from(buffer.offset()).ok().zip(usize::try_from(buffer.length()).ok());
        let bytes = place.and_then(|(offset, length)| body.get(offset..offset.checked_add(length)?)).ok_or("a buffer outside of its body")?;
        sizes.push(match bytes.split_first_chunk::<8>() {
            // -1 says that this one is not compressed after all.
            Some((prefix, rest)) if compressed => match i64::from_le_bytes(*prefix) {
                -1 => rest.len(),
                size => usize::try_from(size).map_err(|_| "a compressed buffer of a negative size")?,
            },
            _ => bytes.len(),
        });
    }
    // Buffers that overlap count more than once: they too are decompressed or copied more than once.
    let total = sizes.iter().fold(0_usize, |total, size| total.saturating_add(*size));
    if total > BODY_BYTES {
        return Err(format!("more than {BODY_BYTES} bytes once decompressed; {SMALLER}"));
    }
    let mut sizes = sizes.into_iter();
    let mut texts = batch.variadicBufferCounts().into_iter().flatten();
    for slot in slots {
        match slot {
            // Whether there are enough buffers is for arrow to say.
            Slot::Items(width) if sizes.next().is_some_and(|size| size % width != 0) => return Err("a buffer that ends within an item".to_owned()),
            Slot::Items(_) => {}
            Slot::Texts => {
                let count = texts.next().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
                sizes.by_ref().take(count).for_each(drop);
            }
        }
    }
    Ok(total)
}

/// How many nodes of a batch belong to a column of this type.
pub(super) fn nodes_of(data_type: &DataType) -> usize {
    1 + children_of(data_type).into_iter().map(|child| nodes_of(child.data_type())).sum::<usize>()
}

/// Why the next message cannot be read, so that none after it can.
pub(super) enum FrameError {
    Read(io::Error),
    TooLarge(&'static str),
    Damaged(&'static str),
}

impl From<io::Error> for FrameError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl FrameError {
    /// The error after `batches` batches.
    pub(super) fn after(self, batches: u64) -> ReadError {
        match self {
            Self::Read(error) if error.kind() == io::ErrorKind::UnexpectedEof => ReadError::Truncated { what: format!("a message after batch {batches}") },
            Self::Read(error) => crate::codec::reader::from_io(error),
            Self::TooLarge(what) => ReadError::format(format!("{what} after batch {batches} is too large"), SMALLER),
            Self::Damaged(what) => ReadError::format(
                format!("damaged Arrow stream after batch {batches}: {what}"),
                "all batches before it are read; have the stream written again",
            ),
        }
    }
}
