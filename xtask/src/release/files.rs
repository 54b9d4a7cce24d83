//! Writes several files, or none of them.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// Contents of files that are not written yet.
pub(super) struct Files<'r> {
    root: &'r Path,
    contents: Vec<Content>,
}

struct Content {
    path: PathBuf,
    text: String,
    /// The text that is replaced. `None` if the file must not exist.
    replaced: Option<String>,
}

impl<'r> Files<'r> {
    pub(super) fn new(root: &'r Path) -> Self {
        Self { root, contents: Vec::new() }
    }

    /// Adds a file that does not exist yet.
    pub(super) fn create(&mut self, name: &str, text: &str) {
        self.contents.push(Content { path: self.root.join(name), text: text.to_owned(), replaced: None });
    }

    /// Adds lines at the end of a file, which may not exist yet.
    pub(super) fn append(&mut self, name: &str, text: &str) -> Result<(), String> {
        if self.root.join(name).exists() {
            return self.edit(name, |before| {
                let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
                Ok(format!("{before}{end}{text}"))
            });
        }
        self.create(name, text);
        Ok(())
    }

    /// Changes the text of a file.
    pub(super) fn edit(&mut self, name: &str, edit: impl FnOnce(&str) -> Result<String, String>) -> Result<(), String> {
        let path = self.root.join(name);
        let before = fs::read_to_string(&path).map_err(|error| failed("read", &path, &error))?;
        let text = edit(&before)?;
        self.contents.push(Content { path, text, replaced: Some(before) });
        Ok(())
    }

    /// Writes all files. First, each is written completely under a temporary name in its folder. If one cannot be
    /// renamed, those before it are restored.
    pub(super) fn write(self) -> Result<(), String> {
        let new_folders: Vec<_> = self.contents.iter().map(Content::folder).filter(|folder| !folder.exists()).collect();
        let written = self.stage_and_place();
        if written.is_err() {
            for folder in new_folders {
                // Fails if the folder was not created, or if someone else has put a file into it.
                let _ = fs::remove_dir(folder);
            }
        }
        written
    }

    fn stage_and_place(&self) -> Result<(), String> {
        let mut staged = Vec::new();
        for content in &self.contents {
            staged.push(content.stage().map_err(|error| failed("write", &content.path, &error))?);
        }
        for (position, (content, file)) in self.contents.iter().zip(staged).enumerate() {
            if let Err(error) = content.place(file) {
                let placed = self.contents.iter().take(position);
                let kept: Vec<_> = placed.filter_map(|content| content.restore().err()).collect();
                return Err(if kept.is_empty() {
                    failed("write", &content.path, &error)
                } else {
                    format!(
                        "cannot write {}: {error}; nor restore the files before it: {} → restore them with git",
                        content.path.display(),
                        kept.join(", ")
                    )
                });
            }
        }
        Ok(())
    }
}

impl Content {
    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    fn stage(&self) -> std::io::Result<NamedTempFile> {
        let folder = self.folder();
        fs::create_dir_all(folder)?;
        let mut builder = Builder::new();
        if let Some(permissions) = self.permissions() {
            builder.permissions(permissions);
        }
        let mut file = builder.prefix(".release").tempfile_in(folder)?;
        file.write_all(self.text.as_bytes())?;
        file.as_file().sync_all()?;
        if self.replaced.is_none() && self.path.exists() {
            return Err(std::io::Error::other("the file exists, and is never replaced"));
        }
        Ok(file)
    }

    /// Returns the permissions of the file that is replaced, or those of any new file.
    fn permissions(&self) -> Option<Permissions> {
        if self.replaced.is_some() {
            return self.path.metadata().ok().map(|metadata| metadata.permissions());
        }
        #[cfg(unix)]
        return Some(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        #[cfg(not(unix))]
        None
    }

    fn place(&self, file: NamedTempFile) -> std::io::Result<File> {
        let placed =
            if self.replaced.is_some() { file.persist(&self.path) } else { file.persist_noclobber(&self.path) };
        placed.map_err(|error| error.error)
    }

    /// Writes the previous text, or removes the file. Returns file and reason if this fails.
    fn restore(&self) -> Result<(), String> {
        let restored = match &self.replaced {
            Some(text) => fs::write(&self.path, text),
            None => fs::remove_file(&self.path),
        };
        restored.map_err(|error| format!("{} ({error})", self.path.display()))
    }
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> String {
    format!("nothing was released: cannot {what} {}: {error}", path.display())
}
