//! Generates the client of IAM from its OpenAPI document.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Public generated models have this feature. The models of this crate are private, so the feature would have no use
    // here.
    println!("cargo::rustc-check-cfg=cfg(feature, values(\"schemars\"))");
    hss_codegen::build_script(None, &hss_openapi::IAM.path())
}
