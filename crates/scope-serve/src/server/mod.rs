//! The server: agents dial in, their records become live state, subscribers get snapshots and changes.
//!
//! | module | what lives there |
//! |---|---|
//! | [`tenant`] | whom state, settings and routes belong to |
//! | [`auth`] | identities, and the one function that decides what each may do |
//! | [`live`] | agents, their state and liveness |
//! | [`series`] | figures over time |
//! | [`guard`] | what stands before every route: Host, Origin, proxies, security headers |
//! | [`tls`] | certificates: the server's own and those of clients |
//! | [`link`] | agents' links, over gRPC and WebSockets |
//! | [`views`] | views kept current for their subscribers, and what is sent to them |
//! | [`store`] | what outlives the server: settings, tokens, credentials, audit |
//! | [`config`], [`app`] | what a server is told, and its life |
//! | `sql` | the process that answers SQL |
//! | `http` | listener, connections, limits, layers |
//! | `api`, `ops`, `page` | what is answered |
//! | [`problem`] | errors as problem details (RFC 9457) |

mod api;
pub mod app;
pub mod auth;
mod coding;
pub mod config;
pub mod guard;
mod http;
pub mod link;
pub mod live;
mod ops;
mod page;
pub mod problem;
pub mod series;
#[cfg(feature = "sql")]
pub mod sql;
pub mod store;
pub mod tenant;
pub mod tls;
pub mod views;
