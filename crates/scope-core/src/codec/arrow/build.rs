//! Columns under construction. They outlive their batches, and are filled by position: what lies between is null, so that a record costs only
//! the columns that it has.

use std::fmt::{self, Write};
use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, BooleanBuilder, PrimitiveBuilder, StringBuilder, StringDictionaryBuilder};
use arrow_array::types::{ArrowPrimitiveType, Int32Type, TimestampMicrosecondType};
use arrow_array::{ArrayRef, ListArray, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType};

/// A dictionary beyond either is begun anew with the next batch: a new word makes it be sent whole, and readers hold it.
const DICTIONARY_ENTRIES: usize = 4096;
const DICTIONARY_BYTES: usize = 128 << 10;

/// Text out of few.
pub(super) struct Words {
    builder: StringDictionaryBuilder<Int32Type>,
    entries: usize,
    bytes: usize,
}

impl Words {
    pub(super) fn new() -> Self {
        Self { builder: StringDictionaryBuilder::new(), entries: 0, bytes: 0 }
    }

    pub(super) fn put(&mut self, position: usize, word: &str) -> Result<(), ArrowError> {
        let missing = position.saturating_sub(self.builder.len());
        if missing > 0 {
            self.builder.append_nulls(missing);
        }
        // A word not seen before gets the next index.
        if self.builder.append(word)? as usize >= self.entries {
            self.entries += 1;
            self.bytes += word.len();
        }
        Ok(())
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries > DICTIONARY_ENTRIES || self.bytes > DICTIONARY_BYTES
    }

    pub(super) fn finish(&mut self, length: usize) -> ArrayRef {
        self.builder.append_nulls(length.saturating_sub(self.builder.len()));
        let array = Arc::new(self.builder.finish_preserve_values());
        if self.is_full() {
            *self = Self::new();
        }
        array
    }
}

/// Any text.
pub(super) struct Texts(StringBuilder);

impl Texts {
    pub(super) fn new() -> Self {
        Self(StringBuilder::new())
    }

    fn pad(&mut self, length: usize) {
        let missing = length.saturating_sub(self.0.len());
        if missing > 0 {
            self.0.append_nulls(missing);
        }
    }

    pub(super) fn put(&mut self, position: usize, text: &str) {
        self.pad(position);
        self.0.append_value(text);
    }

    /// Writes what `text` displays, without a text in between.
    pub(super) fn display(&mut self, position: usize, text: &impl fmt::Display) -> Result<(), ArrowError> {
        self.pad(position);
        write!(self.0, "{text}").map_err(|_| ArrowError::InvalidArgumentError("a text cannot be displayed".to_owned()))?;
        self.0.append_value("");
        Ok(())
    }

    /// Bytes of all texts of the batch.
    pub(super) fn bytes(&self) -> usize {
        self.0.values_slice().len()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn finish(&mut self, length: usize) -> ArrayRef {
        self.pad(length);
        Arc::new(self.0.finish())
    }
}

/// Figures of one type.
pub(super) struct Numbers<T: ArrowPrimitiveType>(PrimitiveBuilder<T>);

impl<T: ArrowPrimitiveType> Numbers<T> {
    pub(super) fn new() -> Self {
        Self(PrimitiveBuilder::new())
    }

    fn pad(&mut self, length: usize) {
        let missing = length.saturating_sub(self.0.len());
        if missing > 0 {
            self.0.append_nulls(missing);
        }
    }

    pub(super) fn put(&mut self, position: usize, value: T::Native) {
        self.pad(position);
        self.0.append_value(value);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn finish(&mut self, length: usize) -> ArrayRef {
        self.pad(length);
        Arc::new(self.0.finish())
    }
}

/// Points in time.
pub(super) struct Times(PrimitiveBuilder<TimestampMicrosecondType>);

impl Times {
    pub(super) fn new() -> Self {
        Self(PrimitiveBuilder::new().with_timezone("UTC"))
    }

    fn pad(&mut self, length: usize) {
        let missing = length.saturating_sub(self.0.len());
        if missing > 0 {
            self.0.append_nulls(missing);
        }
    }

    pub(super) fn put(&mut self, position: usize, at: crate::Timestamp) {
        self.pad(position);
        self.0.append_value(at.as_micros());
    }

    pub(super) fn finish(&mut self, length: usize) -> ArrayRef {
        self.pad(length);
        Arc::new(self.0.finish())
    }
}

/// Truths.
pub(super) struct Bools(BooleanBuilder);

impl Bools {
    pub(super) fn new() -> Self {
        Self(BooleanBuilder::new())
    }

    fn pad(&mut self, length: usize) {
        let missing = length.saturating_sub(self.0.len());
        if missing > 0 {
            self.0.append_nulls(missing);
        }
    }

    pub(super) fn put(&mut self, position: usize, value: bool) {
        self.pad(position);
        self.0.append_value(value);
    }

    pub(super) fn finish(&mut self, length: usize) -> ArrayRef {
        self.pad(length);
        Arc::new(self.0.finish())
    }
}

/// Where the lists of a column begin and end in the column of their items.
pub(super) struct Bounds {
    offsets: Vec<i32>,
    validity: NullBufferBuilder,
}

impl Bounds {
    pub(super) fn new() -> Self {
        Self { offsets: vec![0], validity: NullBufferBuilder::new(0) }
    }

    /// How many items there are so far.
    pub(super) fn items(&self) -> usize {
        self.offsets.last().map_or(0, |end| *end as usize)
    }

    fn pad(&mut self, length: usize) {
        let missing = length.saturating_sub(self.validity.len());
        if missing > 0 {
            self.validity.append_n_nulls(missing);
            self.offsets.resize(self.offsets.len() + missing, self.items() as i32);
        }
    }

    /// The list at `position` has all items up to `items`.
    pub(super) fn close(&mut self, position: usize, items: usize) -> Result<(), ArrowError> {
        let end = i32::try_from(items).map_err(|_| ArrowError::InvalidArgumentError("more than 2^31 items in a batch".to_owned()))?;
        self.pad(position);
        self.validity.append_non_null();
        self.offsets.push(end);
        Ok(())
    }

    /// The column of lists, of the type `data_type`, over `items`.
    pub(super) fn finish(&mut self, length: usize, data_type: &DataType, items: ArrayRef) -> Result<ArrayRef, ArrowError> {
        self.pad(length);
        let DataType::List(field) = data_type else { return Err(not_a_list(data_type)) };
        let offsets = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(&mut self.offsets, vec![0])));
        Ok(Arc::new(ListArray::try_new(Arc::clone(field), offsets, items, self.validity.finish())?))
    }

    /// As [`Bounds::finish`], of structures with these fields.
    pub(super) fn finish_structs(&mut self, length: usize, data_type: &DataType, fields: Vec<ArrayRef>) -> Result<ArrayRef, ArrowError> {
        let DataType::List(field) = data_type else { return Err(not_a_list(data_type)) };
        let DataType::Struct(of) = field.data_type() else { return Err(not_a_list(data_type)) };
        let items = Arc::new(StructArray::try_new(of.clone(), fields, None)?);
        self.finish(length, data_type, items)
    }
}

fn not_a_list(data_type: &DataType) -> ArrowError {
    ArrowError::SchemaError(format!("{data_type} is not the list that is built"))
}
