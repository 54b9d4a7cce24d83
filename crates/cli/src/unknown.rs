//! Collects values of open enumerations that this version does not know. They are kept unchanged, and each is reported
//! once.

use hss_client::excerpt;

/// The maximum number of values of one field that a warning lists.
const MAX_VALUES: usize = 5;
/// The maximum number of characters of a value in a warning.
const MAX_VALUE_LENGTH: usize = 64;

/// The unknown values found so far, by field.
#[derive(Debug, Default)]
pub(crate) struct Unknown(Vec<(&'static str, Vec<String>)>);

impl Unknown {
    /// Records a value unless it is known or empty.
    pub(crate) fn note(&mut self, field: &'static str, value: &str, is_known: bool) {
        if is_known || value.is_empty() {
            return;
        }
        let index = self.0.iter().position(|(noted, _)| *noted == field).unwrap_or_else(|| {
            self.0.push((field, Vec::new()));
            self.0.len() - 1
        });
        if let Some((_, values)) = self.0.get_mut(index)
            && values.len() <= MAX_VALUES
        {
            let shown = excerpt(value, MAX_VALUE_LENGTH);
            if !values.contains(&shown) {
                values.push(shown);
            }
        }
    }

    /// Returns one warning for each field.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(field, values)| {
            let named: Vec<_> = values.iter().take(MAX_VALUES).map(|value| format!("\"{value}\"")).collect();
            let more = if values.len() > MAX_VALUES { " and others" } else { "" };
            format!("warning: unknown values of {field}, shown unchanged: {}{more}", named.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncates_long_values_in_warnings() {
        let mut unknown = Unknown::default();
        for letter in ["x", "y", "z", "\u{202e}", "生", "a", "b"] {
            unknown.note("scan_status", &letter.repeat(1_000_000), false);
        }
        let warnings: Vec<_> = unknown.warnings().collect();
        assert!(warnings.iter().map(String::len).sum::<usize>() < 2000, "{warnings:?}");
        assert!(warnings[0].contains(&format!("\"{}…\", \"y", "x".repeat(64))), "{warnings:?}");
        assert!(warnings[0].ends_with(" and others"), "{warnings:?}");
    }

    #[test]
    fn one_warning_for_each_field() {
        let mut unknown = Unknown::default();
        unknown.note("scan_status", "failed", true);
        unknown.note("scan_status", "", false);
        assert_eq!(unknown.warnings().count(), 0);
        for value in ["canceled", "a\u{1b}", "canceled", "b", "c", "d", "e", "f"] {
            unknown.note("scan_status", value, false);
        }
        unknown.note("asset_value", "core", false);
        assert_eq!(
            unknown.warnings().collect::<Vec<_>>(),
            [
                r#"warning: unknown values of scan_status, shown unchanged: "canceled", "a\u{1b}", "b", "c", "d" and others"#,
                r#"warning: unknown values of asset_value, shown unchanged: "core""#,
            ]
        );
    }
}
