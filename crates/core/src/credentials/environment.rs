//! Loads credentials from environment variables.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::variables::{PROJECT_ID, first, setting};
use super::{CredentialSummary, ResolvedCredentials, Setting, Source, key};
use crate::{Credentials, Result, Runtime, Secret};

/// The names of the variables for one access key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyVariables {
    /// The variable with the id (AK).
    pub id: &'static str,
    /// The variable with the secret (SK).
    pub secret: &'static str,
    /// The variable with the security token of a temporary key.
    pub security_token: Option<&'static str>,
}

/// The variables for access keys, in the order in which [`Environment`] reads them: those of the official SDKs, of the
/// samples in the API manual, and of Terraform.
pub const KEY_VARIABLES: [KeyVariables; 3] = [
    KeyVariables {
        id: "HUAWEICLOUD_SDK_AK",
        secret: "HUAWEICLOUD_SDK_SK",
        security_token: Some("HUAWEICLOUD_SDK_SECURITY_TOKEN"),
    },
    KeyVariables { id: "CLOUD_SDK_AK", secret: "CLOUD_SDK_SK", security_token: None },
    KeyVariables { id: "HW_ACCESS_KEY", secret: "HW_SECRET_KEY", security_token: Some("HW_SECURITY_TOKEN") },
];
const TOKEN: &str = "HW_AUTH_TOKEN";

/// Loads an access key or a token from environment variables. The first of these that is set is used:
///
/// 1. `HUAWEICLOUD_SDK_AK` and `HUAWEICLOUD_SDK_SK`, with `HUAWEICLOUD_SDK_SECURITY_TOKEN` if the key is temporary;
/// 2. `CLOUD_SDK_AK` and `CLOUD_SDK_SK`;
/// 3. `HW_ACCESS_KEY` and `HW_SECRET_KEY`, with `HW_SECURITY_TOKEN` if the key is temporary;
/// 4. `HW_AUTH_TOKEN`, a user token.
///
/// The project is that of `HUAWEICLOUD_SDK_PROJECT_ID` or `HW_PROJECT_ID`. A variable that is empty or white space
/// counts as unset. An incomplete key is an error, even if another key is complete.
#[derive(Debug, Clone, Copy, Default)]
pub struct Environment;

impl Source for Environment {
    fn name(&self) -> String {
        "the environment".to_owned()
    }

    fn missing(&self, _: &dyn Runtime) -> String {
        let keys: Vec<_> = KEY_VARIABLES.iter().map(|names| format!("{} and {}", names.id, names.secret)).collect();
        format!("none of these are set: {}, {TOKEN}", keys.join(", "))
    }

    fn load<'a>(&'a self, runtime: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        Box::pin(async { from_environment(&**runtime) })
    }

    fn summarize(&self, runtime: &dyn Runtime) -> Result<Option<CredentialSummary>> {
        Ok(from_environment(runtime)?.map(CredentialSummary::from))
    }
}

fn from_environment(runtime: &dyn Runtime) -> Result<Option<ResolvedCredentials>> {
    let resolved = |credentials, name: &str| -> Result<_> {
        let project_id = first(runtime, PROJECT_ID)?;
        Ok(Some(ResolvedCredentials::new(credentials, format!("the environment ({name})")).project_id(project_id)))
    };
    for names in &KEY_VARIABLES {
        let given =
            |name: &str| -> Result<_> { Ok(Setting { setting: name.to_owned(), value: setting(runtime, name)? }) };
        let security_token = names.security_token.map(given).transpose()?;
        if let Some(key) = key(given(names.id)?, given(names.secret)?, security_token)? {
            return resolved(Credentials::AccessKey(key), names.id);
        }
    }
    match setting(runtime, TOKEN)? {
        Some(token) => resolved(Credentials::Token(Secret::new(TOKEN, token)?), TOKEN),
        None => Ok(None),
    }
}
