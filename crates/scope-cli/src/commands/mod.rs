//! The commands, one file each: flags in, parts wired together, exit code out.

#[cfg(feature = "collect")]
pub(crate) mod collect;
pub(crate) mod merge;
#[cfg(feature = "render")]
pub(crate) mod render;
#[cfg(feature = "serve")]
pub(crate) mod serve;
