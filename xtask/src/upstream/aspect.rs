//! The kinds of differences between the document and the SDKs.

/// The kind of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Aspect {
    Operation,
    Path,
    Body,
    MediaType,
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
            Self::MediaType => "media-type",
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
            Self::MediaType => "correct the key of `content` in `requestBody`",
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
            Self::NotUnderstood => "compare them yourself, and accept the difference if they agree",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize as _;
    use serde::de::IntoDeserializer as _;
    use serde::de::value::{Error, StrDeserializer};

    use super::Aspect;

    #[test]
    fn names_in_messages_are_those_of_the_list_of_accepted_differences() {
        for aspect in [
            Aspect::Operation,
            Aspect::Path,
            Aspect::Body,
            Aspect::MediaType,
            Aspect::Response,
            Aspect::ParameterMissing,
            Aspect::ParameterExtra,
            Aspect::FieldMissing,
            Aspect::FieldExtra,
            Aspect::Type,
            Aspect::Format,
            Aspect::Required,
            Aspect::Values,
            Aspect::Length,
            Aspect::Range,
            Aspect::Items,
            Aspect::Default,
            Aspect::Deprecated,
            Aspect::Region,
            Aspect::NotUnderstood,
        ] {
            let name: StrDeserializer<'_, Error> = aspect.name().into_deserializer();
            assert_eq!(Aspect::deserialize(name).unwrap(), aspect);
        }
    }
}
