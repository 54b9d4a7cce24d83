//! Prepares the files of the emulator's reference page: the document as JSON, and the files of Swagger UI.

use std::env::var_os;
use std::error::Error;
use std::fs;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use hss_spec::{Extensions, Finding, Operation, bundle, json_schema, load, operations};
use serde_json::{Map, Value, json};
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::{CompressionMethod, ZipArchive};

/// The files of Swagger UI, by their names in the archive and in the output. Its licence must be distributed with it.
const FILES: [(&str, &str); 3] = [
    ("dist/swagger-ui-bundle.js", "swagger-ui-bundle.js"),
    ("dist/swagger-ui.css", "swagger-ui.css"),
    ("LICENSE", "swagger-ui-license.txt"),
];

#[expect(clippy::print_stderr, reason = "cargo shows it when a build script fails")]
fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = var_os("OUT_DIR").ok_or("this build script is run by cargo, which sets OUT_DIR")?;
    let out = PathBuf::from(out);
    document(&hss_openapi::HSS.path(), &out)?;
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for (packed, name) in FILES {
        fs::write(out.join(format!("{name}.gz")), gzip(&mut archive, packed)?)?;
    }
    Ok(())
}

/// Writes the document, with the server of the page itself for "try it out"; and the response schemas by operation.
fn document(path: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    // The build script of the client reports the same findings, but cargo does not define which of the two runs first.
    let lines = |findings: Vec<Finding>| findings.iter().map(|finding| format!("{finding}\n")).collect::<String>();
    let document = load(path).map_err(lines)?;
    for file in document.files() {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    let mut json: Value = serde_json::from_str(&bundle(&document, Extensions::Drop))?;
    if let Some(object) = json.as_object_mut() {
        object.insert("servers".to_owned(), json!([{"url": "/", "description": "This emulator"}]));
    }
    fs::write(out.join("openapi.json"), json.to_string())?;
    let schema = |operation: Operation| Some((operation.id, json_schema(&document, &operation.success.schema?)?));
    let schemas: Map<String, Value> = operations(&document).into_iter().filter_map(schema).collect();
    fs::write(out.join("answers.json"), Value::Object(schemas).to_string())?;
    Ok(())
}

/// Returns a file of the archive as gzip. The compressed bytes of both formats are the same; only header and trailer
/// differ.
fn gzip(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    // The archive contains one folder, whose name includes the version.
    let within = |path: &str| path.split_once('/').is_some_and(|(_, within)| within == name);
    let index = (0..archive.len()).find(|index| archive.name_for_index(*index).is_some_and(within));
    let mut file = archive.by_index_raw(index.ok_or_else(|| format!("Swagger UI has no {name}"))?)?;
    if file.compression() != CompressionMethod::DEFLATE {
        return Err(format!("{name} is not deflated").into());
    }
    // RFC 1952: deflated, no name, no time, unknown system.
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    file.read_to_end(&mut bytes)?;
    bytes.extend(file.crc32().to_le_bytes());
    bytes.extend(u32::try_from(file.size())?.to_le_bytes());
    Ok(bytes)
}
