//! The operation table, as a client carries it: static data generated from the OpenAPI document.

use crate::service::Service;

/// One operation of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The service that it belongs to.
    pub service: &'static Service,
    /// Official name, as in the API manual: `ListServersDetails`.
    pub id: &'static str,
    /// The same in snake case, as its method is called: `list_servers_details`.
    pub name: &'static str,
    /// HTTP method in upper case.
    pub method: &'static str,
    /// Path template: `/v1/{project_id}/cloudservers/detail`.
    pub path: &'static str,
    /// One line, without a final period.
    pub summary: &'static str,
    /// Markdown; may be empty.
    pub description: &'static str,
    /// The manual page that documents it.
    pub source: Option<Source>,
    /// In the order of the document.
    pub parameters: &'static [Parameter],
    /// The JSON request body, where it takes one.
    pub body: Option<Body>,
    /// The one documented success.
    pub success: Success,
    /// How its pages are read, where it lists.
    pub pagination: Option<Pagination>,
    /// The documented quota.
    pub rate_limit: Option<RateLimit>,
    /// Whether sending it twice is as good as once.
    pub idempotent: bool,
}

impl Operation {
    /// The parameter of that name on the wire.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

/// A page of the API manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Address of the page.
    pub page: &'static str,
    /// Date printed on it, `YYYY-MM-DD`.
    pub updated: &'static str,
}

/// A parameter of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Name on the wire.
    pub name: &'static str,
    /// Where it travels.
    pub location: Location,
    /// Whether a call without it is refused.
    pub required: bool,
    /// Markdown; may be empty.
    pub description: &'static str,
    /// Type and bounds of one value.
    pub kind: ParameterType,
    /// Whether it may be given more than once, each time under the same key.
    pub repeated: bool,
    /// What the service assumes when it is absent.
    pub default: Option<&'static str>,
    /// The client setting that fills it when the caller does not: `project_id`.
    pub setting: Option<&'static str>,
}

/// Where a parameter travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
}

/// Type and bounds of one parameter value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// Text; lengths are in Unicode characters.
    String {
        /// Least length.
        min_length: Option<u64>,
        /// Greatest length.
        max_length: Option<u64>,
        /// The only values allowed; empty when any is.
        allowed: &'static [&'static str],
    },
    /// A whole number.
    Integer {
        /// Least value.
        minimum: i64,
        /// Greatest value.
        maximum: i64,
    },
    /// `true` or `false`.
    Boolean,
}

/// A JSON request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Body {
    /// Name of its schema in the document.
    pub schema: &'static str,
    /// An example, as JSON text.
    pub sample: &'static str,
    /// Its fields, in the order of the document.
    pub fields: &'static [Field],
}

/// A field of a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Name on the wire.
    pub name: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// Markdown; may be empty.
    pub description: &'static str,
    /// Type and bounds of its value, or of each value of a list; absent where the document has no bounds that are checked.
    pub kind: Option<ParameterType>,
    /// How many values it may have, if it is a list.
    pub list: Option<Items>,
}

/// How many values a list may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Items {
    /// At least.
    pub min: u64,
    /// At most.
    pub max: Option<u64>,
}

/// The one documented success of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success {
    /// Its status code.
    pub status: u16,
    /// Name of the schema of its JSON body in the document, where it has a body.
    pub schema: Option<&'static str>,
    /// An example of that body, as JSON text: the documented one or one made from the schema.
    pub sample: Option<&'static str>,
}

/// Names that take part in offset paging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pagination {
    /// Query parameter with the index of the first row, counted from 0.
    pub offset: &'static str,
    /// Query parameter with the number of rows on a page.
    pub limit: &'static str,
    /// Response field with the rows.
    pub items: &'static str,
    /// Response field with the number of rows on all pages.
    pub total: &'static str,
    /// Field of a row that tells rows apart.
    pub key: Option<&'static str>,
}

/// A quota: so many requests in any window of so many seconds, for one user and one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests allowed in one window.
    pub requests: u32,
    /// Length of the window.
    pub seconds: u32,
}

/// A listing that is in no document, for tests to vary.
#[cfg(any(test, fuzzing))]
pub(crate) const EXAMPLE: Operation = Operation {
    service: &crate::service::EXAMPLE,
    id: "List",
    name: "list",
    method: "GET",
    path: "/list",
    summary: "",
    description: "",
    source: None,
    parameters: &[],
    body: None,
    success: Success { status: 200, schema: None, sample: None },
    pagination: Some(Pagination { offset: "offset", limit: "limit", items: "rows", total: "total", key: None }),
    rate_limit: None,
    idempotent: true,
};
