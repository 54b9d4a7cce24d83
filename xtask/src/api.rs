//! `cargo xtask api`: checks that the public API of the library contains types of few other crates.
//!
//! A major release of such a crate is a breaking change of ours. rustdoc's JSON lists every public item. It is unstable,
//! so rustdoc alone runs with `RUSTC_BOOTSTRAP`: set for cargo, the variable would rebuild all dependencies.

mod foreign;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use serde_json::Value;

use crate::{place, program, report};

const PACKAGES: [&str; 2] = ["huaweicloud-core", "hss-client"];

/// The crates whose types may be in the public API. `serde_core` defines the traits of serde. `tokio` has the trait of
/// writers for downloads; calls need its runtime in any case. `httpmock` and `schemars` need features of the same name.
const ALLOWED: [&str; 14] = [
    "std",
    "core",
    "alloc",
    "huaweicloud_core",
    "hss_client",
    "bytes",
    "futures_core",
    "http",
    "serde",
    "serde_core",
    "serde_json",
    "tokio",
    "httpmock",
    "schemars",
];

/// Contains the name of the real rustdoc while cargo starts this program in its place.
const RUSTDOC: &str = "XTASK_RUSTDOC";

/// The options for JSON instead of HTML.
const JSON: [&str; 4] = ["-Z", "unstable-options", "--output-format", "json"];

/// Reports every type and trait of another crate in the public API of the library with all features.
pub(crate) fn run() -> Result<bool, String> {
    let root = place::root();
    let mut found = Vec::new();
    for package in PACKAGES {
        found.extend(foreign::find(&documentation(&root, package)?, &ALLOWED)?);
    }
    for line in &found {
        report::line(line);
    }
    if !found.is_empty() {
        report::line(&format!(
            "public items with types of other crates: {}; allowed: {}",
            found.len(),
            ALLOWED.join(", ")
        ));
    }
    Ok(found.is_empty())
}

/// Returns rustdoc's JSON of a package.
fn documentation(root: &Path, package: &str) -> Result<Value, String> {
    let own = std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    program::step(
        program::cargo()
            .args(["rustdoc", "--quiet", "--locked", "--lib", "--all-features", "-p", package, "--"])
            .args(JSON)
            .current_dir(root)
            .env("RUSTDOC", own)
            .env(RUSTDOC, std::env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into())),
    )?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    read(&target.join("doc").join(package.replace('-', "_")).with_extension("json"))
}

fn read(path: &Path) -> Result<Value, String> {
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Runs rustdoc with the arguments of this program, if cargo started this program in its place.
pub(crate) fn as_rustdoc() -> Option<Result<ExitCode, String>> {
    let rustdoc: OsString = std::env::var_os(RUSTDOC)?;
    let mut command = Command::new(&rustdoc);
    let status = command.args(std::env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1").status();
    let code = status.map(|status| status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1));
    Some(code.map(ExitCode::from).map_err(|error| format!("cannot start {}: {error}", rustdoc.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: &str = "
        pub struct Field; pub struct Parameter; pub struct Returned; pub trait Bound {} pub trait Implemented {}
        pub struct Nested; pub struct Associated; pub struct Exported; pub struct Variant; pub struct Constant;
        pub struct Aliased; pub struct Supplied; pub struct Tuple; pub struct Hidden; pub trait Object {}
        pub struct Unnameable; pub mod allowed { pub struct Fine; }
    ";
    const OWN: &str = "
        pub use other::Exported;
        pub use inside::Public;
        mod inside {
            pub struct Public { pub field: other::Field, hidden: other::Hidden, pub own: Unnameable }
            pub struct Unnameable { pub field: other::Unnameable }
        }
        pub struct Tuple(pub other::Tuple, other::Hidden);
        pub enum Choice { One(other::Variant), None }
        pub const CONSTANT: Option<other::Constant> = None;
        pub type Alias = Vec<other::Aliased>;
        pub trait Own { type Given; fn supplied(&self) -> Option<&other::Supplied> { None } }
        impl Own for Tuple { type Given = other::Associated; }
        impl Tuple {
            pub fn takes(&self, _: &other::Parameter) {}
            pub fn nests(&self, _: impl Fn(Result<(), Box<other::Nested>>)) {}
            pub fn dynamic(&self, _: &dyn other::Object) {}
            fn hides(&self) -> other::Hidden { other::Hidden }
        }
        pub fn returns() -> Result<other::Returned, String> { Err(String::new()) }
        pub fn bound<T: other::Bound>(_: T) {}
        impl other::Implemented for Choice {}
        #[doc(hidden)] pub mod generated { pub fn hides() -> other::Hidden { other::Hidden } }
        fn hides() -> other::Hidden { other::Hidden }
    ";

    #[test]
    fn finds_types_of_other_crates_wherever_they_are_public() {
        let folder = tempfile::tempdir().unwrap();
        let run = |program: &str, arguments: &[&str]| {
            program::step(
                Command::new(program)
                    .args(["--edition", "2024", "--crate-type", "lib"])
                    .args(arguments)
                    .env("RUSTC_BOOTSTRAP", "1")
                    .current_dir(folder.path()),
            )
            .unwrap();
        };
        fs::write(folder.path().join("other.rs"), OTHER).unwrap();
        fs::write(folder.path().join("own.rs"), OWN).unwrap();
        run("rustc", &["other.rs", "--emit", "metadata"]);
        run("rustdoc", &[&["own.rs", "--extern", "other=libother.rmeta"][..], &JSON].concat());
        let document = read(&folder.path().join("doc/own.json")).unwrap();

        let found = foreign::find(&document, &["std", "core", "alloc"]).unwrap();
        let expected = [
            "own: other::Exported",
            "own::Alias: other::Aliased",
            "own::CONSTANT: other::Constant",
            "own::Choice: other::Implemented",
            "own::Choice::One::0: other::Variant",
            "own::Own::supplied: other::Supplied",
            "own::Tuple::0: other::Tuple",
            "own::Tuple::Given: other::Associated",
            "own::Tuple::dynamic: other::Object",
            "own::Tuple::nests: other::Nested",
            "own::Tuple::takes: other::Parameter",
            "own::bound: other::Bound",
            "own::inside::Public::field: other::Field",
            "own::inside::Unnameable::field: other::Unnameable",
            "own::returns: other::Returned",
        ];
        assert_eq!(found, expected);
        assert_eq!(foreign::find(&document, &["std", "core", "alloc", "other"]).unwrap(), [""; 0]);
    }

    #[test]
    fn a_document_without_items_is_an_error() {
        assert!(foreign::find(&serde_json::json!({}), &[]).is_err());
    }
}
