//! Credentials from environment variables.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{Given, Grant, Project, Sighting, Source, User, key};
use crate::{Credentials, Endpoint, Error, Result, Retries, Secret, World, configured_endpoint};

/// The variables of one access key.
struct Names {
    id: &'static str,
    secret: &'static str,
    security_token: Option<&'static str>,
}

/// In the order in which they are looked for: those of the official SDKs, of the API manual's samples, of Terraform.
const KEYS: [Names; 3] = [
    Names {
        id: "HUAWEICLOUD_SDK_AK",
        secret: "HUAWEICLOUD_SDK_SK",
        security_token: Some("HUAWEICLOUD_SDK_SECURITY_TOKEN"),
    },
    Names { id: "CLOUD_SDK_AK", secret: "CLOUD_SDK_SK", security_token: None },
    Names { id: "HW_ACCESS_KEY", secret: "HW_SECRET_KEY", security_token: Some("HW_SECURITY_TOKEN") },
];
const TOKEN: &str = "HW_AUTH_TOKEN";
const USER_NAME: &str = "HW_USER_NAME";
const USER_PASSWORD: &str = "HW_USER_PASSWORD";
const DOMAIN_NAME: &str = "HW_DOMAIN_NAME";
const PROJECT_ID: [&str; 2] = ["HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"];
const REGION: [&str; 2] = ["HUAWEICLOUD_SDK_REGION_ID", "HW_REGION_NAME"];

/// An access key or a token in environment variables. The first of these that is set counts:
///
/// 1. `HUAWEICLOUD_SDK_AK` and `HUAWEICLOUD_SDK_SK`, with `HUAWEICLOUD_SDK_SECURITY_TOKEN` if the key is temporary;
/// 2. `CLOUD_SDK_AK` and `CLOUD_SDK_SK`;
/// 3. `HW_ACCESS_KEY` and `HW_SECRET_KEY`, with `HW_SECURITY_TOKEN` if the key is temporary;
/// 4. `HW_AUTH_TOKEN`, a user token.
///
/// The project is that of `HUAWEICLOUD_SDK_PROJECT_ID` or `HW_PROJECT_ID`. A variable that is empty or white space
/// counts as unset; a part of a key without the others is an error, wherever else there may be a whole one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Environment;

impl Source for Environment {
    fn name(&self) -> String {
        let keys: Vec<_> = KEYS.iter().map(|names| format!("{} and {}", names.id, names.secret)).collect();
        format!("the environment ({}, or {TOKEN})", keys.join(", "))
    }

    fn load<'a>(&'a self, world: &'a Arc<dyn World>) -> BoxFuture<'a, Result<Option<Grant>>> {
        Box::pin(async { from_environment(&**world) })
    }

    fn look(&self, world: &dyn World) -> Result<Option<Sighting>> {
        Ok(from_environment(world)?.map(Sighting::from))
    }
}

fn from_environment(world: &dyn World) -> Result<Option<Grant>> {
    let grant = |credentials, name: &str| -> Result<_> {
        let project_id = first(world, PROJECT_ID)?;
        Ok(Some(Grant::new(credentials, format!("the environment ({name})")).project_id(project_id)))
    };
    for names in &KEYS {
        let given = |name: &str| -> Result<_> { Ok(Given { setting: name.to_owned(), value: setting(world, name)? }) };
        let security_token = names.security_token.map(given).transpose()?;
        if let Some(key) = key(given(names.id)?, given(names.secret)?, security_token)? {
            return grant(Credentials::AccessKey(key), names.id);
        }
    }
    match setting(world, TOKEN)? {
        Some(token) => grant(Credentials::Token(Secret::new(TOKEN, token)?), TOKEN),
        None => Ok(None),
    }
}

/// A user with a password, who gets tokens from IAM: `HW_USER_NAME`, `HW_USER_PASSWORD` and `HW_DOMAIN_NAME`.
///
/// The token is for the project whose id is set here or by `HUAWEICLOUD_SDK_PROJECT_ID` or `HW_PROJECT_ID`; without
/// one, for the project of the region. The region is also where IAM is looked for: the one that is set here, or else that of
/// `HUAWEICLOUD_SDK_REGION_ID` or `HW_REGION_NAME`.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentUser {
    /// The region, in place of the variables.
    pub region: Option<String>,
    /// The project, in place of the variables.
    pub project_id: Option<String>,
    /// Where IAM is, in place of its address for the region.
    pub iam_endpoint: Option<Endpoint>,
    /// If set, the built-in address of IAM for the region is not used, and a login without another one is an error with
    /// this hint. For programs that were given the address of the service: the password must not go to the cloud because
    /// a variable names a region, too.
    pub built_in_iam_refused: Option<String>,
    /// How often and how long a login is tried.
    pub retries: Retries,
}

impl EnvironmentUser {
    fn user(&self, world: &dyn World) -> Result<Option<User>> {
        let values = [USER_NAME, USER_PASSWORD, DOMAIN_NAME].map(|name| setting(world, name));
        let (name, password, domain) = match values {
            // A domain alone is nobody: Terraform has uses for it beside a key, too.
            [Ok(None), Ok(None), Ok(_)] => return Ok(None),
            [name, password, domain] => (name?, password?, domain?),
        };
        let set = if name.is_some() { USER_NAME } else { USER_PASSWORD };
        let required = |name: &str, value: Option<String>| {
            value
                .ok_or_else(|| Error::usage(format!("{set} is set without {name}")).remedy(format!("Set {name}, too.")))
        };
        let (name, domain) = (required(USER_NAME, name)?, required(DOMAIN_NAME, domain)?);
        let password = Secret::new(USER_PASSWORD, required(USER_PASSWORD, password)?)?;
        let or =
            |given: &Option<String>, names| given.clone().map_or_else(|| first(world, names), |given| Ok(Some(given)));
        let (region, project_id) = (or(&self.region, REGION)?, or(&self.project_id, PROJECT_ID)?);
        let no_region = || {
            Error::usage(format!("{USER_NAME} is set without a region"))
                .remedy(format!("Set {}, too, or give the region.", REGION.join(" or ")))
        };
        let configured = match (&self.iam_endpoint, &region) {
            (Some(endpoint), _) => Some(endpoint.clone()),
            (None, Some(region)) => configured_endpoint(world, "iam", region)?,
            (None, None) => None,
        };
        let endpoint = match (configured, &self.built_in_iam_refused, &region) {
            (Some(endpoint), _, _) => endpoint,
            (None, Some(hint), _) => {
                return Err(Error::usage(format!("{USER_NAME} is set without the endpoint of IAM")).remedy(hint));
            }
            (None, None, Some(region)) => Endpoint::of_region("iam", region)?,
            (None, None, None) => return Err(no_region()),
        };
        let project = match (project_id, region) {
            (Some(id), _) => Project::Id(id),
            (None, Some(region)) => Project::Region(region),
            (None, None) => return Err(no_region()),
        };
        let [domain, name] = [domain, name].map(|value| value.trim().to_owned());
        Ok(Some(User { endpoint, domain, name, password, project, retries: self.retries }))
    }
}

impl Source for EnvironmentUser {
    fn name(&self) -> String {
        format!("a user in the environment ({USER_NAME}, {USER_PASSWORD} and {DOMAIN_NAME})")
    }

    fn load<'a>(&'a self, world: &'a Arc<dyn World>) -> BoxFuture<'a, Result<Option<Grant>>> {
        Box::pin(async {
            match self.user(&**world)? {
                Some(user) => user.load(world).await,
                None => Ok(None),
            }
        })
    }

    fn look(&self, world: &dyn World) -> Result<Option<Sighting>> {
        let Some(user) = self.user(world)? else { return Ok(None) };
        let place = format!("the environment ({USER_NAME})");
        Ok(user.look(world)?.map(|sighting| Sighting { place, ..sighting }))
    }

    fn renewable(&self) -> bool {
        true
    }
}

/// The first variable that is set.
fn first(world: &dyn World, names: [&str; 2]) -> Result<Option<String>> {
    for name in names {
        if let Some(value) = setting(world, name)? {
            return Ok(Some(value.trim().to_owned()));
        }
    }
    Ok(None)
}

/// A variable that is set to something.
fn setting(world: &dyn World, name: &str) -> Result<Option<String>> {
    // The value stays out of the message: it may be a secret.
    let value = world.variable(name).map(|value| value.into_string().map_err(|_| name)).transpose();
    let value =
        value.map_err(|name| Error::usage(format!("{name} is not Unicode")).remedy("Set it anew, or unset it."))?;
    Ok(value.filter(|value| !value.trim().is_empty()))
}
