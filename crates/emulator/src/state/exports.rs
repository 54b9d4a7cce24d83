//! Exports that callers started, and their files.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::enterprise_projects::View;
use super::random::Random;
use crate::archive;

/// Maximum number of exports, and maximum size of their files together. The oldest ones are dropped.
const MAX_EXPORTS: usize = 100;
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Minimum duration of an export, additional duration for each row, and maximum duration.
const MIN_DURATION: Duration = Duration::from_secs(4);
const DURATION_PER_ROW: Duration = Duration::from_millis(1);
const MAX_DURATION: Duration = Duration::from_secs(60);

/// A file in the CSV format.
#[derive(Debug)]
pub(crate) struct Table {
    /// What was exported, for the names of task and file.
    pub(crate) subject: &'static str,
    pub(crate) csv: Vec<u8>,
    pub(crate) rows: usize,
}

/// An export task.
#[derive(Debug, Clone)]
pub(crate) struct Export {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) file_id: String,
    pub(crate) file_name: String,
    /// The view whose data is exported.
    view: View,
    /// The end of the task, as time since the emulator started.
    due: Duration,
    pub(crate) file: Bytes,
}

impl Export {
    pub(crate) fn is_running(&self, elapsed: Duration) -> bool {
        elapsed < self.due
    }
}

#[derive(Debug)]
pub(crate) struct Exports {
    random: Random,
    started: Mutex<Started>,
}

#[derive(Debug, Default)]
struct Started {
    /// Number of exports so far, including dropped ones.
    count: u64,
    /// Oldest first.
    exports: VecDeque<Export>,
}

impl Exports {
    pub(crate) fn new(random: Random) -> Self {
        Self { random, started: Mutex::default() }
    }

    /// Starts an export of a table. Returns the id of the task, or `None` if the file is too large.
    pub(crate) fn start(&self, table: &Table, view: View, elapsed: Duration) -> Option<String> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        let random = self.random.branch(started.count);
        let mark = random.hexadecimal().get(..8)?.to_owned();
        let file_name = format!("hss-vul-{}-en-{mark}", table.subject);
        let file = Bytes::from(archive::of_file(&format!("{file_name}.csv"), &table.csv).ok()?);
        if file.len() > MAX_BYTES {
            return None;
        }
        let rows = u32::try_from(table.rows).unwrap_or(u32::MAX);
        let export = Export {
            id: random.branch(0).uuid(),
            name: format!("vul_{}_{mark}_export_task", table.subject),
            file_id: random.branch(1).uuid(),
            file_name: format!("{file_name}.zip"),
            view,
            due: elapsed + (MIN_DURATION + DURATION_PER_ROW.saturating_mul(rows)).min(MAX_DURATION),
            file,
        };
        let id = export.id.clone();
        started.count += 1;
        started.exports.push_back(export);
        let size = |exports: &VecDeque<Export>| exports.iter().map(|export| export.file.len()).sum::<usize>();
        while started.exports.len() > MAX_EXPORTS || size(&started.exports) > MAX_BYTES {
            started.exports.pop_front();
        }
        Some(id)
    }

    /// Returns the export with this task id.
    pub(crate) fn task(&self, id: &str, view: View) -> Option<Export> {
        self.find(view, |export| export.id == id)
    }

    /// Returns the export of the file with this id, once it has ended.
    pub(crate) fn file(&self, id: &str, view: View, elapsed: Duration) -> Option<Export> {
        self.find(view, |export| export.file_id == id && !export.is_running(elapsed))
    }

    fn find(&self, view: View, is_meant: impl Fn(&Export) -> bool) -> Option<Export> {
        let started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        let mut visible = started.exports.iter().filter(|export| view == View::All || view == export.view);
        visible.find(|export| is_meant(export)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use zip::ZipArchive;

    use super::*;

    fn table(csv: &str) -> Table {
        Table { subject: "host", csv: csv.as_bytes().to_vec(), rows: 1_000 }
    }

    #[test]
    fn an_export_runs_and_then_has_a_file() {
        let exports = Exports::new(Random::seeded(1));
        let at = Duration::from_secs(10);
        let id = exports.start(&table("a,b\r\n1,2\r\n"), View::One(1), at).unwrap();
        let task = exports.task(&id, View::One(1)).unwrap();
        assert_eq!(task.id, id);
        let mark = task.name.trim_start_matches("vul_host_").trim_end_matches("_export_task");
        assert_eq!(task.file_name, format!("hss-vul-host-en-{mark}.zip"));
        let end = at + Duration::from_secs(5);
        assert!(task.is_running(at) && !task.is_running(end));
        assert!(exports.file(&task.file_id, View::One(1), at).is_none());
        let file = exports.file(&task.file_id, View::All, end).unwrap().file;
        let mut archive = ZipArchive::new(Cursor::new(file.as_ref())).unwrap();
        let mut text = String::new();
        let mut entry = archive.by_index(0).unwrap();
        assert_eq!(entry.name(), task.file_name.replace(".zip", ".csv"));
        entry.read_to_string(&mut text).unwrap();
        assert_eq!(text, "a,b\r\n1,2\r\n");
        // Others do not see it.
        assert!(exports.task(&id, View::One(0)).is_none());
        assert!(exports.file(&task.file_id, View::One(0), end).is_none());
    }

    #[test]
    fn limits_number_and_size_of_files() {
        let exports = Exports::new(Random::seeded(1));
        let now = Duration::ZERO;
        let ids: Vec<_> = (0..=MAX_EXPORTS).map(|_| exports.start(&table(""), View::All, now).unwrap()).collect();
        assert!(exports.task(&ids[0], View::All).is_none());
        assert!(exports.task(&ids[1], View::All).is_some());
        assert_eq!(exports.start(&table(&"x".repeat(MAX_BYTES)), View::All, now), None);
        let large = "x".repeat(MAX_BYTES / 2);
        for _ in 0..3 {
            assert!(exports.start(&table(&large), View::All, now).is_some());
        }
        assert_eq!(exports.started.lock().unwrap().exports.len(), 1);
    }
}
