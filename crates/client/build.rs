//! Generates the client from the OpenAPI document, which stands at the root of the workspace: it is the product's
//! source, not this crate's alone.

use std::env::var_os;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "cargo shows it when a build script fails")]
fn main() -> ExitCode {
    let (Some(manifest), Some(out)) = (var_os("CARGO_MANIFEST_DIR"), var_os("OUT_DIR")) else {
        eprintln!("this build script is run by cargo, which sets CARGO_MANIFEST_DIR and OUT_DIR");
        return ExitCode::FAILURE;
    };
    let root: PathBuf = Path::new(&manifest).components().collect();
    let root = root.parent().and_then(Path::parent).unwrap_or(&root);
    hss_codegen::build_script(Some("hss_client"), &root.join("openapi/hss-v5.yaml"), Path::new(&out))
}
