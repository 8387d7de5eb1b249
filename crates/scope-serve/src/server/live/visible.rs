//! The part of the state that exists for somebody, kept for a moment: several ask for the same.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use hashbrown::HashMap;
use scope_core::state::State;
use scope_render::view::restrict;

use super::tenant::TenantLive;
use crate::server::auth::Visibility;

/// How old a restricted state may be before it is made anew.
const FRESH: Duration = Duration::from_millis(100);

/// Restricted states kept at a time.
const KEPT: usize = 32;

/// Restricted states by the text of their filter.
#[derive(Debug, Default)]
pub(super) struct Restricted {
    by_filter: HashMap<String, (Instant, Arc<State>)>,
}

impl TenantLive {
    /// Runs `read` over what exists for `visibility`.
    pub(crate) fn with_visible<R>(&self, visibility: &Visibility, read: impl FnOnce(&State) -> R) -> R {
        match visibility.filter() {
            None => read(&self.read()),
            Some(filter) => {
                let key = visibility.key();
                let known =
                    || self.restricted.lock().unwrap_or_else(PoisonError::into_inner).by_filter.get(&key).filter(|(made, _)| made.elapsed() < FRESH).cloned();
                let state = known().map_or_else(
                    || {
                        let state = Arc::new(restrict(&self.read(), filter, super::clock::now()));
                        let mut kept = self.restricted.lock().unwrap_or_else(PoisonError::into_inner);
                        kept.by_filter.retain(|_, (made, _)| made.elapsed() < FRESH);
                        if kept.by_filter.len() < KEPT {
                            kept.by_filter.insert(key, (Instant::now(), Arc::clone(&state)));
                        }
                        state
                    },
                    |(_, state)| state,
                );
                read(&state)
            }
        }
    }
}
