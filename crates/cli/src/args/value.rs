//! Strict parsers of option values.
//!
//! Each returns an error message that states the expected value: the caller names the option and its value.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::time::Duration;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};
use hss_client::Rate;
use hss_emulator::MAX_HOSTS;

/// Parses a whole number: digits, with an optional minus sign.
pub(crate) fn whole_number(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if is_plain => Ok(number),
        Err(_) if is_plain => Err("expected a whole number of at most 18 digits".to_owned()),
        _ => Err("expected a whole number".to_owned()),
    }
}

/// Parses a whole number from 1.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    match whole_number(text).map(usize::try_from) {
        Ok(Ok(number @ 1..)) => Ok(number),
        _ => Err("expected a whole number from 1".to_owned()),
    }
}

/// Parses a number of rows. Numbers beyond `u32` mean all rows.
pub(crate) fn rows(text: &str) -> Result<u32, String> {
    Ok(u32::try_from(count(text)?).unwrap_or(u32::MAX))
}

/// Parses a number of attempts: a whole number from 1 to 100.
pub(crate) fn attempts(text: &str) -> Result<u32, String> {
    match count(text) {
        Ok(number @ 1..=100) => Ok(u32::try_from(number).unwrap_or(100)),
        _ => Err("expected a whole number from 1 to 100".to_owned()),
    }
}

/// The minimum number of failed servers that `--fail-on` reports as a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FailOn(pub(crate) u64);

/// Parses the condition of `--fail-on`: `failed`, `failed=5`.
pub(crate) fn fail_on(text: &str) -> Result<FailOn, String> {
    let number = match text.split_once('=') {
        None if text == "failed" => Some(1),
        Some(("failed", number)) => count(number).ok().and_then(|number| u64::try_from(number).ok()),
        _ => None,
    };
    number.map(FailOn).ok_or_else(|| "expected failed or failed=N, N a whole number from 1".to_owned())
}

/// Accepts any text and offers values for completion. The value is validated later, or the list may be incomplete.
#[derive(Debug, Clone)]
pub(crate) struct CompletionValues(pub(crate) Vec<&'static str>);

impl TypedValueParser for CompletionValues {
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
    text.parse().map_err(|_| "expected adaptive, off, N/min or N/s".to_owned())
}

/// Parses the quota of an emulator: `off`, `5/min`, `2/s`.
pub(crate) fn quota(text: &str) -> Result<Rate, String> {
    match text.parse() {
        Ok(rate) if rate != Rate::Adaptive => Ok(rate),
        _ => Err("expected N/min, N/s or off".to_owned()),
    }
}

/// Parses a duration in whole milliseconds: `500ms`, `30s`, `2m`, `1h 30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let invalid = || "expected a duration such as 500ms, 30s or 2m".to_owned();
    // The crate reads `M` as a month. People most likely mean minutes.
    let time = humantime::parse_duration(text).ok().filter(|_| !text.contains('M')).ok_or_else(invalid)?;
    match u64::try_from(time.as_millis()) {
        Ok(0) => Err("expected at least 1ms".to_owned()),
        Ok(milliseconds) => Ok(Duration::from_millis(milliseconds)),
        Err(_) => Err(invalid()),
    }
}

/// Parses a duration with an optional minus sign, in seconds: `20m`, `-30s`.
pub(crate) fn offset(text: &str) -> Result<i64, String> {
    let (sign, length) = text.strip_prefix('-').map_or((1, text), |length| (-1, length));
    let seconds = duration(length).ok().and_then(|length| i64::try_from(length.as_secs()).ok());
    seconds.map(|seconds| sign * seconds).ok_or_else(|| "expected a duration such as 20m or -30s".to_owned())
}

/// Parses the number of servers of an emulator.
pub(crate) fn hosts(text: &str) -> Result<u32, String> {
    let number = whole_number(text).ok().and_then(|number| u32::try_from(number).ok());
    number.filter(|number| *number <= MAX_HOSTS).ok_or_else(|| format!("expected a whole number from 0 to {MAX_HOSTS}"))
}

/// Parses the seed of an emulator.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    number.ok_or_else(|| format!("expected a whole number from 0 to {}", u64::MAX))
}

/// Parses an IP address with a port. The error suggests the loopback address with the same port.
pub(crate) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let port = text.rsplit(':').next().and_then(|port| port.parse::<u16>().ok()).unwrap_or(8080);
        format!("expected an IP address and a port, such as 127.0.0.1:{port}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_only_digits_as_a_number() {
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
    fn requires_a_unit_in_a_duration() {
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
