//! Generates, compiles and sets up clients with openapi-generator, from the bundle.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::client::Client;
use super::language::Language;
use crate::program;

/// The programs, and the pinned version of the generator.
const SOURCES: &str = "tests/programs/interop/generated";
/// Generated tests and documentation are not used.
const WITHOUT: &str = "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false";

/// A generator with its input document.
pub(crate) struct Generator {
    root: PathBuf,
    /// The folder of all generated and compiled files.
    target: PathBuf,
    command: PathBuf,
    version: String,
    bundle: PathBuf,
}

impl Generator {
    /// The required tools, each with an option that has no effect.
    pub(crate) const TOOLS: [(&str, &str); 2] = [("python3", "--version"), ("java", "-version")];

    /// Fetches the generator and writes the bundle.
    pub(crate) fn set_up(root: &Path, bundle: &str) -> Result<Self, String> {
        let target = root.join("target/interop/generated");
        let requirements = root.join(SOURCES).join("requirements.txt");
        let environment = target.join("generator");
        create(&environment)?;
        program::python(&environment, &requirements)?;
        let version = super::official::pinned(&requirements, "openapi-generator-cli==", " ")?;
        let file = target.join("hss.json");
        fs::write(&file, bundle).map_err(|error| format!("{}: {error}", file.display()))?;
        let command = environment.join("bin/openapi-generator-cli");
        Ok(Self { root: root.to_owned(), target, command, version, bundle: file })
    }

    /// Generates the client of a language, and compiles the program with it.
    pub(crate) fn client(&self, language: Language) -> Result<Client, String> {
        let sources = self.root.join(SOURCES).join(language.to_string());
        let work = self.target.join(language.to_string());
        let home = work.join("home");
        create(&home)?;
        let shown = |path: PathBuf| path.display().to_string();
        let command = match language {
            Language::Python => {
                let client = work.join("client");
                self.generate("python", &client, &["--additional-properties=packageName=hss_openapi"])?;
                let python = program::python(&work.join("environment"), &sources.join("requirements.txt"))?;
                program::step(Command::new(&python).args(["-m", "compileall", "-q"]).arg(&client))?;
                copy(&sources.join("hosts.py"), &client)?;
                vec![shown(python), shown(client.join("hosts.py"))]
            }
            Language::Go => {
                // The constants of all enumerations are in one package, and some names would collide.
                let properties = "--additional-properties=packageName=hss,enumClassPrefix=true";
                let module = ["--git-host=hss.example", "--git-user-id=openapi", "--git-repo-id=client"];
                self.generate("go", &work.join("client"), &[&[properties][..], &module].concat())?;
                let folder = work.join("client/cmd/hosts");
                create(&folder)?;
                copy(&sources.join("main.go"), &folder)?;
                let hosts = work.join("hosts");
                let mut build = Command::new("go");
                program::step(
                    build.args(["build", "-o"]).arg(&hosts).arg("./cmd/hosts").current_dir(work.join("client")),
                )?;
                vec![shown(hosts)]
            }
            Language::Java => {
                let client = work.join("client");
                // Otherwise, an absent list would become an empty one.
                let packages = "--additional-properties=invokerPackage=hss.openapi,apiPackage=hss.openapi.api,\
                                modelPackage=hss.openapi.model,openApiNullable=false,containerDefaultToNull=true";
                self.generate("java", &client, &["--library=native", packages])?;
                copy(&sources.join("Hosts.java"), &client.join("src/main/java"))?;
                let lib = client.join("target/lib");
                let copied = format!("-DoutputDirectory={}", lib.display());
                let goals = ["compile", "dependency:copy-dependencies", "-DincludeScope=runtime", &copied];
                program::step(Command::new("mvn").args(["-q", "-B"]).args(goals).current_dir(&client))?;
                let classes = format!("{}:{}/*", client.join("target/classes").display(), lib.display());
                ["java", "-cp", &classes, "Hosts"].map(str::to_owned).to_vec()
            }
            Language::Typescript => {
                self.generate("typescript-fetch", &work.join("client"), &[])?;
                for file in ["package.json", "package-lock.json", "tsconfig.json", "hosts.ts"] {
                    copy(&sources.join(file), &work)?;
                }
                program::step(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&work))?;
                program::step(Command::new("node").arg("node_modules/typescript/bin/tsc").current_dir(&work))?;
                vec!["node".to_owned(), shown(work.join("built/hosts.js"))]
            }
            Language::Rust => {
                let properties = "--additional-properties=packageName=hss-openapi,supportAsync=false";
                self.generate("rust", &work.join("client"), &[properties])?;
                create(&work.join("src"))?;
                copy(&sources.join("src/main.rs"), &work.join("src"))?;
                for file in ["Cargo.toml", "Cargo.lock"] {
                    copy(&sources.join(file), &work)?;
                }
                let mut cargo = Command::new("cargo");
                // Variables that cargo has set for this task are not valid for the other package.
                cargo.args(["build", "--quiet", "--locked", "--target-dir", "target"]).current_dir(&work);
                program::step(&mut cargo)?;
                vec![shown(work.join("target/debug/hosts"))]
            }
        };
        let name = format!("{language} openapi-generator {}", self.version);
        Ok(Client { name, command, home, throttled: None })
    }

    /// Removes the files that were generated from an earlier document.
    fn generate(&self, generator: &str, client: &Path, options: &[&str]) -> Result<(), String> {
        if client.exists() {
            fs::remove_dir_all(client).map_err(|error| format!("{}: {error}", client.display()))?;
        }
        let mut command = Command::new(&self.command);
        command.args(["generate", "--generator-name", generator, "--global-property", WITHOUT]).args(options);
        program::step(command.arg("--input-spec").arg(&self.bundle).arg("--output").arg(client))?;
        Ok(())
    }
}

fn create(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

fn copy(file: &Path, folder: &Path) -> Result<(), String> {
    let target = folder.join(file.file_name().unwrap_or_default());
    fs::copy(file, &target).map(drop).map_err(|error| format!("{}: {error}", file.display()))
}
