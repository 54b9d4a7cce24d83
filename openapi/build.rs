//! Bundles the documents, if a crate uses the bundles.

use std::process::ExitCode;

#[cfg_attr(feature = "bundle", expect(clippy::print_stderr, reason = "cargo shows it when a build script fails"))]
fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "bundle")]
    if let Err(message) = bundle::write() {
        eprintln!("{message}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

#[cfg(feature = "bundle")]
mod bundle {
    use std::env::{self, var_os};
    use std::fmt::Write as _;
    use std::fs;
    use std::io::ErrorKind;
    use std::path::Path;

    use hss_spec::{Extensions, Severity, bundle, check, load};
    use sha2::{Digest as _, Sha256};

    /// Names and paths of the documents, as in `lib.rs`.
    const DOCUMENTS: [(&str, &str); 2] = [("hss-v5", "hss-v5"), ("iam-v3", "iam-v3.yaml")];

    /// Writes each bundle, its version and its hash to `OUT_DIR`.
    pub(crate) fn write() -> Result<(), String> {
        let (Some(folder), Some(out)) = (var_os("CARGO_MANIFEST_DIR"), var_os("OUT_DIR")) else {
            return Err("this build script is run by cargo, which sets CARGO_MANIFEST_DIR and OUT_DIR".to_owned());
        };
        let released = released(Path::new(&folder))?;
        let packages = env::var("CARGO_PKG_VERSION").map_err(|error| format!("CARGO_PKG_VERSION: {error}"))?;
        for (name, path) in DOCUMENTS {
            let path = Path::new(&folder).join(path);
            println!("cargo::rerun-if-changed={}", path.display());
            let text = bundled(&path)?;
            let hash = Sha256::digest(&text).iter().fold(String::new(), |mut hash, byte| {
                let _ = write!(hash, "{byte:02x}");
                hash
            });
            let line = format!("{hash}  {name}-{packages}.json");
            let is_released = released.lines().any(|released| released == line);
            let version = format!("{packages}{}", if is_released { "" } else { "+unreleased" });
            for (ending, content) in [("json", text), ("version", version), ("sha256", hash)] {
                let file = Path::new(&out).join(format!("{name}.{ending}"));
                fs::write(&file, content).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
            }
        }
        Ok(())
    }

    /// Returns the list of released documents, with their hashes. It is empty before the first release.
    fn released(folder: &Path) -> Result<String, String> {
        let list = folder.join("released/SHA256SUMS");
        // Cargo would run this script in every build if it waited for a file that does not exist.
        let (text, watched) = match fs::read_to_string(&list) {
            Err(error) if error.kind() == ErrorKind::NotFound => (String::new(), folder),
            text => (text.map_err(|error| format!("cannot read {}: {error}", list.display()))?, list.as_path()),
        };
        println!("cargo::rerun-if-changed={}", watched.display());
        Ok(text)
    }

    fn bundled(path: &Path) -> Result<String, String> {
        let lines = |findings: Vec<_>| findings.iter().map(|finding| format!("{finding}\n")).collect::<String>();
        let document = load(path).map_err(lines)?;
        for file in document.files() {
            println!("cargo::rerun-if-changed={}", file.display());
        }
        let errors: Vec<_> = check(&document).into_iter().filter(|found| found.severity == Severity::Error).collect();
        if errors.is_empty() { Ok(bundle(&document, Extensions::Keep)) } else { Err(lines(errors)) }
    }
}
