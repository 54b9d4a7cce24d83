//! The objects of OpenAPI 3.0.3 and their keys.

use Kind as K;
use Shape as S;

/// An object of the OpenAPI specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Document,
    Info,
    Contact,
    License,
    Server,
    ServerVariable,
    Components,
    PathItem,
    Operation,
    ExternalDocs,
    Parameter,
    RequestBody,
    MediaType,
    Encoding,
    Response,
    Callback,
    Example,
    Link,
    Header,
    Tag,
    Schema,
    Discriminator,
    Xml,
    SecurityScheme,
    OauthFlows,
    OauthFlow,
}

/// The type of the value of a key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// Any value, which is not inspected.
    Any,
    /// Text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// A non-negative integer.
    Count,
    /// A list of any values.
    Values,
    /// A list of text.
    Texts,
    /// A map from text to text.
    TextMap,
    /// A list of maps of lists of text.
    Security,
    /// An object.
    One(Kind),
    /// A list of objects.
    List(Kind),
    /// A map of objects with arbitrary names.
    Map(Kind),
    /// Like `Map`, but names that start with `x-` are extensions.
    Patterned(Kind),
    /// A boolean or a schema.
    FlagOrSchema,
}

/// A key of an object.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
}

const fn may(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false }
}

const fn must(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: true }
}

impl Kind {
    /// Returns the section of `components` for such objects, if they can be referenced.
    pub(crate) fn section(self) -> Option<&'static str> {
        Some(match self {
            K::Schema => "schemas",
            K::Response => "responses",
            K::Parameter => "parameters",
            K::Example => "examples",
            K::RequestBody => "requestBodies",
            K::Header => "headers",
            K::SecurityScheme => "securitySchemes",
            K::Link => "links",
            K::Callback => "callbacks",
            _ => return None,
        })
    }

    /// Returns the name for messages.
    pub(crate) fn what(self) -> &'static str {
        match self {
            K::Document => "the document",
            K::Info => "the info object",
            K::Contact => "a contact",
            K::License => "a license",
            K::Server => "a server",
            K::ServerVariable => "a server variable",
            K::Components => "the components",
            K::PathItem => "a path",
            K::Operation => "an operation",
            K::ExternalDocs => "external documentation",
            K::Parameter => "a parameter",
            K::RequestBody => "a request body",
            K::MediaType => "a media type",
            K::Encoding => "an encoding",
            K::Response => "a response",
            K::Callback => "a callback",
            K::Example => "an example",
            K::Link => "a link",
            K::Header => "a header",
            K::Tag => "a tag",
            K::Schema => "a schema",
            K::Discriminator => "a discriminator",
            K::Xml => "an XML object",
            K::SecurityScheme => "a security scheme",
            K::OauthFlows => "the OAuth flows",
            K::OauthFlow => "an OAuth flow",
        }
    }

    /// Returns the keys of such an object. Empty for objects with arbitrary names.
    pub(crate) fn fields(self) -> &'static [Field] {
        match self {
            K::Document => DOCUMENT,
            K::Info => INFO,
            K::Contact => const { &[may("name", S::Text), may("url", S::Text), may("email", S::Text)] },
            K::License => const { &[must("name", S::Text), may("url", S::Text)] },
            K::Server => SERVER,
            K::ServerVariable => {
                const { &[may("enum", S::Texts), must("default", S::Text), may("description", S::Text)] }
            }
            K::Components => COMPONENTS,
            K::PathItem => PATH_ITEM,
            K::Operation => OPERATION,
            K::ExternalDocs => const { &[may("description", S::Text), must("url", S::Text)] },
            K::Parameter => PARAMETER,
            K::RequestBody => REQUEST_BODY,
            K::MediaType => MEDIA_TYPE,
            K::Encoding => ENCODING,
            K::Response => RESPONSE,
            K::Callback => &[],
            K::Example => EXAMPLE,
            K::Link => LINK,
            K::Header => HEADER,
            K::Tag => {
                const { &[must("name", S::Text), may("description", S::Text), may("externalDocs", S::One(K::ExternalDocs))] }
            }
            K::Schema => SCHEMA,
            K::Discriminator => const { &[must("propertyName", S::Text), may("mapping", S::TextMap)] },
            K::Xml => XML,
            K::SecurityScheme => SECURITY_SCHEME,
            K::OauthFlows => OAUTH_FLOWS,
            K::OauthFlow => OAUTH_FLOW,
        }
    }
}

const DOCUMENT: &[Field] = &[
    must("openapi", S::Text),
    must("info", S::One(K::Info)),
    may("servers", S::List(K::Server)),
    must("paths", S::Patterned(K::PathItem)),
    may("components", S::One(K::Components)),
    may("security", S::Security),
    may("tags", S::List(K::Tag)),
    may("externalDocs", S::One(K::ExternalDocs)),
];

const INFO: &[Field] = &[
    must("title", S::Text),
    must("version", S::Text),
    may("description", S::Text),
    may("termsOfService", S::Text),
    may("contact", S::One(K::Contact)),
    may("license", S::One(K::License)),
];

const SERVER: &[Field] =
    &[must("url", S::Text), may("description", S::Text), may("variables", S::Map(K::ServerVariable))];

const COMPONENTS: &[Field] = &[
    may("schemas", S::Map(K::Schema)),
    may("responses", S::Map(K::Response)),
    may("parameters", S::Map(K::Parameter)),
    may("examples", S::Map(K::Example)),
    may("requestBodies", S::Map(K::RequestBody)),
    may("headers", S::Map(K::Header)),
    may("securitySchemes", S::Map(K::SecurityScheme)),
    may("links", S::Map(K::Link)),
    may("callbacks", S::Map(K::Callback)),
];

const PATH_ITEM: &[Field] = &[
    may("$ref", S::Text),
    may("summary", S::Text),
    may("description", S::Text),
    may("get", S::One(K::Operation)),
    may("put", S::One(K::Operation)),
    may("post", S::One(K::Operation)),
    may("delete", S::One(K::Operation)),
    may("options", S::One(K::Operation)),
    may("head", S::One(K::Operation)),
    may("patch", S::One(K::Operation)),
    may("trace", S::One(K::Operation)),
    may("servers", S::List(K::Server)),
    may("parameters", S::List(K::Parameter)),
];

const OPERATION: &[Field] = &[
    may("tags", S::Texts),
    may("summary", S::Text),
    may("description", S::Text),
    may("externalDocs", S::One(K::ExternalDocs)),
    may("operationId", S::Text),
    may("parameters", S::List(K::Parameter)),
    may("requestBody", S::One(K::RequestBody)),
    must("responses", S::Patterned(K::Response)),
    may("callbacks", S::Map(K::Callback)),
    may("deprecated", S::Flag),
    may("security", S::Security),
    may("servers", S::List(K::Server)),
];

const PARAMETER: &[Field] = &[
    must("name", S::Text),
    must("in", S::Text),
    may("description", S::Text),
    may("required", S::Flag),
    may("deprecated", S::Flag),
    may("allowEmptyValue", S::Flag),
    may("style", S::Text),
    may("explode", S::Flag),
    may("allowReserved", S::Flag),
    may("schema", S::One(K::Schema)),
    may("example", S::Any),
    may("examples", S::Map(K::Example)),
    may("content", S::Map(K::MediaType)),
];

const HEADER: &[Field] = &[
    may("description", S::Text),
    may("required", S::Flag),
    may("deprecated", S::Flag),
    may("allowEmptyValue", S::Flag),
    may("style", S::Text),
    may("explode", S::Flag),
    may("allowReserved", S::Flag),
    may("schema", S::One(K::Schema)),
    may("example", S::Any),
    may("examples", S::Map(K::Example)),
    may("content", S::Map(K::MediaType)),
];

const REQUEST_BODY: &[Field] =
    &[may("description", S::Text), must("content", S::Map(K::MediaType)), may("required", S::Flag)];

const MEDIA_TYPE: &[Field] = &[
    may("schema", S::One(K::Schema)),
    may("example", S::Any),
    may("examples", S::Map(K::Example)),
    may("encoding", S::Map(K::Encoding)),
];

const ENCODING: &[Field] = &[
    may("contentType", S::Text),
    may("headers", S::Map(K::Header)),
    may("style", S::Text),
    may("explode", S::Flag),
    may("allowReserved", S::Flag),
];

const RESPONSE: &[Field] = &[
    must("description", S::Text),
    may("headers", S::Map(K::Header)),
    may("content", S::Map(K::MediaType)),
    may("links", S::Map(K::Link)),
];

const EXAMPLE: &[Field] =
    &[may("summary", S::Text), may("description", S::Text), may("value", S::Any), may("externalValue", S::Text)];

const LINK: &[Field] = &[
    may("operationRef", S::Text),
    may("operationId", S::Text),
    may("parameters", S::Any),
    may("requestBody", S::Any),
    may("description", S::Text),
    may("server", S::One(K::Server)),
];

const SCHEMA: &[Field] = &[
    may("title", S::Text),
    may("multipleOf", S::Number),
    may("maximum", S::Number),
    may("exclusiveMaximum", S::Flag),
    may("minimum", S::Number),
    may("exclusiveMinimum", S::Flag),
    may("maxLength", S::Count),
    may("minLength", S::Count),
    may("pattern", S::Text),
    may("maxItems", S::Count),
    may("minItems", S::Count),
    may("uniqueItems", S::Flag),
    may("maxProperties", S::Count),
    may("minProperties", S::Count),
    may("required", S::Texts),
    may("enum", S::Values),
    may("type", S::Text),
    may("allOf", S::List(K::Schema)),
    may("oneOf", S::List(K::Schema)),
    may("anyOf", S::List(K::Schema)),
    may("not", S::One(K::Schema)),
    may("items", S::One(K::Schema)),
    may("properties", S::Map(K::Schema)),
    may("additionalProperties", S::FlagOrSchema),
    may("description", S::Text),
    may("format", S::Text),
    may("default", S::Any),
    may("nullable", S::Flag),
    may("discriminator", S::One(K::Discriminator)),
    may("readOnly", S::Flag),
    may("writeOnly", S::Flag),
    may("xml", S::One(K::Xml)),
    may("externalDocs", S::One(K::ExternalDocs)),
    may("example", S::Any),
    may("deprecated", S::Flag),
];

const XML: &[Field] = &[
    may("name", S::Text),
    may("namespace", S::Text),
    may("prefix", S::Text),
    may("attribute", S::Flag),
    may("wrapped", S::Flag),
];

const SECURITY_SCHEME: &[Field] = &[
    must("type", S::Text),
    may("description", S::Text),
    may("name", S::Text),
    may("in", S::Text),
    may("scheme", S::Text),
    may("bearerFormat", S::Text),
    may("flows", S::One(K::OauthFlows)),
    may("openIdConnectUrl", S::Text),
];

const OAUTH_FLOWS: &[Field] = &[
    may("implicit", S::One(K::OauthFlow)),
    may("password", S::One(K::OauthFlow)),
    may("clientCredentials", S::One(K::OauthFlow)),
    may("authorizationCode", S::One(K::OauthFlow)),
];

const OAUTH_FLOW: &[Field] = &[
    may("authorizationUrl", S::Text),
    may("tokenUrl", S::Text),
    may("refreshUrl", S::Text),
    must("scopes", S::TextMap),
];
