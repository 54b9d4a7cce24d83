//! The request body for a token. Unknown fields are ignored.

use serde::Deserialize;

use crate::gateway::users::{Account, User};

/// Maximum length of a project's id or name, in bytes.
const NAME_LIMIT: usize = 256;

#[derive(Deserialize)]
pub(super) struct Request {
    pub(super) auth: Auth,
}

#[derive(Deserialize)]
pub(super) struct Auth {
    pub(super) identity: Identity,
    #[serde(default)]
    pub(super) scope: Option<Scope>,
}

#[derive(Deserialize)]
pub(super) struct Identity {
    methods: Vec<String>,
    password: Option<Password>,
    token: Option<Token>,
}

#[derive(Deserialize)]
struct Password {
    user: PasswordUser,
}

#[derive(Deserialize)]
struct Token {
    id: String,
}

/// A user and their password. The user is identified by an id, or by a name and an account.
#[derive(Deserialize)]
pub(super) struct PasswordUser {
    id: Option<String>,
    name: Option<String>,
    pub(super) password: String,
    domain: Option<Named>,
}

#[derive(Deserialize)]
pub(super) struct Scope {
    pub(super) project: Option<Named>,
    pub(super) domain: Option<Named>,
}

/// A project or an account, identified by an id, a name or both.
#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
}

/// The proof of a user's identity.
pub(super) enum AuthenticationMethod {
    Password(PasswordUser),
    /// The text of another token.
    Token(String),
}

impl Identity {
    /// Returns the proof for the single method of the request. Returns `None` if it is missing, or if there are several
    /// methods.
    pub(super) fn authentication_method(self) -> Option<AuthenticationMethod> {
        match &*self.methods.iter().map(String::as_str).collect::<Vec<_>>() {
            ["password"] => self.password.map(|Password { user }| AuthenticationMethod::Password(user)),
            ["token"] => self.token.map(|Token { id }| AuthenticationMethod::Token(id)),
            _ => None,
        }
    }
}

impl PasswordUser {
    /// Returns whether this identifies the user.
    pub(super) fn names(&self, user: &User) -> bool {
        let is_account = |domain: &Named| domain.names(&user.account);
        match (&self.id, &self.name, &self.domain) {
            (Some(id), _, _) => *id == user.id,
            (None, Some(name), Some(domain)) => *name == user.name && is_account(domain),
            _ => false,
        }
    }
}

impl Named {
    /// Returns whether this identifies the account.
    pub(super) fn names(&self, account: &Account) -> bool {
        let Self { id, name } = self;
        (id.is_some() || name.is_some())
            && id.as_ref().is_none_or(|id| *id == account.id)
            && name.as_ref().is_none_or(|name| *name == account.name)
    }

    /// Returns whether id and name are within the length limit.
    pub(super) fn is_short(&self) -> bool {
        [&self.id, &self.name].into_iter().flatten().all(|text| text.len() <= NAME_LIMIT)
    }
}
