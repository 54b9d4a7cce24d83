//! Runs the emulator of `--demo`.
//!
//! It continues from the state that the previous command left, so that one command can start a scan and the next one
//! can follow it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hss_emulator::{Change, Emulator};
use serde::{Deserialize, Serialize};

use crate::emulator::access_line;
use crate::error::{Error, Result};
use crate::output::Output;

/// The age at which the state of the demo is reset.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);
/// The size limit of the state file in bytes.
const MAX_STATE_SIZE: u64 = 1024 * 1024;

/// An emulator inside this process.
#[derive(Debug)]
pub(crate) struct Demo {
    emulator: Emulator,
    started_at: u64,
    /// The number of changes that previous commands made.
    initial_changes: usize,
}

/// The state that one demo passes to the next.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// The time at which the demo began, in milliseconds since 1970.
    #[serde(rename = "born")]
    started_at: u64,
    changes: Vec<Change>,
}

impl Demo {
    /// Starts the emulator.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if it cannot start on this machine.
    pub(crate) async fn start(output: &Output) -> Result<Self> {
        let log = output.clone();
        let now = milliseconds();
        let state = state_directory()
            .ok()
            .and_then(|directory| read(&directory, now))
            .unwrap_or(State { started_at: now, changes: Vec::new() });
        let (started_at, initial_changes) = (state.started_at, state.changes.len());
        let emulator = Emulator::builder()
            .past(state.changes, Duration::from_millis(now.saturating_sub(started_at)))
            .on_request(move |received| log.detail(&access_line(received)))
            .start()
            .await
            .map_err(|error| Error::usage("cannot start the emulator for --demo").caused_by(error))?;
        Ok(Self { emulator, started_at, initial_changes })
    }

    pub(crate) fn url(&self) -> String {
        self.emulator.url()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let changes = self.emulator.changes();
        if changes.len() > self.initial_changes {
            // Errors are ignored: the next demo then begins with a new state, and nothing else depends on it.
            let state = State { started_at: self.started_at, changes };
            let _ = state_directory()
                .and_then(|directory| create(&directory))
                .and_then(|()| write(&state_directory()?, &state));
        }
    }
}

fn milliseconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

fn read(directory: &Path, now: u64) -> Option<State> {
    let file = directory.join("past.json");
    if fs::metadata(&file).ok()?.len() > MAX_STATE_SIZE {
        return None;
    }
    let state: State = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    let is_current = now.checked_sub(state.started_at).is_some_and(|age| Duration::from_millis(age) < MAX_AGE);
    is_current.then_some(state)
}

fn write(directory: &Path, state: &State) -> io::Result<()> {
    let file = tempfile::NamedTempFile::new_in(directory)?;
    serde_json::to_writer(&file, state)?;
    file.persist(directory.join("past.json"))?;
    Ok(())
}

/// Returns a private directory of this user in the directory for temporary files. It may not exist yet.
#[cfg(unix)]
fn state_directory() -> io::Result<PathBuf> {
    use std::os::unix::fs::MetadataExt as _;
    let temporary = std::env::temp_dir();
    let user = tempfile::tempfile_in(&temporary)?.metadata()?.uid();
    let directory = temporary.join(format!("hss-demo-{user}"));
    // Every user can create this directory, so another user may own it.
    match fs::symlink_metadata(&directory) {
        Ok(found) if !found.is_dir() || found.uid() != user || found.mode() % 0o100 != 0 => {
            Err(io::ErrorKind::PermissionDenied.into())
        }
        _ => Ok(directory),
    }
}

/// Returns a directory for temporary files. On these systems, each user has a private one.
#[cfg(not(unix))]
fn state_directory() -> io::Result<PathBuf> {
    Ok(std::env::temp_dir().join("hss-demo"))
}

/// Creates the directory with access for this user only.
fn create(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
