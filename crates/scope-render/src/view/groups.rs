//! Groups in the making: what nodes have in common, and the draft that stands for all that have it.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;

use super::group::Grouper;
use crate::graph::{NONE, Words};

/// Groups in the making.
pub(super) struct Groups<'g, 's> {
    grouper: Grouper<'g, 's>,
    /// What nodes have, by number, where it need not be looked up each time; and the draft of each.
    words: Option<Arc<Words>>,
    by_word: Vec<u32>,
    by_key: HashMap<Option<Cow<'g, str>>, u32>,
    /// Keys that were looked up before, by node.
    early: std::iter::Peekable<std::vec::IntoIter<(u32, Option<Cow<'g, str>>)>>,
    /// Draft and node, by node.
    pub(super) members: Vec<(u32, u32)>,
}

impl<'g, 's> Groups<'g, 's> {
    pub(super) fn new(grouper: Grouper<'g, 's>) -> Self {
        Self { words: grouper.words(), grouper, by_word: Vec::new(), by_key: HashMap::new(), early: Vec::new().into_iter().peekable(), members: Vec::new() }
    }

    /// What a node has; nothing is as good as an empty text.
    pub(super) fn key(&self, node: u32) -> Option<Cow<'g, str>> {
        self.grouper.value(node).filter(|key| !key.is_empty())
    }

    /// Whether it is known already what a node has.
    pub(super) fn is_answered(&self, node: u32) -> bool {
        self.words.as_ref().is_none_or(|words| words.is_known(node))
    }

    /// Takes over what was found out of nodes, in order.
    pub(super) fn learn(&mut self, keys: Vec<(u32, Option<Cow<'g, str>>)>) {
        if let Some(words) = &self.words {
            words.learn(keys.iter().map(|(node, key)| (*node, key.as_deref())));
        }
        self.early = keys.into_iter().peekable();
    }

    /// The key of a node, which comes after those that were asked for before.
    fn next_key(&mut self, node: u32) -> Option<Cow<'g, str>> {
        while self.early.next_if(|(known, _)| *known < node).is_some() {}
        match self.early.next_if(|(known, _)| *known == node) {
            Some((_, key)) => key,
            None => self.key(node),
        }
    }

    /// The draft of the group that a node belongs to, made by `add` where it is the first.
    pub(super) fn draft(&mut self, node: u32, add: impl FnOnce(Option<Cow<'g, str>>) -> u32) -> u32 {
        let Some(words) = &self.words else {
            let key = self.next_key(node);
            return *self.by_key.entry(key).or_insert_with_key(|key| add(key.clone()));
        };
        let word = words.of(node, || self.key(node)) as usize;
        if self.by_word.len() <= word {
            self.by_word.resize(word + 1, NONE);
        }
        let known = self.by_word.get(word).copied().filter(|draft| *draft != NONE);
        if let Some(known) = known {
            return known;
        }
        let draft = add(self.next_key(node));
        if let Some(place) = self.by_word.get_mut(word) {
            *place = draft;
        }
        draft
    }
}
