//! Resolves plain YAML scalars according to the core schema of YAML 1.2.

use serde_json::Number;

use crate::Value;

/// A number that exceeds both 64 bits and the range of a finite floating point number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OutOfRange;

/// Resolves a scalar without quotes. `yes`, `no`, `on` and `off` are text.
pub(crate) fn resolve(text: &str) -> Result<Value, OutOfRange> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Err(OutOfRange),
        // Most scalars are text.
        _ if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '.' | '-' | '+')) => {
            return Ok(Value::String(text.to_owned()));
        }
        _ => {}
    }
    if let Some(octal) = text.strip_prefix("0o").filter(|digits| all_digits(digits, 8)) {
        return u64::from_str_radix(octal, 8).map(number).map_err(|_| OutOfRange);
    }
    if let Some(hexadecimal) = text.strip_prefix("0x").filter(|digits| all_digits(digits, 16)) {
        return u64::from_str_radix(hexadecimal, 16).map(number).map_err(|_| OutOfRange);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Err(OutOfRange);
    }
    if all_digits(unsigned, 10) {
        let signed = text.strip_prefix('+').unwrap_or(text);
        return signed
            .parse::<i64>()
            .map(number)
            .or_else(|_| signed.parse::<u64>().map(number))
            .map_err(|_| OutOfRange);
    }
    if is_float(unsigned) {
        return text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number).ok_or(OutOfRange);
    }
    Ok(Value::String(text.to_owned()))
}

/// Returns whether YAML 1.1 interprets this word as a boolean or a date, which many tools still do.
pub(crate) fn differs_in_yaml_1_1(text: &str) -> bool {
    const WORDS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];
    let one_case = |word: &str| {
        let upper = word.to_ascii_uppercase();
        let title = format!("{}{}", upper.get(..1).unwrap_or_default(), word.get(1..).unwrap_or_default());
        text == word || text == upper || text == title
    };
    match text.len() {
        1..=3 => WORDS.iter().any(|word| one_case(word)),
        10 => is_date(text),
        _ => false,
    }
}

/// Returns whether this is a date in the format `2024-11-19`. Days up to 31 are accepted in any month.
pub(crate) fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut part = |length: usize, range: std::ops::RangeInclusive<u32>| {
        parts.next().is_some_and(|part| {
            part.len() == length && all_digits(part, 10) && part.parse().is_ok_and(|value| range.contains(&value))
        })
    };
    part(4, 1..=9999) && part(2, 1..=12) && part(2, 1..=31) && parts.next().is_none()
}

fn number(value: impl Into<Number>) -> Value {
    Value::Number(value.into())
}

fn all_digits(text: &str, radix: u32) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_digit(radix))
}

/// Matches `[0-9]*(\.[0-9]*)?([eE][-+]?[0-9]+)?` with a digit before the exponent.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| all_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent), 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_follow_the_core_schema() {
        for word in ["yes", "NO", "on", "Off", "y", "1_000", "0x", "1e", ".", "1.2.3", "12:30", "-", "2024-11-19"] {
            assert_eq!(resolve(word), Ok(Value::String(word.to_owned())));
        }
        for (text, expected) in [("12", 12), ("-7", -7), ("+3", 3), ("010", 10), ("0o17", 15), ("0x1F", 31)] {
            assert_eq!(resolve(text), Ok(Value::Number(expected.into())), "{text}");
        }
        assert_eq!(resolve("18446744073709551615"), Ok(Value::Number(u64::MAX.into())));
        assert_eq!(resolve("1.5e3"), Ok(Value::Number(Number::from_f64(1500.0).unwrap())));
        assert_eq!(resolve("18446744073709551616"), Err(OutOfRange));
        assert_eq!(resolve("1e999"), Err(OutOfRange));
        assert_eq!(resolve("-.inf"), Err(OutOfRange));
        assert_eq!(resolve("~"), Ok(Value::Null));
        assert_eq!(resolve("TRUE"), Ok(Value::Bool(true)));
        assert_eq!(resolve("tRUE"), Ok(Value::String("tRUE".to_owned())));
    }

    #[test]
    fn recognizes_words_of_yaml_1_1() {
        for word in ["y", "N", "Yes", "no", "ON", "off", "2024-11-19"] {
            assert!(differs_in_yaml_1_1(word), "{word}");
        }
        for word in ["yEs", "north", "true", "2024-13-01", ""] {
            assert!(!differs_in_yaml_1_1(word), "{word}");
        }
    }
}
