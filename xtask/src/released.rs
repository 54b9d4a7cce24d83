//! The released documents. `SHA256SUMS` lists all of them, with hashes that `sha256sum --check` verifies.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use semver::Version;
use sha2::{Digest as _, Sha256};

/// The folder of the released documents.
pub(crate) const FOLDER: &str = "openapi/released";
/// The list of released documents, in this folder.
pub(crate) const SUMS: &str = "openapi/released/SHA256SUMS";

const BEGIN: &str = "hss-v5-";
const END: &str = ".json";

/// A line of the list.
struct Listed {
    file: String,
    sha256: String,
    version: Version,
}

/// Returns the name of the file with this version, in the folder of released documents.
pub(crate) fn file_name(version: &Version) -> String {
    format!("{BEGIN}{version}{END}")
}

/// Returns a line of the list.
pub(crate) fn line(file_name: &str, bundle: &str) -> String {
    format!("{}  {file_name}\n", sha256(bundle.as_bytes()))
}

/// Returns version and path of the newest release, if there is one.
///
/// # Errors
///
/// Returns an error if the file was changed, or if the list cannot be read.
pub(crate) fn newest(root: &Path) -> Result<Option<(Version, PathBuf)>, String> {
    let newest = listed(root)?.into_iter().max_by(|a, b| a.version.cmp(&b.version));
    newest.map(|newest| Ok((newest.version.clone(), intact(root, &newest)?))).transpose()
}

/// Returns the path of this release, if it exists.
///
/// # Errors
///
/// Returns the same errors as [`newest`].
pub(crate) fn path(root: &Path, version: &str) -> Result<Option<PathBuf>, String> {
    let Ok(version) = Version::parse(version.strip_prefix('v').unwrap_or(version)) else { return Ok(None) };
    let listed = listed(root)?.into_iter().find(|listed| listed.version == version);
    listed.map(|listed| intact(root, &listed)).transpose()
}

fn intact(root: &Path, listed: &Listed) -> Result<PathBuf, String> {
    match problem(root, listed) {
        Some(problem) => Err(problem),
        None => Ok(root.join(FOLDER).join(&listed.file)),
    }
}

/// Returns a message for each released file that was changed, is missing, or is not listed.
pub(crate) fn problems(root: &Path) -> Result<Vec<String>, String> {
    let listed = listed(root)?;
    let mut problems: Vec<_> = listed.iter().filter_map(|listed| problem(root, listed)).collect();
    let folder = root.join(FOLDER);
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(problems),
        entries => entries.and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(|error| failed(FOLDER, &error))?,
    };
    let mut names: Vec<_> = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    for name in names {
        if !SUMS.ends_with(&format!("/{name}")) && !listed.iter().any(|listed| listed.file == name) {
            problems.push(format!(
                "{FOLDER}/{name} is not listed in {SUMS} → remove it; `cargo xtask release` writes both"
            ));
        }
    }
    Ok(problems)
}

fn problem(root: &Path, listed: &Listed) -> Option<String> {
    let name = format!("{FOLDER}/{}", listed.file);
    match fs::read(root.join(&name)) {
        Err(error) => Some(format!("{} → restore it: released documents are kept", failed(&name, &error))),
        Ok(bytes) if sha256(&bytes) != listed.sha256 => Some(format!(
            "{name} is not the released file: its hash differs from {SUMS} → restore it; make a new release instead"
        )),
        Ok(_) => None,
    }
}

/// Returns the lines of the list. There are none if it does not exist.
fn listed(root: &Path) -> Result<Vec<Listed>, String> {
    let text = match fs::read_to_string(root.join(SUMS)) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        text => text.map_err(|error| failed(SUMS, &error))?,
    };
    let mut all: Vec<Listed> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let listed = parse(line).ok_or_else(|| {
            format!("{SUMS}:{number}: expected a hash, two spaces and `{BEGIN}VERSION{END}` → restore the line")
        })?;
        if all.iter().any(|earlier| earlier.version == listed.version) {
            return Err(format!(
                "{SUMS}:{number}: version {} is listed twice → remove one of the lines",
                listed.version
            ));
        }
        all.push(listed);
    }
    Ok(all)
}

fn parse(line: &str) -> Option<Listed> {
    let (sha256, file) = line.split_once("  ")?;
    let is_hash = sha256.len() == 64 && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let version = Version::parse(file.strip_prefix(BEGIN)?.strip_suffix(END)?).ok()?;
    // `cargo xtask release` refuses other versions.
    let is_release = version.pre.is_empty() && version.build.is_empty();
    (is_hash && is_release).then(|| Listed { file: file.to_owned(), sha256: sha256.to_owned(), version })
}

/// Returns the hash in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

fn failed(name: &str, error: &std::io::Error) -> String {
    format!("cannot read {name}: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(FOLDER)).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(FOLDER).join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn the_newest_release_has_the_greatest_version() {
        assert_eq!(newest(tempfile::tempdir().unwrap().path()), Ok(None));
        let names = ["hss-v5-0.9.0.json", "hss-v5-0.10.0.json", "hss-v5-0.2.0.json"];
        let sums: String = names.iter().map(|name| line(name, "{}")).collect();
        let mut files = names.map(|name| (name, "{}")).to_vec();
        files.push(("SHA256SUMS", &sums));
        let folder = folder(&files);
        let root = folder.path();
        let (version, file) = newest(root).unwrap().unwrap();
        assert_eq!((version.to_string().as_str(), file), ("0.10.0", root.join(FOLDER).join("hss-v5-0.10.0.json")));
        assert_eq!(problems(root), Ok(Vec::new()));
        assert_eq!(path(root, "v0.2.0"), Ok(Some(root.join(FOLDER).join("hss-v5-0.2.0.json"))));
        fs::write(root.join(FOLDER).join("hss-v5-0.3.0.json"), "{}").unwrap();
        assert_eq!([path(root, "0.3.0"), path(root, "HEAD")], [Ok(None), Ok(None)], "the list has neither");
        fs::write(root.join(FOLDER).join("hss-v5-0.10.0.json"), "{ }").unwrap();
        for error in [newest(root).unwrap_err(), path(root, "0.10.0").unwrap_err()] {
            assert!(error.contains("hss-v5-0.10.0.json is not the released file"), "{error}");
        }
        // Other releases remain usable.
        assert!(path(root, "0.9.0").is_ok());
    }

    #[test]
    fn changed_missing_and_unlisted_files_are_problems() {
        let sums =
            [line("hss-v5-0.1.0.json", "a"), line("hss-v5-0.2.0.json", "b"), line("hss-v5-0.3.0.json", "c")].concat();
        let folder = folder(&[
            ("hss-v5-0.1.0.json", "a"),
            ("hss-v5-0.2.0.json", "b\n"),
            ("hss-v5-0.4.0.json", "d"),
            ("notes.txt", ""),
            ("SHA256SUMS", &sums),
        ]);
        let found = problems(folder.path()).unwrap();
        let begins = [
            "openapi/released/hss-v5-0.2.0.json is not the released file: its hash differs from openapi/released/SHA256SUMS → ",
            "cannot read openapi/released/hss-v5-0.3.0.json: ",
            "openapi/released/hss-v5-0.4.0.json is not listed in openapi/released/SHA256SUMS → ",
            "openapi/released/notes.txt is not listed in ",
        ];
        assert_eq!(found.len(), begins.len(), "{found:?}");
        assert!(found.iter().zip(begins).all(|(found, begin)| found.starts_with(begin)), "{found:?}");
        // Without the list, no file is a release.
        fs::remove_file(folder.path().join(SUMS)).unwrap();
        assert_eq!(problems(folder.path()).unwrap().len(), 4);
        assert_eq!(problems(tempfile::tempdir().unwrap().path()), Ok(Vec::new()));
    }

    #[test]
    fn malformed_lines_are_errors() {
        let good = line("hss-v5-0.1.0.json", "a");
        let hash = good.split(' ').next().unwrap();
        for (text, said) in [
            (format!("{good}{good}"), "SHA256SUMS:2: version 0.1.0 is listed twice"),
            (good.replace("  ", " "), "SHA256SUMS:1: expected a hash, two spaces and `hss-v5-VERSION.json`"),
            (good.to_uppercase(), "SHA256SUMS:1: expected a hash"),
            (format!("{hash}  ../hss-v5-0.1.0.json\n"), "SHA256SUMS:1: expected a hash"),
            (format!("{hash}  hss-v5-0.1.json\n"), "SHA256SUMS:1: expected a hash"),
            (format!("{hash}  hss-v5-0.1.0-rc.1.json\n"), "SHA256SUMS:1: expected a hash"),
            (format!("{good}\n"), "SHA256SUMS:2: expected a hash"),
        ] {
            let folder = folder(&[("SHA256SUMS", &text)]);
            let error = problems(folder.path()).unwrap_err();
            assert!(error.contains(said), "{text:?}: {error}");
        }
    }
}
