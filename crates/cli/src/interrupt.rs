//! The user's wish to stop.
//!
//! Commands that leave something half done wait for it themselves, to say so; `main` does for all others.

use crate::exit::Ending;

/// Waits for `work`, or for an interrupt, which leaves what `left` says.
///
/// # Errors
///
/// [`Ending::Interrupted`].
pub(crate) async fn unless<T>(work: impl Future<Output = T>, left: impl FnOnce() -> String) -> Result<T, Ending> {
    tokio::select! {
        biased;
        () = interrupt() => Err(Ending::Interrupted(left())),
        done = work => Ok(done),
    }
}

/// Waits for an interrupt from the keyboard, or for the system to end the program. From its first poll on, neither ends
/// the program by itself.
pub(crate) async fn interrupt() {
    let keyboard = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Then it ends the program, as ever.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = keyboard => {}
        () = terminated() => {}
    }
}

/// Waits for an interrupt that no command says anything of: those that do have their turn first.
pub(crate) async fn unnoticed() {
    interrupt().await;
    tokio::task::yield_now().await;
}

#[cfg(unix)]
async fn terminated() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
