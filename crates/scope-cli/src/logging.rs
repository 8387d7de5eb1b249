//! Logs: to standard error, as text or JSON, at the level asked for.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::args::{LogFormat, LogLevel};

/// Sends logs of this program to standard error. Logs of libraries are shown from `debug` on only.
pub(crate) fn start(level: LogLevel, format: LogFormat) {
    let directives = match level {
        LogLevel::Off => "off".to_owned(),
        LogLevel::Error | LogLevel::Warn | LogLevel::Info => {
            format!("error,scope={0},scope_core={0},scope_collect={0},scope_render={0},scope_serve={0}", level.as_str())
        }
        LogLevel::Debug | LogLevel::Trace => level.as_str().to_owned(),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(directives)).with_writer(std::io::stderr);
    // Where standard error cannot be written to, there is no place to say so.
    let builder = builder.log_internal_errors(false);
    match format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()).with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
