//! The operation table: what code needs to know of every operation of a document.
//!
//! Code generation, client-side validation, the command line, the emulator and the documentation all read
//! this one table, so that none of them knows a single operation by name.

use serde_json::Value;

/// One operation of the document.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// `operationId`, in the PascalCase of the API manual: `ListVulScanTaskHost`.
    pub id: String,
    /// The same in snake case, as Rust and progenitor spell it: `list_vul_scan_task_host`.
    pub name: String,
    /// HTTP method in upper case: `GET`.
    pub method: String,
    /// Path template, as written: `/v5/{project_id}/vulnerability/scan-tasks`.
    pub path: String,
    /// One line, without a final period.
    pub summary: String,
    /// Markdown; empty when the document has none.
    pub description: String,
    /// The manual page this was written from (`x-source`).
    pub source: Option<Source>,
    /// In the order of the document, path-level parameters first.
    pub parameters: Vec<Parameter>,
    /// The JSON request body, if the operation takes one.
    pub body: Option<Body>,
    /// The one 2xx response.
    pub success: Success,
    /// How to read all pages (`x-pagination`).
    pub pagination: Option<Pagination>,
    /// The documented quota (`x-rate-limit`).
    pub rate_limit: Option<RateLimit>,
    /// Whether sending it twice is as good as once (`x-idempotent`); false unless the document says so.
    pub idempotent: bool,
}

/// A page of the API manual (`x-source`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Address of the page.
    pub page: String,
    /// The date printed on the page, `YYYY-MM-DD`.
    pub updated: String,
}

/// A parameter of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Name on the wire.
    pub name: String,
    /// Where it travels.
    pub location: Location,
    /// Whether a call without it is refused.
    pub required: bool,
    /// Markdown; empty when the document has none.
    pub description: String,
    /// Type and bounds of one value.
    pub kind: ParameterType,
    /// Whether the parameter is an array, sent as a repeated key.
    pub repeated: bool,
    /// What the service assumes when it is absent, as on the wire.
    pub default: Option<String>,
    /// The client setting that fills it when the caller does not (`x-client-setting`): `project_id`.
    pub setting: Option<String>,
    /// Name of the component schema it refers to.
    pub schema: Option<String>,
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
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterType {
    /// Text, counted in Unicode scalar values.
    String {
        /// Least number of characters.
        min_length: Option<u64>,
        /// Greatest number of characters.
        max_length: Option<u64>,
        /// The only values allowed, in the order of the document; empty when any is.
        allowed: Vec<String>,
    },
    /// A whole number.
    Integer {
        /// Least value.
        minimum: Option<i64>,
        /// Greatest value.
        maximum: Option<i64>,
        /// Whether `format` is `int32`.
        int32: bool,
    },
    /// `true` or `false`.
    Boolean,
}

/// A JSON request body.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// Name of the component schema.
    pub schema: String,
    /// The documented example, or a value made from the schema.
    pub sample: Value,
    /// Its fields, in the order of the document.
    pub fields: Vec<Field>,
}

/// A field of a request body.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Name on the wire.
    pub name: String,
    /// Whether it must be given.
    pub required: bool,
    /// Description; may be empty.
    pub description: String,
    /// Type and bounds of its value, or of each value of a list; absent for a map.
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

/// The one documented 2xx response.
#[derive(Debug, Clone, PartialEq)]
pub struct Success {
    /// Its status code.
    pub status: u16,
    /// Its description.
    pub description: String,
    /// Name of the component schema of its JSON body; absent when there is no body.
    pub schema: Option<String>,
    /// The documented example, or a value made from the schema.
    pub sample: Option<Value>,
}

/// Offset paging: names of the parameters and fields that take part (`x-pagination`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pagination {
    /// Query parameter with the index of the first row, counted from 0.
    pub offset: String,
    /// Query parameter with the number of rows on a page.
    pub limit: String,
    /// Response field with the rows.
    pub items: String,
    /// Name of the component schema of one row.
    pub item_schema: String,
    /// Response field with the number of rows on all pages.
    pub total: String,
    /// Field of a row that tells rows apart.
    pub key: Option<String>,
}

/// A quota: so many requests in any window of so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests allowed in one window.
    pub requests: u32,
    /// Length of the window.
    pub seconds: u32,
}
