//! Defines the operation table: static data that is generated from the OpenAPI document.

use crate::constructors::constructors;
use crate::service::Service;

/// An operation of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The service to which the operation belongs.
    pub service: &'static Service,
    /// The official name, as in the API manual: `ListServersDetails`.
    pub id: &'static str,
    /// The same name in snake case, which is the name of its method: `list_servers_details`.
    pub name: &'static str,
    /// The HTTP method in upper case.
    pub method: &'static str,
    /// The path template: `/v1/{project_id}/cloudservers/detail`.
    pub path: &'static str,
    /// One line, without a final period.
    pub summary: &'static str,
    /// Markdown; may be empty.
    pub description: &'static str,
    /// Where the facts about it are from.
    pub source: Option<Source>,
    /// The parameters, in the order of the document.
    pub parameters: &'static [Parameter],
    /// The JSON request body, if the operation takes one.
    pub body: Option<Body>,
    /// The only documented success response.
    pub success: Success,
    /// The parameters and fields for paging, if the operation is a listing.
    pub pagination: Option<Pagination>,
    /// The documented quota.
    pub rate_limit: Option<RateLimit>,
    /// Whether sending the request twice has the same effect as sending it once.
    pub idempotent: bool,
    /// The reason why new programs should not call it, or what to call instead, if the operation is deprecated.
    pub deprecated: Option<&'static str>,
}

constructors! {
    Operation(service: &'static Service, id: &'static str, name: &'static str, method: &'static str, path: &'static str, success: Success)
    summary: &'static str = "",
    description: &'static str = "",
    source: Option<Source> = None,
    parameters: &'static [Parameter] = &[],
    body: Option<Body> = None,
    pagination: Option<Pagination> = None,
    rate_limit: Option<RateLimit> = None,
    idempotent: bool = false,
    deprecated: Option<&'static str> = None
}

impl Operation {
    /// Returns the parameter with this name in the API.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Returns the value of a paging parameter for a call that does not set it: 0 for the offset, the largest page for the
    /// number of rows. Calls send it if the parameter is required. Returns `None` for other parameters.
    #[must_use]
    pub fn page_default(&self, name: &str) -> Option<i64> {
        let Pagination { offset, limit, .. } = self.pagination?;
        if name == offset {
            return Some(0);
        }
        (name == limit).then(|| match self.parameter(name).map(|parameter| parameter.kind) {
            Some(ParameterType::Integer { maximum, .. }) if maximum < i64::from(i32::MAX) => maximum,
            _ => PAGE_ROWS,
        })
    }
}

/// The number of rows of a page if the document states no maximum. Most services allow it.
const PAGE_ROWS: i64 = 200;

/// Where the facts about an operation are from: a page of the API manual, or an SDK of the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// The address of the page. `None` if the manual has none.
    pub page: Option<&'static str>,
    /// The date on the page, `YYYY-MM-DD`.
    pub updated: Option<&'static str>,
    /// The name and version of the SDK, if the manual has no page.
    pub sdk: Option<&'static str>,
    /// The language of the page or of the documentation in the SDK: ISO 639-1 code.
    pub language: &'static str,
}

impl Source {
    /// Creates a page of the manual, in English.
    #[must_use]
    pub const fn new(page: &'static str, updated: &'static str) -> Self {
        Self { page: Some(page), updated: Some(updated), sdk: None, language: "en" }
    }

    /// Creates an SDK, for an operation without a page: `sdk 1.2.3`.
    #[must_use]
    pub const fn of_sdk(sdk: &'static str) -> Self {
        Self { page: None, updated: None, sdk: Some(sdk), language: "en" }
    }

    /// Sets the field `language`.
    #[must_use]
    pub const fn language(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }
}

/// A parameter of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameter {
    /// The name in the API.
    pub name: &'static str,
    /// The location in the request.
    pub location: Location,
    /// Whether a call without it is refused.
    pub required: bool,
    /// Markdown; may be empty.
    pub description: &'static str,
    /// The type and the bounds of one value.
    pub kind: ParameterType,
    /// Whether it may be given more than once, each time with the same name.
    pub repeated: bool,
    /// The value that the service uses if the parameter is absent.
    pub default: Option<&'static str>,
    /// The documented example; of a list, its first value.
    pub example: Option<&'static str>,
    /// The client setting that is used if the call does not set the parameter: `project_id`.
    pub setting: Option<&'static str>,
    /// What to use instead, if the parameter is deprecated.
    pub deprecated: Option<&'static str>,
}

constructors! {
    Parameter(name: &'static str, location: Location, kind: ParameterType)
    required: bool = false,
    description: &'static str = "",
    repeated: bool = false,
    default: Option<&'static str> = None,
    example: Option<&'static str> = None,
    setting: Option<&'static str> = None,
    deprecated: Option<&'static str> = None
}

/// The location of a parameter in a request.
///
/// Programs match on it exhaustively, so that the compiler shows them where a new location needs a decision. A new
/// variant is a breaking change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
}

/// The type and the bounds of one parameter value.
///
/// Programs match on it exhaustively, so that the compiler shows them where a new type or bound needs a decision. A new
/// variant or field is a breaking change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// A text. Lengths are in Unicode characters.
    String {
        /// The minimum length.
        min_length: Option<u64>,
        /// The maximum length.
        max_length: Option<u64>,
        /// The only allowed values; empty if any value is allowed.
        allowed: &'static [&'static str],
    },
    /// A whole number.
    Integer {
        /// The minimum value.
        minimum: i64,
        /// The maximum value.
        maximum: i64,
    },
    /// `true` or `false`.
    Boolean,
}

/// A JSON request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Body {
    /// The name of its schema in the document.
    pub schema: &'static str,
    /// An example, as JSON text.
    pub sample: &'static str,
    /// The fields, in the order of the document.
    pub fields: &'static [Field],
}

constructors!(Body(schema: &'static str, sample: &'static str, fields: &'static [Field]));

/// A field of a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// The name in the API.
    pub name: &'static str,
    /// Whether the field is required.
    pub required: bool,
    /// Markdown; may be empty.
    pub description: &'static str,
    /// The type and the bounds of its value, or of each value of a list. `None` if the document has no bounds to check.
    pub kind: Option<ParameterType>,
    /// The allowed number of values, if the field is a list.
    pub list: Option<Items>,
    /// What to use instead, if the field is deprecated.
    pub deprecated: Option<&'static str>,
}

constructors! {
    Field(name: &'static str)
    required: bool = false,
    description: &'static str = "",
    kind: Option<ParameterType> = None,
    list: Option<Items> = None,
    deprecated: Option<&'static str> = None
}

/// The allowed number of values in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Items {
    /// The minimum.
    pub min: u64,
    /// The maximum.
    pub max: Option<u64>,
}

constructors! {
    Items(min: u64)
    max: Option<u64> = None
}

/// The only documented success response of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Success {
    /// The status code.
    pub status: u16,
    /// The name of the schema of its JSON body in the document, if it has a body.
    pub schema: Option<&'static str>,
    /// An example of that body, as JSON text: the documented one, or one generated from the schema.
    pub sample: Option<&'static str>,
    /// Whether the body is bytes, such as a file, instead of JSON.
    pub binary: bool,
    /// The deprecated fields of that body: path (`data_list[].host_name`), and what to use instead.
    pub deprecated: &'static [(&'static str, &'static str)],
}

constructors! {
    Success(status: u16)
    schema: Option<&'static str> = None,
    sample: Option<&'static str> = None,
    binary: bool = false,
    deprecated: &'static [(&'static str, &'static str)] = &[]
}

/// The names of the parameters and fields for paging by offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pagination {
    /// The query parameter with the index of the first row, starting at 0.
    pub offset: &'static str,
    /// The query parameter with the number of rows per page.
    pub limit: &'static str,
    /// The response field with the rows.
    pub items: &'static str,
    /// The response field with the total number of rows.
    pub total: &'static str,
    /// The field that identifies a row.
    pub key: Option<&'static str>,
}

constructors! {
    Pagination(offset: &'static str, limit: &'static str, items: &'static str, total: &'static str)
    key: Option<&'static str> = None
}

/// A quota: at most `requests` requests in any window of `seconds` seconds, for one user and one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// The number of requests allowed in one window.
    pub requests: u32,
    /// The length of the window in seconds.
    pub seconds: u32,
}

constructors!(RateLimit(requests: u32, seconds: u32));

/// A listing for tests, which is in no document.
#[cfg(any(test, fuzzing))]
pub(crate) const EXAMPLE: Operation =
    Operation::new(&crate::service::EXAMPLE, "List", "list", "GET", "/list", Success::new(200))
        .pagination(Some(Pagination::new("offset", "limit", "rows", "total")))
        .idempotent(true);
