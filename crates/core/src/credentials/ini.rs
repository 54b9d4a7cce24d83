//! Parses the profile file, which consists of sections with one `key = value` per line.

use std::fmt;

/// A key with its value.
pub(super) struct Entry<'a> {
    pub(super) section: &'a str,
    pub(super) key: &'a str,
    pub(super) value: &'a str,
    /// The line number, starting at 1.
    pub(super) line: usize,
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Most values are secrets.
        write!(f, "[{}] {} at line {}", self.section, self.key, self.line)
    }
}

/// Parses `[section]` and `key = value`. Lines that start with `#` or `;` are comments. A value extends to the end of
/// its line, since a secret may contain these characters.
///
/// # Errors
///
/// Returns the line number and the reason. The reason contains no text of the file.
pub(super) fn read(text: &str) -> Result<Vec<Entry<'_>>, (usize, String)> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut section = None;
    for (index, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
        let (number, line) = (index + 1, line.trim());
        let refuse = |why: &str| Err((number, why.to_owned()));
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            match rest.strip_suffix(']').map(str::trim) {
                Some(name) if !name.is_empty() => section = Some(name),
                _ => return refuse("invalid section: expected a name in brackets, such as [basic]"),
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=').map(|(key, value)| (key.trim(), value.trim())) else {
            return refuse("invalid line: expected a section, a comment or a setting such as ak = …");
        };
        let Some(section) = section else {
            return refuse("setting outside of a section: add [basic] above it");
        };
        if key.is_empty() {
            return refuse("missing key before =");
        }
        if let Some(first) = entries.iter().find(|entry| entry.section == section && entry.key == key) {
            return Err((number, format!("duplicate key, already set at line {}", first.line)));
        }
        entries.push(Entry { section, key, value, line: number });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_extends_to_the_end_of_its_line() {
        let text = "\u{feff}# c\r\n[ basic ]\r\nak=A\r\n sk = a=b;c # d \r\n\r\n; c\n[global]\nak =";
        let read: Vec<_> = read(text).unwrap().into_iter().map(|e| (e.section, e.key, e.value, e.line)).collect();
        assert_eq!(read, [("basic", "ak", "A", 3), ("basic", "sk", "a=b;c # d", 4), ("global", "ak", "", 8)]);
    }

    #[test]
    fn errors_contain_the_line_number_and_no_text() {
        for (text, line) in [
            ("ak = SENTINEL", 1),
            ("[basic]\nSENTINEL", 2),
            ("[basic\nak = SENTINEL", 1),
            ("[]\n", 1),
            ("[basic]\n\n = SENTINEL", 3),
            ("[basic]\nsk = 1\nsk = SENTINEL", 3),
        ] {
            let (found, why) = read(text).unwrap_err();
            assert_eq!(found, line, "{text}");
            assert!(!why.contains("SENTINEL"), "{why}");
        }
    }
}
