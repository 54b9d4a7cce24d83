//! The metadata service, as a server of the cloud has it next door: session tokens, and temporary access keys.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hyper::Method;
use hyper::http::request::Parts;
use serde_json::json;

use crate::access::Access;
use crate::answer::Answer;
use crate::issuer::Issuer;
use crate::timestamp::timestamp;

const TOKEN_PATH: &str = "/meta-data/latest/api/token";
const KEY_PATH: &str = "/openstack/latest/securitykey";
const TOKEN: &str = "x-metadata-token";
const TTL: &str = "x-metadata-token-ttl-seconds";
/// Length of a session token.
const TOKEN_DIGITS: usize = 32;
/// The longest life of a session token.
const LONGEST: u64 = 21_600;
/// As many session tokens as are valid at once.
const SESSIONS: usize = 1_000;

/// The session tokens, and when each ends.
#[derive(Debug)]
pub(crate) struct Metadata {
    issuer: Issuer,
    sessions: Mutex<HashMap<String, SystemTime>>,
}

impl Metadata {
    pub(crate) fn new(issuer: Issuer) -> Self {
        Self { issuer, sessions: Mutex::default() }
    }

    /// What it answers, if the request is for it.
    pub(crate) fn answer(&self, head: &Parts, access: &Access, now: SystemTime) -> Option<Answer> {
        match head.uri.path() {
            TOKEN_PATH if head.method == Method::PUT => Some(self.token(head, now)),
            KEY_PATH if head.method == Method::GET => Some(self.key(head, access, now)),
            TOKEN_PATH | KEY_PATH => Some(Answer::text(405, "405 Method Not Allowed")),
            _ => None,
        }
    }

    fn token(&self, head: &Parts, now: SystemTime) -> Answer {
        let ttl = header(head, TTL).and_then(|ttl| ttl.parse().ok()).filter(|ttl| (1..=LONGEST).contains(ttl));
        let Some(ttl) = ttl else { return Answer::text(400, "400 Bad Request: X-Metadata-Token-Ttl-Seconds") };
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= SESSIONS {
            sessions.retain(|_, end| *end > now);
        }
        if sessions.len() >= SESSIONS {
            return Answer::text(503, "503 Service Unavailable: too many session tokens");
        }
        let Ok(token) = self.issuer.hexadecimal(TOKEN_DIGITS) else { return Answer::text(500, "") };
        sessions.insert(token.clone(), now + Duration::from_secs(ttl));
        Answer::text(200, &token)
    }

    fn key(&self, head: &Parts, access: &Access, now: SystemTime) -> Answer {
        // Without a token it answers, too, as the service does until an owner asks for tokens.
        if let Some(token) = header(head, TOKEN) {
            let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            if sessions.get(token).is_none_or(|end| *end <= now) {
                return Answer::text(401, "401 Unauthorized");
            }
        }
        let Some((pair, expires)) = access.issue_key(now) else { return Answer::text(500, "") };
        Answer::json(
            200,
            &json!({"credential": {
                "access": pair.id,
                "secret": pair.secret,
                "securitytoken": pair.security_token,
                "expires_at": timestamp(expires),
            }}),
        )
    }
}

fn header<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name)?.to_str().ok()
}
