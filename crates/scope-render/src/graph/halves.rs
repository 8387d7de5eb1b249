//! A list of which two threads made a half each. Put together in one piece it would be copied, and for a while be in the memory twice. Which work falls into
//! halves is decided where it is done.

use std::ops::Range;

/// A list in two pieces, numbered through.
#[derive(Debug)]
pub(super) struct Halves<T> {
    one: Vec<T>,
    other: Vec<T>,
}

impl<T> From<Vec<T>> for Halves<T> {
    fn from(all: Vec<T>) -> Self {
        Self { one: all, other: Vec::new() }
    }
}

impl<T> Halves<T> {
    /// The list that begins with `one` and ends with `other`.
    pub(super) fn of(one: Vec<T>, other: Vec<T>) -> Self {
        Self { one, other }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.one.len() + self.other.len()
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let at = number as usize;
        match at.checked_sub(self.one.len()) {
            None => self.one.get(at),
            Some(at) => self.other.get(at),
        }
    }

    /// Those of `range`, which lies in one of the halves; none where it does not.
    #[inline]
    pub(super) fn range(&self, range: Range<usize>) -> &[T] {
        match range.start.checked_sub(self.one.len()) {
            None => self.one.get(range),
            Some(start) => self.other.get(start..range.end.saturating_sub(self.one.len())),
        }
        .unwrap_or_default()
    }

    /// Those from `number` on to the end of the half that it is in.
    pub(super) fn rest(&self, number: u32) -> &[T] {
        let at = number as usize;
        self.range(at..if at < self.one.len() { self.one.len() } else { self.len() })
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.one.iter().chain(&self.other)
    }

    /// All of them, in order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.one.iter_mut().chain(&mut self.other)
    }
}

#[cfg(test)]
mod tests {
    use super::Halves;

    #[test]
    fn numbers_go_through_both_halves() {
        for (one, other) in [(vec![0, 1, 2], vec![3, 4]), (vec![0, 1, 2, 3, 4], Vec::new()), (Vec::new(), vec![0, 1, 2, 3, 4])] {
            let middle = one.len();
            let mut all = Halves::of(one, other);
            assert_eq!((all.len(), all.get(5)), (5, None));
            assert!((0..5).all(|number| all.get(number) == Some(&(number as i32))));
            assert_eq!(all.iter().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
            assert_eq!(all.range(0..2.min(middle)), &[0, 1][..2.min(middle)]);
            assert_eq!(all.range(middle..5), (middle as i32..5).collect::<Vec<_>>());
            assert_eq!(all.rest(0).len(), if middle == 0 { 5 } else { middle });
            assert_eq!(all.rest(4).last(), Some(&4));
            assert_eq!(all.range(4..7), [0; 0], "beyond the end");
            all.iter_mut().for_each(|number| *number += 1);
            assert_eq!(all.get(4), Some(&5));
        }
    }
}
