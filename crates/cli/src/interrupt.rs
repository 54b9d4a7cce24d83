//! The user's wish to stop.

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
