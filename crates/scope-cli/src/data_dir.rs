//! Where a server keeps what outlives it: as the flag says, else where the machine keeps such things.

use std::path::PathBuf;

#[cfg(feature = "serve")]
use anyhow::Result;
#[cfg(feature = "serve")]
use clap::Args;

/// The flag for it.
#[cfg(feature = "serve")]
#[derive(Clone, Debug, Args)]
pub(crate) struct DataDirArgs {
    /// Where settings, tokens and credentials are kept. [default: /var/lib/scope for root, else ~/.local/state/scope]
    #[arg(long, value_name = "DIR", env = "SCOPE_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

#[cfg(feature = "serve")]
impl DataDirArgs {
    /// The directory, which need not exist.
    pub(crate) fn path(&self) -> Result<PathBuf> {
        let chosen = self.data_dir.clone().or_else(|| default_of("scope"));
        chosen.ok_or_else(|| anyhow::anyhow!("could not tell where to keep settings: HOME is not set; name a directory with --data-dir"))
    }
}

/// Where the machine keeps what the service `name` wants to find again, for whoever runs this.
pub(crate) fn default_of(name: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if is_root() {
        return Some(PathBuf::from("/var/lib").join(name));
    }
    set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state"))).map(|state| state.join(name))
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
