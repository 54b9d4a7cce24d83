//! Limits the memory that decoding a body can take.

use crate::{Error, ErrorKind, Result};

/// Bodies up to this size are decoded without counting, which covers most pages. Their rows can take 450 times as much
/// memory, which is still acceptable.
const MAX_UNCOUNTED_SIZE: usize = 256 * 1024;
/// The maximum number of list members in a larger body, at all depths together: more than a thousand for each of 200
/// rows.
const MAX_MEMBERS: usize = 250_000;
/// The maximum number of fields of objects in a larger body: two thousand for each of 200 rows.
const MAX_FIELDS: usize = 400_000;
/// The maximum number of objects in a larger body: 400 in each of 200 rows. An empty object can take 1.3 KB of memory.
const MAX_OBJECTS: usize = 80_000;
/// The hint for a response that is too large.
pub(super) const HINT: &str = "Request fewer rows, with a smaller page or a filter.";

/// Checks that the number of list members, fields and objects in a body is within the limits. Decoding more could
/// exhaust the memory: `{},` takes three bytes in a body and can take more than a thousand when decoded.
///
/// # Errors
///
/// Returns [`ErrorKind::Protocol`] if a limit is exceeded.
pub(super) fn check(body: &[u8]) -> Result<()> {
    if body.len() <= MAX_UNCOUNTED_SIZE {
        return Ok(());
    }
    let Counts { members, fields, objects } = Counts::of(body);
    let bounds =
        [(members, MAX_MEMBERS, "list members"), (fields, MAX_FIELDS, "fields"), (objects, MAX_OBJECTS, "objects")];
    match bounds.into_iter().find(|(count, max, _)| count > max) {
        Some((_, max, what)) => {
            Err(Error::new(ErrorKind::Protocol, format!("the response has more than {max} {what}")).with_hint(HINT))
        }
        None => Ok(()),
    }
}

/// Returns the number of list members and object fields of a JSON text, at all depths together. The result may be
/// slightly too high. Counting stops after some hundred thousand.
#[must_use]
pub fn count_elements(json: &[u8]) -> usize {
    let Counts { members, fields, .. } = Counts::of(json);
    members.saturating_add(fields)
}

/// The numbers of list members, object fields and objects of a JSON text. The first two may be slightly too high. The
/// numbers are arbitrary if the text is not JSON.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    members: usize,
    fields: usize,
    objects: usize,
}

impl Counts {
    fn of(body: &[u8]) -> Self {
        let mut counts = Self::default();
        // For each open bracket, whether it begins a list.
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
                    counts.objects += 1;
                    open.push(false);
                }
                b']' | b'}' => drop(open.pop()),
                b',' if open.last() == Some(&true) => counts.members += 1,
                b',' => counts.fields += 1,
                _ => {}
            }
            if counts.members > MAX_MEMBERS || counts.fields > MAX_FIELDS {
                break;
            }
        }
        counts
    }
}

/// Advances past the quotation mark that ends a string.
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
    fn counts_members_fields_and_objects_at_every_depth() {
        for (body, members, fields, objects) in [
            ("{\"a\":1,\"b\":2}", 0, 2, 1),
            ("[1,2,3]", 3, 0, 0),
            ("{\"a\":[{\"b\":[1,2],\"c\":0},{}]}", 4, 4, 3),
            ("[\"a,[,{\\\",\",2]", 2, 0, 0),
            ("[", 1, 0, 0),
            ("\"", 0, 0, 0),
            ("\"\\", 0, 0, 0),
            ("]]}", 0, 0, 0),
        ] {
            assert_eq!(Counts::of(body.as_bytes()), Counts { members, fields, objects }, "{body}");
            assert_eq!(count_elements(body.as_bytes()), members + fields, "{body}");
        }
    }

    #[test]
    fn refuses_many_fields_only_in_large_bodies() {
        let object = |count: usize| {
            let fields: Vec<_> = (0..count).map(|number| format!("\"{number}\":1")).collect();
            format!("{{{}}}", fields.join(","))
        };
        assert!(check(object(50_000).as_bytes()).is_ok());
        assert!(check(object(400_000).as_bytes()).is_ok());
        assert!(check(object(400_001).as_bytes()).is_err());
    }

    #[test]
    fn refuses_many_members_only_in_large_bodies() {
        let list = |count: usize, member: &str| format!("[{}]", vec![member; count].join(","));
        assert!(check(list(131_000, "0").as_bytes()).is_ok(), "less than 256 KiB");
        assert!(check(list(250_000, "0").as_bytes()).is_ok());
        let error = check(list(250_001, "0").as_bytes()).unwrap_err();
        assert_eq!(format!("{error:#}"), format!("the response has more than 250000 list members. {HINT}"));
        let text = format!("[\"{}\"]", "a,".repeat(1_000_000));
        assert!(check(text.as_bytes()).is_ok(), "commas in text are no members");
        assert!(check(list(87_000, "{}").as_bytes()).is_ok(), "less than 256 KiB");
        assert!(check(list(80_000, "{\"a\":1}").as_bytes()).is_ok());
        let error = check(list(80_001, "{\"a\":1}").as_bytes()).unwrap_err();
        assert_eq!(format!("{error:#}"), format!("the response has more than 80000 objects. {HINT}"));
    }
}
