//! Where a server keeps what outlives it: as the flag says, else where the machine keeps such things.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

/// The flag for it.
#[derive(Clone, Debug, Args)]
pub(crate) struct DataDirArgs {
    /// Where settings, tokens and credentials are kept. [default: /var/lib/scope for root, else ~/.local/state/scope]
    #[arg(long, value_name = "DIR", env = "SCOPE_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

impl DataDirArgs {
    /// The directory, which need not exist.
    pub(crate) fn path(&self) -> Result<PathBuf> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let of_user = || set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state"))).map(|state| state.join("scope"));
        let of_root = || is_root().then(|| PathBuf::from("/var/lib/scope"));
        let chosen = self.data_dir.clone().or_else(of_root).or_else(of_user);
        chosen.ok_or_else(|| anyhow::anyhow!("could not tell where to keep settings: HOME is not set; name a directory with --data-dir"))
    }
}

/// Whether this process is root's: its own directory in /proc is.
fn is_root() -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0)
    }
    #[cfg(not(unix))]
    {
        false
    }
}
