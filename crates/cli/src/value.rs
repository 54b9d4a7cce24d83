//! Values of options: read strictly, and checked against the operation table.

use std::ffi::OsStr;
use std::time::Duration;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};
use hss_client::operation::{Field, Kind, Parameter};
use hss_client::{Error, Operation, Rate, Result};

use crate::args::FailOn;
use crate::output::query::check;

/// Reads a whole number: digits, with a minus before them or not.
pub(crate) fn whole_number(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if is_plain => Ok(number),
        _ => Err("not a whole number".to_owned()),
    }
}

/// Reads how many there may be: a whole number from 1.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    let number = usize::try_from(whole_number(text)?).unwrap_or(0);
    if number == 0 { Err("not a whole number from 1".to_owned()) } else { Ok(number) }
}

/// Reads a number of rows. More than there can be are as good as all.
pub(crate) fn rows(text: &str) -> Result<u32, String> {
    Ok(u32::try_from(count(text)?).unwrap_or(u32::MAX))
}

/// Reads how often to try: a whole number from 1 to 100.
pub(crate) fn attempts(text: &str) -> Result<u32, String> {
    match count(text) {
        Ok(number @ 1..=100) => Ok(u32::try_from(number).unwrap_or(100)),
        _ => Err("not a whole number from 1 to 100".to_owned()),
    }
}

/// Reads when servers that failed are a failure: `failed`, `failed=5`.
pub(crate) fn fail_on(text: &str) -> Result<FailOn, String> {
    let number = match text.split_once('=') {
        None if text == "failed" => Some(1),
        Some(("failed", number)) => count(number).ok().and_then(|number| u64::try_from(number).ok()),
        _ => None,
    };
    number.map(FailOn).ok_or_else(|| "neither failed nor failed=N with a whole number from 1".to_owned())
}

/// Reads a `JMESPath` expression: the same text, once it is known to be one.
pub(crate) fn query(text: &str) -> Result<String, String> {
    // The parser recurses, and no expression that somebody types comes near.
    if text.len() > 4096 {
        return Err("longer than 4096 bytes".to_owned());
    }
    check(text).map(|()| text.to_owned()).map_err(|error| error.to_string().trim_end().to_owned())
}

/// Takes any text, and knows what shells offer: for values that others check, or that may be new.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offered(pub(crate) &'static [&'static str]);

impl TypedValueParser for Offered {
    type Value = String;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().copied().map(PossibleValue::new)))
    }
}

/// Reads a rate: `adaptive`, `off`, `5/min`, `2/s`.
pub(crate) fn rate(text: &str) -> Result<Rate, String> {
    text.parse().map_err(|error: Error| error.to_string())
}

/// Reads a length of time, in whole milliseconds: `500ms`, `30s`, `2m`, `1h 30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let refused = || "not a length of time such as 500ms, 30s or 2m".to_owned();
    // `M` is a month for the crate, and most likely meant as minutes.
    let time = humantime::parse_duration(text).ok().filter(|_| !text.contains('M')).ok_or_else(refused)?;
    match u64::try_from(time.as_millis()) {
        Ok(0) => Err("no time at all".to_owned()),
        Ok(milliseconds) => Ok(Duration::from_millis(milliseconds)),
        Err(_) => Err(refused()),
    }
}

/// Reads a length of time in either direction, in seconds: `20m`, `-30s`.
pub(crate) fn offset(text: &str) -> Result<i64, String> {
    let (sign, length) = text.strip_prefix('-').map_or((1, text), |length| (-1, length));
    let seconds = duration(length)?.as_secs();
    i64::try_from(seconds).map(|seconds| sign * seconds).map_err(|_| "too long".to_owned())
}

/// The least and greatest value of an integer parameter.
pub(crate) fn bounds(operation: &'static Operation, parameter: &str) -> Option<(i64, i64)> {
    match operation.parameter(parameter)?.kind {
        Kind::Integer { minimum, maximum } => Some((minimum, maximum)),
        _ => None,
    }
}

/// Checks the value of `option`, which stands for `parameter`.
pub(crate) fn within_bounds(option: &str, value: i64, operation: &'static Operation, parameter: &str) -> Result<i32> {
    let (least, most) = bounds(operation, parameter).unwrap_or((0, i64::from(i32::MAX)));
    match i32::try_from(value) {
        Ok(number) if (least..=most).contains(&value) => Ok(number),
        _ => Err(Error::usage(format!("{option} {value} is not a whole number from {least} to {most}"))),
    }
}

/// A field of an operation's body.
fn body_field(operation: &'static Operation, name: &str) -> Option<&'static Field> {
    operation.body?.fields.iter().find(|field| field.name == name)
}

/// How many members a list in an operation's body has at most.
pub(crate) fn most_items(operation: &'static Operation, field: &str) -> u64 {
    body_field(operation, field).and_then(|field| field.list?.most).unwrap_or(u64::MAX)
}

/// The values that the table allows for a field of an operation's body; none where any is allowed.
pub(crate) fn allowed_in_body(operation: &'static Operation, field: &str) -> &'static [&'static str] {
    match body_field(operation, field).and_then(|field| field.kind) {
        Some(Kind::String { allowed, .. }) => allowed,
        _ => &[],
    }
}

/// A line of help with the bounds behind it.
pub(crate) fn with_bounds(help: &str, operation: &'static Operation, parameter: &str) -> String {
    match operation.parameter(parameter).and_then(describe_bounds) {
        Some(bounds) => format!("{help} [{bounds}]"),
        None => help.to_owned(),
    }
}

/// What values the table allows; nothing where any is allowed.
pub(crate) fn describe_bounds(parameter: &Parameter) -> Option<String> {
    match parameter.kind {
        Kind::String { allowed, .. } if !allowed.is_empty() => Some(allowed.join(", ")),
        Kind::String { min_length: Some(least), max_length: Some(most), .. } => {
            Some(format!("{least} to {most} characters"))
        }
        Kind::String { min_length: Some(least), .. } => Some(format!("at least {least} characters")),
        Kind::String { max_length: Some(most), .. } => Some(format!("at most {most} characters")),
        Kind::String { .. } => None,
        Kind::Integer { minimum, maximum } => Some(format!("{minimum} to {maximum}")),
        Kind::Boolean => Some("true, false".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use hss_client::operations::LIST_VUL_SCAN_TASK_HOST;

    use super::*;

    #[test]
    fn a_number_is_digits_and_nothing_else() {
        assert_eq!(whole_number("20"), Ok(20));
        assert_eq!(whole_number("-1"), Ok(-1));
        for refused in ["", "-", "+20", "1e2", "abc", " 20", "20 ", "0x10", "1_0", "--1", "99999999999999999999"] {
            assert!(whole_number(refused).is_err(), "{refused:?}");
        }
        for refused in ["0", "-1", "", "+1"] {
            assert!(count(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn bounds_are_those_of_the_table() {
        let check = |value| within_bounds("--page-size", value, &LIST_VUL_SCAN_TASK_HOST, "limit");
        for (value, is_allowed) in
            [(9, false), (10, true), (200, true), (201, false), (0, false), (-1, false), (1 << 31, false)]
        {
            assert_eq!(check(value).is_ok(), is_allowed, "{value}");
        }
        assert_eq!(check(9).unwrap_err().to_string(), "--page-size 9 is not a whole number from 10 to 200");
    }

    #[test]
    fn a_length_of_time_has_a_unit() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("1h 30m", 5_400_000),
            ("1h30m", 5_400_000),
            ("1.5s", 1_500),
            ("1d", 86_400_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)));
        }
        for refused in [
            "",
            "30",
            "0",
            "s",
            "0s",
            "1us",
            "-1s",
            "+1s",
            "1h-30m",
            "99999999999999999999s",
            "9999999999999999999m",
            "18446744073709551615s",
        ] {
            assert!(duration(refused).is_err(), "{refused:?}");
        }
    }
}
