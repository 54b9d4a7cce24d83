//! Shows the progress of a command on one line of the terminal.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hss_client::{Reason, Wait};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use terminal_size::terminal_size_of;
use unicode_width::UnicodeWidthStr as _;

/// The interval at which a line that counts seconds is redrawn.
pub(crate) const TICK: Duration = Duration::from_millis(250);
/// A message about a wait that is not longer would be read only after its end.
const MIN_REPORTED_WAIT: Duration = Duration::from_secs(5);

/// The progress line at the bottom of standard error. It is disabled if standard error is not a terminal.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    is_shown: bool,
    /// The line that is currently shown.
    line: Arc<Mutex<Option<ProgressBar>>>,
    /// The end of the latest wait of a call, and its reason.
    wait: Arc<Mutex<Option<(Instant, Reason)>>>,
    /// The end of the latest wait that a message reported.
    reported: Arc<Mutex<Option<Instant>>>,
}

impl Progress {
    pub(crate) fn new(is_shown: bool) -> Self {
        Self { is_shown, line: Arc::default(), wait: Arc::default(), reported: Arc::default() }
    }

    /// Returns whether progress is shown.
    pub(crate) fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Records the beginning of a wait, for the lines drawn afterwards.
    pub(crate) fn note_wait(&self, wait: &Wait) {
        let until = Instant::now().checked_add(wait.time);
        *lock(&self.wait) = until.map(|until| (until, wait.reason));
    }

    /// Returns whether a message should report the beginning of a wait: without a progress line, and once for calls
    /// that wait at the same time.
    pub(crate) fn is_report_due(&self, wait: Duration) -> bool {
        let now = Instant::now();
        let Some(until) = now.checked_add(wait).filter(|_| !self.is_shown) else { return false };
        let mut reported = lock(&self.reported);
        let reported_until = reported.map_or(now, |end| end.max(now));
        let is_due = until.saturating_duration_since(reported_until) > MIN_REPORTED_WAIT;
        if is_due {
            *reported = Some(until);
        }
        is_due
    }

    /// Draws the line: the current wait, if there is one, and the progress that `status` describes. `speed` follows if
    /// no call waits.
    pub(crate) fn draw(&self, status: &str, speed: &str) {
        if !self.is_shown {
            return;
        }
        let wait = *lock(&self.wait);
        let seconds_left = |until: Instant| until.saturating_duration_since(Instant::now()).as_secs_f64().ceil();
        // The wait comes first, since a narrow terminal shows only the first parts of the line.
        let text = match wait {
            Some((until, reason)) if until > Instant::now() => {
                format!("{}; {status}", describe_wait(reason, &format!("{} s", seconds_left(until))))
            }
            _ => format!("{status}{speed}"),
        };
        let mut line = lock(&self.line);
        let line = line.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            // The template is a constant, and a test draws it, so the default is never used.
            let style = ProgressStyle::with_template("{wide_msg}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        let width = terminal_size_of(io::stderr()).map_or(usize::MAX, |(width, _)| usize::from(width.0));
        line.set_message(shortened(&text, width).to_owned());
        line.tick();
    }

    /// Removes the line.
    pub(crate) fn clear(&self) {
        if let Some(line) = lock(&self.line).take() {
            line.finish_and_clear();
        }
    }

    /// Runs `write` while the line is hidden.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match &*lock(&self.line) {
            Some(line) => line.suspend(write),
            None => write(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes parts at the end of a line, or else words, until it is no wider than `width`.
fn shortened(mut text: &str, width: usize) -> &str {
    while text.width() > width
        && let Some(end) = text.rfind([';', ',']).or_else(|| text.rfind(' '))
    {
        text = text.get(..end).unwrap_or_default();
    }
    text
}

/// Describes a wait: `waiting 12 s for the quota`.
pub(crate) fn describe_wait(reason: Reason, time: &str) -> String {
    match reason {
        Reason::Quota => format!("waiting {time} for the quota"),
        Reason::Failed { status: Some(status), .. } => format!("waiting {time} after HTTP {status}"),
        _ => format!("waiting {time} after a network failure"),
    }
}

/// Returns a bar of `characters` characters that shows the ratio of `done` to `all`.
pub(crate) fn bar(done: u64, all: u64, characters: u64) -> String {
    let filled = done.min(all).saturating_mul(characters).checked_div(all).unwrap_or(0);
    let count = |number: u64| usize::try_from(number).unwrap_or_default();
    format!("[{}{}]", "█".repeat(count(filled)), "░".repeat(count(characters - filled)))
}

/// Formats a duration for people: `45 s`, `3 min`, `1 h 20 min`.
pub(crate) fn format_duration(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..90 => format!("{seconds} s"),
        seconds @ 90..5400 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_the_bar_in_proportion() {
        assert_eq!(bar(0, 0, 4), "[░░░░]");
        assert_eq!(bar(3, 8, 4), "[█░░░]");
        assert_eq!(bar(9, 8, 4), "[████]");
    }

    #[test]
    fn a_long_wait_is_reported_once_and_only_without_a_progress_line() {
        let due = |progress: &Progress, seconds| progress.is_report_due(Duration::from_secs(seconds));
        let hidden = Progress::new(false);
        // The last call waits for more than 5 seconds longer than the message said.
        let waits = [5, 60, 60, 3, 64, 70];
        assert_eq!(waits.map(|seconds| due(&hidden, seconds)), [false, true, false, false, false, true]);
        assert!(!due(&Progress::new(true), 60));
    }

    #[test]
    fn a_line_loses_whole_parts_on_a_narrow_terminal() {
        let line = "waiting 12 s for the quota; page 2 of 5, 400 of 1000 servers";
        for (width, shown) in [
            (60, line),
            (59, "waiting 12 s for the quota; page 2 of 5"),
            (38, "waiting 12 s for the quota"),
            (25, "waiting 12 s for the"),
            (3, "waiting"),
        ] {
            assert_eq!(shortened(line, width), shown, "{width}");
        }
    }

    #[test]
    fn formats_durations() {
        for (seconds, said) in [(0, "0 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (5400, "1 h 30 min")] {
            assert_eq!(format_duration(Duration::from_secs(seconds)), said);
        }
    }
}
