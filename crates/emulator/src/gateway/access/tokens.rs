//! The accepted tokens, each with its user and scope.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use super::make_room;
use crate::gateway::users::User;

/// The scope of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The user's account, which includes every project.
    Account,
    /// A single project.
    Project { id: String, name: String },
}

/// A token, without its text.
#[derive(Clone)]
pub(crate) struct Token {
    /// Name of the caller for the log.
    pub(crate) caller: String,
    pub(crate) user: Arc<User>,
    pub(crate) scope: Scope,
    /// The method with which the user authenticated: `password` or `token`.
    pub(crate) method: &'static str,
    pub(crate) issued: SystemTime,
    /// Expiry. `None` for a token with which the emulator was configured.
    pub(crate) expires: Option<SystemTime>,
}

/// All tokens, by their text.
#[derive(Default)]
pub(super) struct Tokens(HashMap<String, Token>);

impl Tokens {
    /// Adds a token at `now`. If there are too many, it replaces the one that expires first.
    pub(super) fn add(&mut self, text: String, token: Token, now: SystemTime) {
        make_room(&mut self.0, now, |token| token.expires);
        self.0.insert(text, token);
    }

    pub(super) fn find(&self, text: &str) -> Option<&Token> {
        self.0.get(text)
    }
}
