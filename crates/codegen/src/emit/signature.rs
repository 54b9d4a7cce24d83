//! Reads arguments and response type of an operation from the signature of progenitor's method. The emitted calls
//! therefore match the order and types of progenitor.

use hss_spec::{Location, Operation, Parameter, ParameterType, names};
use proc_macro2::TokenStream;
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{FnArg, GenericArgument, Ident, ImplItem, Item, Pat, PathArguments, ReturnType, Type};

/// The method of an operation.
pub(super) struct Signature<'a> {
    pub(super) arguments: Vec<Argument<'a>>,
    /// The response type, as a path in the module `models`.
    pub(super) response_type: Type,
}

impl Signature<'_> {
    /// Returns the arguments in the order of the document, with the body last. progenitor sorts arguments, so that its
    /// order depends on their names.
    pub(super) fn in_order(&self) -> Vec<&Argument<'_>> {
        let mut ordered: Vec<_> = self.arguments.iter().collect();
        ordered.sort_by_key(|argument| argument.place);
        ordered
    }
}

/// An argument of a method.
pub(super) struct Argument<'a> {
    /// Rust name.
    pub(super) name: Ident,
    /// The parameter that it contains; `None` for the request body.
    pub(super) parameter: Option<&'a Parameter>,
    /// The owned type of a value: `String`, `i32`, `models::ScanStatusFilter`.
    pub(super) owned: Type,
    /// Whether it may be omitted.
    pub(super) optional: bool,
    /// The value that is sent if the caller gives none, for a required parameter of paging.
    pub(super) page_default: Option<i64>,
    /// Whether it is passed by reference.
    borrowed: bool,
    /// Index among the parameters of the document.
    place: usize,
}

impl Argument<'_> {
    /// Returns whether the value is text, so that a setter accepts any type that converts to a `String`.
    pub(super) fn is_text(&self) -> bool {
        is(&self.owned, "String")
    }

    /// Returns the client setting that is used if the caller gives no value.
    pub(super) fn setting(&self) -> Option<Ident> {
        self.parameter?.setting.as_ref().map(|setting| quote::format_ident!("{setting}"))
    }

    /// Returns whether the caller gives it at the start of the request. Setters set the others.
    pub(super) fn is_given_at_start(&self) -> bool {
        !self.optional && self.setting().is_none() && self.page_default.is_none()
    }

    /// Returns the type of the field that stores it until the request is sent.
    pub(super) fn field(&self) -> TokenStream {
        let owned = &self.owned;
        if self.is_given_at_start() { quote!(#owned) } else { quote!(Option<#owned>) }
    }

    /// Returns the expression that passes the field `self.<name>` to progenitor's method. `row` refers to the entry of
    /// the operation table. The transport validates all values; checks that are impossible in the finished request are
    /// made here.
    pub(super) fn pass(&self, row: &TokenStream) -> TokenStream {
        let name = &self.name;
        let required = |value: TokenStream| {
            let wire = self.parameter.map(|parameter| &parameter.name);
            quote!(huaweicloud_core::generated::required(#row, #wire, #value)?)
        };
        if let Some(default) = self.page_default {
            let default = proc_macro2::Literal::i64_unsuffixed(default);
            return quote!(self.#name.unwrap_or(#default));
        }
        let is_of_path = self.parameter.is_some_and(|parameter| parameter.location == Location::Path);
        match (self.optional, self.setting().is_some(), self.borrowed) {
            (true, _, true) if self.is_text() => quote!(self.#name.as_deref()),
            (true, _, true) => quote!(self.#name.as_ref()),
            (false, true, true) => required(quote!(self.#name.as_deref())),
            (false, false, true) if is_of_path && self.is_text() => required(quote!(Some(&self.#name))),
            (false, true, false) => quote!(self.#name.clone().unwrap_or_default()),
            (false, false, true) => quote!(&self.#name),
            (_, _, false) => quote!(self.#name),
        }
    }
}

/// Reads the signature of progenitor's method for `operation`.
pub(super) fn read<'a>(client: &syn::File, operation: &'a Operation) -> Result<Signature<'a>, String> {
    let unsupported = |what: &str| format!("progenitor's method for {} has {what}", operation.id);
    let method = client
        .items
        .iter()
        .filter_map(|item| if let Item::Impl(item) = item { Some(&item.items) } else { None })
        .flatten()
        .find_map(|item| match item {
            ImplItem::Fn(method) if method.sig.ident == operation.name => Some(method),
            _ => None,
        })
        .ok_or_else(|| format!("progenitor did not generate a method {}", operation.name))?;
    let mut arguments = Vec::new();
    for input in &method.sig.inputs {
        let FnArg::Typed(input) = input else { continue };
        let Pat::Ident(pattern) = &*input.pat else {
            return Err(unsupported("an argument without a name"));
        };
        let name = pattern.ident.clone();
        let parameter = parameter_of(operation, &name);
        if parameter.is_none() && (operation.body.is_none() || name != "body") {
            return Err(unsupported(&format!("an argument {name} without a parameter of that name")));
        }
        let (optional, inner) = match generic(&input.ty, "Option") {
            Some(inner) => (true, inner),
            None => (false, (*input.ty).clone()),
        };
        let (borrowed, owned) = match inner {
            Type::Reference(reference) => (true, *reference.elem),
            other => (false, other),
        };
        let owned = if is(&owned, "str") { syn::parse_quote!(String) } else { in_models(owned) };
        let place = operation.parameters.iter().position(|other| parameter == Some(other)).unwrap_or(usize::MAX);
        let page_default =
            if optional { None } else { parameter.and_then(|parameter| page_default(operation, parameter)) };
        arguments.push(Argument { name, parameter, owned, optional, page_default, borrowed, place });
    }
    let carried = arguments.iter().filter(|argument| argument.parameter.is_some()).count();
    if carried != operation.parameters.len() {
        return Err(unsupported(&format!("{carried} arguments for {} parameters", operation.parameters.len())));
    }
    let ReturnType::Type(_, response_type) = &method.sig.output else {
        return Err(unsupported("no result"));
    };
    let response_type = generic(response_type, "Result")
        .and_then(|value| generic(&value, "ResponseValue"))
        .ok_or_else(|| unsupported("an unexpected result"))?;
    Ok(Signature { arguments, response_type: in_models(response_type) })
}

/// Returns the value of a paging parameter that the caller does not set: 0 for the offset, the largest page for the number
/// of rows. The same as `Operation::page_default` of core, which reads the emitted table.
fn page_default(operation: &Operation, parameter: &Parameter) -> Option<i64> {
    const PAGE_ROWS: i64 = 200;
    let names = operation.pagination.as_ref()?;
    if parameter.name == names.offset {
        return Some(0);
    }
    (parameter.name == names.limit).then(|| match parameter.kind {
        ParameterType::Integer { maximum: Some(maximum), .. } if maximum < i64::from(i32::MAX) => maximum,
        _ => PAGE_ROWS,
    })
}

/// Returns the parameter of an argument of progenitor.
fn parameter_of<'a>(operation: &'a Operation, argument: &Ident) -> Option<&'a Parameter> {
    operation.parameters.iter().find(|parameter| argument == &names::snake_case(&parameter.name))
}

/// Returns `T` of `name<T, …>`.
fn generic(of: &Type, name: &str) -> Option<Type> {
    let Type::Path(path) = of else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner.clone()),
        _ => None,
    })
}

/// Returns whether a type is `name`, without a path.
pub(super) fn is(of: &Type, name: &str) -> bool {
    matches!(of, Type::Path(path) if path.path.is_ident(name))
}

/// Returns whether a type is a `Vec`.
pub(super) fn is_list(of: &Type) -> bool {
    matches!(of, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Vec"))
}

/// Returns the type with progenitor's module `types` replaced by its public name.
fn in_models(mut of: Type) -> Type {
    struct Rename;
    impl VisitMut for Rename {
        fn visit_ident_mut(&mut self, ident: &mut Ident) {
            if ident == "types" {
                *ident = Ident::new("models", ident.span());
            }
        }

        fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
            reference.lifetime = None;
            visit_mut::visit_type_reference_mut(self, reference);
        }
    }
    Rename.visit_type_mut(&mut of);
    of
}
