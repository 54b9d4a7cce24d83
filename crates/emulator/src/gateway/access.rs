//! Authentication of callers with access keys, tokens and users.

mod keys;
mod tokens;

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use hss_client::{Error, ErrorKind};
use hyper::header::HeaderValue;
use hyper::http::request::Parts;

use super::issuer::Issuer;
use super::signature::Authorization;
use super::users::{User, users};
use crate::response::AuthenticationError;
use crate::state::random::Random;

pub(crate) use keys::KeyPair;
pub(crate) use tokens::{Scope, Token};

use keys::Keys;
use tokens::Tokens;

/// The default access key of the emulator: id and secret.
pub const DEMO_ACCESS_KEY: (&str, &str) = ("HSSEMULATORDEMOKEY01", "secret-key-of-the-hss-emulator-demo");
/// The default token of the emulator.
pub const DEMO_TOKEN: &str = "token-of-the-hss-emulator-demo";
/// The default IAM user of the emulator: account, name and password.
pub const DEMO_USER: (&str, &str, &str) = ("demo", "demo", "password-of-the-hss-emulator-demo");

/// Validity of issued credentials.
pub(crate) const VALIDITY: Duration = Duration::from_secs(24 * 60 * 60);
/// Maximum number of valid tokens, and of valid temporary keys. Beyond it, the one that expires first is removed.
const MAX_ISSUED: usize = 10_000;
/// Length of a token. Real tokens are kilobytes long, so that a client that truncates them fails here, too.
const TOKEN_DIGITS: usize = 4096;
/// Length of the security token of a temporary key.
const SECURITY_TOKEN_DIGITS: usize = 1024;
/// Maximum length of the name of an unverified caller, in characters.
const UNVERIFIED: usize = 128;

/// The credentials that the emulator requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Auth {
    /// None: every request is accepted.
    #[default]
    Off,
    /// A token from IAM in `X-Auth-Token`.
    Token,
    /// A signature with an access key.
    AccessKey,
    /// A token or a signature.
    Any,
}

impl FromStr for Auth {
    type Err = String;

    /// Parses `off`, `token`, `aksk` or `any`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "token" => Ok(Self::Token),
            "aksk" => Ok(Self::AccessKey),
            "any" => Ok(Self::Any),
            _ => Err(format!("invalid authentication {text:?}: expected off, token, aksk or any")),
        }
    }
}

/// The credentials with which an emulator is configured.
#[derive(Default)]
pub(crate) struct Configured {
    pub(crate) keys: Vec<KeyPair>,
    pub(crate) tokens: Vec<String>,
    /// Accounts, names and passwords.
    pub(crate) users: Vec<(String, String, String)>,
    /// Whether a security token in a request must be signed.
    pub(crate) signed_security_token: bool,
}

/// The credentials that the emulator accepts.
pub(crate) struct Access {
    auth: Auth,
    signed_security_token: bool,
    users: Vec<Arc<User>>,
    /// The first user, who owns the access keys and the configured tokens.
    owner: Arc<User>,
    issuer: Issuer,
    keys: Mutex<Keys>,
    tokens: Mutex<Tokens>,
}

/// The sender of a request.
pub(crate) struct Caller {
    /// The id of an access key or the name of a user.
    pub(crate) name: String,
    pub(crate) user: Arc<User>,
    /// The project of the caller's token, if its scope is one project.
    pub(crate) project: Option<String>,
}

impl Access {
    /// Accepts these keys, tokens and users from `now` on. If there are none of a type, the demo credentials apply. Ids
    /// of users are derived from `random`.
    ///
    /// # Errors
    ///
    /// Returns an error if an access key is invalid.
    pub(crate) fn new(
        auth: Auth,
        configured: Configured,
        issuer: Issuer,
        random: Random,
        now: SystemTime,
    ) -> Result<Self, Error> {
        let Configured { keys: mut pairs, tokens: mut texts, users: mut names, signed_security_token } = configured;
        if pairs.is_empty() {
            let (id, secret) = DEMO_ACCESS_KEY;
            pairs.push(KeyPair { id: id.to_owned(), secret: secret.to_owned(), security_token: None });
        }
        if texts.is_empty() {
            texts.push(DEMO_TOKEN.to_owned());
        }
        if names.is_empty() {
            let (account, name, password) = DEMO_USER;
            names.push((account.to_owned(), name.to_owned(), password.to_owned()));
        }
        let mut keys = Keys::default();
        for pair in pairs {
            keys.add(pair, now, None)?;
        }
        let users = users(names, random);
        let no_users = || Error::new(ErrorKind::Usage, "there are no users");
        let owner = users.first().map(Arc::clone).ok_or_else(no_users)?;
        let mut tokens = Tokens::default();
        for text in texts {
            let token = Token {
                caller: "the user of the given token".to_owned(),
                user: Arc::clone(&owner),
                scope: Scope::Account,
                method: "password",
                issued: now,
                expires: None,
            };
            tokens.add(text, token, now);
        }
        let (keys, tokens) = (Mutex::new(keys), Mutex::new(tokens));
        Ok(Self { auth, signed_security_token, users, owner, issuer, keys, tokens })
    }

    /// Authenticates the sender of this request at `now`.
    ///
    /// # Errors
    ///
    /// Returns the reason why the gateway refuses the request.
    pub(crate) fn caller(&self, head: &Parts, body: &[u8], now: SystemTime) -> Result<Caller, AuthenticationError> {
        if self.auth == Auth::Off {
            return Ok(self.unverified(head));
        }
        match (header(head, "authorization")?, header(head, "x-auth-token")?) {
            (Some(authorization), _) if self.auth != Auth::Token => self.signer(authorization, head, body, now),
            (_, Some(token)) if self.auth != Auth::AccessKey => self.bearer(token, now),
            _ => Err(unauthorized(match self.auth {
                Auth::AccessKey => "signature not found",
                _ => "x-auth-token not found",
            })),
        }
    }

    /// Returns the claimed sender of a request without verification: the id of an access key, or the user of a token.
    pub(crate) fn claimed(&self, head: &Parts) -> Option<String> {
        let header = |name: &str| head.headers.get(name)?.to_str().ok();
        match header("authorization") {
            Some(text) => Authorization::read(text).ok().map(|claim| claim.key.chars().take(UNVERIFIED).collect()),
            None => self.tokens().find(header("x-auth-token")?).map(|token| token.caller.clone()),
        }
    }

    /// Returns the claimed sender of a request, for services that do not verify credentials.
    pub(crate) fn unverified(&self, head: &Parts) -> Caller {
        let header = |name: &str| head.headers.get(name)?.to_str().ok();
        let key = header("authorization").and_then(|text| Authorization::read(text).ok()).map(|claim| claim.key);
        let token = header("x-auth-token").and_then(|text| self.tokens().find(text).cloned());
        Caller {
            name: key.unwrap_or("anyone").chars().take(UNVERIFIED).collect(),
            user: token.map_or_else(|| Arc::clone(&self.owner), |token| token.user),
            project: None,
        }
    }

    fn signer(
        &self,
        authorization: &str,
        head: &Parts,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Caller, AuthenticationError> {
        const SECURITY_TOKEN: &str = "x-security-token";
        let claim = Authorization::read(authorization).map_err(unauthorized)?;
        let security_token = header(head, SECURITY_TOKEN)?;
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let key = keys.find(claim.key).ok_or_else(|| unauthorized("the access key does not exist"))?;
        if let Some(why) = key.denial(now) {
            return Err(unauthorized(why));
        }
        let verified = if !key.has_security_token(security_token) {
            Err("verify aksk signature fail, X-Security-Token is not that of the access key".to_owned())
        } else if self.signed_security_token && security_token.is_some() && !claim.signs(SECURITY_TOKEN) {
            Err("verify aksk signature fail, X-Security-Token is not in SignedHeaders".to_owned())
        } else {
            claim.verify(head, body, &key.pair, now)
        };
        key.count(verified.is_ok(), now);
        verified.map_err(|why| unauthorized(&why))?;
        Ok(Caller { name: claim.key.to_owned(), user: Arc::clone(&self.owner), project: None })
    }

    fn bearer(&self, text: &str, now: SystemTime) -> Result<Caller, AuthenticationError> {
        let Token { caller: name, user, scope, .. } = self.token(text, now)?;
        let project = match scope {
            Scope::Account => None,
            Scope::Project { id, .. } => Some(id),
        };
        Ok(Caller { name, user, project })
    }

    /// Returns the token with this text, if it is valid at `now`.
    ///
    /// # Errors
    ///
    /// Returns the error message of the gateway if the token is not valid.
    pub(crate) fn token(&self, text: &str, now: SystemTime) -> Result<Token, AuthenticationError> {
        let tokens = self.tokens();
        let token = tokens.find(text).ok_or_else(|| unauthorized("decrypt token fail"))?;
        match token.expires {
            Some(end) if end <= now => Err(("APIGW.0307", "The token must be updated.".to_owned())),
            _ => Ok(token.clone()),
        }
    }

    /// Returns all users.
    pub(crate) fn users(&self) -> &[Arc<User>] {
        &self.users
    }

    /// Issues a token and returns its text. Returns `None` if the system has no randomness.
    pub(crate) fn issue_token(&self, token: Token, now: SystemTime) -> Option<String> {
        let text = self.issuer.hexadecimal(TOKEN_DIGITS).ok()?;
        self.tokens().add(text.clone(), token, now);
        Some(text)
    }

    /// Issues a temporary access key and returns it with its expiry. Returns `None` if the system has no randomness.
    pub(crate) fn issue_key(&self, now: SystemTime) -> Option<(KeyPair, SystemTime)> {
        let issue = |digits: usize| self.issuer.hexadecimal(digits).ok();
        let pair = KeyPair {
            id: format!("HSSTEMP{}", issue(32)?.to_uppercase()),
            secret: issue(32)?,
            security_token: Some(issue(SECURITY_TOKEN_DIGITS)?),
        };
        let expires = now + VALIDITY;
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).add(pair.clone(), now, Some(expires)).ok()?;
        Some((pair, expires))
    }

    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the value of a header with credentials. A value that is not text is returned as an empty one.
///
/// # Errors
///
/// Returns an error if the header is given twice, because it is not defined which of the two values applies.
fn header<'a>(head: &'a Parts, name: &str) -> Result<Option<&'a str>, AuthenticationError> {
    let mut values = head.headers.get_all(name).iter().map(HeaderValue::to_str);
    match (values.next(), values.next()) {
        (value, None) => Ok(value.map(Result::unwrap_or_default)),
        (_, Some(_)) => Err(unauthorized(&format!("{name} is given more than once"))),
    }
}

/// Removes expired entries if the limit is reached. If none has expired, removes the one that expires first. Entries
/// without an expiry are kept.
fn make_room<T>(known: &mut HashMap<String, T>, now: SystemTime, expires: impl Fn(&T) -> Option<SystemTime>) {
    if known.len() < MAX_ISSUED {
        return;
    }
    known.retain(|_, issued| expires(issued).is_none_or(|end| end > now));
    if known.len() >= MAX_ISSUED {
        let first = known.iter().filter_map(|(name, issued)| Some((expires(issued)?, name))).min();
        if let Some(name) = first.map(|(_, name)| name.clone()) {
            known.remove(&name);
        }
    }
}

fn unauthorized(why: &str) -> AuthenticationError {
    ("APIGW.0301", format!("Incorrect IAM authentication information: {why}"))
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("auth", &self.auth).finish_non_exhaustive()
    }
}
