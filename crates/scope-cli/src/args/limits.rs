//! The bounds of `scope serve`: how much of everything it takes.

use std::time::Duration;

use clap::Args;
use scope_serve::server::config::{Limits, SqlLimits};
use scope_serve::server::live;

use super::values::{Pace, Size, parse_pace, parse_size};

/// How much the server takes at once. What goes beyond is refused, and counted in `/metrics`.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Memory for figures over time. What finds no room is counted.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, default_value = "96M", env = "SCOPE_SERIES_MEMORY")]
    pub(crate) series_memory: Size,

    /// Silence after which an agent's data is hidden.
    #[arg(long, value_name = "TIME", value_parser = parse_pace, default_value = "1m", env = "SCOPE_GONE_AFTER")]
    pub(crate) gone_after: Pace,

    /// Connections open at once.
    #[arg(long, value_name = "N", value_parser = count, default_value = "4096")]
    pub(crate) max_connections: usize,

    /// Subscriptions of one caller at once.
    #[arg(long, value_name = "N", value_parser = count, default_value = "64")]
    pub(crate) max_subscriptions: usize,

    /// A request's body, where it holds no records.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, default_value = "1M")]
    pub(crate) max_body: Size,

    /// Records in one request, as they come over the wire.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, default_value = "64M")]
    pub(crate) max_records: Size,

    /// Time from a question in SQL to its answer.
    #[arg(long, value_name = "TIME", value_parser = parse_pace, default_value = "10s")]
    pub(crate) sql_time: Pace,

    /// Memory that answers a question in SQL, the program and what it reads included.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, default_value = "1G")]
    pub(crate) sql_memory: Size,

    /// Rows of an answer to SQL.
    #[arg(long, value_name = "N", value_parser = count, default_value = "10000")]
    pub(crate) sql_rows: usize,
}

fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| (1..=1_000_000).contains(count)).ok_or_else(|| "is a number from 1 to 1000000".to_owned())
}

impl LimitArgs {
    /// Those of the live state.
    pub(crate) fn live(&self) -> live::Limits {
        live::Limits { series_bytes: self.series_memory.bytes, gone_after: self.gone_after.0, ..live::Limits::default() }
    }

    /// Those of everything else.
    pub(crate) fn server(&self) -> Limits {
        Limits {
            connections: self.max_connections,
            subscriptions: self.max_subscriptions,
            body_bytes: self.max_body.bytes,
            records_bytes: self.max_records.bytes,
            sql: SqlLimits {
                time: self.sql_time.0.max(Duration::from_secs(1)),
                rows: self.sql_rows,
                memory_bytes: self.sql_memory.bytes as u64,
                ..SqlLimits::default()
            },
            ..Limits::default()
        }
    }
}
