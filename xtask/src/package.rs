//! `cargo xtask package`: builds `hss` for distribution, with the licences of all its parts.
//!
//! The program contains no paths of the build machine. rustc replaces the paths that it knows, and the task searches
//! the program for them.

mod notices;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{place, program, report};

/// The package of the program.
const PACKAGE: &str = "hss-cli";
/// The licences of the standard library, in rustc's folder.
const STANDARD_LIBRARY: &str = "share/doc/rust/COPYRIGHT-library.html";

/// Builds the program into a folder in `target/package`, together with the licences.
pub(crate) fn run() -> Result<bool, String> {
    let root = place::root();
    let rust = Rust::find()?;
    let notices = notices::write(&root, &rust.host)?;
    let folders = [(root.clone(), "hss"), (cargo_home()?, "cargo"), (rust.sysroot.clone(), "rust")];
    let program = build(&root, &folders)?;
    let bytes = fs::read(&program).map_err(|error| failed(&program, &error))?;
    if let Some(folder) = first_named(&bytes, folders.iter().map(|(folder, _)| folder.as_path())) {
        report::line(&format_args!("{}: names the folder {}", program.display(), folder.display()));
        return Ok(false);
    }
    let name = program.file_name().unwrap_or_default();
    let folder = root.join("target/package").join(format!("hss-{}-{}", env!("CARGO_PKG_VERSION"), rust.host));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
    }
    fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
    let copies = [
        (program.clone(), folder.join(name)),
        (root.join("LICENSE-APACHE"), folder.join("LICENSE-APACHE")),
        (root.join("LICENSE-MIT"), folder.join("LICENSE-MIT")),
        (rust.sysroot.join(STANDARD_LIBRARY), folder.join("RUST-STANDARD-LIBRARY.html")),
    ];
    for (from, to) in copies {
        fs::copy(&from, to).map_err(|error| failed(&from, &error))?;
    }
    let file = folder.join("THIRD-PARTY-NOTICES.txt");
    fs::write(&file, notices).map_err(|error| failed(&file, &error))?;
    report::line(&format_args!("{}: {} bytes of program, and its licences", folder.display(), bytes.len()));
    Ok(true)
}

/// Properties of the compiler.
struct Rust {
    /// The host system, for which it builds.
    host: String,
    sysroot: PathBuf,
}

impl Rust {
    fn find() -> Result<Self, String> {
        let rustc = |argument: &str| {
            let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
            let output = program::step(Command::new(rustc).args(argument.split(' ')))?;
            Ok::<_, String>(String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let version = rustc("--version --verbose")?;
        let host =
            version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc does not report its host")?;
        Ok(Self { host: host.to_owned(), sysroot: rustc("--print sysroot")?.trim().into() })
    }
}

/// Returns the folder in which cargo stores the sources of packages.
fn cargo_home() -> Result<PathBuf, String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
        .ok_or_else(|| "cannot find the home directory".to_owned())
}

/// Builds the program with these folders replaced by other names.
fn build(root: &Path, folders: &[(PathBuf, &str)]) -> Result<PathBuf, String> {
    let flags: Vec<_> =
        folders.iter().map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())).collect();
    let mut command = program::cargo();
    command.args(["build", "--release", "--locked", "--package", PACKAGE]).current_dir(root);
    // A separate folder, since different flags would rebuild everything. The flags of the caller are ignored.
    command.args(["--target-dir", "target/package/build"]).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    program::build_with(&mut command)?.pop().ok_or_else(|| format!("{PACKAGE} has no program"))
}

/// Returns the first of these folders whose path occurs in a program.
fn first_named<'a>(program: &[u8], mut folders: impl Iterator<Item = &'a Path>) -> Option<&'a Path> {
    let names = |folder: &Path| {
        let name = folder.as_os_str().as_encoded_bytes();
        program.windows(name.len()).any(|window| window == name)
    };
    folders.find(|folder| names(folder))
}

fn failed(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_folder_in_a_program() {
        let folders = [Path::new("/home/a/project"), Path::new("/home/a/.cargo")];
        let first = |program: &[u8]| first_named(program, folders.into_iter());
        assert_eq!(first(b"\0\xff/home/a/.cargo/registry\0"), Some(folders[1]));
        assert_eq!(first(b"/home/a/project"), Some(folders[0]));
        assert_eq!(first(b"cargo/registry /home/a/projec"), None);
        assert_eq!(first(b""), None);
    }
}
