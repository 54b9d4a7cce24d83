//! The types of the vendor's parameters and fields.

/// Maximum nesting of lists and maps, so that no text of an SDK can exhaust the stack.
pub(super) const MAX_DEPTH: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// With `int32` or `int64`, if known.
    Integer(Option<&'static str>),
    /// With `float` or `double`, if known.
    Number(Option<&'static str>),
    Boolean,
    /// Any JSON value.
    Any,
    /// The contents of a file.
    File,
    List(Box<Kind>),
    /// A map from names to values of this kind.
    Map(Box<Kind>),
    Model(String),
}

impl Kind {
    /// Returns the type for messages and for `type` in a document; `any` if it is unknown.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Text | Self::File => "string",
            Self::Integer(_) => "integer",
            Self::Number(_) => "number",
            Self::Boolean => "boolean",
            Self::Any => "any",
            Self::List(_) => "array",
            Self::Map(_) | Self::Model(_) => "object",
        }
    }

    /// Returns the kind of the values of a list of any depth; the kind itself if it is not a list.
    pub(super) fn innermost(&self) -> &Self {
        match self {
            Self::List(items) => items.innermost(),
            _ => self,
        }
    }

    /// Returns the name of the model of which this is one, a list or a map.
    pub(super) fn model(&self) -> Option<&str> {
        match self {
            Self::Model(name) => Some(name),
            Self::List(inner) | Self::Map(inner) => inner.model(),
            _ => None,
        }
    }

    /// Takes the width of numbers from the Go SDK. Returns `false` if the two contradict each other.
    pub(super) fn refine(&mut self, go: &Self) -> bool {
        match (self, go) {
            (Self::Integer(own), Self::Integer(width)) | (Self::Number(own), Self::Number(width)) => {
                *own = *width;
                true
            }
            (Self::List(own), Self::List(go)) | (Self::Map(own), Self::Map(go)) => own.refine(go),
            (own, go) => own.name() == go.name() || *go == Self::Any || *own == Self::Any,
        }
    }
}
