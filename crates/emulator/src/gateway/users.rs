//! The configured IAM users and their accounts.

use std::sync::Arc;

use subtle::ConstantTimeEq as _;

use crate::state::random::{Random, branches};

/// An account, which Keystone calls a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// An IAM user.
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) account: Account,
    password: String,
}

impl User {
    /// Returns whether this is the user's password, in constant time.
    pub(crate) fn has_password(&self, password: &str) -> bool {
        self.password.as_bytes().ct_eq(password.as_bytes()).into()
    }
}

/// Creates users with these accounts, names and passwords. Their ids are derived from the seed and their order.
pub(crate) fn users(given: Vec<(String, String, String)>, random: Random) -> Vec<Arc<User>> {
    let mut users: Vec<Arc<User>> = Vec::with_capacity(given.len());
    for (number, (account, name, password)) in (0..).zip(given) {
        let known = users.iter().find(|user| user.account.name == account).map(|user| user.account.clone());
        let account = known.unwrap_or_else(|| Account {
            id: random.branch(branches::ACCOUNTS).branch(number).hexadecimal(),
            name: account,
        });
        users.push(Arc::new(User {
            id: random.branch(branches::USERS).branch(number).hexadecimal(),
            name,
            account,
            password,
        }));
    }
    users
}
