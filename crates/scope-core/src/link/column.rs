//! Columns of numbers in a message: what a packed field holds, which is most of all that is ever read of reports. They are read where they stand, without a list
//! in between. What is numbered is not known here.

use super::LinkError;

/// Most bytes of a number.
const LONGEST: usize = 10;

/// Writes a number as protobuf does.
pub(super) fn put(column: &mut Vec<u8>, number: u64) {
    prost::encoding::encode_varint(number, column);
}

/// Writes a number that may be below 0, as `sint64`.
pub(super) fn put_signed(column: &mut Vec<u8>, number: i64) {
    put(column, (number << 1 ^ number >> 63) as u64);
}

/// The numbers of a column, read one by one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a>(&'a [u8]);

impl<'a> Column<'a> {
    /// The column that these bytes are. Fails where the last number is cut short.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, LinkError> {
        match bytes.last() {
            Some(last) if *last >= 0x80 => Err(LinkError::Invalid("list of numbers")),
            _ => Ok(Self(bytes)),
        }
    }

    /// How many numbers there are.
    pub(super) fn len(self) -> usize {
        self.0.iter().map(|byte| usize::from(*byte < 0x80)).sum()
    }

    /// The next number; none at the end, or where it has more bytes than a number can have.
    #[inline]
    pub(super) fn take(&mut self) -> Option<u64> {
        let (first, rest) = self.0.split_first()?;
        if *first < 0x80 {
            self.0 = rest;
            return Some(u64::from(*first));
        }
        self.take_long()
    }

    fn take_long(&mut self) -> Option<u64> {
        let mut number = 0;
        for (byte, at) in self.0.iter().zip(0..LONGEST) {
            number |= u64::from(byte & 0x7f) << (7 * at);
            if *byte < 0x80 {
                self.0 = self.0.get(at + 1..)?;
                return Some(number);
            }
        }
        None
    }

    /// The same of a column of `sint64`.
    #[inline]
    pub(super) fn take_signed(&mut self) -> Option<i64> {
        self.take().map(|number| (number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use proptest::prelude::*;
    use prost::Message;

    use super::*;

    /// The same fields as lists, as any other program of protobuf has them.
    #[derive(Clone, PartialEq, Message)]
    struct Lists {
        #[prost(uint32, repeated, tag = "1")]
        numbers: Vec<u32>,
        #[prost(sint64, repeated, tag = "2")]
        signed: Vec<i64>,
    }

    #[derive(Clone, PartialEq, Message)]
    struct Columns {
        #[prost(bytes = "vec", tag = "1")]
        numbers: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        signed: Vec<u8>,
    }

    fn any_signed() -> impl Strategy<Value = i64> {
        prop_oneof![any::<i64>(), -70_i64..70, Just(i64::MIN), Just(i64::MAX)]
    }

    proptest! {
        #[test]
        fn a_column_is_a_packed_field(numbers in prop::collection::vec(prop_oneof![any::<u32>(), 0_u32..200], 0..40), signed in prop::collection::vec(any_signed(), 0..40)) {
            let mut columns = Columns::default();
            for number in &numbers {
                put(&mut columns.numbers, u64::from(*number));
            }
            for number in &signed {
                put_signed(&mut columns.signed, *number);
            }
            let lists = Lists { numbers, signed };
            prop_assert_eq!(columns.encode_to_vec(), lists.encode_to_vec());
            let (mut column, mut signed) = (Column::new(&columns.numbers).unwrap(), Column::new(&columns.signed).unwrap());
            prop_assert_eq!((column.len(), signed.len()), (lists.numbers.len(), lists.signed.len()));
            for number in lists.numbers {
                prop_assert_eq!(column.take(), Some(u64::from(number)));
            }
            for number in lists.signed {
                prop_assert_eq!(signed.take_signed(), Some(number));
            }
            prop_assert_eq!((column.take(), signed.take()), (None, None));
        }

        #[test]
        fn any_bytes_come_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(mut column) = Column::new(&bytes) {
                let most = column.len();
                prop_assert!(std::iter::from_fn(|| column.take()).count() <= most);
            }
        }
    }
}
