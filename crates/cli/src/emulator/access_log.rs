//! Writes the access log of `hss emulator`.
//!
//! A separate thread writes it, since a pipe without a reader must not block requests.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::output::Output;

/// The maximum number of lines in the queue. Further lines are dropped and counted.
const MAX_QUEUED_LINES: usize = 1024;
/// The time to write the remaining lines at the end. It is shorter than the time that a command has to end by itself.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

/// A running access log.
pub(super) struct AccessLog {
    queue: Arc<Queue>,
    /// Disconnected once the thread has written all lines.
    written: Receiver<()>,
}

/// The queue of lines for the thread.
pub(super) struct Queue(Mutex<QueueState>);

struct QueueState {
    /// `None` after the log is finished.
    lines: Option<SyncSender<Line>>,
    /// The number of lines dropped since the last one in the queue.
    dropped: u64,
}

/// A line, and the number of lines dropped before it.
struct Line {
    dropped: u64,
    text: String,
}

impl AccessLog {
    /// Starts the thread that writes the log.
    pub(super) fn start(output: &Output) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(MAX_QUEUED_LINES);
        let (writing, written) = channel();
        let queue = Arc::new(Queue::new(sender));
        let (output, thread_queue) = (output.clone(), Arc::clone(&queue));
        thread::Builder::new().name("access log".to_owned()).spawn(move || {
            write(&receiver, &thread_queue, |text| output.note(text));
            drop(writing);
        })?;
        Ok(Self { queue, written })
    }

    /// Returns the queue, to add lines to it.
    pub(super) fn queue(&self) -> Arc<Queue> {
        Arc::clone(&self.queue)
    }

    /// Closes the queue, and waits at most [`FLUSH_TIMEOUT`] until its lines are written.
    pub(super) fn finish(self) {
        self.queue.close();
        let _ = self.written.recv_timeout(FLUSH_TIMEOUT);
    }
}

impl Queue {
    fn new(lines: SyncSender<Line>) -> Self {
        Self(Mutex::new(QueueState { lines: Some(lines), dropped: 0 }))
    }

    /// Adds a line, or drops it if the queue is full. Never blocks.
    pub(super) fn push(&self, text: String) {
        let mut state = self.lock();
        let QueueState { lines: Some(lines), dropped } = &mut *state else { return };
        if lines.try_send(Line { dropped: *dropped, text }).is_ok() {
            *dropped = 0;
        } else {
            *dropped += 1;
        }
    }

    fn close(&self) {
        self.lock().lines = None;
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes lines until the queue is closed and empty.
fn write(lines: &Receiver<Line>, queue: &Queue, note: impl Fn(&str)) {
    let note_dropped = |dropped| {
        if dropped > 0 {
            note(&format!("requests missing in this log because it was not read fast enough: {dropped}"));
        }
    };
    for Line { dropped, text } in lines {
        note_dropped(dropped);
        note(&text);
    }
    note_dropped(queue.lock().dropped);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_lines_dropped_by_a_full_queue() {
        let (sender, receiver) = sync_channel(2);
        let queue = Queue::new(sender);
        let written = Mutex::new(Vec::new());
        for number in 1..=5 {
            queue.push(number.to_string());
        }
        let read = receiver.recv().unwrap();
        assert_eq!((read.dropped, read.text.as_str()), (0, "1"));
        queue.push("6".to_owned());
        queue.push("7".to_owned());
        queue.close();
        queue.push("8".to_owned());
        write(&receiver, &queue, |line| written.lock().unwrap().push(line.to_owned()));
        assert_eq!(
            written.into_inner().unwrap(),
            [
                "2",
                "requests missing in this log because it was not read fast enough: 3",
                "6",
                "requests missing in this log because it was not read fast enough: 1"
            ]
        );
    }
}
