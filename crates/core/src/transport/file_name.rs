//! Reads the name of a file from the header `Content-Disposition`.

use percent_encoding::percent_decode_str;

use crate::printable::is_hidden;

/// The maximum length of a name in bytes. File systems allow 255, and callers may add to it.
const MAX_LENGTH: usize = 200;
/// The names of devices of Windows, with any extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// Returns the name in a header such as `attachment; filename="export.zip"`, changed so that it cannot leave or hide in
/// the directory where it is used. A name in UTF-8 (`filename*`) takes precedence.
pub(super) fn file_name(header: &[u8]) -> Option<String> {
    let header = String::from_utf8_lossy(header);
    let mut plain = None;
    let mut extended = None;
    for (name, value) in parameters(&header) {
        if name.eq_ignore_ascii_case("filename") {
            plain = plain.or(Some(value));
        } else if name.eq_ignore_ascii_case("filename*") {
            extended = extended.or_else(|| decoded(&value));
        }
    }
    extended.as_deref().and_then(safe).or_else(|| plain.as_deref().and_then(safe))
}

/// Returns the parameters after the type of disposition. Quoted values are unquoted.
fn parameters(header: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut rest = header.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let (value, remaining) = match after.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let (value, remaining) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), remaining)
            }
        };
        found.push((name.trim_matches([' ', '\t', ';']), value));
        rest = remaining;
    }
    found
}

/// Returns the text up to the closing quotation mark, and what follows it.
fn unquoted(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(place + 1..).unwrap_or_default()),
            // Only these two are escaped. A service that does not know escapes may send a path of Windows.
            '\\' if quoted.get(place + 1..).is_some_and(|next| next.starts_with(['"', '\\'])) => {
                value.extend(characters.next().map(|(_, escaped)| escaped));
            }
            other => value.push(other),
        }
    }
    (value, "")
}

/// Decodes `UTF-8'en'export%20of%20today.zip`.
fn decoded(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, text) = rest.split_once('\'')?;
    let text = percent_decode_str(text).decode_utf8().ok()?;
    charset.eq_ignore_ascii_case("utf-8").then(|| text.into_owned())
}

/// Returns the last part of a path, without what is unsafe in a file name. Returns `None` if nothing is left.
fn safe(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next()?;
    let replaced = |character: char| match character {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
        other if is_hidden(other) => '_',
        other => other,
    };
    let name: String = name.chars().map(replaced).collect();
    // A leading hyphen would look like an option, and Windows drops dots and spaces at the end.
    let name = name.trim_start_matches(|first: char| first.is_whitespace() || matches!(first, '.' | '-' | '~'));
    let name = shortened(name).trim_end_matches(|last: char| last.is_whitespace() || last == '.');
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let device = stem.trim_end_matches(|last: char| last.is_ascii_digit());
    let is_device = DEVICES.contains(&device) && stem.len() <= device.len() + 1;
    match name {
        "" => None,
        _ if is_device => Some(format!("_{name}")),
        _ => Some(name.to_owned()),
    }
}

/// Returns a name of at most [`MAX_LENGTH`] bytes.
fn shortened(name: &str) -> &str {
    let mut end = name.len().min(MAX_LENGTH);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_of_a_name() {
        for (header, expected) in [
            ("attachment; filename=export.zip", Some("export.zip")),
            ("attachment;filename=\"export of today.zip\"", Some("export of today.zip")),
            ("attachment; FileName = \"a;b=c.zip\" ; size=3", Some("a;b=c.zip")),
            ("attachment; filename=\"a\\\"b.zip\"", Some("a_b.zip")),
            ("attachment; filename=old.zip; filename*=UTF-8''%E6%BC%8F%E6%B4%9E.zip", Some("漏洞.zip")),
            ("attachment; filename*=utf-8'zh'a%20b.zip", Some("a b.zip")),
            ("attachment; filename*=GBK''%C2%A9.zip; filename=b.zip", Some("b.zip")),
            ("attachment; filename*=UTF-8''%ff.zip; filename=b.zip", Some("b.zip")),
            ("attachment; size=3; filename=漏洞.zip", Some("漏洞.zip")),
            ("attachment; filename=\"open", Some("open")),
            ("attachment", None),
            ("filename=x", None),
            ("attachment; filename=", None),
            ("attachment; filename=\"\"", None),
            (";;;===", None),
            ("", None),
        ] {
            assert_eq!(file_name(header.as_bytes()).as_deref(), expected, "{header}");
        }
        assert_eq!(file_name(b"attachment; filename=\xd6\xf7.zip").as_deref(), Some("\u{fffd}\u{fffd}.zip"));
    }

    #[test]
    fn a_hostile_name_stays_in_its_directory() {
        for (name, expected) in [
            ("../../etc/passwd", Some("passwd")),
            ("/etc/cron.d/x", Some("x")),
            ("C:\\Windows\\x.dll", Some("x.dll")),
            ("C:x.dll", Some("C_x.dll")),
            ("..", None),
            (".", None),
            ("a/..", None),
            ("dir/", None),
            (".bashrc", Some("bashrc")),
            ("-rf", Some("rf")),
            ("~root", Some("root")),
            ("a\u{0}b\r\nc.zip", Some("a_b__c.zip")),
            ("a\u{202e}piz.exe", Some("a_piz.exe")),
            ("con", Some("_con")),
            ("Nul.zip", Some("_Nul.zip")),
            ("COM1.txt", Some("_COM1.txt")),
            ("com10.txt", Some("com10.txt")),
            ("console.zip", Some("console.zip")),
            ("a. . .", Some("a")),
            ("   ", None),
            ("a|b?c*d<e>f.zip", Some("a_b_c_d_e_f.zip")),
        ] {
            assert_eq!(safe(name).as_deref(), expected, "{name:?}");
        }
        assert_eq!(safe(&"漏".repeat(100)).map(|name| name.len()), Some(198));
    }
}
