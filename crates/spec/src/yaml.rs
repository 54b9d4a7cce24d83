//! Parses YAML 1.2 from its events, without recursion and within limits.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag};

use crate::excerpt::shorten;
use crate::finding::{Report, duplicate_key, refuse};
use crate::limits::{self, Used};
use crate::place::start_of;
use crate::{Finding, Key, Node, Place, Value, scalar};

/// Parses one YAML document.
pub(crate) fn parse(file: &Arc<Path>, text: &str, used: &mut Used) -> Result<Node, Vec<Finding>> {
    let mut builder = Builder {
        file: Arc::clone(file),
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        documents: 0,
        used,
        report: Report::default(),
    };
    let mut parser = Parser::new(StrInput::new(text));
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let place = builder.place(*error.marker());
            let message = format!("not valid YAML: {}", error.info());
            refuse("syntax", &place, message, "correct the YAML at this place, most often its indentation or quotes")
        })?;
        builder.event(event, span)?;
    }
    if !builder.report.is_empty() {
        return Err(builder.report.into_findings());
    }
    builder.root.ok_or_else(|| {
        let place = start_of(file);
        refuse("empty-file", &place, "the file has no YAML document", "write an OpenAPI 3.0 document")
    })
}

/// A map or list that is still open.
struct Open {
    place: Place,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, first: HashMap<String, Place>, key: Option<Key> },
}

/// A node that an alias may repeat.
struct Anchored {
    node: Node,
    size: Size,
}

/// The cost of a copy of a node.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    bytes: usize,
    height: usize,
}

struct Builder<'u> {
    file: Arc<Path>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    root: Option<Node>,
    documents: usize,
    used: &'u mut Used,
    report: Report,
}

type Step = Result<(), Vec<Finding>>;

impl Builder<'_> {
    fn place(&self, marker: Marker) -> Place {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Place { file: Arc::clone(&self.file), line: number(marker.line()).max(1), column: number(marker.col() + 1) }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Step {
        let place = self.place(span.start);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => self.start_document(&place),
            Event::Alias(anchor) => self.alias(anchor, &place),
            Event::Scalar(text, style, anchor, tag) => {
                Self::no_tag(tag.as_ref(), &place)?;
                self.scalar(&text, style == ScalarStyle::Plain, anchor, place)
            }
            Event::SequenceStart(anchor, tag) => {
                Self::no_tag(tag.as_ref(), &place)?;
                self.start(place, anchor, Content::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                Self::no_tag(tag.as_ref(), &place)?;
                let content = Content::Map { entries: Vec::new(), first: HashMap::new(), key: None };
                self.start(place, anchor, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
        }
    }

    fn start_document(&mut self, place: &Place) -> Step {
        self.documents += 1;
        if self.documents > 1 {
            return Err(refuse(
                "several-documents",
                place,
                "a second YAML document starts here",
                "keep one document in the file and remove this `---`",
            ));
        }
        Ok(())
    }

    fn no_tag(tag: Option<&Cow<'_, Tag>>, place: &Place) -> Step {
        match tag {
            None => Ok(()),
            Some(_) => Err(refuse(
                "yaml-tag",
                place,
                "a YAML tag (`!`) gives this value a type; tools interpret tags differently",
                "remove the tag; quote the value if it is a string",
            )),
        }
    }

    fn start(&mut self, place: Place, anchor: usize, content: Content) -> Step {
        if self.wants_key() {
            return Err(bad_key(&place, "a key is a map or a list"));
        }
        if self.open.len() >= limits::DEPTH {
            return Err(too_deep(&place));
        }
        self.open.push(Open { place, anchor, content });
        Ok(())
    }

    fn end(&mut self) -> Step {
        // The parser closes only nodes that it opened.
        let Some(Open { place, anchor, content }) = self.open.pop() else {
            return Ok(());
        };
        let value = match content {
            Content::List(items) => Value::Array(items),
            Content::Map { entries, .. } => Value::Object(entries),
        };
        self.finish(Node { place, value, plain: false }, anchor)
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Map { key: None, .. }, .. }))
    }

    fn scalar(&mut self, text: &str, plain: bool, anchor: usize, place: Place) -> Step {
        if self.wants_key() {
            if anchor > 0 {
                let value = if plain { scalar::resolve(text).ok() } else { None };
                let value = value.unwrap_or_else(|| Value::String(text.to_owned()));
                self.anchor(anchor, &Node { place: place.clone(), value, plain })?;
            }
            return self.key(text, plain, place);
        }
        let resolved = if plain { scalar::resolve(text) } else { Ok(Value::String(text.to_owned())) };
        let value = resolved.unwrap_or_else(|scalar::OutOfRange| {
            let message = format!("the number {} is out of range", shorten(text));
            let hint = "write a number that fits 64 bits, or quote it";
            self.report.add("number-range", &place, message, hint);
            Value::Null
        });
        // A missing value has no position of its own.
        let place = match self.open.last() {
            Some(Open { content: Content::Map { key: Some(key), .. }, .. }) if plain && text.is_empty() => {
                key.place.clone()
            }
            _ => place,
        };
        self.finish(Node { place, value, plain }, anchor)
    }

    fn key(&mut self, text: &str, plain: bool, place: Place) -> Step {
        self.count(1, &place)?;
        if plain && text == "<<" {
            return Err(refuse(
                "merge-key",
                &place,
                "merge keys (`<<`) are not part of YAML 1.2",
                "write the keys out, or use `$ref`",
            ));
        }
        if plain && text.is_empty() {
            return Err(bad_key(&place, "a key is empty"));
        }
        if let Some(Open { content: Content::Map { key, first, .. }, .. }) = self.open.last_mut() {
            match first.get(text) {
                Some(earlier) => duplicate_key(&mut self.report, text, &place, earlier),
                None => {
                    first.insert(text.to_owned(), place.clone());
                }
            }
            *key = Some(Key { name: text.to_owned(), place, plain });
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, place: &Place) -> Step {
        if self.wants_key() {
            return Err(bad_key(place, "a key is an alias"));
        }
        let Some(Anchored { node, size }) = self.anchors.get(&anchor) else {
            let message = "this alias is inside the node that it repeats";
            return Err(refuse("alias-loop", place, message, "write the value out, or use `$ref`"));
        };
        let size = *size;
        if self.open.len() + size.height > limits::DEPTH {
            return Err(too_deep(place));
        }
        // The limits are checked before the copy is made.
        let copied = self.used.copied.saturating_add(size.bytes);
        if copied > limits::ALIAS_BYTES {
            return Err(too_many_copies(place));
        }
        let node = node.clone();
        self.used.copied = copied;
        self.count(size.nodes, place)?;
        self.attach(node);
        Ok(())
    }

    /// Adds a complete node to its parent, and keeps a copy if it has an anchor.
    fn finish(&mut self, node: Node, anchor: usize) -> Step {
        self.count(1, &node.place)?;
        if anchor > 0 {
            self.anchor(anchor, &node)?;
        }
        self.attach(node);
        Ok(())
    }

    /// Keeps a copy of a node for its aliases.
    fn anchor(&mut self, anchor: usize, node: &Node) -> Step {
        let size = size(node);
        self.used.copied = self.used.copied.saturating_add(size.bytes);
        if self.used.copied > limits::ALIAS_BYTES {
            return Err(too_many_copies(&node.place));
        }
        self.anchors.insert(anchor, Anchored { node: node.clone(), size });
        Ok(())
    }

    fn attach(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key, .. }) => {
                if let Some(key) = key.take() {
                    entries.push((key, node));
                }
            }
        }
    }

    fn count(&mut self, nodes: usize, place: &Place) -> Step {
        self.used.nodes = self.used.nodes.saturating_add(nodes);
        if self.used.nodes > limits::NODES {
            let message = format!(
                "the document has more than {} keys and values, including those repeated by aliases",
                limits::NODES
            );
            return Err(refuse("node-limit", place, message, "shorten the document"));
        }
        Ok(())
    }
}

/// Returns the cost of a copy of a node. The recursion is limited by the depth of the tree.
fn size(node: &Node) -> Size {
    let own = Size { nodes: 1, bytes: size_of::<Node>(), height: 0 };
    let add = |sum: Size, part: Size, key_bytes: usize| Size {
        nodes: sum.nodes + part.nodes,
        bytes: sum.bytes + part.bytes + key_bytes,
        height: sum.height.max(part.height + 1),
    };
    match &node.value {
        Value::String(text) => Size { bytes: own.bytes + text.len(), ..own },
        Value::Array(items) => items.iter().fold(Size { height: 1, ..own }, |sum, item| add(sum, size(item), 0)),
        Value::Object(entries) => entries.iter().fold(Size { height: 1, ..own }, |sum, (key, value)| {
            let sum = add(sum, size(value), size_of::<Key>() + key.name.len());
            Size { nodes: sum.nodes + 1, ..sum }
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => own,
    }
}

fn bad_key(place: &Place, message: &str) -> Vec<Finding> {
    refuse("key-not-text", place, message, "use a plain word or a quoted string as key")
}

fn too_deep(place: &Place) -> Vec<Finding> {
    let message = format!("maps and lists have more than {} levels", limits::DEPTH);
    refuse("depth-limit", place, message, "use fewer levels")
}

fn too_many_copies(place: &Place) -> Vec<Finding> {
    refuse(
        "alias-limit",
        place,
        format!("YAML aliases repeat more than the limit of {} bytes", limits::ALIAS_BYTES),
        "write fewer anchors and aliases; use `$ref` to share schemas",
    )
}
