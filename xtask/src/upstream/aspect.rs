//! The kinds of differences between the document and the SDKs.

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Aspect {
    Operation,
    Path,
    Body,
    Response,
    ParameterMissing,
    ParameterExtra,
    FieldMissing,
    FieldExtra,
    Type,
    Format,
    Required,
    Values,
    Length,
    Range,
    Items,
    Default,
    Deprecated,
    Region,
    NotUnderstood,
}

impl Aspect {
    /// Returns the name in messages and in the list of accepted differences.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Operation => "operation",
            Self::Path => "path",
            Self::Body => "body",
            Self::Response => "response",
            Self::ParameterMissing => "parameter-missing",
            Self::ParameterExtra => "parameter-extra",
            Self::FieldMissing => "field-missing",
            Self::FieldExtra => "field-extra",
            Self::Type => "type",
            Self::Format => "format",
            Self::Required => "required",
            Self::Values => "values",
            Self::Length => "length",
            Self::Range => "range",
            Self::Items => "items",
            Self::Default => "default",
            Self::Deprecated => "deprecated",
            Self::Region => "region",
            Self::NotUnderstood => "not-understood",
        }
    }

    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Operation => "the service may have removed it: look at the manual, and mark it `deprecated: true`",
            Self::Path => "look at the manual, and correct method and path",
            Self::Body => "correct `requestBody`",
            Self::Response => "correct the schema of the 2xx response",
            Self::ParameterMissing | Self::FieldMissing => "add it; `cargo xtask upstream draft` prints it",
            Self::ParameterExtra | Self::FieldExtra => "look at the manual; remove it, or mark it `deprecated: true`",
            Self::Type | Self::Format => "correct the type",
            Self::Required => "correct `required`",
            Self::Values => "correct the list of values",
            Self::Length => "correct `minLength` and `maxLength`",
            Self::Range => "correct `minimum` and `maximum`",
            Self::Items => "correct `minItems` and `maxItems`",
            Self::Default => "correct `default`",
            Self::Deprecated => "correct `deprecated`, and describe what to use instead",
            Self::Region => "correct `servers`",
            Self::NotUnderstood => "read the SDK's text and compare it yourself",
        }
    }
}
