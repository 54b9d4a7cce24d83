//! The operation table: a description of every operation of a document.
//!
//! Code generation, client-side validation, the command line, the emulator and the documentation all read this table.
//! Therefore, none of them contains code for a single operation.

use serde_json::Value;

/// An operation of the document.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// `operationId`, in the PascalCase of the API manual: `ListVulScanTaskHost`.
    pub id: String,
    /// `id` in snake case, as in Rust and progenitor: `list_vul_scan_task_host`.
    pub name: String,
    /// HTTP method in upper case: `GET`.
    pub method: String,
    /// Path template of the document: `/v5/{project_id}/vulnerability/scan-tasks`.
    pub path: String,
    /// Summary: one line, without a final period.
    pub summary: String,
    /// Description in Markdown. Empty if the document has none.
    pub description: String,
    /// Where the facts about it are from (`x-source`).
    pub source: Option<Source>,
    /// Parameters in the order of the document. Path-level parameters come first.
    pub parameters: Vec<Parameter>,
    /// The JSON request body, if the operation takes one.
    pub body: Option<Body>,
    /// The only 2xx response.
    pub success: Success,
    /// Parameters and fields for pagination (`x-pagination`).
    pub pagination: Option<Pagination>,
    /// The documented quota (`x-rate-limit`).
    pub rate_limit: Option<RateLimit>,
    /// Whether the operation is idempotent (`x-idempotent`). The default is `false`.
    pub idempotent: bool,
    /// The note in Markdown, if the operation is deprecated.
    pub deprecated: Option<String>,
}

/// Where the facts about an operation are from (`x-source`): a page of the API manual or, if there is none, an SDK of the
/// vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Page or SDK.
    pub origin: Origin,
    /// Language of the page, or of the documentation in the SDK: ISO 639-1 code. The default is `en`.
    pub language: String,
}

/// A page of the API manual, or an SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A page of the manual.
    Page {
        /// URL of the page.
        page: String,
        /// Date on the page, `YYYY-MM-DD`.
        updated: String,
    },
    /// Name and version of an SDK: `huaweicloudsdkhss 3.1.219`.
    Sdk(String),
}

/// A parameter of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Name on the wire.
    pub name: String,
    /// Location in the request.
    pub location: Location,
    /// Whether the parameter is required.
    pub required: bool,
    /// Description in Markdown. Empty if the document has none.
    pub description: String,
    /// Type and limits of one value.
    pub kind: ParameterType,
    /// Whether the parameter is an array, sent as a repeated key.
    pub repeated: bool,
    /// Default value of the service, in wire format.
    pub default: Option<String>,
    /// The documented example, in wire format. The first element of a list.
    pub example: Option<String>,
    /// The client setting that provides the value if the caller does not (`x-client-setting`): `project_id`.
    pub setting: Option<String>,
    /// The note in Markdown, if the parameter is deprecated.
    pub deprecated: Option<String>,
    /// Name of the component schema to which it refers.
    pub schema: Option<String>,
}

/// The location of a parameter in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
}

/// Type and limits of a parameter value.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterType {
    /// Text. Its length is measured in Unicode scalar values.
    String {
        /// Minimum number of characters.
        min_length: Option<u64>,
        /// Maximum number of characters.
        max_length: Option<u64>,
        /// The allowed values, in the order of the document. Empty if any value is allowed.
        allowed: Vec<String>,
    },
    /// An integer.
    Integer {
        /// Minimum value.
        minimum: Option<i64>,
        /// Maximum value.
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
    /// The documented example, or a value generated from the schema.
    pub sample: Value,
    /// Fields in the order of the document.
    pub fields: Vec<Field>,
}

/// A field of a request body.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Name on the wire.
    pub name: String,
    /// Whether the field is required.
    pub required: bool,
    /// Description; may be empty.
    pub description: String,
    /// Type and limits of the value, or of each item of a list. `None` for a map.
    pub kind: Option<ParameterType>,
    /// Allowed number of items, if the value is a list.
    pub list: Option<Items>,
    /// The note in Markdown, if the field is deprecated.
    pub deprecated: Option<String>,
}

/// The allowed number of items of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Items {
    /// Minimum number of items.
    pub min: u64,
    /// Maximum number of items.
    pub max: Option<u64>,
}

/// The only documented 2xx response.
#[derive(Debug, Clone, PartialEq)]
pub struct Success {
    /// Status code.
    pub status: u16,
    /// Description.
    pub description: String,
    /// Name of the component schema of the JSON body. `None` if there is no body.
    pub schema: Option<String>,
    /// The documented example, or a value generated from the schema.
    pub sample: Option<Value>,
    /// Whether the body is bytes, such as a file, instead of JSON.
    pub binary: bool,
    /// Path and note of each deprecated field of the body: `data_list[].host_name`.
    pub deprecated: Vec<(String, String)>,
}

/// Offset pagination: names of the parameters and fields (`x-pagination`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pagination {
    /// Query parameter with the index of the first row, counted from 0.
    pub offset: String,
    /// Query parameter with the maximum number of rows of a page.
    pub limit: String,
    /// Response field with the rows.
    pub items: String,
    /// Name of the component schema of one row.
    pub item_schema: String,
    /// Response field with the number of rows on all pages.
    pub total: String,
    /// Field that identifies a row.
    pub key: Option<String>,
}

/// A quota: at most `requests` requests in any window of `seconds` seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests allowed in one window.
    pub requests: u32,
    /// Length of the window in seconds.
    pub seconds: u32,
}
