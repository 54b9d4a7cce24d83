//! The access log of `hss emulator`, written by a thread of its own: a pipe that nobody reads must not keep requests waiting.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::output::Output;

/// The most lines that wait to be written. Further ones are dropped, and counted.
const LINES: usize = 1024;
/// The time at the end to write the lines that still wait. Shorter than the time that a command has to end by itself.
const LAST_LINES: Duration = Duration::from_millis(500);

/// A running access log.
pub(super) struct AccessLog {
    queue: Arc<Queue>,
    /// Disconnected once the thread has written all lines.
    written: Receiver<()>,
}

/// Lines on their way to the thread.
pub(super) struct Queue(Mutex<Waiting>);

struct Waiting {
    /// Taken away at the end.
    lines: Option<SyncSender<Line>>,
    /// The lines that were dropped since the last one in the queue.
    dropped: u64,
}

/// One line, and how many were dropped before it.
struct Line {
    dropped: u64,
    text: String,
}

impl AccessLog {
    /// Starts the thread.
    pub(super) fn start(output: &Output) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(LINES);
        let (writing, written) = channel();
        let queue = Arc::new(Queue::new(sender));
        let (output, of_thread) = (output.clone(), Arc::clone(&queue));
        thread::Builder::new().name("access log".to_owned()).spawn(move || {
            write(&receiver, &of_thread, |text| output.note(text));
            drop(writing);
        })?;
        Ok(Self { queue, written })
    }

    /// Returns the end of the queue that takes lines.
    pub(super) fn queue(&self) -> Arc<Queue> {
        Arc::clone(&self.queue)
    }

    /// Takes no more lines, and waits a moment for those in the queue to be written.
    pub(super) fn finish(self) {
        self.queue.close();
        let _ = self.written.recv_timeout(LAST_LINES);
    }
}

impl Queue {
    fn new(lines: SyncSender<Line>) -> Self {
        Self(Mutex::new(Waiting { lines: Some(lines), dropped: 0 }))
    }

    /// Adds a line, or drops it if the queue is full. Never waits for the thread.
    pub(super) fn push(&self, text: String) {
        let mut waiting = self.lock();
        let Waiting { lines: Some(lines), dropped } = &mut *waiting else { return };
        if lines.try_send(Line { dropped: *dropped, text }).is_ok() {
            *dropped = 0;
        } else {
            *dropped += 1;
        }
    }

    fn close(&self) {
        self.lock().lines = None;
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes lines until the queue is closed and empty.
fn write(lines: &Receiver<Line>, queue: &Queue, note: impl Fn(&str)) {
    let note_dropped = |dropped| {
        if dropped > 0 {
            note(&format!("requests left out of this log, which is not read fast enough: {dropped}"));
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
    fn lines_that_find_the_queue_full_are_counted_where_they_are_missing() {
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
                "requests left out of this log, which is not read fast enough: 3",
                "6",
                "requests left out of this log, which is not read fast enough: 1"
            ]
        );
    }
}
