//! The metadata service of a cloud server: session tokens and temporary access keys. It responds only to this machine.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hyper::Method;
use hyper::http::request::Parts;
use serde_json::json;

use crate::gateway::access::Access;
use crate::gateway::issuer::Issuer;
use crate::gateway::peer::Peer;
use crate::response::Response;
use crate::timestamp::timestamp;

const TOKEN_PATH: &str = "/meta-data/latest/api/token";
const KEY_PATH: &str = "/openstack/latest/securitykey";
const TOKEN: &str = "x-metadata-token";
const TTL: &str = "x-metadata-token-ttl-seconds";
/// Length of a session token.
const TOKEN_DIGITS: usize = 32;
/// Maximum lifetime of a session token, in seconds.
const MAX_TTL: u64 = 21_600;
/// Maximum number of valid session tokens.
const SESSIONS: usize = 1_000;

/// The session tokens and their expiry.
#[derive(Debug)]
pub(crate) struct Metadata {
    issuer: Issuer,
    sessions: Mutex<HashMap<String, SystemTime>>,
}

impl Metadata {
    pub(crate) fn new(issuer: Issuer) -> Self {
        Self { issuer, sessions: Mutex::default() }
    }

    /// Returns the response if the request is for the metadata service and from this machine. Any other caller could
    /// obtain a key that the emulator accepts.
    pub(crate) fn respond(&self, head: &Parts, access: &Access, now: SystemTime) -> Option<Response> {
        head.extensions.get::<Peer>().filter(|peer| peer.is_loopback())?;
        match head.uri.path() {
            TOKEN_PATH if head.method == Method::PUT => Some(self.token(head, now)),
            KEY_PATH if head.method == Method::GET => Some(self.key(head, access, now)),
            TOKEN_PATH | KEY_PATH => Some(Response::text(405, "405 Method Not Allowed")),
            _ => None,
        }
    }

    fn token(&self, head: &Parts, now: SystemTime) -> Response {
        let ttl = header(head, TTL).and_then(|ttl| ttl.parse().ok()).filter(|ttl| (1..=MAX_TTL).contains(ttl));
        let Some(ttl) = ttl else { return Response::text(400, "400 Bad Request: X-Metadata-Token-Ttl-Seconds") };
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= SESSIONS {
            sessions.retain(|_, end| *end > now);
        }
        if sessions.len() >= SESSIONS {
            return Response::text(503, "503 Service Unavailable: too many session tokens");
        }
        let Ok(token) = self.issuer.hexadecimal(TOKEN_DIGITS) else { return Response::text(500, "") };
        sessions.insert(token.clone(), now + Duration::from_secs(ttl));
        Response::text(200, &token)
    }

    fn key(&self, head: &Parts, access: &Access, now: SystemTime) -> Response {
        // A request without a token is accepted, too, like in the real service unless the owner of the server requires
        // tokens.
        if let Some(token) = header(head, TOKEN) {
            let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            if sessions.get(token).is_none_or(|end| *end <= now) {
                return Response::text(401, "401 Unauthorized");
            }
        }
        let Some((pair, expires)) = access.issue_key(now) else { return Response::text(500, "") };
        Response::json(
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

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use hyper::Request;

    use super::*;
    use crate::gateway::access::{Auth, Configured};
    use crate::state::random::Random;

    #[test]
    fn only_this_machine_gets_a_key_with_every_auth_setting() {
        let metadata = Metadata::new(Issuer::new(None));
        let now = SystemTime::UNIX_EPOCH;
        let is_handled = |auth, method: &str, path: &str, peer: Option<&str>| {
            let access = Access::new(auth, Configured::default(), Issuer::new(None), Random::seeded(1), now).unwrap();
            let (mut head, ()) = Request::builder().method(method).uri(path).body(()).unwrap().into_parts();
            if let Some(peer) = peer {
                head.extensions.insert(Peer(peer.parse::<IpAddr>().unwrap()));
            }
            metadata.respond(&head, &access, now).is_some()
        };
        for auth in [Auth::Off, Auth::Token, Auth::AccessKey, Auth::Any] {
            for (method, path) in [("GET", KEY_PATH), ("PUT", TOKEN_PATH), ("POST", TOKEN_PATH)] {
                for peer in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
                    assert!(is_handled(auth, method, path, Some(peer)), "{auth:?} {path} {peer}");
                }
                for peer in ["192.0.2.1", "10.0.0.1", "::ffff:192.0.2.1", "2001:db8::1", "0.0.0.0", "::"] {
                    assert!(!is_handled(auth, method, path, Some(peer)), "{auth:?} {path} {peer}");
                }
                assert!(!is_handled(auth, method, path, None));
            }
        }
    }
}
