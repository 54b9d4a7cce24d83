//! Resolves the endpoint, the credentials and the project. Options take precedence over the environment.

use hss_client::{
    Credentials, Endpoint, IAM, Identity, Overrides, Runtime, SERVICE, Secret, configured_endpoint, endpoint,
};

use crate::args::Globals;
use crate::error::{Error, Result};

const REGION: [&str; 2] = ["HUAWEICLOUD_SDK_REGION_ID", "HW_REGION_NAME"];
const PROJECT: [&str; 2] = ["HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"];
const ENTERPRISE_PROJECT: [&str; 1] = ["HW_ENTERPRISE_PROJECT_ID"];

/// The emulator has the same state for every project, so any id works.
pub(crate) const DEMO_PROJECT: &str = "0123456789abcdef0123456789abcdef";
const DEMO_TOKEN: &str = "demo";

/// The configuration of a client.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) endpoint: Endpoint,
    pub(crate) region: Option<String>,
    pub(crate) identity: Identity,
    pub(crate) project_id: Option<String>,
    pub(crate) enterprise_project_id: Option<String>,
    /// The endpoint of IAM and the region. They are used to look up the project if none is configured.
    pub(crate) iam: Option<(Endpoint, String)>,
}

/// A setting and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) value: String,
    /// The option or variable that set it.
    pub(crate) source: &'static str,
}

/// The settings from options and variables.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) region: Option<Setting>,
    pub(crate) project_id: Option<Setting>,
    pub(crate) enterprise_project_id: Option<Setting>,
}

impl Settings {
    /// Reads the settings. Options take precedence over variables.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if a variable is malformed.
    pub(crate) fn read(globals: &Globals, runtime: &dyn Runtime) -> Result<Self> {
        let read = |option: &Option<String>, source, names: &[&'static str]| match option {
            Some(value) if !value.is_empty() => Ok(Some(Setting { value: value.clone(), source })),
            _ => variable(runtime, names),
        };
        Ok(Self {
            region: read(&globals.region, "--region", &REGION)?,
            project_id: read(&globals.project_id, "--project-id", &PROJECT)?,
            enterprise_project_id: read(
                &globals.enterprise_project_id,
                "--enterprise-project-id",
                &ENTERPRISE_PROJECT,
            )?,
        })
    }
}

/// Combines options and the environment, except `--token-file`. Options take precedence.
///
/// Credentials are resolved later, when they are needed.
///
/// # Errors
///
/// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if there is no endpoint, or if a setting is malformed.
pub(crate) fn resolve(globals: &Globals, runtime: &dyn Runtime) -> Result<Config> {
    let Settings { region, project_id, enterprise_project_id } = Settings::read(globals, runtime)?;
    let value = |setting: Option<Setting>| setting.map(|setting| setting.value);
    let (region, project_id, enterprise_project_id) = (value(region), value(project_id), value(enterprise_project_id));
    let endpoint = service_endpoint(globals, region.as_deref(), runtime)?;
    let iam = match &region {
        Some(region) => iam_endpoint(globals, region, runtime)?.map(|endpoint| (endpoint, region.clone())),
        None => None,
    };
    let identity = identity(globals, region.clone(), project_id.clone())?;
    Ok(Config { endpoint, region, identity, project_id, enterprise_project_id, iam })
}

/// Returns the endpoint of the service.
///
/// # Errors
///
/// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if there is neither an endpoint nor a region, or if one is
/// malformed.
pub(crate) fn service_endpoint(globals: &Globals, region: Option<&str>, runtime: &dyn Runtime) -> Result<Endpoint> {
    match (&globals.endpoint, region) {
        (Some(url), _) => Ok(Endpoint::parse(url)?),
        (None, Some(region)) => Ok(endpoint(runtime, &SERVICE, region)?),
        (None, None) => {
            let hint = format!(
                "Use --endpoint or --region, or set {}. Use --demo to try hss without an account.",
                REGION.join(" or ")
            );
            Err(Error::usage("missing endpoint").hint(hint))
        }
    }
}

/// Returns the endpoint of IAM that is used to look up the project of a region.
///
/// With `--endpoint`, the built-in address for the region is not used: the IAM of the public cloud must not receive
/// credentials for a different endpoint.
fn iam_endpoint(globals: &Globals, region: &str, runtime: &dyn Runtime) -> Result<Option<Endpoint>> {
    Ok(match &globals.iam_endpoint {
        Some(url) => Some(Endpoint::parse(url)?),
        None if globals.endpoint.is_some() => configured_endpoint(runtime, &IAM, region)?,
        None => Some(endpoint(runtime, &IAM, region)?),
    })
}

/// Returns the default credential chain: the environment, files and the metadata service. No source is read yet.
///
/// # Errors
///
/// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if the address of IAM is malformed.
pub(crate) fn identity(globals: &Globals, region: Option<String>, project_id: Option<String>) -> Result<Identity> {
    let iam_endpoint = globals.iam_endpoint.as_deref().map(Endpoint::parse).transpose()?;
    let built_in_iam_refused = globals.endpoint.is_some().then(|| {
        "Add --iam-endpoint, or set HUAWEICLOUD_SDK_IAM_ENDPOINT: with --endpoint, the IAM of the region is not used."
            .to_owned()
    });
    let retries = globals.retries();
    let overrides =
        Overrides { region, project_id, iam_endpoint, built_in_iam_refused, retries, ..Overrides::default() };
    Ok(Identity::default_chain(overrides))
}

/// Returns the configuration of `--demo`. It ignores the environment, which describes a different account.
pub(crate) fn demo(globals: &Globals, endpoint: &str) -> Result<Config> {
    let token = Secret::new("the demo token", DEMO_TOKEN)?;
    Ok(Config {
        endpoint: Endpoint::parse(endpoint)?,
        region: None,
        identity: Identity::fixed(Credentials::Token(token)),
        project_id: Some(globals.project_id.clone().unwrap_or_else(|| DEMO_PROJECT.to_owned())),
        enterprise_project_id: globals.enterprise_project_id.clone(),
        iam: None,
    })
}

/// Returns the error for a missing project that cannot be looked up.
pub(crate) fn missing_project() -> Error {
    Error::usage(format!("missing project: use --project-id, or set {}", PROJECT.join(" or "))).hint(
        "With --endpoint, the project of --region is looked up only if --iam-endpoint or HUAWEICLOUD_SDK_IAM_ENDPOINT \
         is set, too.",
    )
}

/// Returns the first of these variables that is set and not empty.
fn variable(runtime: &dyn Runtime, names: &[&'static str]) -> Result<Option<Setting>> {
    for &name in names {
        match runtime.variable(name).map(std::ffi::OsString::into_string) {
            Some(Ok(value)) if !value.is_empty() => return Ok(Some(Setting { value, source: name })),
            Some(Err(_)) => return Err(Error::usage(format!("invalid {name}: not valid Unicode"))),
            _ => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use hss_client::TestRuntime;

    use super::*;

    fn resolve_with<const N: usize>(globals: &Globals, variables: [(&'static str, &'static str); N]) -> Result<Config> {
        let runtime =
            variables.iter().fold(TestRuntime::default(), |runtime, (name, value)| runtime.with_variable(name, value));
        resolve(globals, &runtime)
    }

    #[test]
    fn options_take_precedence_over_variables_in_their_order() {
        let variables = [
            ("HUAWEICLOUD_SDK_REGION_ID", "cn-north-4"),
            ("HW_REGION_NAME", "cn-east-3"),
            ("HUAWEICLOUD_SDK_PROJECT_ID", ""),
            ("HW_PROJECT_ID", "p2"),
            ("HW_ENTERPRISE_PROJECT_ID", "e1"),
        ];
        let config = resolve_with(&Globals::default(), variables).unwrap();
        assert_eq!(config.endpoint.to_string(), "https://hss.cn-north-4.myhuaweicloud.com");
        assert_eq!(config.project_id.as_deref(), Some("p2"), "empty counts as unset");
        assert_eq!(config.enterprise_project_id.as_deref(), Some("e1"));
        let (iam, region) = config.iam.unwrap();
        assert_eq!(
            (iam.to_string().as_str(), region.as_str()),
            ("https://iam.cn-north-4.myhuaweicloud.com", "cn-north-4")
        );

        let mut globals =
            Globals { region: Some("cn-south-1".into()), project_id: Some("p0".into()), ..Globals::default() };
        let config = resolve_with(&globals, variables).unwrap();
        assert_eq!(config.endpoint.to_string(), "https://hss.cn-south-1.myhuaweicloud.com");
        assert_eq!(config.project_id.as_deref(), Some("p0"));
        globals.endpoint = Some("http://127.0.0.1:9/".into());
        globals.iam_endpoint = Some("http://127.0.0.1:8".into());
        let config = resolve_with(&globals, variables).unwrap();
        assert_eq!(config.endpoint.to_string(), "http://127.0.0.1:9");
        assert_eq!(config.iam.unwrap().0.to_string(), "http://127.0.0.1:8");
    }

    #[test]
    fn the_environment_overrides_the_endpoint_of_a_region() {
        let variables = [("HUAWEICLOUD_SDK_REGION_HSS_CN_NORTH_4", "https://hss.example.com")];
        let globals = Globals { region: Some("cn-north-4".into()), ..Globals::default() };
        let config = resolve_with(&globals, variables).unwrap();
        assert_eq!(config.endpoint.to_string(), "https://hss.example.com");
        assert_eq!(
            config.iam.unwrap().0.to_string(),
            "https://iam.cn-north-4.myhuaweicloud.com",
            "it names the region"
        );
    }

    #[test]
    fn an_endpoint_option_disables_the_iam_of_the_region() {
        let globals = |iam_endpoint: Option<&str>| Globals {
            endpoint: Some("http://127.0.0.1:9".into()),
            iam_endpoint: iam_endpoint.map(str::to_owned),
            ..Globals::default()
        };
        let iam = |iam_endpoint, variable: (&'static str, &'static str)| {
            let variables = [("HW_REGION_NAME", "cn-north-4"), variable];
            resolve_with(&globals(iam_endpoint), variables).unwrap().iam.map(|(endpoint, _)| endpoint.to_string())
        };
        let local = Some("http://127.0.0.1:8".to_owned());
        assert_eq!(iam(None, ("HW_PROJECT_ID", "")), None);
        assert_eq!(iam(local.as_deref(), ("HW_PROJECT_ID", "")), local);
        assert_eq!(iam(None, ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "http://127.0.0.1:8")), local);
        assert_eq!(iam(None, ("HUAWEICLOUD_SDK_REGION_IAM_CN_NORTH_4", "http://127.0.0.1:8")), local);
        let option = Globals { region: Some("cn-north-4".into()), ..globals(None) };
        assert!(resolve_with(&option, []).unwrap().iam.is_none());
    }

    #[test]
    fn a_missing_endpoint_error_lists_all_sources() {
        let message = resolve_with(&Globals::default(), []).unwrap_err().to_string();
        for name in ["--endpoint", "--region", "HUAWEICLOUD_SDK_REGION_ID", "HW_REGION_NAME", "--demo"] {
            assert!(message.contains(name), "{name}: {message}");
        }
    }
}
