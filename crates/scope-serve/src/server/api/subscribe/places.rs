//! How many subscriptions each caller has open.

use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;

use crate::server::auth::Identity;

/// Open subscriptions by caller.
#[derive(Clone, Debug, Default)]
pub(in crate::server) struct Places(Arc<Mutex<HashMap<String, usize>>>);

/// A place for one subscription; free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    caller: String,
}

impl Places {
    /// A place for one more, where the caller has fewer than `limit`.
    pub(super) fn take(&self, identity: &Identity, limit: usize) -> Option<Place> {
        let caller = format!("{}/{:?}/{}", identity.tenant, identity.via, identity.name);
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry_ref(caller.as_str()).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        drop(open);
        Some(Place { places: self.clone(), caller })
    }

    /// How many are open.
    pub(in crate::server) fn open(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
            }
        }
    }
}
