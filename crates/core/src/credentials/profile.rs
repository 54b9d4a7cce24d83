//! Loads credentials from the profile file of the official SDKs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::BoxFuture;
use zeroize::Zeroizing;

use super::ini::{self, Entry};
use super::{CredentialSummary, ResolvedCredentials, Setting, Source, key};
use crate::{Credentials, Error, ErrorKind, Result, Runtime};

/// The variable with the path of the file, which replaces `~/.huaweicloud/credentials`.
const FILE: &str = "HUAWEICLOUD_SDK_CREDENTIALS_FILE";
/// Many times the size of the largest sensible profile file.
const LIMIT: u64 = 64 * 1024;
const SECTION: &str = "basic";
/// The keys that are read.
const KEYS: [&str; 4] = ["ak", "sk", "security_token", "project_id"];
/// Further keys that the official SDKs read. They are ignored beside an access key.
const IGNORED_KEYS: [&str; 4] = ["domain_id", "idp_id", "id_token_file", "iam_endpoint"];

/// Loads an access key from the file `~/.huaweicloud/credentials`, or the one in `HUAWEICLOUD_SDK_CREDENTIALS_FILE`:
///
/// ```ini
/// [basic]
/// ak = …
/// sk = …
/// security_token = …
/// project_id = …
/// ```
///
/// The last two are optional. Other sections are ignored. The file is UTF-8 of at most 64 KiB.
#[derive(Debug, Clone, Copy, Default)]
pub struct Profile;

impl Profile {
    /// Returns the path of the file, whether it exists or not. Returns `None` without a home directory.
    #[must_use]
    pub fn path(runtime: &dyn Runtime) -> Option<PathBuf> {
        named(runtime).or_else(|| Some(runtime.home()?.join(".huaweicloud").join("credentials")))
    }
}

impl Source for Profile {
    fn name(&self) -> String {
        "the profile file".to_owned()
    }

    fn missing(&self, runtime: &dyn Runtime) -> String {
        // The file is not read again, since that may block.
        Self::path(runtime).map_or_else(
            || format!("no home directory, and {FILE} is not set"),
            |path| format!("{} does not exist or has no section [{SECTION}] ({FILE} changes the path)", path.display()),
        )
    }

    fn load<'a>(&'a self, runtime: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        let runtime = Arc::clone(runtime);
        // Reading a file on a network, or a FIFO, may block for any time.
        Box::pin(async move {
            tokio::task::spawn_blocking(move || from_file(&*runtime)).await.unwrap_or_else(|stopped| {
                Err(Error::new(ErrorKind::Connection, "cannot read the profile file").with_cause(stopped))
            })
        })
    }

    fn summarize(&self, runtime: &dyn Runtime) -> Result<Option<CredentialSummary>> {
        Ok(from_file(runtime)?.map(CredentialSummary::from))
    }
}

/// Returns the path in the variable.
fn named(runtime: &dyn Runtime) -> Option<PathBuf> {
    runtime.variable(FILE).filter(|name| !name.is_empty()).map(PathBuf::from)
}

fn from_file(runtime: &dyn Runtime) -> Result<Option<ResolvedCredentials>> {
    let Some(path) = Profile::path(runtime) else { return Ok(None) };
    let is_named = named(runtime).is_some();
    let content = match runtime.read(&path, LIMIT) {
        Ok(content) => Zeroizing::new(content),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => return Ok(None),
        Err(error) => {
            let error = Error::usage(format!("cannot read {}", path.display())).with_cause(error);
            return Err(if is_named { error.with_hint(format!("Correct or unset {FILE}.")) } else { error });
        }
    };
    let text = str::from_utf8(&content).map_err(|error| {
        let line = content.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        refuse(&path, line, "not valid UTF-8")
    })?;
    let entries = ini::read(text).map_err(|(line, why)| refuse(&path, line, &why))?;
    from_entries(&path, &entries)
}

fn from_entries(path: &Path, entries: &[Entry<'_>]) -> Result<Option<ResolvedCredentials>> {
    let mut entries = entries.iter().filter(|entry| entry.section == SECTION).peekable();
    let Some(line) = entries.peek().map(|entry| entry.line) else {
        return Ok(None);
    };
    let mut values = KEYS.map(|key| Setting { setting: format!("{key} in {}", path.display()), value: None });
    for entry in entries {
        if let Some(given) = KEYS.iter().position(|key| *key == entry.key).and_then(|index| values.get_mut(index)) {
            given.setting = format!("{}:{}: {}", path.display(), entry.line, entry.key);
            given.value = Some(entry.value.to_owned()).filter(|value| !value.is_empty());
        } else if !IGNORED_KEYS.contains(&entry.key) {
            let why = format!("unknown key in section [{SECTION}]: expected one of {}", KEYS.join(", "));
            return Err(refuse(path, entry.line, &why));
        }
    }
    let [id, secret, security_token, project_id] = values;
    let Some(key) = key(id, secret, Some(security_token))? else {
        return Err(refuse(path, line, &format!("missing ak and sk in section [{SECTION}]")));
    };
    Ok(Some(
        ResolvedCredentials::new(Credentials::AccessKey(key), path.display().to_string()).project_id(project_id.value),
    ))
}

fn refuse(path: &Path, line: usize, why: &str) -> Error {
    Error::usage(format!("{}:{line}: {why}", path.display()))
}
