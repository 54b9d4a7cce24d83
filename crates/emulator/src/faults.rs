//! Faults that the emulator injects: which requests they match, and how they change the response.

mod file;
mod json;
mod loaded;
mod script;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hss_client::{Error, ErrorKind};
use hyper::header::{HeaderName, HeaderValue};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

pub(crate) use file::LIMIT;
pub use json::Json;
pub(crate) use loaded::Loaded;
pub(crate) use script::Script;

/// Maximum number of faults.
const FAULTS: usize = 1_000;
/// Maximum number of headers of a fault.
const HEADERS: usize = 100;
/// Maximum number of requests for which attempts are counted. Beyond it, all counters are reset.
const REQUESTS: usize = 10_000;

/// A fault to inject. It applies to requests that match all fields marked *Matches*; without any, to every request.
///
/// In a file, faults are listed under `fault`, in TOML or JSON:
///
/// ```
/// # let file = r#"
/// ## The second page is cut in half, twice.
/// [[fault]]
/// operation = "ListVulScanTaskHost"
/// page = 2
/// attempt = "1..2"
/// cut = "half"
///
/// ## One caller is throttled, in a way that asks for patience.
/// [[fault]]
/// client = "HSSEMULATORDEMOKEY01"
/// status = 429
/// headers = { Retry-After = "7" }
/// json = { error_code = "APIGW.0308", error_msg = "policy user over ratelimit,limit:5,time:1 minute" }
/// times = 1
/// # "#;
/// # let faults = hss_emulator::Fault::from_toml(file)?;
/// # assert_eq!(faults.len(), 2);
/// # Ok::<(), hss_client::Error>(())
/// ```
///
/// The first fault that matches a request applies. The emulator's own response is kept except for the parts that the
/// fault changes. After `cut`, `reset`, `raw`, `raw_hex`, `slow` and `length` the emulator closes the connection. After
/// `stall` the client closes it, or the emulator does so after ten minutes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// *Matches* this operation: `ListVulScanTaskHost`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// *Matches* this method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// *Matches* this path, without the query. A `*` at the end matches any suffix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// *Matches* this page, counted from 1, according to the offset and limit of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// *Matches* these attempts: a number, or `1..3`, `2..`.
    ///
    /// Attempts are counted from 1. The count is the number of times that the same caller has sent the same request
    /// with the same body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempts>,
    /// *Matches* this caller: the id of an access key, or the name of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// *Matches* at most this number of requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Delays the response: `80ms`, `2s`, `1m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Time>,
    /// Sets the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Adds up to 100 headers, or replaces headers of the same name. Headers that delimit the body cannot be set; use
    /// `length` or `raw` for those.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Sets the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Sets the body to this JSON value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<Json>,
    /// Sets the body to these bytes, as two hexadecimal digits each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hex: Option<String>,
    /// Sends only a part of the body: a number of bytes, `half`, or `last` for all but the last byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
    /// Resets the connection before the response (`request`), inside its head (`head`), or inside its body (`body`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<Place>,
    /// Stops sending and leaves the connection open: before the response, inside its head, or inside its body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall: Option<Place>,
    /// Limits the rate of the body, in bytes per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow: Option<u32>,
    /// Declares this length of the body, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// Sends only this text instead of an HTTP response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// Sends only these bytes instead of an HTTP response, as two hexadecimal digits each. For data that is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_hex: Option<String>,
}

/// A range of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "file::NumberOrText", into = "String")]
pub struct Attempts {
    /// The first attempt, counted from 1.
    pub first: u32,
    /// The last attempt, inclusive. `None` means all that follow.
    pub last: Option<u32>,
}

/// A duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Time(pub Duration);

/// The point at which a body is truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "file::NumberOrText", into = "file::NumberOrText")]
pub enum Cut {
    /// After this number of bytes.
    After(u64),
    /// After half of the bytes.
    Half,
    /// Before the last byte.
    Last,
}

/// A point in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Before the response.
    Request,
    /// Inside the head of the response.
    Head,
    /// Inside the body of the response.
    Body,
}

/// The parts of a request that faults are matched against.
#[derive(Debug)]
pub(crate) struct RequestProperties<'a> {
    pub(crate) operation: Option<&'static str>,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    /// Path and query.
    pub(crate) target: &'a str,
    /// Counted from 1.
    pub(crate) page: Option<u64>,
    pub(crate) client: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

impl RequestProperties<'_> {
    /// Returns a digest that identifies this request. Identical requests have the same digest.
    fn digest(&self) -> [u8; 32] {
        let parts = [self.client.unwrap_or_default(), self.method, self.target].map(str::as_bytes);
        let mut context = Context::new(&SHA256);
        for part in parts {
            // The lengths separate the parts unambiguously.
            context.update(&part.len().to_le_bytes());
            context.update(part);
        }
        context.update(self.body);
        context.finish().as_ref().try_into().unwrap_or_default()
    }
}

/// The active faults.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Active>);

#[derive(Debug, Default)]
struct Active {
    /// The faults, each with the number of requests that it has matched.
    faults: Vec<(Arc<Loaded>, u64)>,
    /// Their size in bytes of JSON.
    size: usize,
    /// Number of attempts, by the digest of the request.
    attempts: HashMap<[u8; 32], u32>,
}

impl Faults {
    /// Replaces all faults.
    pub(crate) fn replace(&self, faults: Vec<Fault>) {
        let size = serde_json::to_vec(&faults).map_or(0, |json| json.len());
        let faults = faults.into_iter().map(|fault| (Arc::new(Loaded::new(fault)), 0)).collect();
        *self.active() = Active { faults, size, attempts: HashMap::new() };
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.active().faults.is_empty()
    }

    /// Returns the size of the faults, in bytes of JSON.
    pub(crate) fn size(&self) -> usize {
        self.active().size
    }

    /// Returns all faults, each with the number of requests that it has matched.
    pub(crate) fn list(&self) -> Vec<(Arc<Loaded>, u64)> {
        self.active().faults.clone()
    }

    /// Returns the first fault that matches a request, and counts the match.
    pub(crate) fn find(&self, request: &RequestProperties<'_>) -> Option<Arc<Loaded>> {
        let mut active = self.active();
        if active.attempts.len() >= REQUESTS {
            active.attempts.clear();
        }
        let attempt = active.attempts.entry(request.digest()).or_default();
        *attempt += 1;
        let attempt = *attempt;
        let is_hit = |(loaded, count): &&mut (Arc<Loaded>, u64)| loaded.fault.hits(request, attempt, *count);
        let (loaded, count) = active.faults.iter_mut().find(is_hit)?;
        *count += 1;
        Some(Arc::clone(loaded))
    }

    fn active(&self) -> MutexGuard<'_, Active> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fault {
    fn hits(&self, request: &RequestProperties<'_>, attempt: u32, count: u64) -> bool {
        let is_path = |path: &str| match path.strip_suffix('*') {
            Some(start) => request.path.starts_with(start),
            None => request.path == path,
        };
        self.times.is_none_or(|times| count < times)
            && self.operation.as_deref().is_none_or(|id| request.operation == Some(id))
            && self.method.as_deref().is_none_or(|method| request.method == method)
            && self.path.as_deref().is_none_or(is_path)
            && self.page.is_none_or(|page| request.page == Some(page))
            && self.client.as_deref().is_none_or(|client| request.client == Some(client))
            && self
                .attempt
                .is_none_or(|Attempts { first, last }| attempt >= first && last.is_none_or(|last| attempt <= last))
    }

    /// Returns the point at which the fault ends the response, if it does.
    fn end(&self) -> Option<Place> {
        self.reset.or(self.stall)
    }

    /// Checks the constraints that the types do not express.
    fn check(&self) -> Result<(), String> {
        let bodies = [self.body.is_some(), self.json.is_some(), self.hex.is_some()];
        if bodies.iter().filter(|is_given| **is_given).count() > 1 {
            return Err("body, json and hex cannot be combined".to_owned());
        }
        for (name, hex) in [("hex", &self.hex), ("raw_hex", &self.raw_hex)] {
            if hex.as_deref().is_some_and(|hex| file::bytes(hex).is_none()) {
                return Err(format!("invalid {name}: expected two hexadecimal digits per byte"));
            }
        }
        let has_response = self.status.is_some() || !self.headers.is_empty() || bodies.contains(&true);
        let is_shaped = self.cut.is_some() || self.slow.is_some() || self.length.is_some();
        let is_raw = self.raw.is_some() || self.raw_hex.is_some();
        if is_raw && (has_response || is_shaped || self.raw.is_some() == self.raw_hex.is_some()) {
            return Err(
                "raw and raw_hex cannot be combined with each other or with other keys of the response".to_owned()
            );
        }
        if self.reset.is_some() && self.stall.is_some() {
            return Err("reset and stall cannot be combined".to_owned());
        }
        if self.end().is_some() && (self.cut.is_some() || self.slow.is_some()) {
            return Err("reset and stall cannot be combined with cut and slow".to_owned());
        }
        let is_known = |id: &&str| {
            hss_client::operations::ALL.iter().copied().chain(crate::iam::operations()).any(|known| known.id == *id)
        };
        if let Some(id) = self.operation.as_deref().filter(|id| !is_known(id)) {
            return Err(format!("unknown operation {id:?}"));
        }
        if self.status.is_some_and(|status| !(200..=599).contains(&status)) {
            return Err("invalid status: expected a whole number from 200 to 599".to_owned());
        }
        if self.page == Some(0) {
            return Err("invalid page 0: expected a whole number from 1".to_owned());
        }
        if self.slow == Some(0) {
            return Err("invalid slow 0: expected at least 1 byte per second".to_owned());
        }
        if self.headers.len() > HEADERS {
            return Err(format!("too many headers: expected at most {HEADERS}"));
        }
        for (name, value) in &self.headers {
            if HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_str(value).is_err() {
                return Err(format!("invalid header {name:?}: {value:?}"));
            }
            if name.eq_ignore_ascii_case("content-length") {
                return Err(
                    "invalid header Content-Length: use length to set the number of bytes of the body".to_owned()
                );
            }
            if name.eq_ignore_ascii_case("transfer-encoding") {
                return Err("invalid header Transfer-Encoding: use raw to send a response in any encoding".to_owned());
            }
        }
        Ok(())
    }

    /// Reads a file of faults of up to 1 MiB: JSON if its name ends in `.json`, TOML otherwise.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) with the cause and its position in the file.
    pub fn from_file(path: &Path) -> Result<Vec<Self>, Error> {
        let name = path.display();
        let text =
            file::read(path).map_err(|error| Error::new(ErrorKind::Usage, format!("cannot read {name}: {error}")))?;
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        let read = if is_json { Self::from_json(&text) } else { Self::from_toml(&text) };
        read.map_err(|error| Error::new(ErrorKind::Usage, format!("{name}: {}", error.message())))
    }

    /// Parses faults in TOML.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) with the cause, and the line and column or the fault.
    pub fn from_toml(text: &str) -> Result<Vec<Self>, Error> {
        file::check(
            toml::from_str(text)
                .map_err(|error| Error::new(ErrorKind::Usage, error.to_string().trim_end().to_owned()))?,
        )
    }

    /// Parses faults in JSON.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`from_toml`](Self::from_toml).
    pub fn from_json(text: &str) -> Result<Vec<Self>, Error> {
        file::check(serde_json::from_str(text).map_err(|error| Error::new(ErrorKind::Usage, error.to_string()))?)
    }
}
