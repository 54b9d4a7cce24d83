//! The `hss scan wait` command, and `--wait` of other commands.

use std::time::{Duration, Instant};

use hss_client::{ErrorKind, Rate, operations};

use super::change::STARTED_TASKS;
use super::task::{self, Counts};
use crate::args::{Globals, PollingArgs, WaitArgs};
use crate::error::{Error, Result};
use crate::exit::CommandError;
use crate::interrupt::interrupt;
use crate::output::Output;
use crate::output::progress::{TICK, bar, format_duration};
use crate::session::Session;

/// The default polling interval. The quota allows one request per 12 seconds, which would leave none for other
/// commands.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(15);
/// The minimum interval for a given rate, and the interval without a rate limit.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// The number of times that a task just started may not be found. The service may list it with a delay.
const MAX_NOT_FOUND: u32 = 4;

/// Follows a task until it ends.
pub(crate) async fn run(args: &WaitArgs, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    check(args.polling, true, output)?;
    let session =
        Session::open(globals, &operations::LIST_VUL_SCAN_TASK, task::arguments(&args.task_id), output).await?;
    follow(&args.task_id, false, args.polling, globals.rate, &session, output).await
}

/// Polls a task until it has ended, and then shows it. If `is_started` is set, this command started the task, which may
/// not be listed yet.
///
/// # Errors
///
/// The error of the first request that failed, or of the timeout. The task itself continues in both cases.
pub(crate) async fn follow(
    id: &str,
    is_started: bool,
    polling: PollingArgs,
    rate: Rate,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let interval = polling.interval.unwrap_or(match rate {
        Rate::Strict(quota) => (quota.window / quota.requests.max(1)).max(MIN_INTERVAL),
        Rate::Off => MIN_INTERVAL,
        Rate::Adaptive => DEFAULT_INTERVAL,
    });
    let mut interrupt = std::pin::pin!(interrupt());
    let mut pace = Pace::default();
    let mut reported = None;
    let mut not_found_left = if is_started { MAX_NOT_FOUND } else { 0 };
    let continue_hint = format!("The scan continues. Follow it with: {}", session.command_about("scan wait", id));
    let interrupted = |signal| CommandError::Interrupted(signal, continue_hint.clone());
    let outcome = loop {
        let poll = tokio::select! {
            biased;
            signal = &mut interrupt => break Err(interrupted(signal)),
            poll = with_progress(task::find(id, session), &pace, session, output) => poll,
        };
        match poll {
            Ok(found) if !task::is_running(&found.task) => break Ok(found),
            Ok(found) => {
                let counts = task::counts(&found.task);
                pace.note(counts);
                not_found_left = 0;
                if !output.progress.is_shown() && reported != Some(counts) {
                    let (status, speed) = pace.line(session);
                    output.note(&format!("{status}{speed}"));
                    reported = Some(counts);
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound && not_found_left > 0 => not_found_left -= 1,
            // With -q, no other message contains the id of a task that has begun.
            Err(error) if is_started || pace.last.is_some() || error.kind() == ErrorKind::Timeout => {
                break Err(error.add_hint(&continue_hint).into());
            }
            Err(error) => break Err(error.into()),
        }
        let wait = session.deadline.within(async {
            tokio::time::sleep(interval).await;
            Ok::<_, Error>(())
        });
        let wait = tokio::select! {
            biased;
            signal = &mut interrupt => break Err(interrupted(signal)),
            wait = with_progress(wait, &pace, session, output) => wait,
        };
        if let Err(error) = wait {
            break Err(error.hint(continue_hint.as_str()).into());
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
async fn with_progress<T>(work: impl Future<Output = T>, pace: &Pace, session: &Session, output: &Output) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        let (status, speed) = pace.line(session);
        output.progress.draw(&status, &speed);
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::time::sleep(TICK), if output.progress.is_shown() => {}
        }
    }
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
