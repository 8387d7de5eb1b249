//! Containers, images and networks of a container engine: Docker from 1.10 on, and Podman's Docker-compatible service.
//!
//! [`Watch`] is the task that keeps up with the engine and tells each [`Change`]. Figures come from control groups ([`crate::cgroup`]); where those cannot be read,
//! from [`Stats`]. Connections are not looked at here.

mod client;
pub(crate) mod connect;
mod endpoint;
mod error;
mod facts;
mod id;
mod inventory;
mod lines;
mod questions;
mod queue;
mod record;
mod session;
mod stats;
mod storage;
#[cfg(test)]
mod tests;
mod version;
mod watch;
pub(crate) mod wire;

#[cfg(any(fuzzing, test))]
pub(crate) use client::read_anything;
pub use client::{Client, Deadlines};
pub use endpoint::{Endpoint, Lookup};
pub use error::Error;
pub use facts::{
    Attachment, ContainerFacts, EngineFacts, Flavour, Health, HealthCheck, ImageFacts, Interface, Limits, Mount, NetworkFacts, Port, PublishedPort, Reach,
    RestartPolicy, State, Subnet, Transport,
};
pub use id::{ContainerId, ImageId, NetworkId, ParseEngineIdError};
pub use record::Surroundings;
pub use stats::Stats;
pub use version::{ApiVersion, ParseVersionError};
pub use watch::{Change, Settings, Watch};
pub use wire::{ContainerUsage, DiskUsage, Interfaces, StatsSample, VolumeUsage};
