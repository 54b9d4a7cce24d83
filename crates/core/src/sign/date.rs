//! Dates as `X-Sdk-Date` writes them: `20241125T080000Z`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{Error, Result};

const SECONDS_A_DAY: u64 = 86_400;

/// Writes a time as `YYYYMMDD'T'HHMMSS'Z'`, in UTC; parts of a second are dropped.
///
/// # Errors
///
/// [`Kind::Usage`](crate::Kind::Usage) before 1970 and after 9999: the clock is wrong then.
pub fn sdk_date(at: SystemTime) -> Result<String> {
    let wrong = || Error::usage("the clock shows a year before 1970 or after 9999").remedy("Set the clock.");
    let seconds = at.duration_since(UNIX_EPOCH).map_err(|_| wrong())?.as_secs();
    let (year, month, day) = civil(seconds / SECONDS_A_DAY);
    if year > 9999 {
        return Err(wrong());
    }
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    Ok(format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z"))
}

/// Reads what [`sdk_date`] writes. `None` if it is anything else, or no date of the calendar.
///
/// The gateway also writes the time of its own clock like this, where it refuses a date as too far from it.
#[must_use]
pub fn parse_sdk_date(text: &str) -> Option<SystemTime> {
    let &[y1, y2, y3, y4, m1, m2, d1, d2, b'T', h1, h2, n1, n2, s1, s2, b'Z'] = text.as_bytes() else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits
            .iter()
            .try_fold(0u64, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0')))
    };
    let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[n1, n2])?, number(&[s1, s2])?);
    let in_range = year >= 1970 && (1..=12).contains(&month) && day >= 1 && hour < 24 && minute < 60 && second < 60;
    if !in_range {
        return None;
    }
    let days = days(year, month, day);
    // A day that its month does not have comes back as one of the next.
    if civil(days) != (year, month, day) {
        return None;
    }
    UNIX_EPOCH.checked_add(Duration::from_secs(days * SECONDS_A_DAY + hour * 3600 + minute * 60 + second))
}

// Both functions below count years from 1 March, so that the leap day is the last of its year and the lengths of
// the months before it repeat as 31, 30, 31, 30, 31: 153 days in five. 146 097 days make the 400 years after
// which the calendar repeats; 719 468 lie between 1 March of the year 0 and 1 January 1970.

/// Year, month and day of the month of a day counted from 1 January 1970.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// The inverse of [`civil`], for days from 1970 on.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn dates_are_written_and_read() {
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
    fn every_day_of_400_years_follows_the_one_before() {
        let mut last = civil(0);
        for day in 1..=146_097 {
            let next = civil(day);
            let follows = if next.2 > 1 {
                (next.0, next.1, next.2 - 1) == last
            } else {
                last.2 >= 28 && (next.0 * 12 + next.1) == (last.0 * 12 + last.1) + 1
            };
            assert!(follows, "{last:?} {next:?}");
            assert_eq!(days(next.0, next.1, next.2), day);
            last = next;
        }
        assert_eq!(last, (2370, 1, 1));
    }

    #[test]
    fn a_time_that_cannot_be_written_is_an_error() {
        for wrong in [UNIX_EPOCH - Duration::from_nanos(1), at(253_402_300_800), at(u64::MAX >> 1)] {
            let error = sdk_date(wrong).unwrap_err();
            assert_eq!(error.kind(), crate::Kind::Usage);
            assert_eq!(error.to_string(), "the clock shows a year before 1970 or after 9999. Set the clock.");
        }
    }

    #[test]
    fn what_is_no_date_is_not_read() {
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
