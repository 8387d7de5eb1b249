//! What a state looks like: one graph, views of it, a layout and outputs.
//!
//! ```text
//! State -> graph::Graph -> view::View::project -> view::Rendered -> output::write
//! ```
//!
//! Everything is a pure function of its input, and the same input gives the same bytes. Nothing here reads a clock or opens a socket.

pub mod graph;
pub mod layout;
pub mod output;
#[cfg(feature = "sql")]
pub mod sql;
pub mod view;
