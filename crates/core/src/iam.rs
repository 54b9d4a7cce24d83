//! Requests tokens for users and the ids of projects from IAM.
//!
//! The calls are generated from `openapi/iam-v3.yaml`, like those of any other service.

mod environment_user;
mod projects;
mod user;

use std::time::Duration;

use crate::credentials::{ResolvedCredentials, Source as _};
use crate::generated::{self as hooks, Call};
use crate::regions::UnknownRegion;
use crate::{Credentials, Error, ErrorKind, Operation, Quota, Result, Secret, Service, Transport, timestamp};
use reqwest::header::HeaderName;

pub use environment_user::EnvironmentUser;
pub use projects::Projects;
pub use user::{Project, User};

/// Identity and Access Management. The list contains the regions with a separate address of IAM. All other regions use
/// the global address.
pub static IAM: Service = Service {
    name: "iam",
    regions: &[
        "cn-north-1",
        "cn-north-2",
        "cn-north-4",
        "cn-north-9",
        "cn-north-12",
        "cn-east-2",
        "cn-east-3",
        "cn-east-4",
        "cn-east-5",
        "cn-south-1",
        "cn-south-2",
        "cn-southwest-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "af-south-1",
        "sa-brazil-1",
        "la-south-2",
        "la-north-2",
        "na-mexico-1",
        "eu-west-0",
        "my-kualalumpur-1",
        "ru-moscow-1",
        "me-east-1",
        "ae-ad-1",
        "tr-west-1",
    ],
    is_global: true,
    error_codes: &[],
    quota: Quota { requests: 5, window: Duration::from_secs(60) },
};

/// The IAM operations that the client uses, for a server that emulates IAM.
pub static IAM_OPERATIONS: &[&Operation] = generated::operations::ALL;

use generated::{models, wire};

#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "written for a public face, which this client does not have: its bodies hold passwords"
)]
mod generated {
    use super::IAM as SERVICE;

    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

const X_SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// A client of IAM.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    transport: Transport,
}

impl Client {
    pub(crate) fn new(transport: Transport) -> Self {
        Self { transport }
    }

    /// Returns the generated client that sends a typed call.
    fn begin(&self, operation: &'static Operation) -> wire::Client {
        let call = Call::new(self.transport.clone(), operation);
        wire::Client::new_with_client(&self.transport.endpoint().to_string(), hooks::http(&self.transport), call)
    }

    /// Requests a token for a user. The result contains the id of its project.
    pub(crate) async fn token(&self, user: &User) -> Result<ResolvedCredentials> {
        let response = self.keystone_create_user_token_by_password(request(user)).nocatalog("true").send().await;
        let response = response.map_err(|error| match error.kind() {
            ErrorKind::Credentials => error.with_hint(refused(user)),
            _ => error,
        })?;
        let unusable = |what: &str| Error::new(ErrorKind::Protocol, format!("invalid response of IAM: {what}"));
        let token =
            response.headers().get(X_SUBJECT_TOKEN).ok_or_else(|| unusable("missing token (X-Subject-Token)"))?;
        let token = token.to_str().ok().and_then(|token| Secret::new("X-Subject-Token", token).ok());
        let token = token.ok_or_else(|| unusable("invalid token (X-Subject-Token)"))?;
        let described = response.into_inner().token.unwrap_or_default();
        // A time in another format must not make the token unusable. Without a time, the token is refreshed when it is
        // refused.
        Ok(ResolvedCredentials {
            expires: described.expires_at.as_deref().and_then(timestamp::read),
            project_id: described.project.and_then(|project| project.id),
            ..ResolvedCredentials::new(Credentials::Token(token), user.name())
        })
    }
}

/// Returns the hint for a refused login.
fn refused(user: &User) -> String {
    let hint = "Check the name, password and account of the IAM user. Repeated wrong passwords lock the user.";
    let unknown = match &user.project {
        Project::Region(region) => UnknownRegion::of_all(region),
        Project::Id(_) => None,
    };
    unknown.map_or_else(|| hint.to_owned(), |region| format!("{hint} {}", region.hint()))
}

/// Returns the body of the request for a token.
fn request(user: &User) -> models::KeystoneCreateUserTokenByPasswordRequestBody {
    let identity = models::PwdIdentity::new(
        vec![models::AuthMethod::Password],
        models::PwdPassword::new(models::PwdPasswordUser::new(
            user.name.clone(),
            user.password.expose().to_owned(),
            models::PwdPasswordUserDomain::new(user.domain.clone()),
        )),
    );
    let mut project = models::AuthScopeProject::default();
    match &user.project {
        Project::Region(name) => project.name = Some(name.clone()),
        Project::Id(id) => project.id = Some(id.clone()),
    }
    let mut auth = models::PwdAuth::new(identity);
    auth.scope = Some(models::AuthScope { project: Some(project), ..models::AuthScope::default() });
    models::KeystoneCreateUserTokenByPasswordRequestBody::new(auth)
}
