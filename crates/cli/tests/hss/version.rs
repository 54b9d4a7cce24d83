//! Tests of `hss version`.

use serde_json::json;

use crate::program::{hss, run};

#[test]
fn shows_version_document_and_hash() {
    let (version, hash) = (env!("CARGO_PKG_VERSION"), hss_openapi::HSS.sha256);
    let document = hss_openapi::HSS.version;
    assert!(document == version || document == format!("{version}+unreleased"), "{document}");
    let text = run(&mut hss(&["version"]));
    assert_eq!(
        text.printed(),
        format!(
            "VERSION           {version}\nDOCUMENT          hss-v5\nDOCUMENT VERSION  {document}\nSHA-256           {hash}\n"
        )
    );
    let expected = json!({"version": version, "document": {"name": "hss-v5", "version": document, "sha256": hash}});
    assert_eq!(run(&mut hss(&["version", "-o", "json"])).json(), expected);
    let csv = run(&mut hss(&["-o", "csv", "version", "--columns", "document,sha256"]));
    assert_eq!(csv.printed(), format!("document,sha256\r\nhss-v5,{hash}\r\n"));
    assert_eq!(run(&mut hss(&["version", "--query", "document.sha256", "-o", "tsv"])).printed(), format!("{hash}\n"));
    // The hash is that of the document with its extensions.
    let bundle = ring::digest::digest(&ring::digest::SHA256, hss_openapi::HSS.bundle.as_bytes());
    let digits: String = bundle.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digits, hash);
    assert_eq!(run(&mut hss(&["--version"])).printed(), format!("hss {version}\n"));
}
