//! Parses files of faults, including the short forms of values.

use std::fmt;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::Duration;

use hss_client::{Error, ErrorKind};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Attempts, Cut, FAULTS, Fault, Time};

/// Maximum size, in bytes, of a file, and of the body of a request that sets faults.
pub(crate) const LIMIT: u64 = 1024 * 1024;
/// Maximum delay.
const MAX_DELAY: Duration = Duration::from_secs(10 * 60);

/// A file of faults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default, deserialize_with = "list")]
    fault: Vec<Fault>,
}

/// Deserializes a list of faults and stops when there are too many. An empty fault has 2 bytes in a file, but uses
/// hundreds in memory.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Fault>, D::Error> {
    struct List;

    impl<'de> Visitor<'de> for List {
        type Value = Vec<Fault>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of faults")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut faults = Vec::new();
            while let Some(fault) = seq.next_element()? {
                if faults.len() == FAULTS {
                    return Err(A::Error::custom(format!("too many faults: expected at most {FAULTS}")));
                }
                faults.push(fault);
            }
            Ok(faults)
        }
    }

    deserializer.deserialize_seq(List)
}

/// Reads the text of a file.
pub(super) fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    // Reads one byte beyond the limit to detect a file that is too large.
    std::fs::File::open(path)?.take(LIMIT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LIMIT { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
}

/// Returns the faults of a file if all of them are valid.
pub(super) fn check(File { fault: faults }: File) -> Result<Vec<Fault>, Error> {
    for (number, fault) in (1..).zip(&faults) {
        fault.check().map_err(|why: String| Error::new(ErrorKind::Usage, format!("fault {number}: {why}")))?;
    }
    Ok(faults)
}

/// A value that may be a number or a text.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum NumberOrText {
    Number(u64),
    Text(String),
}

/// Deserializes a number or a text. Unlike `untagged`, it does not buffer values of other types.
impl<'de> Deserialize<'de> for NumberOrText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = NumberOrText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a text")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<NumberOrText, E> {
                Ok(NumberOrText::Number(number))
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<NumberOrText, E> {
                let number = u64::try_from(number)
                    .map_err(|_| E::custom(format!("invalid number {number}: expected a whole number from 0")))?;
                Ok(NumberOrText::Number(number))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<NumberOrText, E> {
                Ok(NumberOrText::Text(text.to_owned()))
            }
        }

        deserializer.deserialize_any(Written)
    }
}

impl TryFrom<NumberOrText> for Attempts {
    type Error = String;

    fn try_from(written: NumberOrText) -> Result<Self, String> {
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
        let read = match &written {
            NumberOrText::Number(one) => number(&one.to_string()).map(|first| Self { first, last: Some(first) }),
            NumberOrText::Text(text) => text.split_once("..").and_then(|(first, last)| {
                let first = number(first)?;
                match last {
                    "" => Some(Self { first, last: None }),
                    last => number(last).filter(|last| first <= *last).map(|last| Self { first, last: Some(last) }),
                }
            }),
        };
        read.ok_or_else(|| "invalid attempts: expected a number or a range such as 1, \"1..3\" or \"2..\"".to_owned())
    }
}

impl From<Attempts> for String {
    fn from(Attempts { first, last }: Attempts) -> Self {
        format!("{first}..{}", last.map(|last| last.to_string()).unwrap_or_default())
    }
}

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let time = humantime::parse_duration(&text).ok().filter(|time| *time <= MAX_DELAY);
        // Truncated to whole milliseconds, the unit in which faults are listed.
        time.and_then(|time| u64::try_from(time.as_millis()).ok())
            .map(Duration::from_millis)
            .map(Self)
            .ok_or_else(|| format!("invalid duration {text:?}: expected up to 10m, such as 80ms or 2s"))
    }
}

impl From<Time> for String {
    fn from(Time(time): Time) -> Self {
        format!("{}ms", time.as_millis())
    }
}

impl TryFrom<NumberOrText> for Cut {
    type Error = String;

    fn try_from(written: NumberOrText) -> Result<Self, String> {
        match written {
            NumberOrText::Number(bytes) => Ok(Self::After(bytes)),
            NumberOrText::Text(text) if text == "half" => Ok(Self::Half),
            NumberOrText::Text(text) if text == "last" => Ok(Self::Last),
            NumberOrText::Text(text) => Err(format!("invalid cut {text:?}: expected a number of bytes, half or last")),
        }
    }
}

impl From<Cut> for NumberOrText {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::After(bytes) => Self::Number(bytes),
            Cut::Half => Self::Text("half".to_owned()),
            Cut::Last => Self::Text("last".to_owned()),
        }
    }
}

/// Decodes hexadecimal digits and ignores white space between them.
pub(super) fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hex
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_delays_of_several_parts() {
        for (text, written) in
            [("80ms", "80ms"), ("2s", "2000ms"), ("1m 30s", "90000ms"), ("10m", "600000ms"), ("0ms", "0ms")]
        {
            assert_eq!(Time::try_from(text.to_owned()).map(String::from).as_deref(), Ok(written));
        }
        for refused in ["", "80", "-1s", "601s", "10m 1ms", "1M"] {
            assert!(Time::try_from(refused.to_owned()).is_err(), "{refused}");
        }
    }
}
