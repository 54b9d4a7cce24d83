//! Signals that ask the program to stop, and its time limit where nothing else keeps to it.
//!
//! Commands that leave something half done wait for a signal themselves, to say so. `main` does it for all others.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hss_client::Error;

use crate::exit::Ending;
use crate::output::Output;
use crate::session::timed_out;

/// The time that a command has to end by itself.
const GRACE: Duration = Duration::from_secs(1);

/// A signal that asks the program to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// An interrupt from the keyboard, SIGINT.
    Interrupt,
    /// A request of the system, SIGTERM.
    Terminate,
}

/// Waits for `work`, or for a signal. `left` says what is left undone then.
///
/// # Errors
///
/// [`Ending::Interrupted`].
pub(crate) async fn unless<T>(work: impl Future<Output = T>, left: impl FnOnce() -> String) -> Result<T, Ending> {
    tokio::select! {
        biased;
        signal = interrupt() => Err(Ending::Interrupted(signal, left())),
        done = work => Ok(done),
    }
}

/// Waits for a signal. From its first poll on, no signal ends the program by itself.
pub(crate) async fn interrupt() -> Signal {
    let keyboard = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Then it ends the program, as ever.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = keyboard => Signal::Interrupt,
        () = terminated() => Signal::Terminate,
    }
}

/// Waits for a signal that no command says anything of: those that do have their turn first.
pub(crate) async fn unnoticed() -> Signal {
    let signal = interrupt().await;
    tokio::task::yield_now().await;
    signal
}

/// Watches from a thread of its own that the program ends after a signal, and once its time is over. A command that reads
/// standard input, or writes to a pipe that nobody reads, notices neither.
pub(crate) fn watch(limit: Option<Duration>, output: &Output) {
    let output = output.clone();
    // Without the thread, everything else works as before.
    let _ = thread::Builder::new().spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        let ending = runtime.block_on(async {
            let ending = tokio::select! {
                signal = interrupt() => Ending::Interrupted(signal, String::new()),
                error = over(limit) => Ending::Failed(error),
            };
            tokio::time::sleep(GRACE).await;
            ending
        });
        end(ending, output);
    });
}

/// Ends the program. Its last words may block as the command does.
fn end(ending: Ending, output: Output) -> ! {
    let status = ending.status();
    let (sender, said) = mpsc::channel();
    let _ = thread::Builder::new().spawn(move || {
        output.print_ending(&ending);
        let _ = sender.send(());
    });
    let _ = said.recv_timeout(GRACE);
    std::process::exit(status.into())
}

async fn over(limit: Option<Duration>) -> Error {
    match limit {
        Some(limit) => {
            tokio::time::sleep(limit).await;
            timed_out(limit)
        }
        None => std::future::pending().await,
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
