//! Parses the regions file: reads YAML as a stream of events, without recursion.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput};

use crate::{Error, Result};

/// The maximum nesting of a value that is ignored.
const MAX_DEPTH: usize = 16;

/// The entry of a service for one region.
pub(super) struct Entry {
    service: String,
    id: Text,
    /// The addresses; at least one.
    pub(super) endpoints: Vec<Text>,
}

impl Entry {
    /// Reports whether the entry is for `service`, in any letter case, and `region`.
    pub(super) fn is_of(&self, service: &str, region: &str) -> bool {
        self.service.eq_ignore_ascii_case(service) && self.id.text == region
    }
}

/// A text with its location: file, line and column.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) place: String,
}

/// Parses the entries of all services. `file` is the name of the file, for messages.
///
/// # Errors
///
/// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) with the location where the file is not YAML or does not have
/// the form described at [`endpoint`](crate::endpoint()). Unknown keys of an entry are ignored.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Entry>> {
    let mut reader = Reader { file, parser: Parser::new(StrInput::new(text)), documents: 0, entries: Vec::new() };
    reader.services()?;
    Ok(reader.entries)
}

struct Reader<'a> {
    file: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    documents: usize,
    entries: Vec<Entry>,
}

/// The next element of the file.
enum Item {
    Text(String),
    /// A missing value or `null`.
    Nothing,
    /// The start of a list or map.
    List,
    Map,
    /// The end of a list or map.
    End,
    EndOfFile,
}

impl Reader<'_> {
    fn services(&mut self) -> Result<()> {
        let (item, place) = self.next()?;
        match item {
            Item::Nothing | Item::EndOfFile => {}
            Item::Map => {
                while let Some(service) = self.key()? {
                    self.regions(&service.text)?;
                }
            }
            _ => return Err(refuse(&place, "expected a map of services")),
        }
        // Reads to the end, so that errors in the rest are reported.
        self.next().map(drop)
    }

    fn regions(&mut self, service: &str) -> Result<()> {
        let (item, place) = self.next()?;
        match item {
            Item::Nothing => return Ok(()),
            Item::List => {}
            _ => return Err(refuse(&place, &format!("invalid {service}: expected a list of regions"))),
        }
        loop {
            match self.next()? {
                (Item::End, _) => return Ok(()),
                (Item::Map, place) => self.entry(service, &place)?,
                (_, place) => return Err(refuse(&place, &format!("invalid region of {service}: expected a map"))),
            }
        }
    }

    fn entry(&mut self, service: &str, place: &str) -> Result<()> {
        let (mut id, mut endpoint, mut endpoints) = (None, None, None);
        while let Some(key) = self.key()? {
            let is_again = match key.text.as_str() {
                "id" => id.replace(self.text("id")?).is_some(),
                "endpoint" => endpoint.replace(self.text("endpoint")?).is_some(),
                "endpoints" => endpoints.replace(self.texts("endpoints")?).is_some(),
                _ => {
                    self.skip()?;
                    false
                }
            };
            if is_again {
                return Err(refuse(&key.place, &format!("invalid region of {service}: duplicate `{}`", key.text)));
            }
        }
        let Some(id) = id.flatten().filter(|id| !id.text.is_empty()) else {
            return Err(refuse(place, &format!("invalid region of {service}: missing `id`")));
        };
        let mut endpoints = endpoints.unwrap_or_default();
        endpoints.extend(endpoint.flatten());
        if endpoints.is_empty() {
            let what = format!("invalid region {} of {service}: missing `endpoint` or `endpoints`", id.text);
            return Err(refuse(place, &what));
        }
        if let Some(earlier) = self.entries.iter().find(|entry| entry.is_of(service, &id.text)) {
            let what = format!("duplicate region {} of {service}, already at {}", id.text, earlier.id.place);
            return Err(refuse(&id.place, &what));
        }
        self.entries.push(Entry { service: service.to_owned(), id, endpoints });
        Ok(())
    }

    /// Returns the next key of a map, or `None` at its end.
    fn key(&mut self) -> Result<Option<Text>> {
        match self.next()? {
            (Item::Text(text), place) => Ok(Some(Text { text, place })),
            (Item::End | Item::EndOfFile, _) => Ok(None),
            (_, place) => Err(refuse(&place, "invalid key: expected a string")),
        }
    }

    fn text(&mut self, key: &str) -> Result<Option<Text>> {
        match self.next()? {
            (Item::Text(text), place) => Ok(Some(Text { text, place })),
            (Item::Nothing, _) => Ok(None),
            (_, place) => Err(refuse(&place, &format!("invalid `{key}`: expected a string"))),
        }
    }

    fn texts(&mut self, key: &str) -> Result<Vec<Text>> {
        let mut texts = Vec::new();
        match self.next()? {
            (Item::List, _) => {}
            (Item::Nothing, _) => return Ok(texts),
            (_, place) => return Err(refuse(&place, &format!("invalid `{key}`: expected a list"))),
        }
        loop {
            match self.next()? {
                (Item::End, _) => return Ok(texts),
                (Item::Text(text), place) => texts.push(Text { text, place }),
                (_, place) => return Err(refuse(&place, &format!("invalid item of `{key}`: expected a string"))),
            }
        }
    }

    /// Skips a value of any form.
    fn skip(&mut self) -> Result<()> {
        let mut open = 0_usize;
        loop {
            let (item, place) = self.next()?;
            match item {
                Item::List | Item::Map if open == MAX_DEPTH => {
                    return Err(refuse(&place, &format!("too many levels: expected at most {MAX_DEPTH}")));
                }
                Item::List | Item::Map => open += 1,
                Item::End => open = open.saturating_sub(1),
                Item::EndOfFile => return Ok(()),
                Item::Text(_) | Item::Nothing => {}
            }
            if open == 0 {
                return Ok(());
            }
        }
    }

    fn next(&mut self) -> Result<(Item, String)> {
        while let Some(event) = self.parser.next_event() {
            let (event, span) = event.map_err(|error| {
                Error::usage(format!("{}: invalid YAML: {}", self.place(*error.marker()), error.info()))
                    .with_hint("Correct the YAML at this place, most often its indentation or quotes.")
            })?;
            let place = self.place(span.start);
            let (item, tag) = match event {
                Event::DocumentStart(_) => {
                    self.documents += 1;
                    if self.documents > 1 {
                        return Err(refuse(&place, "unexpected second YAML document"));
                    }
                    continue;
                }
                Event::Nothing | Event::StreamStart | Event::DocumentEnd | Event::StreamEnd => continue,
                // Nested aliases can expand to more data than fits into memory.
                Event::Alias(_) => return Err(refuse(&place, "unsupported alias (`*`)")),
                Event::Scalar(text, ScalarStyle::Plain, _, tag)
                    if matches!(&*text, "" | "~" | "null" | "Null" | "NULL") =>
                {
                    (Item::Nothing, tag)
                }
                Event::Scalar(text, _, _, tag) => (Item::Text(text.into_owned()), tag),
                Event::SequenceStart(_, tag) => (Item::List, tag),
                Event::MappingStart(_, tag) => (Item::Map, tag),
                Event::SequenceEnd | Event::MappingEnd => (Item::End, None),
            };
            // Parsers differ in how a tag changes a value.
            if tag.is_some() {
                return Err(refuse(&place, "unsupported tag (`!`)"));
            }
            return Ok((item, place));
        }
        Ok((Item::EndOfFile, self.file.to_owned()))
    }

    fn place(&self, marker: Marker) -> String {
        format!("{}:{}:{}", self.file, marker.line().max(1), marker.col() + 1)
    }
}

fn refuse(place: &str, what: &str) -> Error {
    Error::usage(format!("{place}: {what}"))
        .with_hint("Write each service as a list of regions, such as SERVICE: [{id: cn-north-4, endpoint: https://…}].")
}
