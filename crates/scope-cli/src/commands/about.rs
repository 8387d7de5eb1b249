//! `scope completions` and `scope man`: what the flags say of themselves, for shells and for `man`.

use std::io::{self, Write};

use anyhow::{Context, Result};
use clap::CommandFactory;

use crate::args::{Args, CompletionsArgs, ManArgs};
use crate::exit::Exit;

/// Writes the completions of one shell.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<Exit> {
    // Written at once: the generator would panic on a reader that goes away.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "scope", &mut text);
    io::stdout().write_all(&text).context("could not write to standard output")?;
    Ok(Exit::Done)
}

/// Writes the manual: one page to standard output, or all of them to a directory.
pub(crate) fn man(args: &ManArgs) -> Result<Exit> {
    let mut command = Args::command();
    command.build();
    let Some(directory) = &args.directory else {
        let mut text = Vec::new();
        clap_mangen::Man::new(command).render(&mut text).context("could not make the page")?;
        io::stdout().write_all(&text).context("could not write to standard output")?;
        return Ok(Exit::Done);
    };
    clap_mangen::generate_to(command, directory).with_context(|| format!("could not write the pages to `{}`", directory.display()))?;
    Ok(Exit::Done)
}
