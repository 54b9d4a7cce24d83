//! Converts options to explicit settings of the client. The client finds the others in the environment.

use hss_client::{Client, ClientBuilder, Configuration, Credentials, Endpoint, Secret, SettingNames};

use crate::args::Globals;
use crate::error::{Error, Result};

/// The emulator has the same state for every project, so any id works.
pub(crate) const DEMO_PROJECT: &str = "0123456789abcdef0123456789abcdef";
const DEMO_TOKEN: &str = "demo";

/// Returns a builder of a client with the options, except `--token-file`.
pub(crate) fn builder(globals: &Globals) -> ClientBuilder {
    let mut names = SettingNames::default();
    names.region = "--region";
    names.endpoint = "--endpoint";
    names.iam_endpoint = "--iam-endpoint";
    names.credentials = "--token-file";
    names.project_id = "--project-id";
    names.enterprise_project_id = "--enterprise-project-id";
    let mut builder = with_projects(Client::builder().setting_names(names), globals);
    builder = builder.region(globals.region.as_deref().unwrap_or_default());
    if let Some(url) = globals.endpoint.as_deref() {
        builder = builder.endpoint(url);
    }
    if let Some(url) = globals.iam_endpoint.as_deref() {
        builder = builder.iam_endpoint(url);
    }
    builder.retries(globals.retries())
}

/// Returns a builder for `--demo`. It ignores the environment, which describes a different account.
pub(crate) fn demo(globals: &Globals, endpoint: &str) -> Result<ClientBuilder> {
    let token = Secret::new("the demo token", DEMO_TOKEN)?;
    let builder = Client::builder().no_environment().endpoint(endpoint).credentials(Credentials::Token(token));
    Ok(with_projects(builder.project_id(DEMO_PROJECT), globals).retries(globals.retries()))
}

fn with_projects(mut builder: ClientBuilder, globals: &Globals) -> ClientBuilder {
    if let Some(id) = globals.project_id.as_deref() {
        builder = builder.project_id(id);
    }
    builder.enterprise_project_id(globals.enterprise_project_id.as_deref().unwrap_or_default())
}

/// Returns the endpoint of the service.
///
/// # Errors
///
/// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if there is neither an endpoint nor a region, or if one is
/// malformed.
pub(crate) fn endpoint(globals: &Globals, configuration: &Configuration) -> Result<Endpoint> {
    configuration.endpoint().map_err(|error| match (&globals.endpoint, &configuration.region) {
        (None, None) => Error::from(error).add_hint("Use --demo to try hss without an account."),
        _ => error.into(),
    })
}

#[cfg(test)]
mod tests {
    use hss_client::TestRuntime;

    use super::*;

    fn configuration<const N: usize>(
        globals: &Globals,
        variables: [(&'static str, &'static str); N],
    ) -> hss_client::Result<Configuration> {
        let runtime =
            variables.iter().fold(TestRuntime::default(), |runtime, (name, value)| runtime.with_variable(name, value));
        builder(globals).runtime(runtime.share()).configuration()
    }

    #[test]
    fn options_take_precedence_over_variables() {
        let variables = [("HW_REGION_NAME", "cn-north-4"), ("HW_PROJECT_ID", "p2"), ("HW_ENTERPRISE_PROJECT_ID", "e1")];
        let sources = |configuration: &Configuration| {
            let settings = [&configuration.region, &configuration.project_id, &configuration.enterprise_project_id]
                .map(Clone::clone);
            settings.map(|setting| setting.map(|setting| format!("{} {}", setting.source, setting.value)).unwrap())
        };
        let from_variables = configuration(&Globals::default(), variables).unwrap();
        assert_eq!(
            sources(&from_variables),
            ["HW_REGION_NAME cn-north-4", "HW_PROJECT_ID p2", "HW_ENTERPRISE_PROJECT_ID e1"]
        );
        let mut globals = Globals {
            region: Some("cn-south-1".into()),
            project_id: Some("p0".into()),
            enterprise_project_id: Some("e0".into()),
            ..Globals::default()
        };
        let from_options = configuration(&globals, variables).unwrap();
        assert_eq!(sources(&from_options), ["--region cn-south-1", "--project-id p0", "--enterprise-project-id e0"]);
        globals.endpoint = Some("http://127.0.0.1:9/".into());
        globals.iam_endpoint = Some("http://127.0.0.1:8".into());
        let both = configuration(&globals, variables).unwrap();
        assert_eq!(both.endpoint().unwrap().to_string(), "http://127.0.0.1:9");
        assert_eq!(both.iam_endpoint().unwrap().unwrap().to_string(), "http://127.0.0.1:8");
    }

    #[test]
    fn the_demo_ignores_the_environment() {
        let runtime = TestRuntime::default().with_variable("HW_ENTERPRISE_PROJECT_ID", "e1");
        let runtime = runtime.with_variable("HW_REGION_NAME", "cn-north-4").with_variable("HW_PROJECT_ID", "p");
        let demo = demo(&Globals::default(), "http://127.0.0.1:9").unwrap().runtime(runtime.share());
        let configuration = demo.configuration().unwrap();
        assert_eq!((configuration.region, configuration.enterprise_project_id), (None, None));
        assert_eq!(configuration.project_id.unwrap().value, DEMO_PROJECT);
    }

    #[test]
    fn a_missing_endpoint_error_lists_all_sources() {
        let globals = Globals::default();
        let error = endpoint(&globals, &configuration(&globals, []).unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "missing endpoint: use --endpoint or --region, or set HUAWEICLOUD_SDK_REGION_ID or HW_REGION_NAME. \
             Use --demo to try hss without an account."
        );
    }
}
