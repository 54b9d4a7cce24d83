//! A bound for what decoding a body takes.

use crate::{Error, Kind, Result};

/// Bodies up to this size are decoded without counting. Their rows can take a hundred times as much memory, which is
/// still little.
const UNCOUNTED: usize = 1024 * 1024;
/// The greatest number of list members in a larger body, at all depths together: more than a thousand for each of 200
/// rows.
const MEMBERS: usize = 250_000;

/// Checks that a body does not have so many list members that decoding it would take all memory: `{},` is three bytes in a
/// body, and hundreds once it is decoded.
///
/// # Errors
///
/// [`Kind::Protocol`] if it has too many.
pub(super) fn check(body: &[u8]) -> Result<()> {
    if body.len() <= UNCOUNTED || members(body) <= MEMBERS {
        return Ok(());
    }
    Err(Error::new(Kind::Protocol, format!("the answer has more than {MEMBERS} list members"))
        .remedy("Ask for fewer rows at once, with a smaller page or a filter."))
}

/// Counts the members of all lists in a JSON text, or a few more; of what is not JSON, anything.
fn members(body: &[u8]) -> usize {
    let mut count = 0_usize;
    // Which of the open brackets are lists.
    let mut open = Vec::new();
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                while let Some(inside) = bytes.next() {
                    match inside {
                        b'"' => break,
                        b'\\' => drop(bytes.next()),
                        _ => {}
                    }
                }
            }
            b'[' => {
                count += 1;
                open.push(true);
            }
            b'{' => open.push(false),
            b']' | b'}' => drop(open.pop()),
            b',' if open.last() == Some(&true) => count += 1,
            _ => {}
        }
        if count > MEMBERS {
            break;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_members_are_counted_at_every_depth() {
        for (body, expected) in [
            ("{\"a\":1,\"b\":2}", 0),
            ("[1,2,3]", 3),
            ("{\"a\":[{\"b\":[1,2],\"c\":0},{}]}", 4),
            ("[\"a,[,\\\",\",2]", 2),
            ("[", 1),
            ("\"", 0),
            ("\"\\", 0),
            ("]]},", 0),
        ] {
            assert_eq!(members(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn many_members_are_refused_in_large_bodies_only() {
        let list = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
        assert!(check(list(300_000).as_bytes()).is_ok(), "less than 1 MiB");
        assert!(check(list(400_000).as_bytes()).is_err());
        let text = format!("[\"{}\"]", "a,".repeat(1_000_000));
        assert!(check(text.as_bytes()).is_ok(), "commas in text are no members");
    }
}
