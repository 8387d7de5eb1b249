//! What is to be read again, and what is to be told: both hold each thing once, so that a burst of events costs no more than the things it concerns.

use std::collections::VecDeque;

use hashbrown::{HashMap, HashSet};

use super::id::{ContainerId, ImageId, NetworkId};

/// Something that an engine can be asked about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Container(ContainerId),
    Image(ImageId),
    Network(NetworkId),
}

/// What is to be read again. At most one question about a thing is under way; what happens meanwhile asks once more.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    order: VecDeque<Subject>,
    waiting: HashSet<Subject>,
    asked: HashMap<Subject, Meanwhile>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Meanwhile {
    touched: bool,
    removed: bool,
}

impl Pending {
    /// `subject` may have changed.
    pub(crate) fn touch(&mut self, subject: Subject) {
        if let Some(meanwhile) = self.asked.get_mut(&subject) {
            meanwhile.touched = true;
        } else if self.waiting.insert(subject.clone()) {
            self.order.push_back(subject);
        }
    }

    /// `subject` is gone: nothing that was asked of it before counts.
    pub(crate) fn remove(&mut self, subject: &Subject) {
        if let Some(meanwhile) = self.asked.get_mut(subject) {
            *meanwhile = Meanwhile { touched: false, removed: true };
        }
        // Its place in the order is passed over when it comes up; many such places are cleared at once.
        if self.waiting.remove(subject) && self.order.len() > 2 * self.waiting.len() + 64 {
            let mut seen = HashSet::new();
            self.order.retain(|subject| self.waiting.contains(subject) && seen.insert(subject.clone()));
        }
    }

    /// The next to ask about.
    pub(crate) fn next(&mut self) -> Option<Subject> {
        while let Some(subject) = self.order.pop_front() {
            if self.waiting.remove(&subject) {
                self.asked.insert(subject.clone(), Meanwhile::default());
                return Some(subject);
            }
        }
        None
    }

    /// The answer about `subject` is in. Whether it still counts.
    pub(crate) fn answered(&mut self, subject: &Subject) -> bool {
        let Some(meanwhile) = self.asked.remove(subject) else { return false };
        if meanwhile.touched {
            self.touch(subject.clone());
        }
        !meanwhile.removed
    }

    /// How many things wait to be asked about.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether `subject` waits or is asked about.
    pub(crate) fn holds(&self, subject: &Subject) -> bool {
        self.waiting.contains(subject) || self.asked.contains_key(subject)
    }
}

/// What is to be told, the latest of each thing, in the order in which the things first came up.
#[derive(Debug)]
pub(crate) struct Outbox<K, V> {
    order: VecDeque<K>,
    latest: HashMap<K, V>,
}

impl<K, V> Default for Outbox<K, V> {
    fn default() -> Self {
        Self { order: VecDeque::new(), latest: HashMap::new() }
    }
}

impl<K: Clone + Eq + std::hash::Hash, V> Outbox<K, V> {
    /// `value` is the latest of `key`.
    pub(crate) fn put(&mut self, key: K, value: V) {
        if self.latest.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
    }

    /// `value` is the latest of `key`, and is told after everything that waits.
    pub(crate) fn put_last(&mut self, key: K, value: V) {
        self.order.retain(|other| *other != key);
        self.order.push_back(key.clone());
        self.latest.insert(key, value);
    }

    /// The next to tell.
    pub(crate) fn pop(&mut self) -> Option<V> {
        self.order.pop_front().and_then(|key| self.latest.remove(&key))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    fn container(digit: char) -> Subject {
        Subject::Container(digit.to_string().repeat(64).parse().unwrap())
    }

    #[test]
    fn a_burst_asks_once_and_once_more() {
        let mut pending = Pending::default();
        (0..100).for_each(|_| pending.touch(container('a')));
        pending.touch(container('b'));
        assert_eq!((pending.next(), pending.next(), pending.next()), (Some(container('a')), Some(container('b')), None));
        (0..100).for_each(|_| pending.touch(container('a')));
        assert_eq!(pending.next(), None, "one question about a thing at a time");
        assert!(pending.answered(&container('a')) && pending.answered(&container('b')));
        assert_eq!((pending.next(), pending.next()), (Some(container('a')), None));
        assert!(pending.answered(&container('a')));
        assert!(!pending.holds(&container('a')));
    }

    #[test]
    fn what_was_asked_before_a_removal_does_not_count() {
        let mut pending = Pending::default();
        pending.touch(container('a'));
        pending.next().unwrap();
        pending.remove(&container('a'));
        assert!(!pending.answered(&container('a')));
        // Waiting, removed, and back again.
        pending.touch(container('b'));
        pending.remove(&container('b'));
        pending.touch(container('b'));
        assert_eq!((pending.next(), pending.next()), (Some(container('b')), None));
        // Something happened to it after its removal.
        pending.remove(&container('b'));
        pending.touch(container('b'));
        assert!(!pending.answered(&container('b')));
        assert_eq!(pending.next(), Some(container('b')));
    }

    #[test]
    fn tells_the_latest_of_each_in_order() {
        let mut outbox = Outbox::default();
        outbox.put("a", 1);
        outbox.put("b", 2);
        outbox.put("a", 3);
        outbox.put_last("b", 4);
        outbox.put("c", 5);
        outbox.put_last("b", 6);
        assert_eq!(std::iter::from_fn(|| outbox.pop()).collect::<Vec<_>>(), [3, 5, 6]);
        assert!(outbox.is_empty());
    }
}
