//! How commands that run on and on are asked to end.

use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "collect")]
use crate::exit::Exit;

/// Whether what asked was a request to terminate, as a service manager sends it: then to end is what was wanted.
static TERMINATED: AtomicBool = AtomicBool::new(false);

/// How a command ends that was asked to.
#[cfg(feature = "collect")]
pub(crate) fn asked_to_end() -> Exit {
    if TERMINATED.load(Ordering::Relaxed) { Exit::Done } else { Exit::Interrupted }
}

/// Waits for Ctrl-C or a request to terminate.
pub(crate) async fn interruption() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return TERMINATED.store(true, Ordering::Relaxed),
                heard = tokio::signal::ctrl_c() => if heard.is_ok() { return },
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Where signals cannot be heard, their default action ends the process.
        std::future::pending::<()>().await;
    }
}
