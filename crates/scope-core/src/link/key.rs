//! Numbers for what is named more than once on a connection, and lists of such numbers. What is numbered is not known here.

use std::hash::Hash;

use hashbrown::HashMap;

use super::LinkError;

/// Numbers things in the order in which they first come.
#[derive(Debug)]
pub(super) struct Numbers<T>(HashMap<T, u32>);

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Hash + Eq> Numbers<T> {
    pub(super) fn get<Q: Hash + hashbrown::Equivalent<T> + ?Sized>(&self, thing: &Q) -> Option<u32> {
        self.0.get(thing).copied()
    }

    /// Gives `thing`, which has none, the next number.
    pub(super) fn add(&mut self, thing: T) -> u32 {
        let number = self.0.len() as u32;
        self.0.insert(thing, number);
        number
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Sorted numbers become distances, the first one from 0.
pub(super) fn distances(numbers: impl IntoIterator<Item = u32>) -> Vec<u32> {
    let mut before = 0;
    numbers
        .into_iter()
        .map(|number| {
            let distance = number.wrapping_sub(before);
            before = number;
            distance
        })
        .collect()
}

/// Distances become numbers; with more than `below` of them, or one that is not below it, an error. Each number but the first is greater than the one before.
pub(super) fn numbers(distances: &[u32], below: usize) -> impl Iterator<Item = Result<usize, LinkError>> {
    let mut before: Option<usize> = None;
    distances.iter().map(move |distance| {
        let number = before.unwrap_or(0) + *distance as usize;
        if number >= below {
            return Err(LinkError::Contradiction("a number that was never given"));
        }
        if before.is_some_and(|before| before == number) {
            return Err(LinkError::Contradiction("a number comes twice in one list"));
        }
        before = Some(number);
        Ok(number)
    })
}
