//! What can be typed: the flags of every command, their help and their environment variables. What they do is [`crate::commands`]' business.

mod about;
#[cfg(feature = "serve")]
mod agents;
#[cfg(feature = "collect")]
mod collect;
#[cfg(feature = "collect")]
mod doctor;
#[cfg(feature = "serve")]
mod enrol;
mod from;
#[cfg(feature = "serve")]
mod limits;
#[cfg(feature = "listen")]
mod listen;
mod merge;
#[cfg(feature = "push")]
mod push;
#[cfg(feature = "render")]
mod render;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "serve")]
mod token;
mod values;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use about::{CompletionsArgs, ManArgs};
#[cfg(feature = "serve")]
pub(crate) use agents::{AgentsArgs, AgentsCommand, AgentsListArgs, AgentsRevokeArgs};
#[cfg(feature = "collect")]
pub(crate) use collect::CollectArgs;
#[cfg(feature = "collect")]
pub(crate) use doctor::{DoctorArgs, DoctorOutput};
#[cfg(feature = "serve")]
pub(crate) use enrol::EnrolArgs;
pub(crate) use from::FromArgs;
pub(crate) use merge::MergeArgs;
#[cfg(feature = "push")]
pub(crate) use push::{PushArgs, pace};
#[cfg(feature = "render")]
pub(crate) use render::{Part, RenderArgs, Theme};
#[cfg(all(feature = "serve", feature = "collect"))]
pub(crate) use serve::LocalArgs;
#[cfg(feature = "serve")]
pub(crate) use serve::{ServeArgs, ServeCommand};
#[cfg(feature = "serve")]
pub(crate) use token::{TokenArgs, TokenCommand, TokenCreateArgs, TokenListArgs, TokenRevokeArgs, TokenRole};
pub(crate) use values::{Encoding, OutputArgs};

/// Hosts, containers, processes and the connections between them, as streams that pipe.
#[derive(Debug, Parser)]
#[command(name = "scope", version, about, max_term_width = 110, after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Args {
    /// What to log to standard error.
    #[arg(long, global = true, value_enum, default_value_t = LogLevel::Warn, env = "SCOPE_LOG_LEVEL", help_heading = "Global")]
    pub(crate) log_level: LogLevel,

    /// How to write logs.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, env = "SCOPE_LOG_FORMAT", help_heading = "Global")]
    pub(crate) log_format: LogFormat,

    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  scope serve                                                this machine, live, at http://127.0.0.1:4040
  scope collect | scope merge | scope render                 this machine, as a table
  scope collect --every 1s | scope render --watch            the same, redrawn as it changes
  scope collect | scope render --view hosts -o svg > map.svg
  ssh other scope collect > b.ndjson; scope collect | scope merge - b.ndjson | scope render

Exit status: 0 done, 1 a part of the input could not be used or the answer is no, 2 failed, 130 ended by Ctrl-C.";

#[cfg(feature = "collect")]
const EXIT_COLLECT: &str = "Exit status: 0 done, 2 failed, 130 ended by Ctrl-C.";
const EXIT_INPUT: &str = "Exit status: 0 done, 1 a part of the input could not be used, 2 failed.";
#[cfg(feature = "render")]
const EXIT_RENDER: &str = "Exit status: 0 done, 1 a part of the input could not be used, or the node of --why is not in the view, 2 failed.";
#[cfg(feature = "collect")]
const EXIT_DOCTOR: &str = "Exit status: 0 nothing is missing, 1 something is, 2 failed.";

// What each is for stands with its flags; a comment here would replace that text.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[cfg(feature = "collect")]
    #[command(after_help = EXIT_COLLECT)]
    Collect(Box<CollectArgs>),
    #[command(after_help = EXIT_INPUT)]
    Merge(MergeArgs),
    #[cfg(feature = "render")]
    #[command(after_help = EXIT_RENDER)]
    Render(Box<RenderArgs>),
    #[cfg(feature = "serve")]
    Serve(Box<ServeArgs>),
    #[cfg(feature = "collect")]
    #[command(after_help = EXIT_DOCTOR)]
    Doctor(DoctorArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
    #[cfg(feature = "serve")]
    Token(TokenArgs),
    /// Answer one question of a server in SQL; the server starts it.
    #[cfg(all(feature = "serve", feature = "sql"))]
    #[command(hide = true)]
    SqlWorker,
}

/// How much to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// How logs look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object a line.
    Json,
}
