//! Parses and validates the expression of `--query`.

use hss_client::printable;
use jmespath::ast::Ast;
use jmespath::{Context, DEFAULT_RUNTIME, ErrorReason, JmespathError, Rcvar, RuntimeError, Variable};
use unicode_width::UnicodeWidthStr as _;

/// Maximum number of characters in an expression that can nest it.
const MAX_NESTING: usize = 250;

/// Messages of the parser by how they begin, and the words that people read instead.
const SYNTAX: &[(&str, &str)] = &[
    ("Unexpected nud token", "expected a field, a function or a value"),
    ("Unexpected led token", "expected an operator"),
    ("Did not parse the complete expression", "expected an operator or the end"),
    ("Quoted strings can't be a function name", "expected a function name without quotes"),
    ("Invalid function name", "expected a function name before the parenthesis"),
    ("invalid token after ','", "expected an expression after the comma"),
    ("Too many colons in slice expr", "expected at most two colons in a slice"),
    ("Expected Field to start key value pair", "expected a key"),
    ("Expected ':' to follow key", "expected a colon after the key"),
    ("Expected identifier, '*', '{', '[', '&', or '[?'", "expected a field, *, {, [, & or [? after the dot"),
    ("Expected '.', '[', or '[?'", "expected a dot, [ or [?"),
    ("Expected ']'", "expected ]"),
    ("Expected ')'", "expected )"),
    ("Expected '}' or ','", "expected } or a comma"),
    ("Expected number, ':', or '*'", "expected a number, a colon or *"),
    ("Expected number, ':', or ']'", "expected a number, a colon or ]"),
    ("Expected ':', or ']'", "expected a colon or ]"),
    ("Expected valid number", "expected a number of at most 32 bits"),
    ("'-' must be followed", "expected a number after the minus sign"),
    ("'=' is not valid", "expected == in place of ="),
    ("Invalid character", "unexpected character"),
    ("Unclosed ' delimiter", "expected a closing single quote"),
    ("Unclosed \" delimiter", "expected a closing double quote"),
    ("Unclosed ` delimiter", "expected a closing backquote"),
    ("Unable to parse quoted identifier", "expected a JSON string between double quotes"),
    ("Unable to parse literal JSON", "expected JSON between backquotes, such as `5` or `\"text\"`"),
];

/// Validates a `JMESPath` expression and returns it.
pub(crate) fn parse(text: &str) -> Result<String, String> {
    // Parser and evaluation are recursive. Expressions that users type stay far below these limits.
    if text.len() > 4096 {
        return Err("expected at most 4096 bytes".to_owned());
    }
    if text.chars().filter(|character| "[{(!&|.".contains(*character)).count() > MAX_NESTING {
        return Err(format!("expected at most {MAX_NESTING} brackets, dots and operators"));
    }
    check(text).map(|()| text.to_owned()).map_err(|error| format!("{}\n\n{}", describe(&error), mark(&error)))
}

/// Describes an error in one line.
pub(crate) fn describe(error: &JmespathError) -> String {
    let words = match &error.reason {
        ErrorReason::Parse(message) => match SYNTAX.iter().find(|(start, _)| message.starts_with(start)) {
            Some((_, words)) => (*words).to_owned(),
            None => printable(message).into_owned(),
        },
        ErrorReason::Runtime(error) => describe_runtime(error),
    };
    let is_syntax = matches!(error.reason, ErrorReason::Parse(_));
    // The offset is in bytes.
    if is_syntax && error.offset >= error.expression.len() { format!("{words}, found the end") } else { words }
}

fn describe_runtime(error: &RuntimeError) -> String {
    match error {
        RuntimeError::InvalidSlice => "expected a slice with a step other than 0".to_owned(),
        RuntimeError::TooManyArguments { expected, actual } => {
            format!("too many arguments: expected {expected}, found {actual}")
        }
        RuntimeError::NotEnoughArguments { expected, actual } => {
            format!("not enough arguments: expected {expected}, found {actual}")
        }
        RuntimeError::UnknownFunction(name) => format!("undefined function {}", printable(name)),
        // The crate counts arguments from 0.
        RuntimeError::InvalidType { expected, actual, position } => {
            format!("argument {}: expected {expected}, found {actual}", position + 1)
        }
        RuntimeError::InvalidReturnType { expected, actual, position, .. } => {
            format!("argument {}: expected an expression that returns {expected}, found {actual}", position + 1)
        }
    }
}

/// Returns the line with the error, and below it a caret at the error.
fn mark(error: &JmespathError) -> String {
    let expression = &*error.expression;
    // The offset is in bytes; its line and column of the crate are not.
    let (before, after) = expression.split_at_checked(error.offset).unwrap_or((expression, ""));
    let before = printable(before.rsplit('\n').next().unwrap_or_default());
    let after = printable(after.split('\n').next().unwrap_or_default());
    format!("  {before}{after}\n  {}^", " ".repeat(before.width()))
}

/// Validates what does not depend on a document: the syntax, function names, numbers of arguments and slice steps.
///
/// # Errors
///
/// The reason, with its position in the expression.
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
            // A function checks the number of arguments before their types, which are wrong here.
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
    fn refuses_deep_expressions() {
        for deep in ["[".repeat(2_000), "a.".repeat(2_000), "!".repeat(2_000), "a|".repeat(2_000)] {
            let message = parse(&deep).unwrap_err();
            assert_eq!(message, "expected at most 250 brackets, dots and operators");
        }
    }

    #[test]
    fn validates_functions_and_slices_without_a_document() {
        for (expression, expected) in [
            ("nope(@)", "undefined function nope"),
            ("data_list[?nope(host_name)]", "undefined function nope"),
            ("sort_by(data_list, &nope(host_name))", "undefined function nope"),
            ("{a: [b, !nope(@)]} | c || d && e", "undefined function nope"),
            ("data_list[].nope(@) | *.a", "undefined function nope"),
            ("data_list[?a == nope(@)]", "undefined function nope"),
            ("data_list[].{a: nope(@)}", "undefined function nope"),
            ("length()", "not enough arguments: expected 1, found 0"),
            ("length(@, @)", "too many arguments: expected 1, found 2"),
            ("sort_by(@)", "not enough arguments: expected 2, found 1"),
            ("not_null()", "not enough arguments: expected 1, found 0"),
            ("data_list[::0]", "expected a slice with a step other than 0"),
        ] {
            assert_eq!(describe(&check(expression).unwrap_err()), expected, "{expression}");
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

    #[test]
    fn describes_syntax_errors_in_words() {
        for (expression, expected) in [
            ("", "expected a field, a function or a value, found the end"),
            ("data_list[?", "expected a field, a function or a value, found the end"),
            ("a.", "expected a field, *, {, [, & or [? after the dot, found the end"),
            ("a[?b", "expected ], found the end"),
            ("a[*", "expected ], found the end"),
            ("a[0", "expected a colon or ], found the end"),
            ("a[0:x]", "expected a number, a colon or ]"),
            ("a[0:1:2:3]", "expected at most two colons in a slice"),
            ("a[x]", "expected a number, a colon or *"),
            ("(a", "expected ), found the end"),
            ("{a b}", "expected a colon after the key"),
            ("{a: b", "expected } or a comma, found the end"),
            ("{1: b}", "expected a key"),
            ("a b", "expected an operator or the end"),
            ("a{b: c}", "expected an operator"),
            ("\"a\"(b)", "expected a function name without quotes"),
            ("@(b)", "expected a function name before the parenthesis"),
            ("abs(a,)", "expected an expression after the comma"),
            ("a[?b = 'c']", "expected == in place of ="),
            ("a#", "unexpected character"),
            ("a == 'b", "expected a closing single quote"),
            ("\"a", "expected a closing double quote"),
            ("`a", "expected a closing backquote"),
            ("`a`", "expected JSON between backquotes, such as `5` or `\"text\"`"),
            ("\"\\x\"", "expected a JSON string between double quotes"),
            ("a[99999999999]", "expected a number of at most 32 bits"),
            ("a[-x]", "expected a number after the minus sign"),
        ] {
            assert_eq!(describe(&check(expression).unwrap_err()), expected, "{expression}");
        }
    }

    #[test]
    fn marks_the_position_below_the_line_with_the_error() {
        for (expression, expected) in [
            ("a[?b = 'c']", "  a[?b = 'c']\n       ^"),
            ("data_list[?", "  data_list[?\n             ^"),
            ("'生' b", "  '生' b\n       ^"),
            ("a |\nb c | \nd", "  b c | \n    ^"),
            ("'\u{1b}' b", "  '\\u{1b}' b\n           ^"),
        ] {
            assert_eq!(mark(&check(expression).unwrap_err()), expected, "{expression}");
        }
    }
}
