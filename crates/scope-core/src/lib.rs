//! Records, identity, state and codecs of `scope`: what every other crate of the workspace speaks.
//!
//! Nothing here reads a file, opens a socket, looks at a clock or needs an async runtime: bytes and times come in as arguments.
//!
//! Read in this order: [`record`] (what flows), [`id`] and [`endpoint`] (how things are named), [`state`] (how streams join),
//! [`codec`] (how records become bytes), [`filter`] (how people ask for a part).

pub mod codec;
pub mod endpoint;
pub mod field;
mod fields;
pub mod figures;
pub mod filter;
pub mod flow;
mod hash;
pub mod heap;
pub mod id;
pub mod limits;
pub mod link;
mod moved;
pub mod number;
pub mod record;
pub mod redact;
pub mod slots;
pub mod state;
pub mod time;
pub mod value;

pub use compact_str::CompactString;

pub use endpoint::{Address, Endpoint, Protocol, Scope, SocketAddress};
pub use figures::Figures;
pub use flow::{Flow, FlowKey, Side};
pub use id::{AgentName, NodeId, RunId};
pub use moved::Moved;
pub use number::Number;
pub use record::{Body, Gone, Node, Problem, Record, Stamp, Tick};
pub use time::Timestamp;
pub use value::Value;
