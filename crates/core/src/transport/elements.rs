//! A bound for what decoding a body takes.

use crate::{Error, Kind, Result};

/// Bodies up to this size are decoded without counting. Their rows can take a hundred times as much memory, which is
/// still little.
const UNCOUNTED: usize = 1024 * 1024;
/// The greatest number of list members in a larger body, at all depths together: more than a thousand for each of 200
/// rows.
const MEMBERS: usize = 250_000;
/// The greatest number of fields of objects in a larger body: two thousand for each of 200 rows.
const FIELDS: usize = 400_000;

/// Checks that a body does not have so many list members and fields that decoding it would take all memory: `{},` is three
/// bytes in a body, and hundreds once it is decoded.
///
/// # Errors
///
/// [`Kind::Protocol`] if it has too many.
pub(super) fn check(body: &[u8]) -> Result<()> {
    let Some(Counts { members, fields }) = (body.len() > UNCOUNTED).then(|| Counts::of(body)) else { return Ok(()) };
    let too_many = match (members > MEMBERS, fields > FIELDS) {
        (true, _) => format!("{MEMBERS} list members"),
        (false, true) => format!("{FIELDS} fields"),
        (false, false) => return Ok(()),
    };
    Err(Error::new(Kind::Protocol, format!("the answer has more than {too_many}"))
        .remedy("Ask for fewer rows at once, with a smaller page or a filter."))
}

/// How many members all lists of a JSON text have, and how many fields all objects, or a few more. Of what is not JSON,
/// anything.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    members: usize,
    fields: usize,
}

impl Counts {
    fn of(body: &[u8]) -> Self {
        let mut counts = Self::default();
        // Which of the open brackets are lists.
        let mut open = Vec::new();
        let mut bytes = body.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => skip_text(&mut bytes),
                b'[' => {
                    counts.members += 1;
                    open.push(true);
                }
                b'{' => {
                    counts.fields += 1;
                    open.push(false);
                }
                b']' | b'}' => drop(open.pop()),
                b',' if open.last() == Some(&true) => counts.members += 1,
                b',' => counts.fields += 1,
                _ => {}
            }
            if counts.members > MEMBERS || counts.fields > FIELDS {
                break;
            }
        }
        counts
    }
}

/// Goes on behind the quotation mark that ends a text.
fn skip_text<'a>(bytes: &mut impl Iterator<Item = &'a u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_fields_are_counted_at_every_depth() {
        for (body, members, fields) in [
            ("{\"a\":1,\"b\":2}", 0, 2),
            ("[1,2,3]", 3, 0),
            ("{\"a\":[{\"b\":[1,2],\"c\":0},{}]}", 4, 4),
            ("[\"a,[,{\\\",\",2]", 2, 0),
            ("[", 1, 0),
            ("\"", 0, 0),
            ("\"\\", 0, 0),
            ("]]}", 0, 0),
        ] {
            assert_eq!(Counts::of(body.as_bytes()), Counts { members, fields }, "{body}");
        }
    }

    #[test]
    fn many_fields_are_refused_in_large_bodies_only() {
        let object = |count: usize| {
            let fields: Vec<_> = (0..count).map(|number| format!("\"{number}\":1")).collect();
            format!("{{{}}}", fields.join(","))
        };
        assert!(check(object(50_000).as_bytes()).is_ok());
        assert!(check(object(400_000).as_bytes()).is_ok());
        assert!(check(object(400_001).as_bytes()).is_err());
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
