//! Operations of IAM that other clients use. They are missing from the document of this project because its client does
//! not call them.

use hss_client::Operation;
use hss_client::operation::{Location, Parameter, ParameterType, Success};
use huaweicloud_core::{IAM, IAM_OPERATIONS};

pub(super) const CREATE_TOKEN: &str = "KeystoneCreateUserTokenByPassword";
pub(super) const VALIDATE_TOKEN: &str = "KeystoneValidateToken";
pub(super) const LIST_AUTH_DOMAINS: &str = "KeystoneListAuthDomains";
pub(super) const LIST_AUTH_PROJECTS: &str = "KeystoneListAuthProjects";
pub(super) const LIST_VERSIONS: &str = "KeystoneListVersions";
pub(super) const SHOW_VERSION: &str = "KeystoneShowVersion";

const NO_CATALOG: Parameter = Parameter::new(
    "nocatalog",
    Location::Query,
    ParameterType::String { min_length: Some(1), max_length: None, allowed: &[] },
);

static UNDOCUMENTED: [Operation; 7] = [
    operation(LIST_VERSIONS, "GET", "/", 300, &[]),
    operation(SHOW_VERSION, "GET", "/v3", 200, &[]),
    operation(SHOW_VERSION, "GET", "/v3/", 200, &[]),
    operation(VALIDATE_TOKEN, "GET", "/v3/auth/tokens", 200, &[NO_CATALOG]),
    operation(VALIDATE_TOKEN, "HEAD", "/v3/auth/tokens", 200, &[NO_CATALOG]),
    operation(LIST_AUTH_DOMAINS, "GET", "/v3/auth/domains", 200, &[]),
    operation(LIST_AUTH_PROJECTS, "GET", "/v3/auth/projects", 200, &[]),
];

const fn operation(
    id: &'static str,
    method: &'static str,
    path: &'static str,
    status: u16,
    parameters: &'static [Parameter],
) -> Operation {
    Operation::new(&IAM, id, "", method, path, Success::new(status)).parameters(parameters)
}

/// Returns all operations of IAM that the emulator implements.
pub(crate) fn all() -> impl Iterator<Item = &'static Operation> {
    IAM_OPERATIONS.iter().copied().chain(&UNDOCUMENTED)
}

/// Returns whether an operation belongs to IAM.
pub(crate) fn is_iam(operation: &Operation) -> bool {
    all().any(|known| known.id == operation.id)
}

/// Returns whether a parameter of IAM is set regardless of its value. Keystone clients send it without a value.
pub(crate) fn is_flag(parameter: &str) -> bool {
    parameter == NO_CATALOG.name
}

/// Returns whether an operation needs no credentials. A login, for example, is how a caller obtains them.
pub(crate) fn is_open(operation: &Operation) -> bool {
    [CREATE_TOKEN, LIST_VERSIONS, SHOW_VERSION].contains(&operation.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_matches_the_document() {
        let login = all().find(|operation| operation.id == CREATE_TOKEN).unwrap();
        assert_eq!((login.method, login.path), ("POST", "/v3/auth/tokens"));
        assert!(is_open(login) && is_iam(login));
    }
}
