//! Puts together what the emulator's reference page is made of: the document as JSON, and the files of the renderer.

use std::env::var_os;
use std::error::Error;
use std::fs;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use hss_spec::{Extensions, Operation, bundle, json_schema, load, operations};
use serde_json::{Map, Value, json};
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::{CompressionMethod, ZipArchive};

/// The files of Swagger UI that the page loads.
const FILES: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let (Some(manifest), Some(out)) = (var_os("CARGO_MANIFEST_DIR"), var_os("OUT_DIR")) else {
        return Err("this build script is run by cargo, which sets CARGO_MANIFEST_DIR and OUT_DIR".into());
    };
    let (manifest, out) = (PathBuf::from(manifest), PathBuf::from(out));
    let root = manifest.parent().and_then(Path::parent).unwrap_or(&manifest);
    document(&root.join("openapi/hss-v5.yaml"), &out)?;
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for name in FILES {
        fs::write(out.join(format!("{name}.gz")), gzip(&mut archive, name)?)?;
    }
    Ok(())
}

/// The document, whose "try it out" asks wherever it came from; and what it says of answers, by operation.
fn document(path: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    // A finding was told by the client's build script, which ran before, with its place.
    let document = load(path).map_err(|findings| format!("{}: {}", path.display(), findings.len()))?;
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
    let suffix = format!("/dist/{name}");
    let index =
        (0..archive.len()).find(|index| archive.name_for_index(*index).is_some_and(|path| path.ends_with(&suffix)));
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
