//! Parses the values of options strictly.

use std::ffi::OsStr;
use std::time::Duration;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};
use hss_client::{Error, Rate, Result};

/// Parses a whole number: digits with an optional minus sign.
pub(crate) fn whole_number(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if is_plain => Ok(number),
        _ => Err("not a whole number".to_owned()),
    }
}

/// Parses a count: a whole number from 1.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    let number = usize::try_from(whole_number(text)?).unwrap_or(0);
    if number == 0 { Err("not a whole number from 1".to_owned()) } else { Ok(number) }
}

/// Parses a number of rows. Larger numbers than possible count as the maximum.
pub(crate) fn rows(text: &str) -> Result<u32, String> {
    Ok(u32::try_from(count(text)?).unwrap_or(u32::MAX))
}

/// Parses a number of attempts: a whole number from 1 to 100.
pub(crate) fn attempts(text: &str) -> Result<u32, String> {
    match count(text) {
        Ok(number @ 1..=100) => Ok(u32::try_from(number).unwrap_or(100)),
        _ => Err("not a whole number from 1 to 100".to_owned()),
    }
}

/// The number of failed servers from which a command fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FailOn(pub(crate) u64);

/// Parses the value of `--fail-on`: `failed`, `failed=5`.
pub(crate) fn fail_on(text: &str) -> Result<FailOn, String> {
    let number = match text.split_once('=') {
        None if text == "failed" => Some(1),
        Some(("failed", number)) => count(number).ok().and_then(|number| u64::try_from(number).ok()),
        _ => None,
    };
    number.map(FailOn).ok_or_else(|| "neither failed nor failed=N with a whole number from 1".to_owned())
}

/// Accepts any text, and offers values for shell completion. It is for values that are checked elsewhere, or that may
/// be new.
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

/// Parses a rate: `adaptive`, `off`, `5/min`, `2/s`.
pub(crate) fn rate(text: &str) -> Result<Rate, String> {
    text.parse().map_err(|error: Error| error.to_string())
}

/// Parses a duration in whole milliseconds: `500ms`, `30s`, `2m`, `1h 30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let refused = || "not a length of time such as 500ms, 30s or 2m".to_owned();
    // For the crate, `M` is a month. The user most likely means minutes.
    let time = humantime::parse_duration(text).ok().filter(|_| !text.contains('M')).ok_or_else(refused)?;
    match u64::try_from(time.as_millis()) {
        Ok(0) => Err("no time at all".to_owned()),
        Ok(milliseconds) => Ok(Duration::from_millis(milliseconds)),
        Err(_) => Err(refused()),
    }
}

/// Parses a positive or negative duration in seconds: `20m`, `-30s`.
pub(crate) fn offset(text: &str) -> Result<i64, String> {
    let (sign, length) = text.strip_prefix('-').map_or((1, text), |length| (-1, length));
    let seconds = duration(length)?.as_secs();
    i64::try_from(seconds).map(|seconds| sign * seconds).map_err(|_| "too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_plain_numbers() {
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
    fn durations_need_a_unit() {
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
