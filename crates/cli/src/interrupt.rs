//! Handles termination signals, and enforces `--timeout` where nothing else does.
//!
//! Commands that may leave incomplete work wait for a signal themselves, to report it. `main` does this for all other
//! commands.

use std::io;
use std::sync::{LazyLock, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::deadline::timeout_error;
use crate::error::Error;
use crate::exit::{CommandError, Signal};
use crate::output::Output;

/// The time that a command has to end by itself.
const GRACE: Duration = Duration::from_secs(1);

/// Cancelled by the first signal. All tasks wait for the same token, so that they see the signal in the same poll.
static STOP: LazyLock<CancellationToken> = LazyLock::new(CancellationToken::new);
static RECEIVED: OnceLock<Signal> = OnceLock::new();

/// Waits for `work` or for a signal. `incomplete` describes the work that a signal leaves incomplete.
///
/// # Errors
///
/// [`CommandError::Interrupted`].
pub(crate) async fn interruptible<T>(
    work: impl Future<Output = T>,
    incomplete: impl FnOnce() -> String,
) -> Result<T, CommandError> {
    tokio::select! {
        biased;
        signal = interrupt() => Err(CommandError::Interrupted(signal, incomplete())),
        done = work => Ok(done),
    }
}

/// Waits for a signal. Only works after [`listen`] was called.
pub(crate) async fn interrupt() -> Signal {
    STOP.cancelled().await;
    RECEIVED.get().copied().unwrap_or(Signal::Interrupt)
}

/// Waits for a signal that no command handles. Commands that handle signals are polled first.
pub(crate) async fn unhandled() -> Signal {
    let signal = interrupt().await;
    tokio::task::yield_now().await;
    signal
}

/// Installs the signal handlers. From then on, signals do not end the program by themselves.
///
/// The program is ended if the command does not end soon after a signal, or after `limit`. A command that is blocked on
/// standard input or on a full pipe notices neither.
///
/// The handlers have a thread and a runtime of their own: tasks of the command may block all threads of the other
/// runtime.
///
/// # Errors
///
/// The error of the system if the thread cannot be created.
pub(crate) fn listen(limit: Option<Duration>, output: &Output) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signal = {
        let _entered = runtime.enter();
        first_signal()
    };
    let output = output.clone();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let command_error = runtime.block_on(async {
            tokio::select! {
                signal = signal => {
                    // Only the first signal counts.
                    let _ = RECEIVED.set(signal);
                    STOP.cancel();
                    CommandError::Interrupted(signal, String::new())
                }
                error = timeout(limit) => CommandError::Failed(error),
            }
        });
        thread::sleep(GRACE);
        end(command_error, output);
    })?;
    Ok(())
}

/// Ends the program. The error is printed on another thread, since that may block as the command does.
fn end(command_error: CommandError, output: Output) -> ! {
    let status = command_error.status();
    let (sender, printed) = mpsc::channel();
    let _ = thread::Builder::new().spawn(move || {
        output.print_error(&command_error);
        let _ = sender.send(());
    });
    let _ = printed.recv_timeout(GRACE);
    std::process::exit(status.into())
}

async fn timeout(limit: Option<Duration>) -> Error {
    match limit {
        Some(limit) => {
            tokio::time::sleep(limit).await;
            timeout_error(limit)
        }
        None => std::future::pending().await,
    }
}

/// Registers for the signals at once, and returns a future of the first one.
#[cfg(unix)]
fn first_signal() -> impl Future<Output = Signal> {
    use tokio::signal::unix::{SignalKind, signal};
    let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()].map(signal).map(|signals| async {
        match signals {
            Ok(mut signals) => drop(signals.recv().await),
            // Without a handler, the signal ends the program by itself.
            Err(_) => std::future::pending().await,
        }
    });
    async {
        tokio::select! {
            () = interrupt => Signal::Interrupt,
            () = terminate => Signal::Terminate,
        }
    }
}

#[cfg(not(unix))]
async fn first_signal() -> Signal {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Signal::Interrupt,
        Err(_) => std::future::pending().await,
    }
}
