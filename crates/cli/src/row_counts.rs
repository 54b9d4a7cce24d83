//! Counts the rows of a listing that were read.

use hss_client::paging::Position;

/// The progress of a listing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RowCounts {
    pub(crate) rows: usize,
    /// The number of rows that were `null`. Offsets include them.
    pub(crate) null_rows: usize,
    /// The total number of rows, as stated by the service.
    pub(crate) total: Option<i64>,
}

impl RowCounts {
    /// Returns the progress of a listing that began at the offset `first`, and of which `rows` rows are stored.
    pub(crate) fn stored(position: &Position, first: i64, rows: usize) -> Self {
        let sent = u64::try_from(position.offset().saturating_sub(first)).unwrap_or(0);
        let null_rows = usize::try_from(sent.saturating_sub(position.rows())).unwrap_or(0);
        Self { rows, null_rows, total: position.total() }
    }

    /// Returns whether the listing has more rows than were read.
    pub(crate) fn is_partial(self) -> bool {
        self.total.and_then(|total| usize::try_from(total).ok()).is_some_and(|total| total > self.rows)
    }
}

/// Formats the number of rows: `1 server`, `450 servers`, `23 of 450 servers`.
pub(crate) fn count(row_counts: RowCounts, (one, many): (&str, &str)) -> String {
    let RowCounts { rows, total, .. } = row_counts;
    match total {
        Some(total) if row_counts.is_partial() => format!("{rows} of {total} {many}"),
        _ => format!("{rows} {}", if rows == 1 { one } else { many }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_rows() {
        let nouns = ("server", "servers");
        for (rows, total, said) in [
            (1, Some(1), "1 server"),
            (0, Some(0), "0 servers"),
            (450, None, "450 servers"),
            (23, Some(450), "23 of 450 servers"),
            (1, Some(450), "1 of 450 servers"),
        ] {
            assert_eq!(count(RowCounts { rows, total, ..RowCounts::default() }, nouns), said);
        }
    }
}
