//! Puts together what the emulator's reference page is made of: the document as JSON, and the files of the renderer.

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

/// The files of Swagger UI that come with the page, by their names in the archive and here. Its licence asks to be
/// handed on.
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
    let (Some(manifest), Some(out)) = (var_os("CARGO_MANIFEST_DIR"), var_os("OUT_DIR")) else {
        return Err("this build script is run by cargo, which sets CARGO_MANIFEST_DIR and OUT_DIR".into());
    };
    let (manifest, out) = (PathBuf::from(manifest), PathBuf::from(out));
    let root = manifest.parent().and_then(Path::parent).unwrap_or(&manifest);
    document(&root.join("openapi/hss-v5.yaml"), &out)?;
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for (packed, name) in FILES {
        fs::write(out.join(format!("{name}.gz")), gzip(&mut archive, packed)?)?;
    }
    Ok(())
}

/// The document, whose "try it out" asks wherever it came from; and what it says of answers, by operation.
fn document(path: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    // The client's build script says the same, but which of the two runs first is for cargo to choose.
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

/// A file of the archive as gzip: the compressed bytes of both formats are the same, and only what stands around them
/// differs.
fn gzip(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    // The archive is one folder, whose name has the version.
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
