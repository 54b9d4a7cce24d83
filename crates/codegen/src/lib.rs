//! Turns a checked OpenAPI document into the Rust of its client.
//!
//! The data runs one way: the document is checked, [lowered](lower) to what the generator handles well, generated
//! by progenitor ([`generator`]), and completed by what progenitor lacks ([`emit`]). Build scripts call
//! [`build_script`]; tasks and tests call [`generate`] and look at the text.

pub mod emit;
pub mod generator;
pub mod lower;
mod review;
mod surface;

use std::env::var_os;
use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use hss_spec::{Document, Finding, Severity};

pub use surface::{SurfaceChange, compare_surfaces, surface};

/// The Rust of a client, formatted.
#[derive(Debug, Clone)]
pub struct Generated {
    /// Modules `wire` (progenitor's output), `models`, `requests` and `operations`, and the methods of `Client`.
    pub client: String,
    /// Macros that call another one for each model and answer, exported from the crate that includes them.
    pub each: String,
    /// The mock helpers, an extension trait of `httpmock::MockServer`.
    pub mock: String,
}

/// Why nothing was generated.
#[derive(Debug)]
pub enum Error {
    /// The document has faults; each says where and what to do.
    Document(Vec<Finding>),
    /// The document passed every rule and the generator still cannot handle it, or no longer writes what this
    /// crate completes. A rule or a transform is missing.
    Generator(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(findings) => {
                for finding in findings {
                    writeln!(f, "{finding}")?;
                }
                write!(f, "{} in the document; nothing was generated", counted(findings.len(), "error"))
            }
            Self::Generator(message) => write!(f, "the generator: {message}"),
        }
    }
}

impl std::error::Error for Error {}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Generates the client of `document`, after checking it.
///
/// Its documentation has examples that speak of the crate `public`; a client that is private to its crate has none,
/// since they could not compile.
///
/// # Errors
///
/// [`Error::Document`] with every finding of severity error, [`Error::Generator`] for what no rule foresaw.
pub fn generate(document: &Document, public: Option<&str>) -> Result<Generated, Error> {
    let errors: Vec<_> =
        hss_spec::check(document).into_iter().filter(|finding| finding.severity == Severity::Error).collect();
    if !errors.is_empty() {
        return Err(Error::Document(errors));
    }
    let lowered = lower::lower(document).map_err(Error::Generator)?;
    let wire = generator::run(document, lowered.document).map_err(Error::Generator)?;
    emit::emit(document, wire, public).map_err(Error::Generator)
}

/// What is generated from `document`, as named texts that are kept as snapshots: an edit of the document shows in
/// review as what it does to them.
///
/// # Errors
///
/// As [`generate`].
pub fn artefacts(document: &Document, crate_name: &str) -> Result<Vec<(&'static str, String)>, Error> {
    let Generated { client, each, mock } = generate(document, Some(crate_name))?;
    let lowered = lower::lower(document).map_err(Error::Generator)?;
    let lowering = lowered.changes.iter().map(|(transform, count)| format!("{count:4} {}\n", transform.name)).collect();
    let surface = surface(&client).map_err(Error::Generator)?.join("\n");
    let operations = hss_spec::operations(document);
    let models = review::models(&client).map_err(Error::Generator)?;
    let operation = match operations.first() {
        Some(first) => review::operation(&client, first).map_err(Error::Generator)?,
        None => String::new(),
    };
    let operations = format!("{operations:#?}");
    Ok(vec![
        ("models", models),
        ("operation", operation),
        ("each", each),
        ("mock", mock),
        ("operations", operations),
        ("lowering", lowering),
        ("surface", surface),
    ])
}

/// The whole of a build script: generates from the document of that name in `openapi`, at the root of the workspace, and
/// writes `client.rs`, `each.rs` and `mock.rs` to `OUT_DIR`. `public` is as for [`generate`]. Findings go to standard
/// error, which cargo shows when a build script fails.
#[must_use]
#[expect(clippy::print_stderr, reason = "a build script talks to cargo so")]
pub fn build_script(public: Option<&str>, document: &str) -> ExitCode {
    match generate_into_out_dir(public, document) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a build script talks to cargo so")]
fn generate_into_out_dir(public: Option<&str>, document: &str) -> Result<(), String> {
    let (Some(manifest), Some(out)) = (var_os("CARGO_MANIFEST_DIR"), var_os("OUT_DIR")) else {
        return Err("this build script is run by cargo, which sets CARGO_MANIFEST_DIR and OUT_DIR".to_owned());
    };
    let root = Path::new(&manifest).ancestors().nth(2).ok_or("the crate is not in the workspace")?;
    let path = root.join("openapi").join(document);
    println!("cargo::rerun-if-changed={}", path.display());
    let result = hss_spec::load(&path).map_err(Error::Document).and_then(|document| {
        for file in document.files().filter(|file| *file != path) {
            println!("cargo::rerun-if-changed={}", file.display());
        }
        generate(&document, public)
    });
    let Generated { client, each, mock } = result.map_err(|error| error.to_string())?;
    for (name, text) in [("client.rs", client), ("each.rs", each), ("mock.rs", mock)] {
        let file = Path::new(&out).join(name);
        std::fs::write(&file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    Ok(())
}
