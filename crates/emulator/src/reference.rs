//! The API reference page, rendered from the document by Swagger UI, whose files are part of the program: nothing is
//! fetched from elsewhere. Its "try it out" asks the emulator itself.

use hyper::Method;
use hyper::header::{ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue};
use hyper::http::request::Parts;

use crate::answer::Answer;

/// What the page may load and ask: this emulator. Swagger UI has icons in its style sheet, and sets styles by itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
struct File {
    path: &'static str,
    content_type: &'static str,
    body: &'static [u8],
    is_gzip: bool,
}

const fn plain(path: &'static str, content_type: &'static str, text: &'static str) -> File {
    File { path, content_type, body: text.as_bytes(), is_gzip: false }
}

const fn packed(path: &'static str, content_type: &'static str, body: &'static [u8]) -> File {
    File { path, content_type, body, is_gzip: true }
}

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

static FILES: [File; 7] = [
    plain("/", HTML, include_str!("reference/index.html")),
    plain("/openapi.json", "application/json", include_str!(concat!(env!("OUT_DIR"), "/openapi.json"))),
    plain("/_emulator/reference/page.js", SCRIPT, include_str!("reference/page.js")),
    plain("/_emulator/reference/page.css", STYLE, include_str!("reference/page.css")),
    packed(
        "/_emulator/reference/swagger-ui-bundle.js",
        SCRIPT,
        include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz")),
    ),
    packed(
        "/_emulator/reference/swagger-ui.css",
        STYLE,
        include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz")),
    ),
    packed(
        "/_emulator/reference/swagger-ui-license.txt",
        "text/plain; charset=utf-8",
        include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-license.txt.gz")),
    ),
];

/// Returns whether a client asks for JSON alone. Clients of Keystone do, to find the versions of IAM.
fn wants_json(head: &Parts) -> bool {
    let accepted = head.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = accepted.flat_map(|value| value.split(',')).map(|one| one.split(';').next().unwrap_or(one).trim());
    let is_json = |one: &str| one.eq_ignore_ascii_case("application/json");
    types.next().is_some_and(is_json) && types.all(is_json)
}

/// The answer, if the request is for the page or a file of it.
pub(crate) fn answer(head: &Parts) -> Option<Answer> {
    let file = FILES.iter().find(|file| file.path == head.uri.path())?;
    if !matches!(head.method, Method::GET | Method::HEAD) || (file.path == "/" && wants_json(head)) {
        return None;
    }
    let mut answer = Answer::new(200, file.content_type, file.body);
    let mut headers: Vec<(HeaderName, _)> = vec![
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
    ];
    headers.extend(file.is_gzip.then_some((CONTENT_ENCODING, "gzip")));
    answer.headers = headers.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    Some(answer)
}
