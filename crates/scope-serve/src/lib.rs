//! Everything of `scope` that speaks to a network, over a record stream that is handed in. What is on a machine is the collector's business,
//! what a graph looks like the renderer's.
//!
//! | feature | module | what |
//! |---|---|---|
//! | `server` | [`server`] | agents' links, live state, views, API, identities: `scope serve` |
//! | `agent` | [`agent`] | the link to a server, and the agent that browsers read directly: `scope collect --push`, `--listen` |
//! | both | [`request`] | what a server asks of an agent |

#[cfg(any(feature = "server", feature = "agent"))]
mod admin;
#[cfg(feature = "agent")]
pub mod agent;
pub mod enrolment;
#[cfg(any(feature = "server", feature = "agent"))]
mod exposition;
pub mod machine;
#[cfg(any(feature = "server", feature = "agent"))]
pub mod pinned;
#[cfg(any(feature = "server", feature = "agent"))]
mod process;
#[cfg(any(feature = "server", feature = "agent"))]
pub mod request;
#[cfg(feature = "server")]
pub mod server;
