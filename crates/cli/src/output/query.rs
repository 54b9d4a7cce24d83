//! `--query`: what a `JMESPath` expression makes of a document.

use std::collections::BTreeMap;

use hss_client::{Error, Kind, Result};
use huaweicloud_core::count_elements;
use jmespath::ast::Ast;
use jmespath::{Context, DEFAULT_RUNTIME, ErrorReason, JmespathError, Rcvar, RuntimeError, Variable, interpret};
use serde::Serialize;
use serde_json::Value;

use super::{ELEMENTS, json};

/// Checks an expression as far as that is possible without a document: its syntax, the names of functions, how many arguments
/// they get, and the steps of slices.
///
/// # Errors
///
/// What is wrong with it, and where.
pub(crate) fn check(query: &str) -> Result<(), JmespathError> {
    let expression = jmespath::compile(query)?;
    check_node(expression.as_ast(), &mut Context::new(query, &DEFAULT_RUNTIME))
}

fn check_node(node: &Ast, context: &mut Context) -> Result<(), JmespathError> {
    let failed = |context: &Context, error| Err(JmespathError::from_ctx(context, ErrorReason::Runtime(error)));
    match node {
        Ast::Identity { .. } | Ast::Field { .. } | Ast::Index { .. } | Ast::Literal { .. } => Ok(()),
        Ast::Slice { offset, step, .. } => {
            context.offset = *offset;
            if *step == 0 { failed(context, RuntimeError::InvalidSlice) } else { Ok(()) }
        }
        Ast::Function { offset, name, args } => {
            context.offset = *offset;
            let Some(function) = context.runtime.get_function(name) else {
                return failed(context, RuntimeError::UnknownFunction(name.clone()));
            };
            // A function looks at the number of its arguments before it looks at their types, which are wrong here.
            let nulls = vec![Rcvar::new(Variable::Null); args.len()];
            if let Err(error) = function.evaluate(&nulls, context)
                && let ErrorReason::Runtime(
                    RuntimeError::NotEnoughArguments { .. } | RuntimeError::TooManyArguments { .. },
                ) = error.reason
            {
                return Err(error);
            }
            args.iter().try_for_each(|argument| check_node(argument, context))
        }
        Ast::MultiList { elements, .. } => elements.iter().try_for_each(|element| check_node(element, context)),
        Ast::MultiHash { elements, .. } => elements.iter().try_for_each(|pair| check_node(&pair.value, context)),
        Ast::Expref { ast: node, .. }
        | Ast::Flatten { node, .. }
        | Ast::Not { node, .. }
        | Ast::ObjectValues { node, .. } => check_node(node, context),
        Ast::Comparison { lhs, rhs, .. }
        | Ast::Condition { predicate: lhs, then: rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. } => {
            check_node(lhs, context)?;
            check_node(rhs, context)
        }
    }
}

/// A document that a query is asked of: rows of a listing as they come, held in memory.
#[derive(Debug, Default)]
pub(crate) struct Document(Vec<Rcvar>);

impl Document {
    /// Takes rows.
    ///
    /// # Errors
    ///
    /// [`Kind::Protocol`] if they have more values than any real page; [`Kind::Usage`] if they have no form in JSON.
    pub(crate) fn push(&mut self, rows: &[impl Serialize]) -> Result<()> {
        if count_elements(json::lines(rows)?.as_bytes()) > ELEMENTS {
            let message =
                format!("a page has more than {ELEMENTS} list members and fields, which are too many for --query");
            return Err(Error::new(Kind::Protocol, message).remedy("Use a smaller --page-size, or leave --query out."));
        }
        for row in rows {
            self.0.push(Rcvar::new(Variable::from_serializable(row).map_err(|error| refused(&error))?));
        }
        Ok(())
    }

    /// What the query makes of the rows as a page of the API's own shape.
    ///
    /// # Errors
    ///
    /// As [`ask`].
    pub(crate) fn ask(self, query: &str, total: i64) -> Result<Value> {
        let total = Rcvar::new(Variable::Number(total.into()));
        let rows = Rcvar::new(Variable::Array(self.0));
        let page = [("total_num".to_owned(), total), ("data_list".to_owned(), rows)];
        interpreted(query, &Rcvar::new(Variable::Object(BTreeMap::from(page))))
    }
}

/// What a query makes of any document.
///
/// # Errors
///
/// [`Kind::Usage`] if it cannot be asked of that document.
pub(crate) fn ask(query: &str, document: &Value) -> Result<Value> {
    interpreted(query, &Rcvar::new(Variable::from_serializable(document).map_err(|error| refused(&error))?))
}

/// The crate's own `search` would first copy the document.
fn interpreted(query: &str, document: &Rcvar) -> Result<Value> {
    let expression = jmespath::compile(query).map_err(|error| refused(&error))?;
    let mut context = Context::new(query, &DEFAULT_RUNTIME);
    let answer = interpret(document, expression.as_ast(), &mut context).map_err(|error| refused(&error))?;
    json::value(&*answer)
}

fn refused(error: &JmespathError) -> Error {
    // The lines after the first are the expression, with a mark below it.
    let message = error.to_string();
    Error::usage(format!("--query: {}", message.lines().next().unwrap_or_default())).remedy("See https://jmespath.org.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_known_of_an_expression_without_a_document_is_checked() {
        for (expression, said) in [
            ("nope(@)", "Call to undefined function nope"),
            ("data_list[?nope(host_name)]", "undefined function nope"),
            ("sort_by(data_list, &nope(host_name))", "undefined function nope"),
            ("{a: [b, !nope(@)]} | c || d && e", "undefined function nope"),
            ("data_list[].nope(@) | *.a", "undefined function nope"),
            ("data_list[?a == nope(@)]", "undefined function nope"),
            ("data_list[].{a: nope(@)}", "undefined function nope"),
            ("length()", "Not enough arguments"),
            ("length(@, @)", "Too many arguments"),
            ("sort_by(@)", "Not enough arguments"),
            ("not_null()", "Not enough arguments"),
            ("data_list[::0]", "Invalid slice"),
            ("data_list[?", "Parse error"),
        ] {
            let error = check(expression).unwrap_err().to_string();
            assert!(error.contains(said), "{expression}: {error}");
        }
        for expression in [
            "length(data_list)",
            "sort_by(data_list, &host_name)[0].host_name",
            "data_list[?starts_with(host_name, 'a')] | [0]",
            "merge(a, b, c)",
            "not_null(a, b)",
            "join(', ', data_list[].host_name)",
            "map(&a, @)[::2]",
            "`[1]` | max(@)",
        ] {
            assert_eq!(check(expression), Ok(()), "{expression}");
        }
    }
}
