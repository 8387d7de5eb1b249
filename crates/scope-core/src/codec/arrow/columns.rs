//! Columns as they may come: every type that says the same thing as the one that we write.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BooleanArray, Float64Array, Int32Array, Int64Array, LargeStringArray, PrimitiveArray, StringArray, StringViewArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::{DataType, Fields, TimeUnit};

use crate::number::Number;
use crate::time::Timestamp;

/// The value at `at` of a primitive column, where there is one.
fn value<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, at: usize) -> Option<T::Native> {
    (at < array.len() && array.is_valid(at)).then(|| array.value(at))
}

/// A column before it is known what it is to say: as arrow decoded it, or as it was taken straight from a batch.
pub(super) enum Part {
    Array(ArrayRef),
    Text(Text),
    Numbers(Numbers),
    Times(Times),
    Bools(Bools),
    List { offsets: ScalarBuffer<i32>, nulls: Option<NullBuffer>, items: Box<Part> },
    Structs { fields: Fields, columns: Vec<Part>, nulls: Option<NullBuffer> },
}

impl Part {
    fn nulls(&self) -> Option<&NullBuffer> {
        match self {
            Self::Array(array) => array.nulls(),
            Self::Text(text) => text.nulls(),
            Self::Numbers(Numbers::Unsigned(array)) => array.nulls(),
            Self::Numbers(Numbers::Signed(array)) => array.nulls(),
            Self::Numbers(Numbers::Float(array)) => array.nulls(),
            Self::Times(Times::Micros(array)) => array.nulls(),
            Self::Times(Times::Text(text)) => text.nulls(),
            Self::Bools(Bools(array)) => array.nulls(),
            Self::List { nulls, .. } | Self::Structs { nulls, .. } => nulls.as_ref(),
        }
    }

    /// How many items it has; none of structures, which have as many as their columns.
    pub(super) fn len(&self) -> Option<usize> {
        Some(match self {
            Self::Array(array) => array.len(),
            Self::Text(Text::Words { keys, .. }) => keys.len(),
            Self::Text(Text::Plain(strings)) | Self::Times(Times::Text(Text::Plain(strings))) => strings.len(),
            Self::Times(Times::Text(Text::Words { keys, .. })) => keys.len(),
            Self::Numbers(Numbers::Unsigned(array)) => array.len(),
            Self::Numbers(Numbers::Signed(array)) => array.len(),
            Self::Numbers(Numbers::Float(array)) => array.len(),
            Self::Times(Times::Micros(array)) => array.len(),
            Self::Bools(Bools(array)) => array.len(),
            Self::List { offsets, .. } => offsets.len().saturating_sub(1),
            Self::Structs { .. } => return None,
        })
    }

    /// Whether all its items are null.
    pub(super) fn says_nothing(&self) -> bool {
        match self {
            Self::Array(array) => array.null_count() == array.len(),
            other => other.len() == Some(other.nulls().map_or(0, NullBuffer::null_count)),
        }
    }
}

/// Texts as they lie in a batch. Until a text is asked for, it is bytes: most are only compared with what is known already.
pub(super) struct Texts {
    /// Where each begins and ends: one more than there are texts, none less than the one before.
    offsets: ScalarBuffer<i32>,
    values: Buffer,
    nulls: Option<NullBuffer>,
}

impl Texts {
    /// The texts between `offsets`, which do not fall; none where they are not texts, all of them, null ones too.
    pub(super) fn new(offsets: ScalarBuffer<i32>, values: Buffer, nulls: Option<NullBuffer>) -> Option<Self> {
        let (first, last) = (usize::try_from(*offsets.first()?).ok()?, usize::try_from(*offsets.last()?).ok()?);
        let used = values.as_slice().get(first..last)?;
        // Where every byte is a character, texts may begin at any.
        if !used.is_ascii() {
            let used = std::str::from_utf8(used).ok()?;
            let begins = |offset: &i32| usize::try_from(*offset).ok().and_then(|at| at.checked_sub(first)).is_some_and(|at| used.is_char_boundary(at));
            if !offsets.iter().all(begins) {
                return None;
            }
        }
        Some(Self { offsets, values, nulls })
    }

    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    #[inline]
    fn bytes(&self, at: usize) -> Option<&[u8]> {
        let [start, end] = *self.offsets.get(at..)?.first_chunk()?;
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(at)) {
            return None;
        }
        self.values.as_slice().get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }
}

/// Text of any width.
pub(super) enum Strings {
    Batch(Texts),
    Utf8(StringArray),
    Large(LargeStringArray),
    View(StringViewArray),
}

impl Strings {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Batch(texts) => texts.len(),
            Self::Utf8(array) => array.len(),
            Self::Large(array) => array.len(),
            Self::View(array) => array.len(),
        }
    }

    fn nulls(&self) -> Option<&NullBuffer> {
        match self {
            Self::Batch(texts) => texts.nulls.as_ref(),
            Self::Utf8(array) => array.nulls(),
            Self::Large(array) => array.nulls(),
            Self::View(array) => array.nulls(),
        }
    }

    pub(super) fn new(array: &ArrayRef) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Utf8 => Self::Utf8(array.as_string().clone()),
            DataType::LargeUtf8 => Self::Large(array.as_string().clone()),
            DataType::Utf8View => Self::View(array.as_string_view().clone()),
            _ => return None,
        })
    }

    #[inline]
    fn get(&self, at: usize) -> Option<&str> {
        match self {
            // All of them have been found to be text.
            Self::Batch(texts) => texts.bytes(at).and_then(|text| std::str::from_utf8(text).ok()),
            Self::Utf8(array) => (at < array.len() && array.is_valid(at)).then(|| array.value(at)),
            Self::Large(array) => (at < array.len() && array.is_valid(at)).then(|| array.value(at)),
            Self::View(array) => (at < array.len() && array.is_valid(at)).then(|| array.value(at)),
        }
    }

    #[inline]
    fn bytes(&self, at: usize) -> Option<&[u8]> {
        match self {
            Self::Batch(texts) => texts.bytes(at),
            other => other.get(at).map(str::as_bytes),
        }
    }
}

/// Text, plain or by dictionary.
pub(super) enum Text {
    Plain(Strings),
    Words { keys: Int32Array, values: Strings },
}

impl Text {
    pub(super) fn new(part: Part) -> Option<Self> {
        match part {
            Part::Text(text) => Some(text),
            Part::Array(array) => Self::of(&array),
            _ => None,
        }
    }

    fn nulls(&self) -> Option<&NullBuffer> {
        match self {
            Self::Plain(strings) => strings.nulls(),
            Self::Words { keys, .. } => keys.nulls(),
        }
    }

    fn of(array: &ArrayRef) -> Option<Self> {
        if let DataType::Dictionary(..) = array.data_type() {
            let dictionary = array.as_any_dictionary_opt()?;
            // The values stay as they are: a dictionary may be far larger than its batch.
            let (keys, values) = (dictionary.keys(), Strings::new(dictionary.values())?);
            // arrow has checked the indices against the dictionary.
            return Some(Self::Words { keys: keys_of(keys)?, values });
        }
        Strings::new(array).map(Self::Plain)
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<&str> {
        match self {
            Self::Plain(strings) => strings.get(at),
            Self::Words { keys, .. } => self.word(value(keys, at)?),
        }
    }

    /// The bytes of the text at `at`.
    #[inline]
    pub(super) fn bytes(&self, at: usize) -> Option<&[u8]> {
        match self {
            Self::Plain(strings) => strings.bytes(at),
            Self::Words { .. } => self.get(at).map(str::as_bytes),
        }
    }

    /// The index of the word at `at`; none of plain text.
    #[inline]
    pub(super) fn key(&self, at: usize) -> Option<i32> {
        match self {
            Self::Plain(_) => None,
            Self::Words { keys, .. } => value(keys, at),
        }
    }

    /// The indices of the words in `range`; none of plain text, and where any is null.
    #[inline]
    pub(super) fn keys(&self, range: Range<usize>) -> Option<&[i32]> {
        match self {
            Self::Plain(_) => None,
            Self::Words { keys, .. } if keys.null_count() > 0 => None,
            Self::Words { keys, .. } => keys.values().get(range),
        }
    }

    /// The word of an index.
    #[inline]
    pub(super) fn word(&self, key: i32) -> Option<&str> {
        match self {
            Self::Plain(_) => None,
            Self::Words { values, .. } => values.get(usize::try_from(key).ok()?),
        }
    }
}

fn keys_of(keys: &dyn Array) -> Option<Int32Array> {
    fn narrow<T: ArrowPrimitiveType>(keys: &dyn Array) -> Int32Array
    where
        i32: TryFrom<T::Native>,
    {
        keys.as_primitive::<T>().unary_opt(|key| i32::try_from(key).ok())
    }
    Some(match keys.data_type() {
        DataType::Int32 => keys.as_primitive().clone(),
        DataType::Int8 => narrow::<Int8Type>(keys),
        DataType::Int16 => narrow::<Int16Type>(keys),
        DataType::Int64 => narrow::<Int64Type>(keys),
        DataType::UInt8 => narrow::<UInt8Type>(keys),
        DataType::UInt16 => narrow::<UInt16Type>(keys),
        DataType::UInt32 => narrow::<UInt32Type>(keys),
        DataType::UInt64 => narrow::<UInt64Type>(keys),
        _ => return None,
    })
}

/// Figures of any type: pandas makes floats of whole numbers as soon as one is missing.
pub(super) enum Numbers {
    Unsigned(UInt64Array),
    Signed(Int64Array),
    Float(Float64Array),
}

impl Numbers {
    pub(super) fn new(part: Part) -> Option<Self> {
        match part {
            Part::Numbers(numbers) => Some(numbers),
            Part::Array(array) => Self::of(&array),
            _ => None,
        }
    }

    fn of(array: &ArrayRef) -> Option<Self> {
        fn signed<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &ArrayRef) -> Numbers {
            Numbers::Signed(array.as_primitive::<T>().unary(Into::into))
        }
        Some(match array.data_type() {
            DataType::UInt64 => Self::Unsigned(array.as_primitive().clone()),
            DataType::Int64 => Self::Signed(array.as_primitive().clone()),
            DataType::Float64 => Self::Float(array.as_primitive().clone()),
            DataType::Float32 => Self::Float(array.as_primitive::<Float32Type>().unary::<_, Float64Type>(f64::from)),
            DataType::Int8 => signed::<Int8Type>(array),
            DataType::Int16 => signed::<Int16Type>(array),
            DataType::Int32 => signed::<Int32Type>(array),
            DataType::UInt8 => signed::<UInt8Type>(array),
            DataType::UInt16 => signed::<UInt16Type>(array),
            DataType::UInt32 => signed::<UInt32Type>(array),
            _ => return None,
        })
    }

    /// The figure; none for null, and for NaN and the infinities, which say as little.
    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<Number> {
        match self {
            Self::Unsigned(array) => value(array, at).map(Number::from),
            Self::Signed(array) => value(array, at).map(Number::from),
            Self::Float(array) => value(array, at).and_then(Number::from_f64),
        }
    }

    /// The floats in `range`; none of integers, and where any is null.
    #[inline]
    pub(super) fn floats(&self, range: Range<usize>) -> Option<&[f64]> {
        match self {
            Self::Float(array) if array.null_count() == 0 => array.values().get(range),
            _ => None,
        }
    }
}

/// Points in time: of any unit, or as text.
pub(super) enum Times {
    Micros(TimestampMicrosecondArray),
    Text(Text),
}

impl Times {
    pub(super) fn new(part: Part) -> Option<Self> {
        match part {
            Part::Times(times) => Some(times),
            Part::Text(text) => Some(Self::Text(text)),
            Part::Array(array) => Self::of(&array),
            _ => None,
        }
    }

    fn of(array: &ArrayRef) -> Option<Self> {
        let DataType::Timestamp(unit, _) = array.data_type() else { return Text::of(array).map(Self::Text) };
        Some(Self::Micros(match unit {
            TimeUnit::Microsecond => array.as_primitive().clone(),
            TimeUnit::Second => array.as_primitive::<TimestampSecondType>().unary::<_, TimestampMicrosecondType>(|at| at.saturating_mul(1_000_000)),
            TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().unary::<_, TimestampMicrosecondType>(|at| at.saturating_mul(1000)),
            TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().unary::<_, TimestampMicrosecondType>(|at| at.div_euclid(1000)),
        }))
    }

    /// The time, or the text that is none.
    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<Result<Timestamp, crate::time::ParseTimeError>> {
        match self {
            Self::Micros(array) => value(array, at).map(|micros| Ok(Timestamp::from_micros(micros))),
            Self::Text(text) => text.get(at).map(str::parse),
        }
    }
}

/// Truths.
pub(super) struct Bools(pub(super) BooleanArray);

impl Bools {
    pub(super) fn new(part: Part) -> Option<Self> {
        match part {
            Part::Bools(bools) => Some(bools),
            Part::Array(array) => array.as_boolean_opt().cloned().map(Self),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<bool> {
        (at < self.0.len() && self.0.is_valid(at)).then(|| self.0.value(at))
    }
}

enum Offsets {
    Narrow(ScalarBuffer<i32>),
    Wide(ScalarBuffer<i64>),
}

/// Where the lists of a column begin and end among their items.
pub(super) struct Lists<T> {
    offsets: Offsets,
    nulls: Option<NullBuffer>,
    /// Which items are there at all.
    present: Option<NullBuffer>,
    pub(super) items: T,
}

impl<T> Lists<T> {
    /// The lists of a column, whose items `items` understands.
    pub(super) fn new(part: Part, items: impl FnOnce(Part) -> Option<T>) -> Option<Self> {
        let array = match part {
            Part::List { offsets, nulls, items: values } => {
                return Some(Self { offsets: Offsets::Narrow(offsets), nulls, present: values.nulls().cloned(), items: items(*values)? });
            }
            Part::Array(array) => array,
            _ => return None,
        };
        let (offsets, values) = match array.data_type() {
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                (Offsets::Narrow(list.offsets().inner().clone()), list.values())
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                (Offsets::Wide(list.offsets().inner().clone()), list.values())
            }
            _ => return None,
        };
        Some(Self { offsets, nulls: array.nulls().cloned(), present: values.nulls().cloned(), items: items(Part::Array(Arc::clone(values)))? })
    }

    /// The places of the items of the list at `at`, null ones among them.
    #[inline]
    pub(super) fn range(&self, at: usize) -> Option<Range<usize>> {
        if !is_valid(self.nulls.as_ref(), at) {
            return None;
        }
        Some(match &self.offsets {
            Offsets::Narrow(offsets) => usize::try_from(*offsets.get(at)?).ok()?..usize::try_from(*offsets.get(at + 1)?).ok()?,
            Offsets::Wide(offsets) => usize::try_from(*offsets.get(at)?).ok()?..usize::try_from(*offsets.get(at + 1)?).ok()?,
        })
    }

    /// The places of the items of the list at `at`, where no item of the column is null.
    #[inline]
    pub(super) fn run(&self, at: usize) -> Option<Range<usize>> {
        self.range(at).filter(|_| self.present.is_none())
    }

    /// The places of the items of the list at `at`, without those that are null.
    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<impl Iterator<Item = usize>> {
        Some(self.range(at)?.filter(|item| is_valid(self.present.as_ref(), *item)))
    }
}

#[inline]
fn is_valid(nulls: Option<&NullBuffer>, at: usize) -> bool {
    nulls.is_none_or(|nulls| at < nulls.len() && nulls.is_valid(at))
}

/// The columns of structures, each to be taken once.
pub(super) enum Members {
    Array(ArrayRef),
    Parts(Fields, Vec<Option<Part>>),
}

impl Members {
    /// Those of a column of structures.
    pub(super) fn new(part: Part) -> Option<Self> {
        match part {
            Part::Structs { fields, columns, .. } => Some(Self::Parts(fields, columns.into_iter().map(Some).collect())),
            Part::Array(array) if array.as_struct_opt().is_some() => Some(Self::Array(array)),
            _ => None,
        }
    }

    /// The one called `name` as `read` understands it; `Some(None)` where it is missing or says nothing, none where it cannot be understood.
    pub(super) fn take<T>(&mut self, name: &str, read: impl FnOnce(Part) -> Option<T>) -> Option<Option<T>> {
        let part = match self {
            Self::Array(array) => array.as_struct_opt().and_then(|structs| structs.column_by_name(name)).cloned().map(Part::Array),
            Self::Parts(fields, parts) => fields.find(name).and_then(|(at, _)| parts.get_mut(at)?.take()),
        };
        match part.filter(|part| !part.says_nothing()) {
            Some(part) => read(part).map(Some),
            None => Some(None),
        }
    }
}
