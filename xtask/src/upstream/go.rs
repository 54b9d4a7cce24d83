//! Reads the models of the Go SDK, line by line: the width of numbers and lists of values as code.

use std::collections::{HashMap, HashSet};

use super::kind::{Kind, MAX_DEPTH};
use super::lines::{Lines, between};
use super::packages::{Package, Text};

#[derive(Default)]
pub(super) struct Structs {
    /// Fields of a struct by their names on the wire.
    pub(super) fields: HashMap<String, HashMap<String, Member>>,
    /// Structs that contain a stream of bytes.
    pub(super) streams: HashSet<String>,
    /// Method and path of each operation.
    pub(super) requests: HashMap<String, (String, String)>,
}

pub(super) struct Member {
    pub(super) kind: Kind,
    pub(super) is_mandatory: bool,
    /// The allowed values. Empty if the SDK does not list them as code.
    pub(super) values: Vec<String>,
}

/// Reads all structs and the requests.
pub(super) fn read(package: &Package) -> Result<Structs, String> {
    let mut all = Structs::default();
    let mut values: HashMap<String, Vec<String>> = HashMap::new();
    for file in &package.files {
        if file.name.ends_with("/hss_meta.go") {
            requests(file, &mut all.requests)?;
        } else {
            structs(file, &mut all, &mut values)?;
        }
    }
    if all.fields.is_empty() || all.requests.is_empty() {
        return Err(format!("the Go module {} has no models or no requests of HSS", package.version));
    }
    // A type with a list of values is text.
    for member in all.fields.values_mut().flat_map(HashMap::values_mut) {
        if let Some(allowed) = member.kind.model().and_then(|name| values.get(name)) {
            member.values.clone_from(allowed);
            close(&mut member.kind);
        }
    }
    Ok(all)
}

/// Replaces the name of a type with a list of values by the type of the values.
fn close(kind: &mut Kind) {
    match kind {
        Kind::List(inner) | Kind::Map(inner) => close(inner),
        _ => *kind = Kind::Text,
    }
}

fn structs(file: &Text, all: &mut Structs, values: &mut HashMap<String, Vec<String>>) -> Result<(), String> {
    let mut lines = Lines::new(file);
    // The type of the values that are listed.
    let mut listed = None;
    while let Some(line) = lines.next() {
        if let Some(name) = between(line, "type ", " struct {") {
            let members = members(name, &mut lines, all)?;
            all.fields.insert(name.to_owned(), members);
        } else if let Some(name) = between(line, "type ", " struct{}") {
            all.fields.insert(name.to_owned(), HashMap::new());
        } else if line.starts_with("\t\t") && line.ends_with('{') {
            listed = line.trim().trim_end_matches('{').split_once(':').map(|(_, name)| name.trim());
        } else if let (Some(value), Some(name)) = (between(line.trim(), "value: ", ","), listed) {
            let value = between(value, "\"", "\"").ok_or_else(|| lines.error("a list of values that are not texts"))?;
            values.entry(name.to_owned()).or_default().push(value.to_owned());
        }
    }
    Ok(())
}

/// Reads the fields of a struct up to its closing brace.
fn members(name: &str, lines: &mut Lines<'_>, all: &mut Structs) -> Result<HashMap<String, Member>, String> {
    let mut members = HashMap::new();
    loop {
        let line = lines.next().ok_or_else(|| lines.error("the file ends within a struct"))?.trim();
        if line == "}" {
            return Ok(members);
        }
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        let Some((declared, tag)) = line.split_once(" `json:\"") else {
            // The list of a type's values, and the value itself.
            if name.ends_with("Enum") || line.starts_with("value ") {
                continue;
            }
            return Err(lines.error("a field without a name in JSON"));
        };
        let tag = tag.split('"').next().unwrap_or_default();
        let (wire, options) = tag.split_once(',').unwrap_or((tag, ""));
        let text = declared.split_whitespace().nth(1).unwrap_or_default();
        if text == "io.ReadCloser" {
            all.streams.insert(name.to_owned());
        }
        if wire == "-" {
            continue;
        }
        let kind = kind(text.trim_start_matches('*'), MAX_DEPTH).ok_or_else(|| lines.error("unknown type"))?;
        let is_mandatory = !options.split(',').any(|option| option == "omitempty");
        members.insert(wire.to_owned(), Member { kind, is_mandatory, values: Vec::new() });
    }
}

/// Reads a type, with at most `depth` lists and maps around it.
fn kind(text: &str, depth: usize) -> Option<Kind> {
    let depth = depth.checked_sub(1)?;
    if let Some(inner) = text.strip_prefix("[]") {
        return Some(Kind::List(Box::new(kind(inner, depth)?)));
    }
    if let Some(inner) = text.strip_prefix("map[string]") {
        return Some(Kind::Map(Box::new(kind(inner, depth)?)));
    }
    Some(match text {
        "string" | "sdktime.SdkTime" => Kind::Text,
        "int32" => Kind::Integer(Some("int32")),
        "int64" => Kind::Integer(Some("int64")),
        "float32" => Kind::Number(Some("float")),
        "float64" => Kind::Number(Some("double")),
        "bool" => Kind::Boolean,
        "interface{}" => Kind::Any,
        "def.FilePart" => Kind::File,
        _ if text.starts_with(|first: char| first.is_ascii_uppercase()) && !text.contains('.') => {
            Kind::Model(text.to_owned())
        }
        _ => return None,
    })
}

fn requests(file: &Text, requests: &mut HashMap<String, (String, String)>) -> Result<(), String> {
    let mut lines = Lines::new(file);
    let (mut id, mut method) = ("", String::new());
    while let Some(line) = lines.next() {
        let line = line.trim();
        if let Some(name) = between(line, "func GenReqDefFor", "() *def.HttpRequestDef {") {
            id = name;
        } else if let Some(name) = between(line, "WithMethod(http.Method", ").") {
            method = name.to_ascii_uppercase();
        } else if let Some(path) = between(line, "WithPath(\"", "\").") {
            if id.is_empty() || method.is_empty() {
                return Err(lines.error("a path outside of an operation"));
            }
            requests.insert(id.to_owned(), (std::mem::take(&mut method), path.to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(files: &[(&str, &str)]) -> Package {
        let text = |(name, text): &(&str, &str)| Text { name: (*name).to_owned(), text: (*text).to_owned() };
        Package { version: "v0".to_owned(), files: files.iter().map(text).collect() }
    }

    const META: &str = "func GenReqDefForListCats() *def.HttpRequestDef {\n\treqDefBuilder := def.New().\n\
        \t\tWithMethod(http.MethodGet).\n\t\tWithPath(\"/v5/cats\").\n}\n";

    #[test]
    fn reads_widths_and_values() {
        let model = "type Cat struct {\n\n\t// Age\n\tAge *int64 `json:\"age,omitempty\"`\n\n\tName string `json:\"name\"`\n\
            \n\tColours *[]CatColours `json:\"colours,omitempty\"`\n\tHttpStatusCode int `json:\"-\"`\n}\n\n\
            type CatColours struct {\n\tvalue string\n}\n\ntype CatColoursEnum struct {\n\tRED  CatColours\n}\n\n\
            func GetCatColoursEnum() CatColoursEnum {\n\treturn CatColoursEnum{\n\t\tRED: CatColours{\n\t\t\tvalue: \"red\",\n\
            \t\t},\n\t\tBLUE: CatColours{\n\t\t\tvalue: \"blue\",\n\t\t},\n\t}\n}\n";
        let read = read(&package(&[("m/cat.go", model), ("m/hss_meta.go", META)])).unwrap();
        let cat = &read.fields["Cat"];
        assert_eq!(cat.len(), 3);
        assert_eq!((&cat["age"].kind, cat["age"].is_mandatory), (&Kind::Integer(Some("int64")), false));
        assert!(cat["name"].is_mandatory);
        assert_eq!(cat["colours"].kind, Kind::List(Box::new(Kind::Text)));
        assert_eq!(cat["colours"].values, ["red", "blue"]);
        assert_eq!(read.requests["ListCats"], ("GET".to_owned(), "/v5/cats".to_owned()));
    }

    #[test]
    fn an_unexpected_line_is_an_error_with_its_position() {
        let deep = format!("type Cat struct {{\n\tAge {}int32 `json:\"age\"`\n}}\n", "[]".repeat(100_000));
        for (model, error) in [
            (deep.as_str(), "m/cat.go:2: unknown type"),
            ("type Cat struct {\n\tAge *int128 `json:\"age\"`\n}\n", "m/cat.go:2: unknown type"),
            ("type Cat struct {\n\tAge int32\n}\n", "m/cat.go:2: a field without a name in JSON"),
            ("type Cat struct {\n", "m/cat.go:2: the file ends within a struct"),
            ("\t\tONE: CatAges{\n\t\t\tvalue: 1,\n", "m/cat.go:2: a list of values that are not texts"),
        ] {
            assert_eq!(read(&package(&[("m/cat.go", model), ("m/hss_meta.go", META)])).err().unwrap(), error);
        }
    }
}
