//! Downloads of exported files (`ListDownloadExportedFile`).

use super::call::Call;
use crate::archive;
use crate::response::Response;
use crate::state::State;

/// The content of every exported file.
const EXAMPLE: &str = "vul_id,vul_name,severity_level,host_name\nEulerOS-SA-2021-1894,CVE-2020-19668,Low,ecs-test\n";

/// `ListDownloadExportedFile`. The same archive for every id.
pub(super) fn download(_: &State, call: &Call) -> Response {
    match archive::of_file("vulnerabilities.csv", EXAMPLE.as_bytes()) {
        Ok(bytes) => {
            Response::file(call.operation.success.status, "application/octet-stream", "vulnerabilities.zip", bytes)
        }
        Err(error) => Response::text(500, &format!("cannot write the archive: {error}")),
    }
}
