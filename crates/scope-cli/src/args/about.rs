//! The flags of what tells about the command itself: `scope completions` and `scope man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Write a shell's completions to standard output.
///
/// bash: `source <(scope completions bash)`, or write it to /usr/share/bash-completion/completions/scope. zsh: to a file `_scope` in a
/// directory of $fpath. fish: to ~/.config/fish/completions/scope.fish.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Write the manual pages.
///
/// Without a directory, the page of `scope` itself goes to standard output: `scope man | man -l -`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Where to write a page for each command (`scope.1`, `scope-collect.1`, …): a directory that is there.
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}
