//! Where to call, as whom, and for which project: the one place that reads the environment and files.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use hss_client::{Credentials, Endpoint, Error, Result, Secret};

use crate::args::Globals;

const REGION: [&str; 2] = ["HUAWEICLOUD_SDK_REGION_ID", "HW_REGION_NAME"];
const PROJECT: [&str; 2] = ["HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"];
const ENTERPRISE_PROJECT: [&str; 1] = ["HW_ENTERPRISE_PROJECT_ID"];
const TOKEN: [&str; 1] = ["HW_AUTH_TOKEN"];
const ACCESS_KEY: [&str; 6] =
    ["HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "CLOUD_SDK_AK", "CLOUD_SDK_SK", "HW_ACCESS_KEY", "HW_SECRET_KEY"];

/// Some times the largest token there is.
const TOKEN_LIMIT: u64 = 64 * 1024;

/// The emulator sees the same state whatever the project, so any id does.
const DEMO_PROJECT: &str = "0123456789abcdef0123456789abcdef";
const DEMO_TOKEN: &str = "demo";

/// A look-up of environment variables.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// What a client is set up with.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) endpoint: Endpoint,
    pub(crate) credentials: Credentials,
    /// Where the credentials were found, for people.
    pub(crate) credentials_from: String,
    pub(crate) project_id: Option<String>,
    pub(crate) enterprise_project_id: Option<String>,
}

/// The environment of this process.
pub(crate) fn process_environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Puts together options and environment. Options win.
///
/// # Errors
///
/// [`Kind::Usage`](hss_client::Kind::Usage) naming everything that is missing and where it was looked for.
pub(crate) fn resolve(globals: &Globals, needs_project: bool, environment: Environment<'_>) -> Result<Config> {
    let setting = |option: Option<&str>, names: &[&'static str]| match option {
        Some(value) if !value.is_empty() => Ok(Some(value.to_owned())),
        _ => Ok(variable(environment, names)?.map(|(_, value)| value)),
    };
    let region = setting(globals.region.as_deref(), &REGION)?;
    let project_id = setting(globals.project_id.as_deref(), &PROJECT)?;
    let enterprise_project_id = setting(globals.enterprise_project_id.as_deref(), &ENTERPRISE_PROJECT)?;
    let endpoint = match (&globals.endpoint, &region) {
        (Some(address), _) => Some(Endpoint::parse(address)?),
        (None, Some(region)) => Some(Endpoint::of_region("hss", region)?),
        (None, None) => None,
    };

    let mut missing = Vec::new();
    if endpoint.is_none() {
        missing.push(format!("no endpoint: give --endpoint or --region, or set {}", REGION.join(" or ")));
    }
    if needs_project && project_id.is_none() {
        missing.push(format!("no project: give --project-id, or set {}", PROJECT.join(" or ")));
    }
    let token = token(globals, environment)?;
    if token.is_none() {
        missing.push(no_token(environment));
    }
    match (endpoint, token) {
        (Some(endpoint), Some((token, credentials_from))) if missing.is_empty() => Ok(Config {
            endpoint,
            credentials: Credentials::Token(token),
            credentials_from,
            project_id,
            enterprise_project_id,
        }),
        _ => Err(Error::usage(missing.join("; ")).remedy("Use --demo to try hss without an account.")),
    }
}

/// What `--demo` calls with: nothing of it comes from the environment, which is about another account.
pub(crate) fn demo(globals: &Globals, endpoint: &str) -> Result<Config> {
    Ok(Config {
        endpoint: Endpoint::parse(endpoint)?,
        credentials: Credentials::Token(Secret::new("the demo token", DEMO_TOKEN)?),
        credentials_from: "--demo".to_owned(),
        project_id: Some(globals.project_id.clone().unwrap_or_else(|| DEMO_PROJECT.to_owned())),
        enterprise_project_id: globals.enterprise_project_id.clone(),
    })
}

/// Reads a file that an option names, or standard input for `-`, up to `limit` bytes.
///
/// # Errors
///
/// [`Kind::Usage`](hss_client::Kind::Usage) if it cannot be read or is larger.
pub(crate) fn read(option: &str, file: &Path, limit: u64) -> Result<Vec<u8>> {
    let refuse = |what: &str| Error::usage(format!("{option} {} {what}", file.display()));
    let failed = |error: std::io::Error| refuse("cannot be read").caused_by(error);
    let source: Box<dyn Read> =
        if is_standard_input(file) { Box::new(std::io::stdin()) } else { Box::new(File::open(file).map_err(failed)?) };
    let mut bytes = Vec::new();
    source.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(refuse(&format!("is larger than {limit} bytes")));
    }
    Ok(bytes)
}

/// Whether an option's file is `-`.
pub(crate) fn is_standard_input(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// The first variable of these that is set to something.
fn variable(environment: Environment<'_>, names: &[&'static str]) -> Result<Option<(&'static str, String)>> {
    for name in names {
        match environment(name).map(OsString::into_string) {
            Some(Ok(value)) if !value.is_empty() => return Ok(Some((name, value))),
            Some(Err(_)) => return Err(Error::usage(format!("{name} is not Unicode"))),
            _ => {}
        }
    }
    Ok(None)
}

/// The token, and where it was found.
fn token(globals: &Globals, environment: Environment<'_>) -> Result<Option<(Secret, String)>> {
    if let Some(file) = &globals.token_file {
        let name = format!(
            "the token in {}",
            if is_standard_input(file) { "standard input".into() } else { file.display().to_string() }
        );
        let bytes = read("--token-file", file, TOKEN_LIMIT)?;
        // The value itself must not get into the message.
        let text = String::from_utf8(bytes).map_err(|_| Error::usage(format!("{name} is not text")))?;
        return Ok(Some((Secret::new(&name, text)?, format!("--token-file {}", file.display()))));
    }
    match variable(environment, &TOKEN)? {
        Some((name, value)) => Ok(Some((Secret::new(name, value)?, name.to_owned()))),
        None => Ok(None),
    }
}

fn no_token(environment: Environment<'_>) -> String {
    let is_set = |name: &&str| environment(name).is_some_and(|value| !value.is_empty());
    let passed_over = match ACCESS_KEY.into_iter().find(is_set) {
        Some(name) => format!(" ({name} is set, but this version signs in with a token only)"),
        None => String::new(),
    };
    let variables = TOKEN.join(" or ");
    format!("no token: give --token-file FILE (- for standard input), or set {variables}{passed_over}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve_with(globals: &Globals, variables: &[(&str, &str)]) -> Result<Config> {
        resolve(globals, true, &|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    fn failure(variables: &[(&str, &str)]) -> String {
        let error = resolve_with(&Globals::default(), variables).unwrap_err();
        assert_eq!(error.kind(), hss_client::Kind::Usage);
        error.to_string()
    }

    #[test]
    fn options_win_over_variables_and_the_first_variable_over_the_second() {
        let variables = [
            ("HUAWEICLOUD_SDK_REGION_ID", "cn-north-4"),
            ("HW_REGION_NAME", "cn-east-3"),
            ("HUAWEICLOUD_SDK_PROJECT_ID", ""),
            ("HW_PROJECT_ID", "p2"),
            ("HW_ENTERPRISE_PROJECT_ID", "e1"),
            ("HW_AUTH_TOKEN", "t"),
        ];
        let config = resolve_with(&Globals::default(), &variables).unwrap();
        assert_eq!(config.endpoint.to_string(), "https://hss.cn-north-4.myhuaweicloud.com");
        assert_eq!(config.project_id.as_deref(), Some("p2"), "empty counts as unset");
        assert_eq!(config.enterprise_project_id.as_deref(), Some("e1"));
        assert_eq!(config.credentials_from, "HW_AUTH_TOKEN");

        let mut globals =
            Globals { region: Some("cn-south-1".into()), project_id: Some("p0".into()), ..Globals::default() };
        let config = resolve_with(&globals, &variables).unwrap();
        assert_eq!(config.endpoint.to_string(), "https://hss.cn-south-1.myhuaweicloud.com");
        assert_eq!(config.project_id.as_deref(), Some("p0"));
        globals.endpoint = Some("http://127.0.0.1:9/".into());
        assert_eq!(resolve_with(&globals, &variables).unwrap().endpoint.to_string(), "http://127.0.0.1:9");
    }

    #[test]
    fn all_that_is_missing_is_named_at_once() {
        let message = failure(&[]);
        for name in [
            "--endpoint",
            "--region",
            "HW_REGION_NAME",
            "--project-id",
            "HW_PROJECT_ID",
            "--token-file",
            "HW_AUTH_TOKEN",
            "--demo",
        ] {
            assert!(message.contains(name), "{name}: {message}");
        }
        assert!(!message.contains("AK"), "{message}");
    }

    #[test]
    fn an_access_key_alone_is_not_passed_over_in_silence() {
        for name in ACCESS_KEY {
            let message = failure(&[(name, "SENTINEL")]);
            assert!(
                message.contains(&format!("{name} is set, but this version signs in with a token only")),
                "{message}"
            );
            assert!(!message.contains("SENTINEL"), "{message}");
        }
    }

    #[test]
    fn bc_12_a_token_is_trimmed_and_never_shown() {
        let complete = |token| [("HW_REGION_NAME", "cn-north-4"), ("HW_PROJECT_ID", "p"), ("HW_AUTH_TOKEN", token)];
        for token in ["tok\n", "tok\r\n", " tok "] {
            assert!(resolve_with(&Globals::default(), &complete(token)).is_ok(), "{token:?}");
        }
        for token in ["SENTI\nNEL", "SENTINEL\u{7f}x", "   "] {
            let message = failure(&complete(token));
            assert!(message.contains("HW_AUTH_TOKEN") && !message.contains("SENTI"), "{message}");
        }
        let config = resolve_with(&Globals::default(), &complete("SENTINEL")).unwrap();
        assert!(!format!("{config:?}").contains("SENTINEL"));
    }

    #[test]
    fn a_file_larger_than_the_limit_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("token");
        std::fs::write(&file, [b'x'; 11]).unwrap();
        assert_eq!(read("--token-file", &file, 11).unwrap().len(), 11);
        assert!(read("--token-file", &file, 10).unwrap_err().to_string().ends_with("is larger than 10 bytes"));
    }
}
