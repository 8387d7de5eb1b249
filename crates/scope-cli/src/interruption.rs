//! How commands that run on and on are asked to end.

/// Waits for Ctrl-C or a request to terminate.
pub(crate) async fn interruption() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                heard = tokio::signal::ctrl_c() => if heard.is_ok() { return },
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Where signals cannot be heard, their default action ends the process.
        std::future::pending::<()>().await;
    }
}
