//! Emits the request builders, the public API of every operation.

use std::collections::BTreeMap;

use hss_spec::{Operation, Origin, Pagination, ParameterType, Source, names};
use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote};
use syn::{Ident, Type};

use super::docs::{deprecated, doc};
use super::signature::{self, Argument, Signature};
use super::table;

/// Names that every builder uses. A parameter with one of these names gets the suffix `_`.
const RESERVED_NAMES: [&str; 12] = [
    "client",
    "row_limit",
    "send",
    "pages",
    "stream",
    "max_rows",
    "pager",
    "resume",
    "timeout",
    "retries",
    "rate",
    "header",
];

/// The documentation of `send` for an operation that returns bytes.
const BYTES: &str = "Returns when the response has begun. The caller reads the bytes from the \
                     [`Download`](huaweicloud_core::Download), which does not keep them in memory.";

/// The code of all operations.
pub(super) struct Requests {
    /// The module `requests` and the methods of `Client` that start a request.
    pub(super) face: TokenStream,
    /// A model for each response that is a list: an alias, since progenitor names only the type of its elements.
    pub(super) lists: TokenStream,
}

/// Returns the code of all operations.
pub(super) fn emit(operations: &[Operation], client: &syn::File, public: Option<&str>) -> Result<Requests, String> {
    let mut builders = Vec::new();
    let mut starters = Vec::new();
    let mut lists = BTreeMap::new();
    for operation in operations {
        let mut signature = signature::read(client, operation)?;
        for argument in &mut signature.arguments {
            if RESERVED_NAMES.iter().any(|reserved| argument.name == reserved) {
                argument.name = format_ident!("{}_", argument.name);
            }
        }
        if let Some(schema) = operation.success.schema.as_ref().filter(|_| signature::is_list(&signature.response_type))
        {
            lists.insert(names::pascal_case(schema), signature.response_type.clone());
        }
        builders.push(builder(operation, &signature, public)?);
        starters.push(starter(operation, &signature, public));
    }
    let aliases = lists.iter().map(|(name, of)| {
        let (name, documentation) = (format_ident!("{name}"), format!(" The response `{name}`, which is a list."));
        quote! {
            #[doc = #documentation]
            #[allow(unused_qualifications, reason = "types are written as in `requests`")]
            pub type #name = #of;
        }
    });
    // The types begin with `models`.
    let lists = if lists.is_empty() { TokenStream::new() } else { quote!(use super::models; #(#aliases)*) };
    let face = quote! {
        /// A request builder for each operation. The methods of the client create them.
        #[allow(rustdoc::all, clippy::doc_markdown, reason = "descriptions are the document's, written for every language")]
        #[allow(clippy::useless_conversion, reason = "a total is int32 or int64")]
        #[allow(clippy::needless_borrows_for_generic_args, reason = "a required value is text or an enumeration")]
        #[allow(deprecated, reason = "deprecated parts of the API are still sent and read")]
        pub mod requests {
            use super::models;

            #(#builders)*
        }

        /// A method for each operation.
        #[allow(rustdoc::all, clippy::doc_markdown, reason = "descriptions are the document's, written for every language")]
        impl super::Client {
            #(#starters)*
        }
    };
    Ok(Requests { face, lists })
}

/// Returns the name of the request builder of an operation.
fn builder_name(operation: &Operation) -> Ident {
    format_ident!("{}", names::pascal_case(&operation.id))
}

/// Returns `Client::list_vul_scan_task_host(task_id)`.
fn starter(operation: &Operation, signature: &Signature<'_>, public: Option<&str>) -> TokenStream {
    let (name, id) = (format_ident!("{}", operation.name), builder_name(operation));
    let example = public.map(|name| start_example(operation, signature, name)).unwrap_or_default();
    let documentation = doc(&format!("{}\n\n{example}", documentation(operation)));
    let deprecated = deprecated(operation.deprecated.as_deref());
    let given = signature.in_order().into_iter().filter(|argument| argument.is_given_at_start()).map(|argument| {
        let (name, owned) = (&argument.name, &argument.owned);
        if argument.is_text() { quote!(#name: impl Into<String>) } else { quote!(#name: #owned) }
    });
    let row_limit = operation.pagination.as_ref().map(|_| quote!(row_limit: None,));
    let fields = signature.in_order().into_iter().map(|argument| {
        let name = &argument.name;
        match argument.setting() {
            Some(setting) => quote!(#name: self.settings().#setting.clone()),
            None if !argument.is_given_at_start() => quote!(#name: None),
            None if argument.is_text() => quote!(#name: #name.into()),
            None => quote!(#name),
        }
    });
    quote! {
        #(#documentation)*
        #deprecated
        pub fn #name(&self, #(#given),*) -> requests::#id {
            requests::#id { client: self.clone(), #row_limit #(#fields),* }
        }
    }
}

fn builder(operation: &Operation, signature: &Signature<'_>, public: Option<&str>) -> Result<TokenStream, String> {
    let (id, name) = (builder_name(operation), format_ident!("{}", operation.name));
    let constant = table::constant(operation);
    let response_type = &signature.response_type;
    // The body of a file is not that of the generated response: the transport leaves it to the caller.
    let (response_type, finish) = if operation.success.binary {
        (quote!(huaweicloud_core::Download), quote!(finish_download))
    } else {
        (quote!(#response_type), quote!(finish))
    };
    let documentation = format!(" {}: `{} {}`.", operation.summary, operation.method, operation.path);
    let arguments = signature.in_order();
    let fields = arguments.iter().map(|argument| {
        let (name, field) = (&argument.name, argument.field());
        quote!(#name: #field)
    });
    let setters = arguments.iter().filter(|argument| !argument.is_given_at_start()).map(|argument| setter(argument));
    let options = public.map(|_| options());
    let row = quote!(&super::operations::#constant);
    let passed = signature.arguments.iter().map(|argument| argument.pass(&row));
    let row_limit = operation.pagination.as_ref().map(|_| quote!(pub(super) row_limit: Option<i64>,));
    let listing = match &operation.pagination {
        Some(pagination) => listing(operation, pagination, signature, public)?,
        None => TokenStream::new(),
    };
    let of_page = operation.pagination.as_ref().map(|pagination| page(signature, pagination)).unwrap_or_default();
    let of_bytes = if operation.success.binary { BYTES } else { "" };
    let sends = doc(&format!("Sends one request.\n\n{of_page}{of_bytes}"));
    Ok(quote! {
        #[doc = #documentation]
        #[derive(Debug, Clone)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct #id {
            pub(super) client: super::super::Client,
            #row_limit
            #(pub(super) #fields,)*
        }

        impl #id {
            #(#setters)*

            #options

            #(#sends)*
            ///
            /// # Errors
            ///
            /// [`ErrorKind::Usage`](huaweicloud_core::ErrorKind::Usage) if a value is missing or out of bounds, or if the call
            /// is made outside of a Tokio runtime; then no request is sent. Otherwise the failure of the call, see
            /// [`ErrorKind`](huaweicloud_core::ErrorKind).
            ///
            /// # Cancel safety
            ///
            /// Dropping the future cancels the call. If the request was already sent, the service may execute it.
            pub async fn send(&self) -> huaweicloud_core::Result<huaweicloud_core::Response<#response_type>> {
                let wire = self.client.begin(#row);
                let outcome = wire.#name(#(#passed),*).await;
                huaweicloud_core::generated::#finish(&wire.inner, outcome)
            }
        }

        #listing
    })
}

fn setter(argument: &Argument<'_>) -> TokenStream {
    let Argument { name, owned, .. } = argument;
    let documentation = doc(&describe(argument));
    let deprecated = deprecated(argument.parameter.and_then(|parameter| parameter.deprecated.as_deref()));
    let (takes, value) = if argument.is_text() {
        (quote!(impl Into<String>), quote!(value.into()))
    } else {
        (quote!(#owned), quote!(value))
    };
    quote! {
        #(#documentation)*
        #deprecated
        pub fn #name(mut self, value: #takes) -> Self {
            self.#name = Some(#value);
            self
        }
    }
}

/// Returns the setters for options of the call.
fn options() -> TokenStream {
    quote! {
        /// Sets the maximum duration of the call, with all waits and retries. Each page of a listing is a call. The default
        /// is that of the client.
        pub fn timeout(mut self, limit: std::time::Duration) -> Self {
            self.client.options_mut().timeout = Some(limit);
            self
        }

        /// Sets the limits for retries. The default is those of the client.
        pub fn retries(mut self, retries: huaweicloud_core::Retries) -> Self {
            self.client.options_mut().retries = retries;
            self
        }

        /// Sets how the quota of the operation is applied. The default is that of the client.
        pub fn rate(mut self, rate: huaweicloud_core::Rate) -> Self {
            self.client.options_mut().rate = rate;
            self
        }

        /// Sets a header, which is sent and signed in addition to those of the client. See
        /// [`CallOptions::set_header`](huaweicloud_core::CallOptions::set_header) for the allowed ones.
        pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.client.options_mut().set_header(name, value);
            self
        }
    }
}

/// Returns `pager`, `resume`, `pages`, `stream`, and the items that they need.
fn listing(
    operation: &Operation,
    pagination: &Pagination,
    signature: &Signature<'_>,
    public: Option<&str>,
) -> Result<TokenStream, String> {
    let id = builder_name(operation);
    let constant = table::constant(operation);
    let page = &signature.response_type;
    let item = format_ident!("{}", names::pascal_case(&pagination.item_schema));
    let field =
        |name: &str| syn::parse_str::<Ident>(name).map_err(|_| format!("{name} of {id} has no valid Rust name"));
    let (items, total) = (field(&pagination.items)?, field(&pagination.total)?);
    let key = match &pagination.key {
        Some(name) => {
            let name = field(name)?;
            quote!(item.#name.as_deref())
        }
        None => quote!({
            let _ = item;
            None
        }),
    };
    let carried = |name: &str| {
        let argument = signature.arguments.iter().find(|argument| argument.parameter.is_some_and(|p| p.name == name));
        argument.ok_or_else(|| format!("{id} has no parameter {name} for paging"))
    };
    let (offset, limit) = (carried(&pagination.offset)?, carried(&pagination.limit)?);
    let (get_offset, get_limit) = (&offset.name, &limit.name);
    let filters = signature
        .in_order()
        .into_iter()
        .filter(|argument| [offset, limit].iter().all(|carried| carried.name != argument.name));
    let filters = filters.map(push_filter);
    let pager_example = doc(&public.map(|name| pager_example(operation, signature, name)).unwrap_or_default());
    let (set_offset, set_limit) = (set(offset, &quote!(offset)), set(limit, &quote!(limit)));
    Ok(quote! {
        impl #id {
            /// Reads at most `rows` rows, and requests no page after them. [`pages`](Self::pages) returns the page with the
            /// last row completely.
            pub fn max_rows(mut self, rows: u32) -> Self {
                self.row_limit = Some(rows.into());
                self
            }

            /// Returns a pager that reads all pages from the offset on, in order. Each page is one request.
            ///
            /// [`position`](huaweicloud_core::paging::Pager::position) returns what a later run needs to
            /// [`resume`](Self::resume) the listing.
            ///
            #(#pager_example)*
            #[must_use]
            pub fn pager(self) -> huaweicloud_core::paging::Pager<Self> {
                huaweicloud_core::paging::Pager::new(self)
            }

            /// Returns a pager that continues after a position. The position replaces the offset of the request. The
            /// [`maximum`](Self::max_rows) includes the rows before the position. Sends no request.
            ///
            /// # Errors
            ///
            /// [`ErrorKind::Usage`](huaweicloud_core::ErrorKind::Usage) if the position belongs to another operation or
            /// to other filters.
            pub fn resume(
                self,
                position: huaweicloud_core::paging::Position,
            ) -> huaweicloud_core::Result<huaweicloud_core::paging::Pager<Self>> {
                huaweicloud_core::paging::Pager::resume(self, position)
            }

            /// Returns all pages from the offset on, in order. Each page is one request.
            ///
            /// A page has as many rows as the service allows, unless the request sets a limit. The stream ends after the last
            /// page according to the total of the service, or after the first error. Without a total, it ends after a page
            /// without rows.
            ///
            /// Tasks of the Tokio runtime that polls the stream fetch the pages. The stream can stay unpolled for any time.
            /// Polling is cancel safe. Dropping the stream aborts the tasks.
            #[must_use]
            pub fn pages(self) -> futures_core::stream::BoxStream<'static, huaweicloud_core::Result<huaweicloud_core::Response<#page>>> {
                huaweicloud_core::paging::pages(self)
            }

            /// Returns the rows of all pages in order, up to [`max_rows`](Self::max_rows). The stream ends after the first
            /// error. See [`pages`](Self::pages) for how pages are fetched.
            #[must_use]
            pub fn stream(self) -> futures_core::stream::BoxStream<'static, huaweicloud_core::Result<models::#item>> {
                huaweicloud_core::paging::stream(self)
            }
        }

        impl huaweicloud_core::paging::Paged for #id {
            type Page = #page;
            type Item = models::#item;
            const OPERATION: &'static huaweicloud_core::Operation = &super::operations::#constant;

            fn first_offset(&self) -> Option<i64> {
                self.#get_offset.map(i64::from)
            }

            fn page_size(&self) -> Option<i64> {
                self.#get_limit.map(i64::from)
            }

            fn filters(&self) -> huaweicloud_core::Arguments {
                let mut filters = huaweicloud_core::Arguments::new();
                #(#filters)*
                filters
            }

            fn fetch(&self, offset: i64, limit: i64) -> impl Future<Output = huaweicloud_core::Result<huaweicloud_core::Response<#page>>> + Send {
                let mut request = self.clone();
                #set_offset
                #set_limit
                async move { request.send().await }
            }

            fn total(page: &#page) -> Option<i64> {
                page.#total.map(i64::from)
            }

            fn items(page: &#page) -> Option<&[models::#item]> {
                page.#items.as_deref()
            }

            fn into_items(page: #page) -> Vec<models::#item> {
                page.#items.unwrap_or_default()
            }

            fn key(item: &models::#item) -> Option<&str> {
                #key
            }

            fn row_limit(&self) -> Option<i64> {
                self.row_limit
            }

            fn remaining(&self, pending: usize) -> usize {
                self.client.more_pages(&super::operations::#constant, pending)
            }
        }
    })
}

/// Returns the statement that adds the value of an argument to `filters`.
fn push_filter(argument: &Argument<'_>) -> TokenStream {
    let Argument { name, parameter, owned, .. } = argument;
    let is_option = !argument.is_given_at_start();
    let Some(parameter) = parameter else {
        return quote!(filters.push("body", serde_json::json!(self.#name)););
    };
    let wire = &parameter.name;
    match (signature::is_list(owned), is_option) {
        (false, true) => quote!(filters.push_some(#wire, self.#name.as_ref());),
        (false, false) => quote!(filters.push(#wire, &self.#name);),
        (true, true) => quote!(self.#name.iter().flatten().for_each(|value| filters.push(#wire, value));),
        (true, false) => quote!(self.#name.iter().for_each(|value| filters.push(#wire, value));),
    }
}

fn set(argument: &Argument<'_>, value: &TokenStream) -> TokenStream {
    let name = &argument.name;
    let owned: &Type = &argument.owned;
    // Values that exceed the type are also out of the bounds that are validated before sending.
    let is_wide = signature::is(owned, "i64");
    let value = if is_wide { value.clone() } else { quote!(#owned::try_from(#value).unwrap_or(#owned::MAX)) };
    quote!(request.#name = Some(#value);)
}

/// Returns the documentation of an operation, with its quota and its page of the manual.
fn documentation(operation: &Operation) -> String {
    let mut documentation = format!("{}.\n\n{}", operation.summary, operation.description.trim_end());
    if let Some(limit) = operation.rate_limit {
        documentation += &format!(
            "\n\nThe service documents a quota of {} requests in {} seconds for one user.",
            limit.requests, limit.seconds
        );
    }
    if let Some(source) = &operation.source {
        documentation += &format!("\n\n{}", origin(&operation.id, source));
    }
    documentation
}

/// Returns the sentence that states where the facts about an operation are from.
fn origin(id: &str, Source { origin, language }: &Source) -> String {
    let language = match language.as_str() {
        "en" => String::new(),
        "zh" => " in Chinese".to_owned(),
        other => format!(" in the language `{other}`"),
    };
    match origin {
        Origin::Page { page, updated } => format!("[{id}]({page}) in the API manual, page of {updated}{language}."),
        Origin::Sdk(sdk) => {
            let documented = if language.is_empty() { language } else { format!(", which is documented{language}") };
            format!("The API manual has no page about it. The facts are from the SDK {sdk}{documented}.")
        }
    }
}

/// Returns the note on the number of rows that one request returns.
fn page(signature: &Signature<'_>, pagination: &Pagination) -> String {
    let named =
        |argument: &&Argument<'_>| argument.parameter.is_some_and(|parameter| parameter.name == pagination.limit);
    let limit = signature.arguments.iter().find(named);
    let default = limit.and_then(|limit| limit.parameter?.default.as_ref());
    let without = match (limit.and_then(|limit| limit.page_default), default) {
        (Some(rows), _) => rows.to_string(),
        (None, Some(rows)) => format!("the service's default ({rows})"),
        (None, None) => "the service's default".to_owned(),
    };
    format!(
        "Returns one page: the number of rows is `{}`, or {without} without it. [`stream()`](Self::stream) reads all rows.",
        pagination.limit
    )
}

/// Returns the example for the method that starts a request.
fn start_example(operation: &Operation, signature: &Signature<'_>, crate_name: &str) -> String {
    let (parameters, call) = start(operation, signature, crate_name);
    let (uses, body) = if operation.pagination.is_some() {
        let read = "while let Some(row) = rows.try_next().await? {\n    println!(\"{row:?}\");\n}";
        ("use futures::TryStreamExt as _;\n\n", format!("let mut rows = {call}.stream();\n{read}"))
    } else if operation.success.binary {
        let read = "while let Some(bytes) = download.chunk().await? {\n    println!(\"{} bytes\", bytes.len());\n}";
        ("", format!("let mut download = {call}.send().await?.into_inner();\n{read}"))
    } else {
        ("", format!("let response = {call}.send().await?;\nprintln!(\"{{:?}}\", response.into_inner());"))
    };
    example(crate_name, &parameters, &format!("{uses}{body}"))
}

/// Returns the example for `pager`, which shows the other methods of a listing, too.
fn pager_example(operation: &Operation, signature: &Signature<'_>, crate_name: &str) -> String {
    let (parameters, call) = start(operation, signature, crate_name);
    let body = format!(
        "use std::time::Duration;\n\n\
         let request = {call}\n    \
             .max_rows(1000)\n    \
             .timeout(Duration::from_secs(60))\n    \
             .header(\"x-trace-id\", \"7f3a\");\n\
         let mut pager = request.clone().pager();\n\
         while let Some(page) = pager.next().await? {{\n    println!(\"{{:?}}\", page.into_inner());\n}}\n\
         // A later run can continue after this position.\n\
         let pager = request.resume(pager.position())?;"
    );
    example(crate_name, &parameters, &body)
}

/// Returns the parameters of an example's function, and the expression that starts the request.
///
/// The example has invented ids. Other values are parameters.
fn start(operation: &Operation, signature: &Signature<'_>, crate_name: &str) -> (String, String) {
    let given: Vec<_> = signature.in_order().into_iter().filter(|argument| argument.is_given_at_start()).collect();
    let values: Vec<_> = given
        .iter()
        .map(|argument| match argument.parameter {
            Some(parameter) if argument.is_text() => format!("{:?}", parameter.name),
            _ => argument.name.to_string(),
        })
        .collect();
    let handed = given.iter().filter(|argument| !argument.is_text()).map(|argument| {
        let spelled = argument.owned.to_token_stream().to_string().replace(' ', "");
        format!(", {}: {}", argument.name, spelled.replace("models::", &format!("{crate_name}::models::")))
    });
    let parameters = format!("client: &{crate_name}::Client{}", handed.collect::<String>());
    (parameters, format!("client.{}({})", operation.name, values.join(", ")))
}

fn example(crate_name: &str, parameters: &str, body: &str) -> String {
    format!(
        "# Examples\n\n```no_run\n# async fn example({parameters}) -> {crate_name}::Result<()> {{\n{body}\n# Ok(())\n# }}\n```"
    )
}

/// Returns the documentation of a parameter, with its bounds.
fn describe(argument: &Argument<'_>) -> String {
    let Some(parameter) = argument.parameter else { return String::new() };
    let mut documentation = parameter.description.trim_end().to_owned();
    let bounds = match &parameter.kind {
        ParameterType::Integer { minimum: Some(min), maximum: Some(max), .. } => format!("From {min} to {max}."),
        ParameterType::String { min_length: Some(min), max_length: Some(max), allowed } if allowed.is_empty() => {
            format!("{min} to {max} characters.")
        }
        _ => String::new(),
    };
    let default = match (argument.page_default, &parameter.default) {
        (Some(value), _) => format!("The default is {value}."),
        (None, Some(default)) => format!("The service assumes `{default}`."),
        (None, None) => String::new(),
    };
    let setting =
        parameter.setting.as_ref().map(|_| "Taken from the client unless set here.".to_owned()).unwrap_or_default();
    let notes: Vec<_> = [bounds, default, setting].into_iter().filter(|note| !note.is_empty()).collect();
    if !notes.is_empty() {
        documentation += &format!("\n\n{}", notes.join(" "));
    }
    documentation
}
