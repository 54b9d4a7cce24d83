//! Looks up the bounds of values in the operation table.

use hss_client::Operation;
use hss_client::operation::{Field, ParameterType};

use crate::error::{Error, Result};

/// Returns the minimum and maximum of an integer parameter.
pub(crate) fn bounds(operation: &'static Operation, parameter: &str) -> Option<(i64, i64)> {
    match operation.parameter(parameter)?.kind {
        ParameterType::Integer { minimum, maximum } => Some((minimum, maximum)),
        _ => None,
    }
}

/// Checks the value of `option` against a minimum and a maximum.
pub(crate) fn within_bounds(option: &str, value: i64, (min, max): (i64, i64)) -> Result<i32> {
    match i32::try_from(value) {
        Ok(number) if (min..=max).contains(&value) => Ok(number),
        _ => Err(Error::usage(format!(
            "invalid {} \"{value}\": expected a whole number from {min} to {max}",
            option.trim_start_matches('-')
        ))),
    }
}

/// Returns a field of an operation's body.
fn body_field(operation: &'static Operation, name: &str) -> Option<&'static Field> {
    operation.body?.fields.iter().find(|field| field.name == name)
}

/// Returns the maximum number of items of a list in an operation's body.
pub(crate) fn max_items(operation: &'static Operation, field: &str) -> u64 {
    body_field(operation, field).and_then(|field| field.list?.max).unwrap_or(u64::MAX)
}

/// Returns the values that the table allows for a field of an operation's body. An empty list means that any value is
/// allowed.
pub(crate) fn allowed_in_body(operation: &'static Operation, field: &str) -> &'static [&'static str] {
    match body_field(operation, field).and_then(|field| field.kind) {
        Some(ParameterType::String { allowed, .. }) => allowed,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use hss_client::operations::LIST_VUL_SCAN_TASK_HOST;

    use super::*;

    #[test]
    fn bounds_are_those_of_the_table() {
        let check = |value| within_bounds("--page-size", value, bounds(&LIST_VUL_SCAN_TASK_HOST, "limit").unwrap());
        for (value, is_allowed) in
            [(9, false), (10, true), (200, true), (201, false), (0, false), (-1, false), (1 << 31, false)]
        {
            assert_eq!(check(value).is_ok(), is_allowed, "{value}");
        }
        assert_eq!(
            check(9).unwrap_err().to_string(),
            "invalid page-size \"9\": expected a whole number from 10 to 200"
        );
    }
}
