//! What the tests of the whole product share: finding the command, running pipelines, and real containers and network namespaces to look at.
//!
//! | module | part |
//! |---|---|
//! | [`command`] | the binary under test, pipelines, programs that go on running |
//! | [`need`] | what a test cannot do without, and what happens where it is missing |
//! | [`docker`] | containers and networks of one test, removed when it ends |
//! | [`namespace`] | network namespaces of one test |
//! | [`host`] | whole hosts of one test: all namespaces of their own, and a Docker daemon of their own |
//! | [`ground`] | who talks to whom by `docker inspect`, `ss`, `conntrack` and `ps` |
//! | [`graph`] | what `scope render -o json` says |
//! | [`records`] | what a stream of records says |
//! | [`live_agent`] | `scope collect --listen` and its clients |
//! | [`usage`] | what processes use |
//! | [`schema`] | whether JSON is as a schema says |
//! | [`subscriber`] | what a subscriber of a view is told, and when |
//! | [`server`] | a server, and the few words of HTTP that a test needs |
//!
//! Nothing here asserts anything about the product.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a harness: what fails here fails the test, and its work is to start programs"
)]

pub mod command;
pub mod docker;
pub mod graph;
pub mod ground;
pub mod host;
pub mod live_agent;
pub mod namespace;
pub mod need;
pub mod records;
pub mod schema;
pub mod server;
pub mod subscriber;
pub mod usage;
