//! Who may call: access keys, tokens and users, and what is checked of each.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use huaweicloud_core::AccessKey;
use hyper::http::request::Parts;

use crate::random::Random;
use crate::signature::Claim;

/// A key id, its secret and, if it is temporary, its security token.
#[derive(Clone)]
pub(crate) struct KeyPair {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) security_token: Option<String>,
}

/// The access key that the emulator knows unless others are given: id and secret.
pub const DEMO_ACCESS_KEY: (&str, &str) = ("HSSEMULATORDEMOKEY01", "secret-key-of-the-hss-emulator-demo");
/// The token that the emulator knows unless others are given.
pub const DEMO_TOKEN: &str = "token-of-the-hss-emulator-demo";
/// The IAM user that the emulator knows unless others are given: account, name and password.
pub const DEMO_USER: (&str, &str, &str) = ("demo", "demo", "password-of-the-hss-emulator-demo");

/// How many refused signatures in a row a key may have before it is locked.
const FAILURES: u32 = 5;
/// For how long it is locked then.
const LOCK: Duration = Duration::from_secs(5 * 60);
/// For how long what is issued is valid.
const VALIDITY: Duration = Duration::from_secs(24 * 60 * 60);
/// As many tokens and as many temporary keys as are valid at once; the oldest ends for one more.
const ISSUED: usize = 10_000;

/// Which credentials the emulator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Auth {
    /// None: whoever calls is served.
    #[default]
    Off,
    /// A token, as IAM issues them, in `X-Auth-Token`.
    Token,
    /// A signature with an access key.
    AccessKey,
    /// Either of the two.
    Any,
}

impl FromStr for Auth {
    type Err = String;

    /// Reads `off`, `token`, `aksk` or `any`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "token" => Ok(Self::Token),
            "aksk" => Ok(Self::AccessKey),
            "any" => Ok(Self::Any),
            _ => Err(format!("{text:?} is none of off, token, aksk and any")),
        }
    }
}

/// A caller whom the gateway does not let through: code and message.
pub(crate) type Denied = (&'static str, String);

/// All that proves who somebody is.
pub(crate) struct Access {
    auth: Auth,
    users: Vec<(String, String, String)>,
    random: Random,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Key>,
    tokens: HashMap<String, Token>,
    /// How much has been issued.
    issued: u64,
}

struct Key {
    pair: AccessKey,
    security_token: Option<String>,
    expires: Option<SystemTime>,
    /// Refused signatures in a row.
    failures: u32,
    locked_until: Option<SystemTime>,
}

struct Token {
    user: String,
    expires: Option<SystemTime>,
}

/// A user that has logged in.
pub(crate) struct Login<'a> {
    pub(crate) token: String,
    pub(crate) user: &'a str,
    pub(crate) expires: SystemTime,
}

impl Access {
    /// Knows these keys, tokens and users, or those of the demo in place of none; `random` is what it issues others from.
    ///
    /// # Errors
    ///
    /// If a key cannot be one.
    pub(crate) fn new(
        auth: Auth,
        keys: Vec<KeyPair>,
        tokens: Vec<String>,
        users: Vec<(String, String, String)>,
        random: Random,
    ) -> Result<Self, hss_client::Error> {
        let mut known = Known::default();
        let (mut keys, mut tokens, mut users) = (keys, tokens, users);
        if keys.is_empty() {
            let (id, secret) = DEMO_ACCESS_KEY;
            keys.push(KeyPair { id: id.to_owned(), secret: secret.to_owned(), security_token: None });
        }
        if tokens.is_empty() {
            tokens.push(DEMO_TOKEN.to_owned());
        }
        if users.is_empty() {
            let (account, name, password) = DEMO_USER;
            users.push((account.to_owned(), name.to_owned(), password.to_owned()));
        }
        for pair in keys {
            known.add_key(pair, None)?;
        }
        for token in tokens {
            known.tokens.insert(token, Token { user: "the user of the given token".to_owned(), expires: None });
        }
        Ok(Self { auth, users, random, known: Mutex::new(known) })
    }

    /// Who sends this request at `now`: the name of a user, or the id of an access key.
    ///
    /// # Errors
    ///
    /// Why the gateway does not let it through.
    pub(crate) fn caller(&self, head: &Parts, body: &[u8], now: SystemTime) -> Result<String, Denied> {
        let header = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let authorization = header("authorization");
        if self.auth == Auth::Off {
            let claim = authorization.and_then(|text| Claim::read(text).ok());
            return Ok(claim.map_or("anyone", |claim| claim.key).to_owned());
        }
        match (authorization, header("x-auth-token")) {
            (Some(authorization), _) if self.auth != Auth::Token => self.signer(authorization, head, body, now),
            (_, Some(token)) if self.auth != Auth::AccessKey => self.bearer(token, now),
            _ => Err(unauthorized(match self.auth {
                Auth::AccessKey => "signature not found",
                _ => "x-auth-token not found",
            })),
        }
    }

    /// Who a request says that it is from, whether that is so or not: the id of an access key, or the user of a token.
    pub(crate) fn claimed(&self, head: &Parts) -> Option<String> {
        let header = |name: &str| head.headers.get(name)?.to_str().ok();
        match header("authorization") {
            Some(text) => Claim::read(text).ok().map(|claim| claim.key.to_owned()),
            None => self.known().tokens.get(header("x-auth-token")?).map(|token| token.user.clone()),
        }
    }

    fn signer(&self, authorization: &str, head: &Parts, body: &[u8], now: SystemTime) -> Result<String, Denied> {
        let claim = Claim::read(authorization).map_err(unauthorized)?;
        let mut known = self.known();
        let key = known.keys.get_mut(claim.key).ok_or_else(|| unauthorized("the access key does not exist"))?;
        if key.locked_until.is_some_and(|end| now < end) {
            return Err(unauthorized("AK access failed to reach the limit,forbidden"));
        }
        if key.expires.is_some_and(|end| end <= now) {
            return Err(unauthorized("the temporary access key has expired"));
        }
        let token = head.headers.get("x-security-token").map(hyper::header::HeaderValue::as_bytes);
        let verified = if token == key.security_token.as_deref().map(str::as_bytes) {
            claim.verify(head, body, &key.pair, now)
        } else {
            Err("verify aksk signature fail, X-Security-Token is not that of the access key".to_owned())
        };
        match verified {
            Ok(()) => {
                (key.failures, key.locked_until) = (0, None);
                Ok(claim.key.to_owned())
            }
            Err(why) => {
                key.failures += 1;
                if key.failures > FAILURES {
                    (key.failures, key.locked_until) = (0, Some(now + LOCK));
                }
                Err(unauthorized(&why))
            }
        }
    }

    fn bearer(&self, token: &str, now: SystemTime) -> Result<String, Denied> {
        let known = self.known();
        let token = known.tokens.get(token).ok_or_else(|| unauthorized("decrypt token fail"))?;
        match token.expires {
            Some(end) if end <= now => Err(("APIGW.0307", "The token must be updated.".to_owned())),
            _ => Ok(token.user.clone()),
        }
    }

    /// A token for the user of that account, name and password.
    pub(crate) fn log_in(&self, account: &str, name: &str, password: &str, now: SystemTime) -> Option<Login<'_>> {
        let (_, user, _) = self.users.iter().find(|user| **user == (account.into(), name.into(), password.into()))?;
        let mut known = self.known();
        let expires = now + VALIDITY;
        // Real ones are kilobytes long: a client that cuts them finds out here.
        let random = known.next(self.random);
        let token: String = (0..128).map(|part| random.branch(part).hexadecimal()).collect();
        make_room(&mut known.tokens, now, |token| token.expires);
        known.tokens.insert(token.clone(), Token { user: user.clone(), expires: Some(expires) });
        Some(Login { token, user, expires })
    }

    /// A temporary access key, and when it ends.
    pub(crate) fn issue_key(&self, now: SystemTime) -> Result<(KeyPair, SystemTime), hss_client::Error> {
        let mut known = self.known();
        let random = known.next(self.random);
        let part = |number: u64| random.branch(number).hexadecimal();
        let pair = KeyPair {
            id: format!("HSSTEMP{}", part(0).to_uppercase()),
            secret: part(1),
            security_token: Some((2..34).map(part).collect()),
        };
        let expires = now + VALIDITY;
        make_room(&mut known.keys, now, |key| key.expires);
        known.add_key(pair.clone(), Some(expires))?;
        Ok((pair, expires))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn add_key(&mut self, pair: KeyPair, expires: Option<SystemTime>) -> Result<(), hss_client::Error> {
        let secret = hss_client::Secret::new("the secret of an access key", pair.secret)?;
        let key = AccessKey::new("the id of an access key", &pair.id, secret)?;
        let security_token = pair.security_token;
        self.keys.insert(pair.id, Key { pair: key, security_token, expires, failures: 0, locked_until: None });
        Ok(())
    }

    fn next(&mut self, random: Random) -> Random {
        self.issued += 1;
        random.branch(self.issued)
    }
}

/// Forgets what has ended or, where nothing has, what ends first. What has no end stays.
fn make_room<T>(known: &mut HashMap<String, T>, now: SystemTime, expires: impl Fn(&T) -> Option<SystemTime>) {
    if known.len() < ISSUED {
        return;
    }
    known.retain(|_, issued| expires(issued).is_none_or(|end| end > now));
    if known.len() >= ISSUED {
        let first = known.iter().filter_map(|(name, issued)| Some((expires(issued)?, name))).min();
        if let Some(name) = first.map(|(_, name)| name.clone()) {
            known.remove(&name);
        }
    }
}

fn unauthorized(why: &str) -> Denied {
    ("APIGW.0301", format!("Incorrect IAM authentication information: {why}"))
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("auth", &self.auth).finish_non_exhaustive()
    }
}
