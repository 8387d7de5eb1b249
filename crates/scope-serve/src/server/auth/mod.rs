//! Who asks, and what they may do. How an identity was proved lives with each proof; every route asks [`authorize`] and nothing else.

mod identity;

pub use identity::{Action, Denied, Identity, Role, Target, Via, Visibility, authorize};
