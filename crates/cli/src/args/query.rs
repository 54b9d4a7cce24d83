//! Parses and checks the expression of `--query`.

use jmespath::ast::Ast;
use jmespath::{Context, DEFAULT_RUNTIME, ErrorReason, JmespathError, Rcvar, RuntimeError, Variable};

/// Checks a `JMESPath` expression and returns it.
pub(crate) fn parse(text: &str) -> Result<String, String> {
    // The parser is recursive. Expressions that users type are much shorter than this limit.
    if text.len() > 4096 {
        return Err("longer than 4096 bytes".to_owned());
    }
    check(text).map(|()| text.to_owned()).map_err(|error| error.to_string().trim_end().to_owned())
}

/// Checks an expression without a document: its syntax, function names, numbers of arguments, and steps of slices.
///
/// # Errors
///
/// The reason and the position of the first error.
fn check(query: &str) -> Result<(), JmespathError> {
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
            // Functions check the number of arguments before their types. The types are wrong here.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_expressions_without_a_document() {
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
