//! The vendor's API, as the official SDKs describe it together.

use std::collections::BTreeMap;

use super::field::Field;
use super::kind::Kind;
use super::prose::{Facts, Reader};
use super::{go, packages, python};

pub(super) struct Vendor {
    /// The version of the Python SDK.
    pub(super) python: String,
    /// The version of the Go SDK.
    pub(super) go: String,
    /// By id.
    pub(super) operations: BTreeMap<String, Operation>,
    /// Objects by the name of their class.
    models: BTreeMap<String, Vec<Field>>,
    /// Endpoints by region.
    pub(super) regions: BTreeMap<String, String>,
    /// Contradictions between the two SDKs, each with the class that it is about.
    pub(super) contradictions: Vec<(String, String)>,
    reader: Reader,
}

pub(super) struct Operation {
    pub(super) id: String,
    /// In upper case.
    pub(super) method: String,
    pub(super) path: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Kind>,
    pub(super) response: Response,
    /// Whether the SDK says that the operation will be removed.
    pub(super) is_deprecated: bool,
    /// Media type of the request.
    pub(super) media: String,
}

pub(super) struct Parameter {
    pub(super) location: &'static str,
    pub(super) field: Field,
}

pub(super) enum Response {
    /// The fields of this model; none if the response is empty.
    Model(String),
    /// A list, or another value that is not an object.
    Value(Kind),
    File,
}

impl Vendor {
    /// Combines both SDKs: widths of integers and lists of values from Go, everything else from Python.
    pub(super) fn new(python: &packages::Package, go: &packages::Package) -> Result<Self, String> {
        let calls = python::calls(python)?;
        let mut classes = python::classes(python)?;
        let structs = go::read(go)?;
        let mut contradictions = Vec::new();
        for (class, fields) in &mut classes {
            for field in fields {
                if let Some(known) = structs.fields.get(class).and_then(|fields| fields.get(&field.name)) {
                    let found = combine(class, field, known);
                    contradictions.extend(found.into_iter().map(|text| (class.clone(), text)));
                }
            }
        }
        let mut operations = BTreeMap::new();
        for call in calls {
            if let Some(known) = structs.requests.get(&call.id)
                && (&known.0, &known.1) != (&call.method, &call.path)
            {
                let text = format!("Python has {} {}, Go {} {}", call.method, call.path, known.0, known.1);
                contradictions.push((format!("{}Request", call.id), format!("{}: {text}", call.id)));
            }
            let operation = operation(call, &mut classes, &structs)?;
            operations.insert(operation.id.clone(), operation);
        }
        let regions = python::regions(python)?;
        let (python, go) = (python.version.clone(), go.version.clone());
        Ok(Self { python, go, operations, models: classes, regions, contradictions, reader: Reader::new()? })
    }

    /// Returns both versions: `Python 3.1.219, Go v0.1.207`.
    pub(super) fn release(&self) -> String {
        format!("Python {}, Go {}", self.python, self.go)
    }

    /// Returns the fields of a model. Empty if it is unknown.
    pub(super) fn fields(&self, model: &str) -> &[Field] {
        self.models.get(model).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the facts in the vendor's description of a field.
    pub(super) fn facts<'f>(&self, field: &'f Field) -> &'f Facts {
        field.facts(&self.reader)
    }
}

fn combine(class: &str, field: &mut Field, go: &go::Member) -> Vec<String> {
    let Field { name, kind, is_mandatory, values, .. } = field;
    let mut found = Vec::new();
    if !kind.refine(&go.kind) {
        found.push(format!("{class}.{name}: Python has the type {}, Go {}", kind.name(), go.kind.name()));
    }
    if *is_mandatory != go.is_mandatory {
        let word = |is_mandatory| if is_mandatory { "mandatory" } else { "optional" };
        found.push(format!("{class}.{name}: {} in Python, {} in Go", word(*is_mandatory), word(go.is_mandatory)));
    }
    values.clone_from(&go.values);
    found
}

/// Combines the locations of parameters (from the client) with their types (from the class of the request).
fn operation(
    call: python::Call,
    classes: &mut BTreeMap<String, Vec<Field>>,
    structs: &go::Structs,
) -> Result<Operation, String> {
    let python::Call { id, method, path, parts, response_headers, is_deprecated, media, place, .. } = call;
    let missing = |problem: &str| format!("{place}: {id} {problem}");
    let mut fields = classes.remove(&format!("{id}Request")).ok_or_else(|| missing("has no class for its request"))?;
    let mut parameters = Vec::new();
    let mut body = None;
    // The parts of a form are the fields of the class of the body.
    let is_form = parts.iter().any(|part| part.location == "form");
    for python::RequestPart { location, name } in parts.into_iter().filter(|part| part.location != "form") {
        let position = fields.iter().position(|field| field.name == name);
        let field = position.map(|position| fields.swap_remove(position));
        let field = field.ok_or_else(|| missing(&format!("sends `{name}`, which the class of its request lacks")))?;
        match location {
            "body" => body = Some(field.kind),
            _ => parameters.push(Parameter { location, field }),
        }
    }
    if is_form && let Some(position) = fields.iter().position(|field| field.name == "body") {
        body = Some(fields.swap_remove(position).kind);
    }
    if let Some(unsent) = fields.first() {
        return Err(missing(&format!("does not send `{}`, which the class of its request has", unsent.name)));
    }
    // The project is a setting of the SDK's clients and not a parameter of theirs.
    for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        if !parameters.iter().any(|known| known.location == "path" && known.field.name == name) {
            let field = Field::new(name, Kind::Text, true, String::new(), place.clone());
            parameters.insert(0, Parameter { location: "path", field });
        }
    }
    let model = format!("{id}Response");
    let fields = classes.get_mut(&model).ok_or_else(|| missing("has no class for its response"))?;
    fields.retain(|field| !response_headers.contains(&field.name));
    let response = match fields.as_slice() {
        [only] if only.name == "body" => Response::Value(only.kind.clone()),
        [] if structs.streams.contains(&model) => Response::File,
        _ => Response::Model(model),
    };
    Ok(Operation { id, method, path, parameters, body, response, is_deprecated, media })
}
