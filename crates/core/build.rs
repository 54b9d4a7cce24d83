//! Generates the client of IAM from its OpenAPI document, at the root of the workspace.

use std::env::var_os;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "cargo shows it when a build script fails")]
fn main() -> ExitCode {
    let (Some(manifest), Some(out)) = (var_os("CARGO_MANIFEST_DIR"), var_os("OUT_DIR")) else {
        eprintln!("this build script is run by cargo, which sets CARGO_MANIFEST_DIR and OUT_DIR");
        return ExitCode::FAILURE;
    };
    // Generated models have this feature where they are public; here nobody could use it.
    println!("cargo::rustc-check-cfg=cfg(feature, values(\"schemars\"))");
    let root: PathBuf = Path::new(&manifest).components().collect();
    let root = root.parent().and_then(Path::parent).unwrap_or(&root);
    hss_codegen::build_script(None, &root.join("openapi/iam-v3.yaml"), Path::new(&out))
}
