//! The Rust names that the generator derives from the names in a document.
//!
//! progenitor and typify convert the case with heck, and then fix invalid identifiers. The rules and the operation
//! table must derive the same names. Otherwise, two names that collide would be found only when rustc refuses the
//! generated code.

use heck::{ToPascalCase, ToSnakeCase};
use unicode_ident::{is_xid_continue, is_xid_start};

/// Strict and reserved keywords of Rust. The generator appends `_` to them.
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "Self", "self", "static", "struct", "super", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Returns the name of a function, argument or field: `ListVulScanTaskHost` gives `list_vul_scan_task_host`.
#[must_use]
pub fn snake_case(name: &str) -> String {
    identifier(name, str::to_snake_case, "x")
}

/// Returns the name of a type or an enumeration value: `linux_vul` gives `LinuxVul`.
#[must_use]
pub fn pascal_case(name: &str) -> String {
    identifier(name, str::to_pascal_case, "X")
}

fn identifier(name: &str, convert: fn(&str) -> String, prefix: &str) -> String {
    let name = match name {
        "+1" => "plus1".to_owned(),
        "-1" => "minus1".to_owned(),
        _ if name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) => convert(name),
        _ => convert(&name.replace('\'', "").replace(|c| !is_xid_continue(c), "-")),
    };
    let name = match name.chars().next() {
        None => prefix.to_owned(),
        Some(first) if is_xid_start(first) => name,
        Some(_) => format!("{prefix}{name}"),
    };
    if KEYWORDS.contains(&name.as_str()) { format!("{name}_") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_those_of_the_generator() {
        for (name, snake, pascal) in [
            ("ListVulScanTaskHost", "list_vul_scan_task_host", "ListVulScanTaskHost"),
            ("X-Language", "x_language", "XLanguage"),
            ("ListIPs", "list_i_ps", "ListIPs"),
            ("type", "type_", "Type"),
            ("Move", "move_", "Move"),
            ("web_cms", "web_cms", "WebCms"),
            ("2fa", "x2fa", "X2fa"),
            ("host's name", "hosts_name", "HostsName"),
            ("-", "x", "X"),
            ("m²", "m", "M"),
            ("größe", "größe", "Größe"),
        ] {
            assert_eq!((snake_case(name), pascal_case(name)), (snake.to_owned(), pascal.to_owned()), "{name}");
        }
    }
}
