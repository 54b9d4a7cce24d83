//! The `hss scan wait` command, and `--wait` of other commands.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hss_client::{ErrorKind, operations};

use super::change::STARTED_TASKS;
use super::task::{self, Counts, FoundTask};
use crate::args::{Globals, PollingArgs, WaitArgs};
use crate::error::{Error, Result};
use crate::exit::{CommandError, note_sent};
use crate::interrupt::interrupt;
use crate::output::Output;
use crate::output::progress::{TICK, bar, format_duration};
use crate::session::Session;

/// Follows a task until it ends.
pub(crate) async fn run(args: &WaitArgs, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    check(args.polling, true, output)?;
    let session =
        Session::open(globals, &operations::LIST_VUL_SCAN_TASK, task::arguments(&args.task_id), output).await?;
    follow(&args.task_id, Begun::Before, args.polling, &session, output).await
}

/// When the scan that a command follows has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begun {
    /// At any time before the command.
    Before,
    /// This command started the task, which may not be listed yet.
    Now,
    /// This command started a rescan. The task may still be listed with its previous state.
    Again,
}

/// Polls a task until it has ended, and then shows it.
///
/// # Errors
///
/// The error of the first request that failed, or of the timeout. The task itself continues in both cases.
pub(crate) async fn follow(
    id: &str,
    begun: Begun,
    polling: PollingArgs,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let client = &session.client;
    let mut waiter = match begun {
        Begun::Before => client.wait_for_scan_task(id).not_found_limit(0),
        Begun::Now => client.wait_for_scan_task(id),
        Begun::Again => client.wait_for_rescan(id),
    };
    if let Some(interval) = polling.interval {
        waiter = waiter.interval(interval);
    }
    let pace = Mutex::new(Pace::default());
    let mut reported = None;
    // The time is limited by --timeout alone.
    let waiter = waiter.timeout(Duration::MAX).on_progress(|task| {
        note_sent();
        let counts = task::counts(task);
        lock(&pace).note(counts);
        if !output.progress.is_shown() && reported != Some(counts) {
            let (status, speed) = lock(&pace).line(session);
            output.note(&format!("{status}{speed}"));
            reported = Some(counts);
        }
    });
    let continue_hint = format!("The scan continues. Follow it with: {}", session.command_about("scan wait", id));
    let outcome = tokio::select! {
        biased;
        signal = interrupt() => Err(CommandError::Interrupted(signal, continue_hint.clone())),
        found = with_progress(session.response(waiter.into_future()), &pace, session, output) => {
            found.map(FoundTask::from).map_err(|error| {
                let error = task::name_list(error, session);
                // With -q, no other message contains the id of a task that has begun.
                let has_begun = begun != Begun::Before || lock(&pace).last.is_some();
                if has_begun || error.kind() == ErrorKind::Timeout { error.add_hint(&continue_hint) } else { error }.into()
            })
        }
    };
    output.progress.clear();
    let found = outcome?;
    let hint = format!("The scan has ended. Show it with: {}", session.command_about("scan show", id));
    task::print(&found, output).map_err(|command_error| command_error.with_hint(&hint))?;
    match found.task.failed_host_num.map(u64::try_from) {
        Some(Ok(failed)) => polling.failure.check(failed),
        _ if polling.failure.fail_on.is_some() => {
            let message = "cannot evaluate --fail-on: the service did not return the number of failed servers";
            Err(Error::new(ErrorKind::Protocol, message).into())
        }
        _ => Ok(()),
    }
}

/// Checks before the first request the options of a command that follows a task if it `is_waiting`.
///
/// Otherwise the command accepts no options about following, and prints only the id of the task.
///
/// # Errors
///
/// [`ErrorKind::Usage`] naming the option that is not allowed.
pub(crate) fn check(polling: PollingArgs, is_waiting: bool, output: &Output) -> Result<()> {
    if is_waiting {
        return task::TASKS.check(output);
    }
    let given = [("--interval", polling.interval.is_some()), ("--fail-on", polling.failure.fail_on.is_some())];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(Error::usage(format!("{option} requires --wait"))),
        None => STARTED_TASKS.check(output),
    }
}

/// Waits for `work`, and redraws the progress line in the meantime.
async fn with_progress<T>(work: impl Future<Output = T>, pace: &Mutex<Pace>, session: &Session, output: &Output) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        let (status, speed) = lock(pace).line(session);
        output.progress.draw(&status, &speed);
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::time::sleep(TICK), if output.progress.is_shown() => {}
        }
    }
}

fn lock(pace: &Mutex<Pace>) -> MutexGuard<'_, Pace> {
    pace.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The speed of a task, from its first and last counts.
#[derive(Debug, Default)]
struct Pace {
    first: Option<(Instant, Counts)>,
    last: Option<(Instant, Counts)>,
}

impl Pace {
    fn note(&mut self, counts: Counts) {
        let now = (Instant::now(), counts);
        // If servers are scanned again, the earlier counts do not predict the remaining time.
        if self.last.is_some_and(|(_, last)| last.done() > counts.done()) {
            self.first = None;
        }
        self.first.get_or_insert(now);
        self.last = Some(now);
    }

    /// Formats the progress and the speed:
    /// `[████░░░░] 120 of 200 servers, 12 failed` and `, done in about 40 s; 3 requests left in the quota`.
    fn line(&self, session: &Session) -> (String, String) {
        let Some((at, counts)) = self.last else { return ("requesting the task".to_owned(), String::new()) };
        let (done, all) = (counts.done(), counts.all());
        let status = format!("{} {done} of {all} servers, {} failed", bar(done, all, 20), counts.failed);
        let time_left = self.time_left().map(|time_left| time_left.saturating_sub(at.elapsed()));
        let mut speed =
            time_left.map_or_else(String::new, |time_left| format!(", done in about {}", format_duration(time_left)));
        match session.client.remaining(&operations::LIST_VUL_SCAN_TASK) {
            usize::MAX => {}
            1 => speed.push_str("; 1 request left in the quota"),
            remaining => speed.push_str(&format!("; {remaining} requests left in the quota")),
        }
        (status, speed)
    }

    /// Estimates the remaining time, counted from the last poll, if the speed stays the same.
    fn time_left(&self) -> Option<Duration> {
        let ((since, first), (at, last)) = (self.first?, self.last?);
        let progress = last.done().checked_sub(first.done()).filter(|progress| *progress > 0)?;
        let time_per_server = (at - since).checked_div(u32::try_from(progress).ok()?)?;
        time_per_server.checked_mul(u32::try_from(last.scanning).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(scanning: u64, success: u64, failed: u64) -> Counts {
        Counts { scanning, success, failed }
    }

    #[test]
    fn estimates_the_remaining_time() {
        let now = Instant::now();
        let pace = |first, last, seconds| Pace {
            first: Some((now, first)),
            last: Some((now + Duration::from_secs(seconds), last)),
        };
        assert_eq!(Pace::default().time_left(), None);
        assert_eq!(pace(counts(10, 0, 0), counts(10, 0, 0), 10).time_left(), None);
        assert_eq!(pace(counts(10, 0, 0), counts(5, 4, 1), 10).time_left(), Some(Duration::from_secs(10)));
        assert_eq!(pace(counts(10, 0, 0), counts(0, 10, 0), 10).time_left(), Some(Duration::ZERO));
        assert_eq!(pace(counts(0, 10, 0), counts(10, 0, 0), 10).time_left(), None, "it was begun again");
    }
}
