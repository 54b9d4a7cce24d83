//! The objects of OpenAPI 3.0.3 and their keys.

use Kind as K;
use Shape as S;

/// The methods of a path item.
pub const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

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

/// Returns the keys of an object: `fields! { must: "url" Text; may: "description" Text }`.
macro_rules! fields {
    (
        $(must: $($must:literal $must_shape:ident $(($must_kind:ident))?),+;)?
        may: $($may:literal $may_shape:ident $(($may_kind:ident))?),*
    ) => {
        const {
            &[
                $($(Field { name: $must, shape: S::$must_shape $((K::$must_kind))?, required: true },)+)?
                $(Field { name: $may, shape: S::$may_shape $((K::$may_kind))?, required: false }),*
            ]
        }
    };
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
            K::Document => fields! {
                must: "openapi" Text, "info" One(Info), "paths" Patterned(PathItem);
                may: "servers" List(Server), "components" One(Components), "security" Security, "tags" List(Tag),
                    "externalDocs" One(ExternalDocs)
            },
            K::Info => fields! {
                must: "title" Text, "version" Text;
                may: "description" Text, "termsOfService" Text, "contact" One(Contact), "license" One(License)
            },
            K::Contact => fields! { may: "name" Text, "url" Text, "email" Text },
            K::License => fields! { must: "name" Text; may: "url" Text },
            K::Server => fields! { must: "url" Text; may: "description" Text, "variables" Map(ServerVariable) },
            K::ServerVariable => fields! { must: "default" Text; may: "enum" Texts, "description" Text },
            K::Components => fields! {
                may: "schemas" Map(Schema), "responses" Map(Response), "parameters" Map(Parameter),
                    "examples" Map(Example), "requestBodies" Map(RequestBody), "headers" Map(Header),
                    "securitySchemes" Map(SecurityScheme), "links" Map(Link), "callbacks" Map(Callback)
            },
            K::PathItem => fields! {
                may: "$ref" Text, "summary" Text, "description" Text, "get" One(Operation), "put" One(Operation),
                    "post" One(Operation), "delete" One(Operation), "options" One(Operation), "head" One(Operation),
                    "patch" One(Operation), "trace" One(Operation), "servers" List(Server),
                    "parameters" List(Parameter)
            },
            K::Operation => fields! {
                must: "responses" Patterned(Response);
                may: "tags" Texts, "summary" Text, "description" Text, "externalDocs" One(ExternalDocs),
                    "operationId" Text, "parameters" List(Parameter), "requestBody" One(RequestBody),
                    "callbacks" Map(Callback), "deprecated" Flag, "security" Security, "servers" List(Server)
            },
            K::ExternalDocs => fields! { must: "url" Text; may: "description" Text },
            K::Parameter => fields! {
                must: "name" Text, "in" Text;
                may: "description" Text, "required" Flag, "deprecated" Flag, "allowEmptyValue" Flag, "style" Text,
                    "explode" Flag, "allowReserved" Flag, "schema" One(Schema), "example" Any,
                    "examples" Map(Example), "content" Map(MediaType)
            },
            K::RequestBody => fields! { must: "content" Map(MediaType); may: "description" Text, "required" Flag },
            K::MediaType => fields! {
                may: "schema" One(Schema), "example" Any, "examples" Map(Example), "encoding" Map(Encoding)
            },
            K::Encoding => fields! {
                may: "contentType" Text, "headers" Map(Header), "style" Text, "explode" Flag, "allowReserved" Flag
            },
            K::Response => fields! {
                must: "description" Text;
                may: "headers" Map(Header), "content" Map(MediaType), "links" Map(Link)
            },
            K::Callback => &[],
            K::Example => fields! { may: "summary" Text, "description" Text, "value" Any, "externalValue" Text },
            K::Link => fields! {
                may: "operationRef" Text, "operationId" Text, "parameters" Any, "requestBody" Any, "description" Text,
                    "server" One(Server)
            },
            K::Header => fields! {
                may: "description" Text, "required" Flag, "deprecated" Flag, "allowEmptyValue" Flag, "style" Text,
                    "explode" Flag, "allowReserved" Flag, "schema" One(Schema), "example" Any,
                    "examples" Map(Example), "content" Map(MediaType)
            },
            K::Tag => fields! { must: "name" Text; may: "description" Text, "externalDocs" One(ExternalDocs) },
            K::Schema => fields! {
                may: "title" Text, "multipleOf" Number, "maximum" Number, "exclusiveMaximum" Flag, "minimum" Number,
                    "exclusiveMinimum" Flag, "maxLength" Count, "minLength" Count, "pattern" Text, "maxItems" Count,
                    "minItems" Count, "uniqueItems" Flag, "maxProperties" Count, "minProperties" Count,
                    "required" Texts, "enum" Values, "type" Text, "allOf" List(Schema), "oneOf" List(Schema),
                    "anyOf" List(Schema), "not" One(Schema), "items" One(Schema), "properties" Map(Schema),
                    "additionalProperties" FlagOrSchema, "description" Text, "format" Text, "default" Any,
                    "nullable" Flag, "discriminator" One(Discriminator), "readOnly" Flag, "writeOnly" Flag,
                    "xml" One(Xml), "externalDocs" One(ExternalDocs), "example" Any, "deprecated" Flag
            },
            K::Discriminator => fields! { must: "propertyName" Text; may: "mapping" TextMap },
            K::Xml => fields! { may: "name" Text, "namespace" Text, "prefix" Text, "attribute" Flag, "wrapped" Flag },
            K::SecurityScheme => fields! {
                must: "type" Text;
                may: "description" Text, "name" Text, "in" Text, "scheme" Text, "bearerFormat" Text,
                    "flows" One(OauthFlows), "openIdConnectUrl" Text
            },
            K::OauthFlows => fields! {
                may: "implicit" One(OauthFlow), "password" One(OauthFlow), "clientCredentials" One(OauthFlow),
                    "authorizationCode" One(OauthFlow)
            },
            K::OauthFlow => fields! {
                must: "scopes" TextMap;
                may: "authorizationUrl" Text, "tokenUrl" Text, "refreshUrl" Text
            },
        }
    }
}
