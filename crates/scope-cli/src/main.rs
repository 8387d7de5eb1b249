//! The command `scope`: flags and glue. What the parts do lives in their crates.

mod args;
#[cfg(feature = "serve")]
mod columns;
mod commands;
#[cfg(any(feature = "serve", feature = "push"))]
mod data_dir;
mod exit;
mod input;
#[cfg(any(feature = "collect", feature = "serve"))]
mod interruption;
#[cfg(all(feature = "collect", feature = "serve"))]
mod local;
mod logging;
#[cfg(all(feature = "collect", any(feature = "serve", feature = "push")))]
mod questions;
mod read;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use exit::Exit;

/// The server makes and drops small things on several threads all the time, which takes less memory with this one, and less CPU where agents are many. The slim agent
/// keeps the C library's, with which it is smaller.
#[cfg(all(feature = "serve", target_os = "linux"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    logging::start(args.log_level, args.log_format);
    let ended = match args.command {
        #[cfg(feature = "collect")]
        Command::Collect(args) => commands::collect::run(*args),
        Command::Merge(args) => commands::merge::run(&args),
        #[cfg(feature = "render")]
        Command::Render(args) => commands::render::run(&args),
        #[cfg(feature = "serve")]
        Command::Serve(args) => commands::serve::run(*args),
        #[cfg(feature = "collect")]
        Command::Doctor(args) => commands::doctor::run(args),
        Command::Completions(args) => commands::about::completions(&args),
        Command::Man(args) => commands::about::man(&args),
        #[cfg(feature = "serve")]
        Command::Token(args) => commands::token::run(&args),
        #[cfg(all(feature = "serve", feature = "sql"))]
        Command::SqlWorker => commands::serve::answer_sql(),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(error) if exit::is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            exit::print_error(&error);
            Exit::Failed.into()
        }
    }
}
