//! What an agent speaks to a network with: the link to a server, and the stream that browsers read directly.

pub mod listen;
pub mod push;
