//! IAM: tokens for users with a password, and the ids of projects.

use std::time::SystemTime;

use hss_client::{Arguments, Operation, regions};
use hyper::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::json;

use crate::access::{Access, Login};
use crate::answer::Answer;
use crate::random::Random;
use crate::timestamp::timestamp;

const X_SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// The body of a request for a token; what else it may hold is of no interest here.
#[derive(Deserialize)]
struct Request {
    auth: RequestedToken,
}

#[derive(Deserialize)]
struct RequestedToken {
    identity: Identity,
    #[serde(default)]
    scope: Scope,
}

#[derive(Deserialize)]
struct Identity {
    methods: Vec<String>,
    password: Option<Password>,
}

#[derive(Deserialize)]
struct Password {
    user: User,
}

#[derive(Deserialize)]
struct User {
    name: String,
    password: String,
    domain: Named,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize, Default)]
struct Scope {
    project: Option<Project>,
}

#[derive(Deserialize)]
struct Project {
    id: Option<String>,
    name: Option<String>,
}

/// The projects of the one account: one for each region, named as the region is.
#[derive(Debug)]
pub(crate) struct Projects(Random);

impl Projects {
    pub(crate) fn new(random: Random) -> Self {
        Self(random)
    }

    /// Id and name of each.
    fn all(&self) -> impl Iterator<Item = (String, &'static str)> {
        (0..).zip(regions("hss")).map(|(number, name)| (self.0.branch(number).hexadecimal(), *name))
    }

    fn named(&self, name: &str) -> Option<String> {
        self.all().find(|(_, known)| *known == name).map(|(id, _)| id)
    }
}

/// Answers a call of one of IAM's operations.
pub(crate) fn answer(
    operation: &Operation,
    arguments: &Arguments,
    body: &[u8],
    access: &Access,
    projects: &Projects,
    now: SystemTime,
) -> Answer {
    match operation.id {
        "KeystoneCreateUserTokenByPassword" => create_token(operation, body, access, projects, now),
        _ => list_projects(operation, arguments.get("name"), projects),
    }
}

fn create_token(operation: &Operation, body: &[u8], access: &Access, projects: &Projects, now: SystemTime) -> Answer {
    let request: Request = match serde_json::from_slice(body) {
        Ok(request) => request,
        // What the parser says may quote a password.
        Err(error) => {
            let place = format!("line {}, column {}", error.line(), error.column());
            return refused(400, "Bad Request", &format!("the request body is not as documented, at {place}"));
        }
    };
    let Identity { methods, password } = request.auth.identity;
    let (["password"], Some(Password { user })) = (&*methods.iter().map(String::as_str).collect::<Vec<_>>(), password)
    else {
        return refused(400, "Bad Request", "the emulator knows the one method password");
    };
    let Some(Login { token, user, expires }) = access.log_in(&user.domain.name, &user.name, &user.password, now) else {
        return refused(401, "Unauthorized", "The username or password is wrong.");
    };
    let project = match request.auth.scope.project {
        None => None,
        Some(Project { id: Some(id), name }) => Some((id, name.unwrap_or_default())),
        Some(Project { id: None, name: Some(name) }) => match projects.named(&name) {
            Some(id) => Some((id, name)),
            None => return refused(401, "Unauthorized", "the account has no project of that name"),
        },
        Some(Project { id: None, name: None }) => {
            return refused(400, "Bad Request", "the project in the scope has neither id nor name");
        }
    };
    let mut described = json!({
        "expires_at": timestamp(expires),
        "methods": ["password"],
        "catalog": [],
        "roles": [],
        "issued_at": timestamp(now),
        "user": {"name": user, "domain": {"name": user}},
    });
    if let (Some((id, name)), Some(token)) = (project, described.as_object_mut()) {
        token.insert("project".to_owned(), json!({"id": id, "name": name}));
    }
    let mut answer = Answer::json(operation.success.status, &json!({ "token": described }));
    answer.headers.extend(HeaderValue::from_str(&token).ok().map(|token| (X_SUBJECT_TOKEN, token)));
    answer
}

fn list_projects(operation: &Operation, name: Option<&str>, projects: &Projects) -> Answer {
    let rows: Vec<_> = projects
        .all()
        .filter(|(_, known)| name.is_none_or(|name| name == *known))
        .map(|(id, name)| json!({"id": id, "name": name, "enabled": true, "is_domain": false}))
        .collect();
    Answer::json(operation.success.status, &json!({ "projects": rows }))
}

/// An error as IAM answers it.
pub(crate) fn refused(status: u16, title: &str, message: &str) -> Answer {
    Answer::json(status, &json!({"error": {"code": status, "message": message, "title": title}}))
}
