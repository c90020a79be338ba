//! SIGTERM and SIGINT: the first drains, the second ends at once.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

use super::Stop;

/// Hands the process's signals on to `stop` for as long as the current runtime lives.
pub fn forward(stop: Stop) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        for order in [Stop::drain, Stop::now] {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!(signal = name, "told to stop");
            order(&stop);
        }
    });
    Ok(())
}
