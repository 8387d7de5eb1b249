//! The commands, one file each: flags in, parts wired together, exit code out.

pub(crate) mod about;
#[cfg(feature = "serve")]
mod agents;
#[cfg(feature = "collect")]
pub(crate) mod collect;
#[cfg(feature = "collect")]
pub(crate) mod doctor;
#[cfg(feature = "serve")]
mod enrol;
#[cfg(feature = "listen")]
mod listen;
pub(crate) mod merge;
#[cfg(feature = "push")]
mod push;
#[cfg(feature = "render")]
pub(crate) mod render;
#[cfg(feature = "serve")]
pub(crate) mod serve;
#[cfg(feature = "serve")]
pub(crate) mod token;
