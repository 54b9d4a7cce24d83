//! Generates the client from the OpenAPI document.

use std::process::ExitCode;

fn main() -> ExitCode {
    hss_codegen::build_script(Some("hss_client"), &hss_openapi::HSS.path())
}
