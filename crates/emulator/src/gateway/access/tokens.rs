//! The tokens that are valid, each with what it is good for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use super::make_room;
use crate::gateway::users::User;

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The user's account, and so every project.
    Account,
    /// A single project.
    Project { id: String, name: String },
}

/// A token, without its text.
#[derive(Clone)]
pub(crate) struct Token {
    /// Who sends it, as the log says.
    pub(crate) caller: String,
    pub(crate) user: Arc<User>,
    pub(crate) scope: Scope,
    /// How the user proved their identity: `password` or `token`.
    pub(crate) method: &'static str,
    pub(crate) issued: SystemTime,
    /// When it ends; never, if it was given to the emulator when it started.
    pub(crate) expires: Option<SystemTime>,
}

/// All tokens, by their text.
#[derive(Default)]
pub(super) struct Tokens(HashMap<String, Token>);

impl Tokens {
    /// Adds a token at `now`, in place of the one that ends first if there are too many.
    pub(super) fn add(&mut self, text: String, token: Token, now: SystemTime) {
        make_room(&mut self.0, now, |token| token.expires);
        self.0.insert(text, token);
    }

    pub(super) fn find(&self, text: &str) -> Option<&Token> {
        self.0.get(text)
    }
}
