//! The columns of a batch that has our own types and is not compressed, taken straight from its body. Any other batch is arrow's to decode, and so is one in which
//! anything is amiss: then its errors are said. Both check the same: offsets, indices, UTF-8.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, Int32Type, UInt16Type, UInt32Type};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::{DataType, TimeUnit};

use super::columns::{Bools, Numbers, Part, Strings, Text, Texts, Times};

/// Whether a column of this type can be taken from a body.
pub(super) fn is_plain(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::Boolean | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 | DataType::Int64 | DataType::Float64 => true,
        DataType::Timestamp(TimeUnit::Microsecond, _) => true,
        DataType::Dictionary(keys, words) => (keys.as_ref(), words.as_ref()) == (&DataType::Int32, &DataType::Utf8),
        DataType::List(item) => is_plain(item.data_type()),
        DataType::Struct(fields) => !fields.is_empty() && fields.iter().all(|field| is_plain(field.data_type())),
        _ => false,
    }
}

/// The dictionaries that a column refers to, in the order in which its parts come.
pub(super) fn dictionaries_of(field: &arrow_ipc::Field<'_>, dictionaries: &mut Vec<i64>) {
    dictionaries.extend(field.dictionary().map(|dictionary| dictionary.id()));
    for child in field.children().into_iter().flatten() {
        dictionaries_of(&child, dictionaries);
    }
}

/// Where a column stands in a batch: how many nodes and buffers precede it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) node: usize,
    pub(super) buffer: usize,
}

/// Takes arrays from a body.
pub(super) struct Body<'a> {
    rows: usize,
    /// How many items each part has, and whether any is null.
    nodes: Vec<(usize, bool)>,
    /// Where in the body each buffer begins, and how long it is.
    buffers: Vec<(usize, usize)>,
    bytes: &'a Buffer,
    dictionaries: &'a HashMap<i64, ArrayRef>,
}

impl<'a> Body<'a> {
    /// The body `bytes` of a batch that is not compressed.
    pub(super) fn new(batch: arrow_ipc::RecordBatch<'_>, bytes: &'a Buffer, dictionaries: &'a HashMap<i64, ArrayRef>) -> Option<Self> {
        let rows = usize::try_from(batch.length()).ok().filter(|_| batch.compression().is_none())?;
        let mut nodes = Vec::with_capacity(batch.nodes()?.len());
        for node in batch.nodes()? {
            nodes.push((usize::try_from(node.length()).ok()?, node.null_count() != 0));
        }
        let mut buffers = Vec::with_capacity(batch.buffers()?.len());
        for buffer in batch.buffers()? {
            buffers.push((usize::try_from(buffer.offset()).ok()?, usize::try_from(buffer.length()).ok()?));
        }
        Some(Self { rows, nodes, buffers, bytes, dictionaries })
    }

    /// The column of this type and these dictionaries at `start`; none where anything about it is not as it should be.
    pub(super) fn column(&self, start: Start, data_type: &DataType, dictionaries: &[i64]) -> Option<Part> {
        let (part, length) = Column { body: self, at: start, dictionaries: dictionaries.iter() }.sized(data_type)?;
        (length == self.rows).then_some(part)
    }
}

/// A column being taken.
struct Column<'a> {
    body: &'a Body<'a>,
    at: Start,
    dictionaries: std::slice::Iter<'a, i64>,
}

impl Column<'_> {
    /// How many items the next part has, and whether any is null.
    fn node(&mut self) -> Option<(usize, bool)> {
        let node = self.body.nodes.get(self.at.node).copied();
        self.at.node += 1;
        node
    }

    fn buffer(&mut self) -> Option<Buffer> {
        let (offset, length) = *self.body.buffers.get(self.at.buffer)?;
        self.at.buffer += 1;
        (offset.checked_add(length)? <= self.body.bytes.len()).then(|| self.body.bytes.slice_with_length(offset, length))
    }

    /// `length` values of one width; none where they are not at a multiple of it.
    fn values<T: ArrowNativeType>(&mut self, length: usize) -> Option<ScalarBuffer<T>> {
        let buffer = self.buffer()?;
        let fits = length.checked_mul(size_of::<T>())? <= buffer.len() && buffer.as_ptr().align_offset(align_of::<T>()) == 0;
        fits.then(|| ScalarBuffer::new(buffer, 0, length))
    }

    fn bits(&mut self, length: usize) -> Option<BooleanBuffer> {
        let buffer = self.buffer()?;
        (length.div_ceil(8) <= buffer.len()).then(|| BooleanBuffer::new(buffer, 0, length))
    }

    /// Which items are null, if any is.
    fn nulls(&mut self, length: usize, any: bool) -> Option<Option<NullBuffer>> {
        if any {
            return self.bits(length).map(|bits| Some(NullBuffer::new(bits)));
        }
        self.at.buffer += 1;
        Some(None)
    }

    /// Where `length` items begin and end: offsets that do not fall, from one that is not negative.
    fn offsets(&mut self, length: usize) -> Option<ScalarBuffer<i32>> {
        let offsets = self.values::<i32>(length.checked_add(1)?)?;
        // All that fall are counted, for to stop at the first takes a branch for each: without, the loop is a few vector instructions.
        let falls = offsets.iter().zip(offsets.get(1..)?).filter(|(start, end)| start > end).count();
        (*offsets.first()? >= 0 && falls == 0).then_some(offsets)
    }

    fn numbers<T: ArrowPrimitiveType>(&mut self) -> Option<PrimitiveArray<T>> {
        let (length, any) = self.node()?;
        let nulls = self.nulls(length, any)?;
        PrimitiveArray::try_new(self.values(length)?, nulls).ok()
    }

    fn text(&mut self) -> Option<Texts> {
        let (length, any) = self.node()?;
        let nulls = self.nulls(length, any)?;
        let offsets = self.offsets(length)?;
        Texts::new(offsets, self.buffer()?, nulls)
    }

    fn words(&mut self) -> Option<Text> {
        let keys = self.numbers::<Int32Type>()?;
        let values = match self.body.dictionaries.get(self.dictionaries.next()?) {
            Some(words) => Strings::new(words)?,
            // One whose words are all null may have no dictionary.
            None => Strings::Utf8(StringArray::new_null(0)),
        };
        let fits = |key: i32| usize::try_from(key).is_ok_and(|key| key < values.len());
        let all = match keys.nulls() {
            // Every one is looked at, whatever the ones before say, without a branch here too.
            None => keys.values().iter().fold(true, |all, key| all & ((key.cast_unsigned() as usize) < values.len())),
            Some(_) => keys.iter().flatten().all(fits),
        };
        all.then_some(Text::Words { keys, values })
    }

    fn part(&mut self, data_type: &DataType) -> Option<Part> {
        Some(match data_type {
            DataType::UInt16 => Part::Array(Arc::new(self.numbers::<UInt16Type>()?)),
            DataType::UInt32 => Part::Array(Arc::new(self.numbers::<UInt32Type>()?)),
            DataType::UInt64 => Part::Numbers(Numbers::Unsigned(self.numbers()?)),
            DataType::Int64 => Part::Numbers(Numbers::Signed(self.numbers()?)),
            DataType::Float64 => Part::Numbers(Numbers::Float(self.numbers()?)),
            DataType::Timestamp(TimeUnit::Microsecond, _) => Part::Times(Times::Micros(self.numbers()?)),
            DataType::Boolean => {
                let (length, any) = self.node()?;
                let nulls = self.nulls(length, any)?;
                Part::Bools(Bools(BooleanArray::new(self.bits(length)?, nulls)))
            }
            DataType::Utf8 => Part::Text(Text::Plain(Strings::Batch(self.text()?))),
            DataType::Dictionary(..) => Part::Text(self.words()?),
            DataType::List(item) => {
                let (length, any) = self.node()?;
                let nulls = self.nulls(length, any)?;
                let offsets = self.offsets(length)?;
                let (items, length) = self.sized(item.data_type())?;
                let fits = usize::try_from(*offsets.last()?).is_ok_and(|end| end <= length);
                fits.then(|| Part::List { offsets, nulls, items: Box::new(items) })?
            }
            DataType::Struct(_) => self.sized(data_type)?.0,
            _ => return None,
        })
    }

    /// A part, and how many items it has.
    fn sized(&mut self, data_type: &DataType) -> Option<(Part, usize)> {
        let DataType::Struct(fields) = data_type else {
            let part = self.part(data_type)?;
            let length = part.len()?;
            return Some((part, length));
        };
        let (length, any) = self.node()?;
        let nulls = self.nulls(length, any)?;
        let mut columns = Vec::with_capacity(fields.len());
        for field in fields {
            columns.push(self.sized(field.data_type()).filter(|(_, items)| *items == length)?.0);
        }
        Some((Part::Structs { fields: fields.clone(), columns, nulls }, length))
    }
}
