//! Defines questions about the kind of an error, for the kinds to which programs react.

use super::{Error, ErrorKind};

impl Error {
    /// Reports whether the caller's input or configuration is wrong ([`ErrorKind::Usage`]).
    #[must_use]
    pub fn is_usage(&self) -> bool {
        self.kind() == ErrorKind::Usage
    }

    /// Reports whether the service did not accept the credentials ([`ErrorKind::Credentials`]).
    #[must_use]
    pub fn is_credentials(&self) -> bool {
        self.kind() == ErrorKind::Credentials
    }

    /// Reports whether the service does not permit the call ([`ErrorKind::Permission`]).
    #[must_use]
    pub fn is_permission(&self) -> bool {
        self.kind() == ErrorKind::Permission
    }

    /// Reports whether the requested resource does not exist ([`ErrorKind::NotFound`]).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Reports whether a quota is exhausted ([`ErrorKind::Throttled`]).
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.kind() == ErrorKind::Throttled
    }

    /// Reports whether an attempt, a call or a waiter did not finish in time ([`ErrorKind::Timeout`]).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Reports whether no connection was established, or it broke ([`ErrorKind::Connection`]).
    #[must_use]
    pub fn is_connection(&self) -> bool {
        self.kind() == ErrorKind::Connection
    }

    /// Reports whether a listing is incomplete ([`ErrorKind::Incomplete`]).
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.kind() == ErrorKind::Incomplete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_predicate_is_true_for_its_kind_alone() {
        let kinds = [
            ErrorKind::Usage,
            ErrorKind::Credentials,
            ErrorKind::Permission,
            ErrorKind::NotFound,
            ErrorKind::Throttled,
            ErrorKind::Timeout,
            ErrorKind::Connection,
            ErrorKind::Incomplete,
            ErrorKind::Service,
            ErrorKind::Protocol,
            ErrorKind::DryRun,
        ];
        for (index, kind) in kinds.into_iter().enumerate() {
            let error = Error::new(kind, "m");
            let answers = [
                error.is_usage(),
                error.is_credentials(),
                error.is_permission(),
                error.is_not_found(),
                error.is_throttled(),
                error.is_timeout(),
                error.is_connection(),
                error.is_incomplete(),
            ];
            for (position, answer) in answers.into_iter().enumerate() {
                assert_eq!(answer, position == index, "{kind:?}");
            }
        }
    }
}
