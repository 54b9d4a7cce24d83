//! IAM: tokens for users, and the ids of projects.
//!
//! The calls are generated from `openapi/iam-v3.yaml`, as those of any other service are from its document.

mod projects;

use std::time::SystemTime;

use reqwest::header::HeaderName;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::call::Call;
use crate::credentials::{Grant, Project, Source as _, User};
use crate::regions::UnknownRegion;
use crate::{Arguments, Credentials, Error, Kind, Operation, Result, Secret, Transport};

pub use projects::Projects;

/// The operations of IAM that the client knows, for a server that stands in for it.
pub static IAM_OPERATIONS: &[&Operation] = generated::operations::ALL;

use generated::{models, wire};

#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "written for a public face, which this client does not have: its bodies hold passwords"
)]
mod generated {
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

    /// Checks the arguments of a typed call, and makes the generated client that sends it.
    fn begin(&self, operation: &'static Operation, arguments: &Arguments) -> Result<wire::Client> {
        arguments.check(operation)?;
        let call = Call::new(self.transport.clone(), operation);
        Ok(wire::Client::new_with_client(&self.transport.endpoint().to_string(), self.transport.http().clone(), call))
    }

    /// Gets a token for a user, and the id of the project that it is for.
    pub(crate) async fn token(&self, user: &User) -> Result<Grant> {
        let answer = self.keystone_create_user_token_by_password(request(user)).nocatalog("true").send().await;
        let answer = answer.map_err(|error| match error.kind() {
            Kind::Credentials => error.remedy(refused(user)),
            _ => error,
        })?;
        let unusable = |what: &str| Error::new(Kind::Protocol, format!("IAM's answer {what}"));
        let token = answer.headers().get(X_SUBJECT_TOKEN).ok_or_else(|| unusable("has no token (X-Subject-Token)"))?;
        let token = token.to_str().ok().and_then(|token| Secret::new("X-Subject-Token", token).ok());
        let token = token.ok_or_else(|| unusable("has a token (X-Subject-Token) that no request can carry"))?;
        let described = answer.into_inner().token.unwrap_or_default();
        // A time of another form must not make the token unusable: then it is renewed once it is refused.
        Ok(Grant {
            expires: described.expires_at.as_deref().and_then(date),
            project_id: described.project.and_then(|project| project.id),
            ..Grant::new(Credentials::Token(token), user.name())
        })
    }
}

/// The hint for a login that was refused.
fn refused(user: &User) -> String {
    let hint = "Check name, password and account of the IAM user. Repeated, a wrong password locks the user out.";
    let unknown = match &user.project {
        Project::Region(region) => UnknownRegion::of_all(region),
        Project::Id(_) => None,
    };
    unknown.map_or_else(|| hint.to_owned(), |region| format!("{hint} {}", region.hint()))
}

/// The body of the request for a token.
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

/// A time as IAM and the metadata service write it: `2024-11-26T08:00:00.000000Z`.
pub(crate) fn date(text: &str) -> Option<SystemTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(SystemTime::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_are_read_with_and_without_fraction() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_732_608_000);
        assert_eq!(date("2024-11-26T08:00:00.000000Z"), Some(at));
        assert_eq!(date("2024-11-26T08:00:00Z"), Some(at));
        assert_eq!(date("2024-11-26T08:00:00.25Z"), Some(at + Duration::from_millis(250)));
        for text in ["", "tomorrow", "2024-11-26", "2024-13-26T08:00:00Z", "2024-11-26T08:00:00"] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
