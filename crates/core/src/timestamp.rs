//! Parses the times in responses of IAM and the metadata service.

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Parses a time such as `2024-11-26T08:00:00.000000Z`.
pub(crate) fn read(text: &str) -> Option<SystemTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(SystemTime::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn parses_times_with_and_without_fraction() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_732_608_000);
        assert_eq!(read("2024-11-26T08:00:00.000000Z"), Some(at));
        assert_eq!(read("2024-11-26T08:00:00Z"), Some(at));
        assert_eq!(read("2024-11-26T08:00:00.25Z"), Some(at + Duration::from_millis(250)));
        for text in ["", "tomorrow", "2024-11-26", "2024-13-26T08:00:00Z", "2024-11-26T08:00:00"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
