//! Generates the client of IAM from its OpenAPI document.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Generated models have this feature where they are public; here nobody could use it.
    println!("cargo::rustc-check-cfg=cfg(feature, values(\"schemars\"))");
    hss_codegen::build_script(None, "iam-v3.yaml")
}
