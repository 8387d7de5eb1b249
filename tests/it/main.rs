//! Tests of the whole product. What needs what is told in `docs/testing.md`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a failed test may panic, and these tests drive programs and print figures"
)]

mod about;
mod credentials;
mod docs;
mod examples;
mod hostile;
mod live_docker;
mod live_faults;
mod live_health;
mod live_hosts;
mod live_listen;
mod live_page;
mod live_podman;
mod live_scene;
mod live_serve;
mod live_storm;
mod live_truth;
mod merging;
mod middle;
mod netns_truth;
mod page_figures;
mod pipeline;
mod python;
mod serve_admin;
mod serve_api;
mod serve_credentials;
mod serve_faults;
mod serve_filter;
mod serve_real;
mod serve_security;
mod serve_sql;
mod serve_strain;
mod tidy;
