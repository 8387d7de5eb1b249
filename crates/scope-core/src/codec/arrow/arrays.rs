//! The arrays of a batch that has our own types and is not compressed, taken straight from its body. Any other batch is arrow's to decode, and so is one in which
//! anything is amiss: then its errors are said. Both check the same: offsets, indices, UTF-8.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt16Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, DictionaryArray, ListArray, PrimitiveArray, StringArray, StructArray, new_empty_array};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, TimeUnit};

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
    pub(super) batch: arrow_ipc::RecordBatch<'a>,
    pub(super) bytes: &'a Buffer,
    pub(super) dictionaries: &'a HashMap<i64, ArrayRef>,
}

impl Body<'_> {
    /// The column of this type and these dictionaries at `start`; none where anything about it is not as it should be.
    pub(super) fn column(&self, start: Start, data_type: &DataType, dictionaries: &[i64]) -> Option<ArrayRef> {
        Column { body: self, at: start, dictionaries: dictionaries.iter() }.array(data_type)
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
        let nodes = self.body.batch.nodes()?;
        let node = (self.at.node < nodes.len()).then(|| nodes.get(self.at.node))?;
        self.at.node += 1;
        Some((usize::try_from(node.length()).ok()?, node.null_count() != 0))
    }

    fn buffer(&mut self) -> Option<Buffer> {
        let buffers = self.body.batch.buffers()?;
        let buffer = (self.at.buffer < buffers.len()).then(|| buffers.get(self.at.buffer))?;
        self.at.buffer += 1;
        let (offset, length) = (usize::try_from(buffer.offset()).ok()?, usize::try_from(buffer.length()).ok()?);
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

    fn offsets(&mut self, length: usize) -> Option<OffsetBuffer<i32>> {
        let offsets = self.values::<i32>(length.checked_add(1)?)?;
        (*offsets.first()? >= 0 && offsets.is_sorted()).then(|| OffsetBuffer::new(offsets))
    }

    fn numbers<T: ArrowPrimitiveType>(&mut self) -> Option<PrimitiveArray<T>> {
        let (length, any) = self.node()?;
        let nulls = self.nulls(length, any)?;
        PrimitiveArray::try_new(self.values(length)?, nulls).ok()
    }

    fn array(&mut self, data_type: &DataType) -> Option<ArrayRef> {
        Some(match data_type {
            DataType::UInt16 => Arc::new(self.numbers::<UInt16Type>()?),
            DataType::UInt32 => Arc::new(self.numbers::<UInt32Type>()?),
            DataType::UInt64 => Arc::new(self.numbers::<UInt64Type>()?),
            DataType::Int64 => Arc::new(self.numbers::<Int64Type>()?),
            DataType::Float64 => Arc::new(self.numbers::<Float64Type>()?),
            DataType::Timestamp(TimeUnit::Microsecond, zone) => Arc::new(self.numbers::<TimestampMicrosecondType>()?.with_timezone_opt(zone.clone())),
            DataType::Boolean => {
                let (length, any) = self.node()?;
                let nulls = self.nulls(length, any)?;
                Arc::new(BooleanArray::new(self.bits(length)?, nulls))
            }
            DataType::Utf8 => {
                let (length, any) = self.node()?;
                let nulls = self.nulls(length, any)?;
                let offsets = self.offsets(length)?;
                Arc::new(StringArray::try_new(offsets, self.buffer()?, nulls).ok()?)
            }
            DataType::Dictionary(..) => {
                let keys = self.numbers::<Int32Type>()?;
                // One whose words are all null may have no dictionary.
                let words = self.body.dictionaries.get(self.dictionaries.next()?).cloned().unwrap_or_else(|| new_empty_array(&DataType::Utf8));
                Arc::new(DictionaryArray::try_new(keys, words).ok()?)
            }
            DataType::List(item) => {
                let (length, any) = self.node()?;
                let nulls = self.nulls(length, any)?;
                let offsets = self.offsets(length)?;
                let items = self.array(item.data_type())?;
                Arc::new(ListArray::try_new(Arc::clone(item), offsets, items, nulls).ok()?)
            }
            DataType::Struct(fields) => {
                let (length, any) = self.node()?;
                let nulls = self.nulls(length, any)?;
                let arrays = fields.iter().map(|field| self.array(field.data_type()).filter(|array| array.len() == length)).collect::<Option<_>>()?;
                Arc::new(StructArray::try_new(fields.clone(), arrays, nulls).ok()?)
            }
            _ => return None,
        })
    }
}
