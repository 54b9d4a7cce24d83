//! The policy for scheduled scans. A changed policy starts no scans.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;

use super::{DAY, HOUR, MINUTE, moment};

/// Longest interval in which the next scan is searched, in days: two months.
const SEARCHED_DAYS: i64 = 62;
/// Number of days before the first Monday since 1970-01-01, a Thursday.
const FIRST_MONDAY: i64 = 4;

/// A policy for scheduled scans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) period: Period,
    pub(crate) types: Vec<String>,
    /// The ids of the servers to scan. `None` if all are scanned.
    pub(crate) hosts: Option<Vec<String>>,
    pub(crate) is_open: bool,
    pub(crate) time: Time,
}

/// The time of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Time {
    /// Days of the week, from 1 for Monday, or of the month. Every day counts if it is empty.
    pub(crate) days: Vec<i32>,
    pub(crate) hour: i32,
    pub(crate) minute: i32,
    /// Minutes from local time to UTC: -480 for UTC+8.
    pub(crate) offset: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    OneDay,
    ThreeDays,
    OneWeek,
    OneMonth,
}

impl Period {
    const ALL: [Self; 4] = [Self::OneDay, Self::ThreeDays, Self::OneWeek, Self::OneMonth];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OneDay => "one_day",
            Self::ThreeDays => "three_day",
            Self::OneWeek => "one_week",
            Self::OneMonth => "one_month",
        }
    }
}

/// The policy, which applies to all servers of the account.
#[derive(Debug)]
pub(crate) struct ScanPolicy(Mutex<Policy>);

impl Default for ScanPolicy {
    /// Creates the policy of the nightly scans.
    fn default() -> Self {
        let types = ["linux_vul", "windows_vul", "web_cms", "app_vul"].map(str::to_owned).to_vec();
        let time = Time { days: Vec::new(), hour: 2, minute: 0, offset: 0 };
        Self(Mutex::new(Policy { period: Period::OneDay, types, hosts: None, is_open: true, time }))
    }
}

impl ScanPolicy {
    pub(crate) fn get(&self) -> Policy {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, policy: Policy) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = policy;
    }
}

impl Policy {
    /// Returns the time of the next scan, in milliseconds since 1970-01-01 UTC. Returns `None` if the policy is closed,
    /// or if no day is in its list.
    pub(crate) fn next_scan(&self, elapsed: Duration) -> Option<i64> {
        let now = moment(elapsed);
        let Time { ref days, hour, minute, offset } = self.time;
        let to_utc = i64::from(offset) * MINUTE;
        let today = (now - to_utc).div_euclid(DAY);
        let candidates = (0..=SEARCHED_DAYS).map(|days| today + days).filter(|day| {
            let is_listed = |number: i64| days.is_empty() || days.iter().any(|day| i64::from(*day) == number);
            match self.period {
                Period::OneDay => true,
                Period::ThreeDays => day.rem_euclid(3) == 0,
                Period::OneWeek if days.is_empty() => weekday(*day) == 1,
                Period::OneWeek => is_listed(weekday(*day)),
                Period::OneMonth if days.is_empty() => day_of_month(*day) == 1,
                Period::OneMonth => is_listed(day_of_month(*day)),
            }
        });
        let mut times = candidates.map(|day| day * DAY + i64::from(hour) * HOUR + i64::from(minute) * MINUTE + to_utc);
        times.find(|time| *time > now).filter(|_| self.is_open)
    }
}

/// Returns the day of the week, from 1 for Monday, of a day since 1970-01-01.
fn weekday(day: i64) -> i64 {
    (day - FIRST_MONDAY).rem_euclid(7) + 1
}

fn day_of_month(day: i64) -> i64 {
    let date = OffsetDateTime::from_unix_timestamp(day * DAY / 1000);
    date.map_or(1, |date| i64::from(date.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn next(period: Period, time: Time) -> String {
        let policy = Policy { period, time, ..ScanPolicy::default().get() };
        let next = OffsetDateTime::from_unix_timestamp(policy.next_scan(NOW).unwrap() / 1000).unwrap();
        let (year, month, day) = (next.year(), u8::from(next.month()), next.day());
        format!("{year}-{month:02}-{day:02} {:02}:{:02}", next.hour(), next.minute())
    }

    #[test]
    fn the_next_scan_follows_from_period_time_and_offset() {
        let time = |days: &[i32], hour, minute, offset| Time { days: days.to_vec(), hour, minute, offset };
        // It is Tuesday, 2024-11-26 04:00 UTC.
        for (period, time, expected) in [
            (Period::OneDay, time(&[], 2, 0, 0), "2024-11-27 02:00"),
            (Period::OneDay, time(&[], 5, 30, 0), "2024-11-26 05:30"),
            (Period::OneDay, time(&[], 4, 0, 0), "2024-11-27 04:00"),
            // 12:01 in UTC+8.
            (Period::OneDay, time(&[], 12, 1, -480), "2024-11-26 04:01"),
            (Period::OneDay, time(&[], 11, 0, -480), "2024-11-27 03:00"),
            // 23:00 of yesterday in UTC-5 is now.
            (Period::OneDay, time(&[], 23, 0, 300), "2024-11-27 04:00"),
            (Period::OneWeek, time(&[1, 5], 0, 0, 0), "2024-11-29 00:00"),
            (Period::OneWeek, time(&[], 0, 0, 0), "2024-12-02 00:00"),
            (Period::OneWeek, time(&[2], 3, 0, 0), "2024-12-03 03:00"),
            (Period::OneMonth, time(&[31], 1, 0, 0), "2024-12-31 01:00"),
            (Period::OneMonth, time(&[], 1, 0, 0), "2024-12-01 01:00"),
        ] {
            assert_eq!(next(period, time), expected, "{period:?}");
        }
        let every_third = next(Period::ThreeDays, time(&[], 3, 0, 0));
        assert!(["2024-11-27", "2024-11-28", "2024-11-29"].iter().any(|day| every_third.starts_with(day)));
    }

    #[test]
    fn a_closed_policy_has_no_next_scan() {
        let policy = ScanPolicy::default();
        assert!(policy.get().next_scan(NOW).is_some());
        policy.set(Policy { is_open: false, ..policy.get() });
        assert_eq!(policy.get().next_scan(NOW), None);
    }
}
