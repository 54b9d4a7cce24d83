//! Formats and parses the dates in `X-Sdk-Date`: `20241125T080000Z`.

use std::time::{SystemTime, UNIX_EPOCH};

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::{Error, Result};

const FORMAT: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");

/// Formats a time as `YYYYMMDD'T'HHMMSS'Z'` in UTC. Fractions of a second are dropped.
///
/// # Errors
///
/// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) before 1970 and after 9999, since the clock is then wrong.
pub fn sdk_date(at: SystemTime) -> Result<String> {
    let wrong =
        || Error::usage("invalid date: the clock shows a year before 1970 or after 9999").with_hint("Set the clock.");
    let seconds = at.duration_since(UNIX_EPOCH).map_err(|_| wrong())?.as_secs();
    let date = i64::try_from(seconds).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    date.and_then(|date| date.format(FORMAT).ok()).ok_or_else(wrong)
}

/// Parses a date in the format of [`sdk_date`]. Returns `None` if the format differs or the date does not exist.
///
/// The gateway uses the same format for its own time when it refuses a date that is too far from it.
#[must_use]
pub fn parse_sdk_date(text: &str) -> Option<SystemTime> {
    let date = PrimitiveDateTime::parse(text, FORMAT).ok()?.assume_utc();
    (date.unix_timestamp() >= 0).then(|| date.into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn formats_and_parses_dates() {
        for (seconds, date) in [
            (0, "19700101T000000Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (951_868_800, "20000301T000000Z"),
            (1_078_012_800, "20040229T000000Z"),
            (1_732_521_600, "20241125T080000Z"),
            (1_735_689_599, "20241231T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
            (253_402_300_799, "99991231T235959Z"),
        ] {
            assert_eq!(sdk_date(at(seconds)).unwrap(), date);
            assert_eq!(parse_sdk_date(date), Some(at(seconds)), "{date}");
        }
        assert_eq!(sdk_date(at(0) + Duration::from_millis(999)).unwrap(), "19700101T000000Z");
    }

    #[test]
    fn refuses_a_time_out_of_range() {
        for wrong in [UNIX_EPOCH - Duration::from_nanos(1), at(253_402_300_800), at(u64::MAX >> 1)] {
            let error = sdk_date(wrong).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Usage);
            assert_eq!(
                format!("{error:#}"),
                "invalid date: the clock shows a year before 1970 or after 9999. Set the clock."
            );
        }
    }

    #[test]
    fn does_not_parse_invalid_dates() {
        for wrong in [
            "",
            "20241125T080000",
            "20241125T080000z",
            "20241125 080000Z",
            "20240230T000000Z",
            "20230229T000000Z",
            "20241301T000000Z",
            "20240001T000000Z",
            "20240100T000000Z",
            "19700100T000000Z",
            "20240199T000000Z",
            "20240101T240000Z",
            "20240101T006000Z",
            "20240101T000060Z",
            "19691231T235959Z",
            "2024110+T000000Z",
            "２０241125T080Z",
        ] {
            assert_eq!(parse_sdk_date(wrong), None, "{wrong}");
        }
    }
}
