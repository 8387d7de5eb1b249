//! Connections: read from the kernel over netlink, attributed to who owns them, and aggregated into flows.
//!
//! Layers, each usable alone: the framing and the socket ([`netlink`]); pure decoders ([`sock_diag`], [`conntrack`], [`rtnetlink`]);
//! what they deliver ([`connection`]), which is the seam for other ways of reading; kept sockets ([`namespaces`]).

pub mod aggregator;
pub mod cgroup_tree;
pub mod collector;
pub mod connection;
pub mod conntrack;
#[cfg(test)]
mod decoding_tests;
pub mod dns;
pub mod endpoints;
pub mod ends;
pub mod flows;
pub mod listeners;
pub mod namespaces;
pub mod nat;
mod neighbours;
pub mod netlink;
pub mod owner;
mod problems;
pub mod process_sockets;
pub mod proxy;
pub mod rtnetlink;
pub mod scope;
pub mod snmp;
pub mod sock_diag;
pub mod table;
pub mod world;

pub use collector::{Collector, Report, Settings};
pub use world::World;
