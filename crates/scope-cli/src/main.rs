//! The command `scope`: flags and glue. What the parts do lives in their crates.

mod args;
mod commands;
mod exit;
mod input;
mod logging;
mod read;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use exit::Exit;

fn main() -> ExitCode {
    let args = Args::parse();
    logging::start(args.log_level, args.log_format);
    let ended = match args.command {
        #[cfg(feature = "collect")]
        Command::Collect(args) => commands::collect::run(*args),
        Command::Merge(args) => commands::merge::run(&args),
        #[cfg(feature = "render")]
        Command::Render(args) => commands::render::run(&args),
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
