//! Downloads the packages of the official SDKs and reads their text. Nothing in them is executed or extracted.
//!
//! The packages are untrusted: only files with the expected names are read, up to the limits below.

use std::fs;
use std::io::{Cursor, Read as _, Seek};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use zip::ZipArchive;

use crate::program::{output, step};
use crate::released::sha256;

/// Maximum number of files that a package may contain.
const FILES: usize = 20_000;

/// Maximum size of a file, in bytes.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Maximum size of all files that are read, in bytes.
const TOTAL_BYTES: u64 = 128 * 1024 * 1024;

const PYTHON: &str = "huaweicloudsdkhss";
const GO: &str = "github.com/huaweicloud/huaweicloud-sdk-go-v3";

/// The files of a package that describe the API.
pub(super) struct Package {
    pub(super) version: String,
    /// Sorted by name.
    pub(super) files: Vec<Text>,
}

/// A text file of a package.
pub(super) struct Text {
    /// The name for messages: package, version and path in the package.
    pub(super) name: String,
    pub(super) text: String,
}

/// The version of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    /// `None` for the newest one.
    pub(super) number: Option<String>,
    /// The hash that pins it: hexadecimal SHA-256 of the Python package, `h1:` of the Go module.
    pub(super) hash: Option<String>,
}

impl Version {
    /// Returns this version without a hash.
    pub(super) fn number(number: &str) -> Self {
        Self { number: Some(number.to_owned()), hash: None }
    }

    /// Returns the newest version.
    pub(super) fn newest() -> Self {
        Self { number: None, hash: None }
    }
}

/// Returns the pinned versions of the Python package and of the Go module, with which the emulator is tested, too.
pub(super) fn pinned(root: &Path) -> Result<(Version, Version), String> {
    let interop = root.join("tests/programs/interop");
    let read = |name: &str| {
        let path = interop.join(name);
        fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
    };
    let python = python_pin(&read("python/requirements.txt")?)
        .ok_or_else(|| format!("python/requirements.txt does not pin {PYTHON} with one hash"))?;
    let go = go_pin(&read("go/go.mod")?, &read("go/go.sum")?)
        .ok_or_else(|| format!("go/go.mod and go.sum do not pin {GO}"))?;
    Ok((python, go))
}

fn python_pin(requirements: &str) -> Option<Version> {
    let mut lines = requirements.lines();
    let number = lines.find_map(|line| line.strip_prefix(PYTHON)?.strip_prefix("==")?.split_whitespace().next())?;
    let hash = lines.next()?.trim().strip_prefix("--hash=sha256:")?;
    Some(Version { number: Some(number.to_owned()), hash: Some(hash.to_owned()) })
}

fn go_pin(module: &str, sums: &str) -> Option<Version> {
    let number = module.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip_while(|word| *word == "require");
        (words.next() == Some(GO)).then(|| words.next())?
    })?;
    let hash = sums.lines().find_map(|line| line.strip_prefix(GO)?.trim().strip_prefix(number)?.strip_prefix(" "))?;
    Some(Version { number: Some(number.to_owned()), hash: Some(hash.to_owned()) })
}

/// Returns the files of the Python package. Downloads it unless `folder` has it.
pub(super) fn python(folder: &Path, version: &Version) -> Result<Package, String> {
    let wheel = match version.number.as_deref().and_then(|number| downloaded(folder, number)) {
        Some(wheel) => wheel,
        None => download(folder, version)?,
    };
    let file = fs::File::open(&wheel).map_err(|error| format!("cannot read {}: {error}", wheel.display()))?;
    let mut bytes = Vec::new();
    let size = file.take(TOTAL_BYTES + 1).read_to_end(&mut bytes);
    let size = size.map_err(|error| format!("cannot read {}: {error}", wheel.display()))?;
    if u64::try_from(size).unwrap_or(u64::MAX) > TOTAL_BYTES {
        return Err(format!("{} exceeds the limit of {TOTAL_BYTES} bytes", wheel.display()));
    }
    let found = sha256(&bytes);
    if version.hash.as_ref().is_some_and(|hash| *hash != found) {
        return Err(format!("{} has the hash {found}, but another one is pinned: remove the file", wheel.display()));
    }
    let name = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let version = name.split('-').nth(1).unwrap_or_default().to_owned();
    let files = unzip(&format!("{PYTHON} {version}"), Cursor::new(bytes), is_python)?;
    Ok(Package { version, files })
}

fn is_python(name: &str) -> bool {
    let Some(path) = name.strip_prefix("huaweicloudsdkhss/v5/") else { return false };
    let is_source = Path::new(path).extension().is_some_and(|end| end == "py") && !path.ends_with("__init__.py");
    is_source && (path == "hss_client.py" || path.starts_with("model/") || path.starts_with("region/"))
}

fn downloaded(folder: &Path, number: &str) -> Option<PathBuf> {
    let prefix = format!("{PYTHON}-{number}-");
    let mut files = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    files.find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(&prefix) && name.ends_with(".whl")
    })
}

/// Downloads the wheel into a folder of its own first, so that `folder` never has an incomplete one.
fn download(folder: &Path, version: &Version) -> Result<PathBuf, String> {
    let text = |error: std::io::Error| format!("cannot write to {}: {error}", folder.display());
    let new = folder.join(format!("download-{}", std::process::id()));
    fs::create_dir_all(&new).map_err(text)?;
    let mut requirement = PYTHON.to_owned();
    if let Some(number) = &version.number {
        requirement.push_str(&format!("=={number}"));
    }
    if let Some(hash) = &version.hash {
        requirement.push_str(&format!(" --hash=sha256:{hash}"));
    }
    let list = new.join("requirements.txt");
    fs::write(&list, requirement + "\n").map_err(text)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--only-binary", ":all:"])
        .args(version.hash.iter().map(|_| "--require-hashes"))
        .arg("--requirement")
        .arg(&list)
        .arg("--dest")
        .arg(&new);
    let result = step(&mut pip).and_then(|_| {
        let mut found = fs::read_dir(&new).map_err(text)?.filter_map(|entry| Some(entry.ok()?.path()));
        let wheel = found.find(|path| path.extension().is_some_and(|end| end == "whl"));
        let wheel = wheel.ok_or_else(|| format!("pip downloaded no wheel of {PYTHON}"))?;
        let target = folder.join(wheel.file_name().unwrap_or_default());
        fs::rename(&wheel, &target).map_err(text)?;
        Ok(target)
    });
    // Only the list of requirements is left in it.
    let _ = fs::remove_dir_all(&new);
    result
}

/// Returns the files of the Go module from Go's module cache, which has checked them against Go's checksum database.
pub(super) fn go(folder: &Path, version: &Version) -> Result<Package, String> {
    fs::create_dir_all(folder).map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
    let wanted = version.number.as_deref().unwrap_or("latest");
    let mut go = Command::new("go");
    // Outside of any module, so that no go.mod changes.
    go.args(["mod", "download", "-json", &format!("{GO}@{wanted}")])
        .current_dir(folder)
        .env("GOFLAGS", "-mod=mod")
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off");
    let output = output(&mut go)?;
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let text = |key: &str| answer.get(key).and_then(Value::as_str);
    let (Some(directory), Some(number), Some(sum)) = (text("Dir"), text("Version"), text("Sum")) else {
        let reason = text("Error").map_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned(), str::to_owned);
        return Err(format!("go could not download {GO} {wanted}: {}", reason.trim()));
    };
    if version.hash.as_deref().is_some_and(|hash| hash != sum) {
        return Err(format!("{GO} {number} has the hash {sum}, but go.sum has another"));
    }
    let service = Path::new(directory).join("services/hss/v5");
    let package = format!("{GO} {number}: services/hss/v5");
    let mut files = Vec::new();
    let mut left = TOTAL_BYTES;
    for (folder, package) in [(service.join("model"), format!("{package}/model")), (service, package)] {
        let unread = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
        let mut names: Vec<_> = fs::read_dir(&folder)
            .map_err(unread)?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| {
                let is_model = Path::new(name).extension().is_some_and(|end| end == "go");
                if folder.ends_with("model") { is_model } else { name == "hss_meta.go" }
            })
            .collect();
        names.sort();
        if names.len() > FILES {
            return Err(format!("{} has more than {FILES} files", folder.display()));
        }
        for name in names {
            let file = fs::File::open(folder.join(&name)).map_err(unread)?;
            let shown = format!("{package}/{name}");
            files.push(Text { text: read(&shown, file, &mut left)?, name: shown });
        }
    }
    Ok(Package { version: number.to_owned(), files })
}

fn unzip(package: &str, archive: impl std::io::Read + Seek, is_wanted: fn(&str) -> bool) -> Result<Vec<Text>, String> {
    let damaged = |error: zip::result::ZipError| format!("{package} is damaged: {error}");
    let mut archive = ZipArchive::new(archive).map_err(damaged)?;
    if archive.len() > FILES {
        return Err(format!("{package} has {} files, more than {FILES}", archive.len()));
    }
    let mut wanted: Vec<String> = archive.file_names().filter(|name| is_wanted(name)).map(str::to_owned).collect();
    wanted.sort();
    let mut left = TOTAL_BYTES;
    let mut files = Vec::new();
    for path in wanted {
        let name = format!("{package}: {path}");
        let text = read(&name, archive.by_name(&path).map_err(damaged)?, &mut left)?;
        files.push(Text { name, text });
    }
    Ok(files)
}

/// Reads a text file up to the limits. `left` is the number of bytes left for all files.
fn read(name: &str, file: impl std::io::Read, left: &mut u64) -> Result<String, String> {
    let mut bytes = Vec::new();
    let limit = FILE_BYTES.min(*left);
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot read {name}: {error}"))?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > limit {
        return Err(format!("{name} exceeds the limit of {FILE_BYTES} bytes for a file, {TOTAL_BYTES} for all"));
    }
    *left -= size;
    String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Cursor<Vec<u8>> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn reads_only_the_files_that_describe_the_api() {
        let files = archive(&[
            ("huaweicloudsdkhss/v5/model/host.py", b"class Host:\n"),
            ("huaweicloudsdkhss/v5/model/__init__.py", b""),
            ("huaweicloudsdkhss/v5/hss_async_client.py", b""),
            ("../../huaweicloudsdkhss/v5/model/outside.py", b""),
            ("/etc/passwd", b""),
        ]);
        let read = unzip("p 1", files, is_python).unwrap();
        assert_eq!(
            read.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(),
            ["p 1: huaweicloudsdkhss/v5/model/host.py"]
        );
    }

    #[test]
    fn a_damaged_package_is_an_error() {
        let error = unzip("p 1", Cursor::new(b"PK\x03\x04 and no more".to_vec()), is_python).err().unwrap();
        assert!(error.starts_with("p 1 is damaged: "), "{error}");
        let files = archive(&[("huaweicloudsdkhss/v5/model/host.py", b"\xff")]);
        assert_eq!(
            unzip("p 1", files, is_python).err().unwrap(),
            "p 1: huaweicloudsdkhss/v5/model/host.py is not UTF-8"
        );
    }

    #[test]
    fn a_file_beyond_the_limits_is_an_error() {
        let mut left = 3;
        assert_eq!(read("f", &b"abc"[..], &mut left).unwrap(), "abc");
        assert_eq!(left, 0);
        assert!(read("f", &b"d"[..], &mut left).unwrap_err().starts_with("f exceeds the limit"));
    }

    #[test]
    fn a_package_with_another_hash_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let files = archive(&[("huaweicloudsdkhss/v5/model/host.py", b"class Host:\n")]).into_inner();
        fs::write(folder.path().join("huaweicloudsdkhss-3.1.9-py3-none-any.whl"), &files).unwrap();
        let version = |hash: &str| Version { number: Some("3.1.9".to_owned()), hash: Some(hash.to_owned()) };
        let package = python(folder.path(), &version(&sha256(&files))).unwrap();
        assert_eq!((package.version.as_str(), package.files.len()), ("3.1.9", 1));
        let error = python(folder.path(), &version("00")).err().unwrap();
        assert!(error.ends_with("but another one is pinned: remove the file"), "{error}");
    }

    #[test]
    fn finds_the_pinned_versions() {
        let python =
            python_pin("idna==1 \\\n    --hash=sha256:aa\nhuaweicloudsdkhss==3.1.9 \\\n    --hash=sha256:bb\n");
        let expected =
            |number: &str, hash: &str| Some(Version { number: Some(number.to_owned()), hash: Some(hash.to_owned()) });
        assert_eq!(python, expected("3.1.9", "bb"));
        assert_eq!(python_pin("huaweicloudsdkhss==3.1.9\n"), None);
        let sums = format!("{GO} v0.1.9/go.mod h1:no=\n{GO} v0.1.9 h1:yes=\n");
        assert_eq!(go_pin(&format!("module x\n\nrequire {GO} v0.1.9\n"), &sums), expected("v0.1.9", "h1:yes="));
        assert_eq!(go_pin(&format!("require (\n\t{GO} v0.1.9\n)\n"), &sums), expected("v0.1.9", "h1:yes="));
    }
}
