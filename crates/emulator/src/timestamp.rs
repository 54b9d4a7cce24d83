//! The timestamp format of IAM and of the metadata service.

use std::time::SystemTime;

use time::OffsetDateTime;

/// Formats a time in UTC, down to the second, with six fractional digits: `2024-11-26T08:00:00.000000Z`.
///
/// There are always six digits, all zero. The official SDK for Python accepts six at most. The one for Java parses
/// all of them as a number of milliseconds.
pub(crate) fn timestamp(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.000000Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn writes_six_fractional_digits() {
        for (nanoseconds, expected) in [
            (0, "2024-11-25T08:00:00.000000Z"),
            (1, "2024-11-25T08:00:00.000000Z"),
            (999_999_999, "2024-11-25T08:00:00.000000Z"),
            (1_000_000_000, "2024-11-25T08:00:01.000000Z"),
        ] {
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_732_521_600) + Duration::from_nanos(nanoseconds);
            assert_eq!(timestamp(at), expected);
        }
    }
}
