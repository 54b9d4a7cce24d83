//! Reads the client and the models of the Python SDK, line by line.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::field::Field;
use super::kind::{Kind, MAX_DEPTH};
use super::lines::{Lines, between};
use super::packages::{Package, Text};
use super::prose::is_deprecated;

/// How the client makes the request of an operation.
pub(super) struct Call {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    /// The parts of the request, in the order of the client.
    pub(super) parts: Vec<RequestPart>,
    /// Headers that the class of the response contains.
    pub(super) response_headers: Vec<String>,
    pub(super) is_deprecated: bool,
    pub(super) media: String,
    pub(super) place: String,
    /// The method of the client.
    function: String,
}

/// A part of a request.
pub(super) struct RequestPart {
    /// `path`, `query`, `header`, `form` or `body`.
    pub(super) location: &'static str,
    pub(super) name: String,
}

/// Returns the calls of the client.
pub(super) fn calls(package: &Package) -> Result<Vec<Call>, String> {
    let client = package.files.iter().find(|file| file.name.ends_with("/hss_client.py"));
    calls_of(client.ok_or_else(|| format!("the Python package {} has no hss_client.py", package.version))?)
}

fn calls_of(client: &Text) -> Result<Vec<Call>, String> {
    let mut lines = Lines::new(client);
    let mut calls = Vec::new();
    let mut retired = HashSet::new();
    // The public method that is read.
    let mut function = "";
    while let Some(line) = lines.next() {
        if let Some(name) = between(line, "    def _", "_http_info(cls, request):") {
            calls.push(call(name, &mut lines)?);
        } else if let Some(name) = between(line, "    def ", "(self, request):") {
            function = name;
        } else if line.contains("DeprecationWarning") || line.contains("\"\"\"") && is_deprecated(line) {
            retired.insert(function.trim_end_matches("_invoker"));
        }
    }
    if calls.is_empty() {
        return Err(format!("{}: no operation was found", client.name));
    }
    for call in &mut calls {
        call.is_deprecated = retired.contains(call.function.as_str());
    }
    Ok(calls)
}

/// Reads the method that builds a request.
fn call(function: &str, lines: &mut Lines<'_>) -> Result<Call, String> {
    let place = lines.place();
    let mut texts: HashMap<&str, &str> = HashMap::new();
    let mut parts = Vec::new();
    let mut response_headers = Vec::new();
    let mut media = String::new();
    loop {
        let Some(line) = lines.next() else {
            return Err(lines.error("the file ends within an operation"));
        };
        let line = line.trim();
        if line == "return http_info" {
            break;
        }
        if let Some((key, value)) = pair(line.trim_end_matches(','), '"') {
            texts.insert(key, value);
        } else if let Some((location, name)) = request_part(line) {
            parts.push(RequestPart { location, name: name.to_owned() });
        } else if let Some(headers) = between(line, "response_headers = [", "]") {
            let headers = headers.split(',').map(|header| header.trim().trim_matches('"'));
            response_headers = headers.filter(|header| !header.is_empty()).map(str::to_owned).collect();
        } else if let Some(found) = between(line, "['", "'])") {
            found.clone_into(&mut media);
        } else if !is_known(line) {
            return Err(lines.error("unexpected line in an operation"));
        }
    }
    let mut text = |key: &str| texts.remove(key).map(str::to_owned).ok_or_else(|| format!("{place}: no `{key}`"));
    let (method, path, response) = (text("method")?, text("resource_path")?, text("response_type")?);
    let id = response.strip_suffix("Response").ok_or_else(|| format!("{place}: unexpected response {response}"))?;
    let is_media = media.split_once('/').is_some_and(|(kind, rest)| is_name(kind) && is_name(rest));
    if !is_name(id) || !path.starts_with('/') || !is_media {
        return Err(format!("{place}: unexpected operation `{id}`, path `{path}` or media type `{media}`"));
    }
    let (id, function) = (id.to_owned(), function.to_owned());
    Ok(Call { id, method, path, parts, response_headers, is_deprecated: false, media, place, function })
}

/// Returns place and name of the part of the request that a line sets.
fn request_part(line: &str) -> Option<(&'static str, &str)> {
    let (target, source) = line.split_once("local_var_params['")?;
    let source = source.split('\'').next()?;
    let name = |prefix: &str| target.strip_prefix(prefix)?.split('\'').next();
    Some(match target {
        "body = " => ("body", source),
        _ if target.starts_with("path_params['") => ("path", name("path_params['")?),
        _ if target.starts_with("query_params.append(('") => ("query", name("query_params.append(('")?),
        _ if target.starts_with("header_params['") => ("header", name("header_params['")?),
        _ if target.starts_with("form_params['") => ("form", name("form_params['")?),
        _ => return None,
    })
}

/// Returns whether a line in the method of an operation has no information about the API.
fn is_known(line: &str) -> bool {
    const WHOLE: [&str; 15] = [
        "",
        "http_info = {",
        "}",
        "\"request_type\": request.__class__.__name__,",
        "cname = None",
        "collection_formats = {}",
        "path_params = {}",
        "query_params = []",
        "header_params = {}",
        "form_params = {}",
        "body = None",
        "if isinstance(request, SdkStreamRequest):",
        "body = request.get_file_stream()",
        "auth_settings = []",
        "header_params['Content-Type'] = http_utils.select_header_content_type(",
    ];
    WHOLE.contains(&line)
        || between(line, "if '", "' in local_var_params:").is_some()
        || line.starts_with("local_var_params = {attr: ")
        || line.starts_with("http_info[\"")
        // Repeated keys are sent in any case.
        || line.starts_with("collection_formats['")
}

/// Returns key and value of a line such as `'key': 'value'`.
fn pair(line: &str, quote: char) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(": ")?;
    Some((unquote(key, quote)?, unquote(value, quote)?))
}

fn unquote(text: &str, quote: char) -> Option<&str> {
    text.strip_prefix(quote)?.strip_suffix(quote)
}

/// Returns the fields of every class of the models.
pub(super) fn classes(package: &Package) -> Result<BTreeMap<String, Vec<Field>>, String> {
    let models = package.files.iter().filter(|file| file.name.contains("/model/"));
    models.map(class).collect()
}

/// The part of a class in which a line is.
#[derive(PartialEq)]
enum Part {
    Other,
    Types,
    Names,
    /// The description of the attribute at this position.
    Description(usize),
}

/// Reads a class up to its first property, which repeats the rest.
fn class(file: &Text) -> Result<(String, Vec<Field>), String> {
    let mut lines = Lines::new(file);
    let mut class = None;
    let mut fields: Vec<Field> = Vec::new();
    let mut names: HashMap<&str, &str> = HashMap::new();
    let mut mandatory: HashSet<&str> = HashSet::new();
    let mut part = Part::Other;
    while let Some(line) = lines.next() {
        if let Part::Description(position) = part
            && line != "        \"\"\""
            && ![":param ", ":type "]
                .iter()
                .any(|tag| line.strip_prefix("        ").is_some_and(|rest| rest.starts_with(tag)))
        {
            // It may contain any text, even code.
            if let Some(field) = fields.get_mut(position) {
                field.text.push(' ');
                field.text.push_str(line.trim());
            }
            continue;
        }
        match line {
            "    openapi_types = {" => part = Part::Types,
            "    attribute_map = {" => part = Part::Names,
            "    }" => part = Part::Other,
            "    @property" | "    def to_dict(self):" => break,
            _ if line.starts_with("class ") => {
                let name = line.trim_start_matches("class ").split(['(', ':']).next().unwrap_or_default();
                class = Some(name.to_owned());
            }
            _ if part == Part::Types => {
                let (name, kind) = pair(line.trim().trim_end_matches(','), '\'')
                    .and_then(|(name, text)| Some((name, kind(text, MAX_DEPTH)?)))
                    .ok_or_else(|| lines.error("unknown type"))?;
                fields.push(Field::new(name, kind, false, String::new(), lines.place()));
            }
            _ if part == Part::Names => {
                let (name, wire) = pair(line.trim().trim_end_matches(','), '\'')
                    .ok_or_else(|| lines.error("unexpected line in `attribute_map`"))?;
                names.insert(name, wire);
            }
            _ if line.starts_with("        :param ") => {
                let (name, text) = line.trim_start_matches("        :param ").split_once(':').unwrap_or_default();
                let position = fields.iter().position(|field| field.name == name);
                let described = position.and_then(|position| Some((position, fields.get_mut(position)?)));
                let (position, field) = described.ok_or_else(|| lines.error("describes an unknown attribute"))?;
                field.place = lines.place();
                text.trim().clone_into(&mut field.text);
                part = Part::Description(position);
            }
            _ if line.starts_with("        :type ") || line == "        \"\"\"" => part = Part::Other,
            _ if line.starts_with("        if ") => {
                // An optional attribute is set under a condition.
                lines.next();
            }
            _ => {
                if let Some((name, value)) = line.strip_prefix("        self.").and_then(|rest| rest.split_once(" = "))
                    && name == value
                {
                    mandatory.insert(name);
                }
            }
        }
    }
    let class = class.ok_or_else(|| format!("{}: no class was found", file.name))?;
    for field in &mut fields {
        field.is_mandatory = mandatory.contains(field.name.as_str());
        let wire = names.get(field.name.as_str());
        let wire = wire.ok_or_else(|| format!("{}: `{}` has no name on the wire", field.place, field.name))?;
        if !is_name(wire) {
            return Err(format!("{}: unexpected name `{wire}` on the wire", field.place));
        }
        (*wire).clone_into(&mut field.name);
    }
    if fields.len() != names.len() {
        return Err(format!("{}: {class} has {} types, but {} names", file.name, fields.len(), names.len()));
    }
    Ok((class, fields))
}

/// Returns whether a text is an ordinary name. Drafts contain it as a key.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "_.-".contains(character))
}

/// Reads a type, with at most `depth` lists and maps around it.
fn kind(text: &str, depth: usize) -> Option<Kind> {
    let depth = depth.checked_sub(1)?;
    if let Some(inner) = between(text, "list[", "]") {
        return Some(Kind::List(Box::new(kind(inner, depth)?)));
    }
    if let Some(inner) = between(text, "dict(str, ", ")") {
        return Some(Kind::Map(Box::new(kind(inner, depth)?)));
    }
    Some(match text {
        "str" | "datetime" | "date" => Kind::Text,
        "int" => Kind::Integer(None),
        "float" => Kind::Number(None),
        "bool" => Kind::Boolean,
        "object" => Kind::Any,
        "file" => Kind::File,
        _ if text.starts_with(|first: char| first.is_ascii_uppercase())
            && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_') =>
        {
            Kind::Model(text.to_owned())
        }
        _ => return None,
    })
}

/// Returns the endpoints of all regions.
pub(super) fn regions(package: &Package) -> Result<BTreeMap<String, String>, String> {
    let file = package.files.iter().find(|file| file.name.ends_with("/region/hss_region.py"));
    regions_of(file.ok_or_else(|| format!("the Python package {} has no hss_region.py", package.version))?)
}

fn regions_of(file: &Text) -> Result<BTreeMap<String, String>, String> {
    let mut lines = Lines::new(file);
    let mut regions = BTreeMap::new();
    while let Some(line) = lines.next() {
        let Some((_, region)) = line.split_once(" = Region(\"") else { continue };
        // The endpoint is on the same line or on the next.
        let rest = if region.trim_end().ends_with(',') { lines.next().unwrap_or_default() } else { region };
        let mut urls = rest.split('"').filter(|part| part.starts_with("https://"));
        let (Some(url), None) = (urls.next(), urls.next()) else {
            return Err(lines.error("expected one endpoint of a region"));
        };
        regions.insert(region.split('"').next().unwrap_or_default().to_owned(), url.to_owned());
    }
    if regions.is_empty() {
        return Err(format!("{}: no region was found", file.name));
    }
    Ok(regions)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::python;
    use super::*;

    fn text(text: &str) -> Text {
        Text { name: "p 1: v5/model/cat.py".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn reads_the_requests_of_the_client() {
        let calls = calls(&python()).unwrap();
        let [list, add] = calls.as_slice() else { panic!() };
        assert_eq!(
            (list.id.as_str(), list.method.as_str(), list.media.as_str()),
            ("ListCats", "GET", "application/json")
        );
        let parts: Vec<_> = list.parts.iter().map(|part| (part.location, part.name.as_str())).collect();
        assert_eq!(parts, [("path", "home"), ("query", "limit"), ("query", "names")]);
        assert_eq!(add.parts.iter().map(|part| part.location).collect::<Vec<_>>(), ["body"]);
        assert!(!list.is_deprecated);
    }

    #[test]
    fn an_operation_is_deprecated_if_the_client_warns_or_its_summary_says_so() {
        let edit = |from: &str, to: &str| {
            let mut package = python();
            package.files[0].text = package.files[0].text.replace(from, to);
            calls(&package).unwrap().iter().map(|call| call.is_deprecated).collect::<Vec<_>>()
        };
        let call = "        http_info = self._add_cat_http_info";
        assert_eq!(edit(call, &format!("        warnings.warn(\"old\", DeprecationWarning)\n{call}")), [false, true]);
        assert_eq!(edit("\"\"\"ListCats", "\"\"\"猫--接口已废弃"), [true, false]);
    }

    #[test]
    fn reads_the_attributes_of_a_class() {
        let package = python();
        let file = package.files.iter().find(|file| file.name.ends_with("new_cat.py")).unwrap();
        let (name, fields) = class(file).unwrap();
        assert_eq!(name, "NewCat");
        let fields: Vec<_> =
            fields.iter().map(|field| (field.name.as_str(), &field.kind, field.is_mandatory)).collect();
        assert_eq!(fields, [("name", &Kind::Text, true), ("toys", &Kind::List(Box::new(Kind::Text)), false)]);
        let (_, fields) = class(&text(
            "class Cat:\n    openapi_types = {\n        'x_y': 'dict(str, Toy)'\n    }\n    attribute_map = {\n\
             \x20       'x_y': 'X-Y'\n    }\n        :param x_y: first\n            second\n        :type x_y: str\n",
        ))
        .unwrap();
        assert_eq!((fields[0].name.as_str(), fields[0].text.as_str()), ("X-Y", "first second"));
        assert_eq!(fields[0].kind, Kind::Map(Box::new(Kind::Model("Toy".to_owned()))));
    }

    #[test]
    fn an_unexpected_line_is_an_error_with_its_position() {
        let types = "class Cat:\n    openapi_types = {\n        'a': 'complex'\n    }\n";
        let names = "class Cat:\n    openapi_types = {\n        'a': 'str'\n    }\n    attribute_map = {\n    }\n";
        for (text, error) in [
            (text(types), "p 1: v5/model/cat.py:3: unknown type"),
            (text(names), "p 1: v5/model/cat.py:3: `a` has no name on the wire"),
            (text("x = 1\n"), "p 1: v5/model/cat.py: no class was found"),
        ] {
            assert_eq!(class(&text).err().unwrap(), error);
        }
        let comment = names.replace("{\n    }\n", "{\n        'a': '#a'\n    }\n");
        assert_eq!(class(&text(&comment)).err().unwrap(), "p 1: v5/model/cat.py:3: unexpected name `#a` on the wire");
        let deep = types.replace("complex", &format!("{}str{}", "list[".repeat(100_000), "]".repeat(100_000)));
        assert_eq!(class(&text(&deep)).err().unwrap(), "p 1: v5/model/cat.py:3: unknown type");
        let mut package = python();
        package.files[0].text =
            package.files[0].text.replace("        path_params = {}\n", "        path_params = surprise()\n");
        assert_eq!(calls(&package).err().unwrap(), "p 1: v5/hss_client.py:19: unexpected line in an operation");
    }

    #[test]
    fn a_description_may_contain_code() {
        let before = "class Cat:\n    openapi_types = {\n        'a': 'str'\n    }\n    attribute_map = {\n        'a': 'a'\n    }\n";
        let code = "        if x:\n    openapi_types = {\n    }\nclass Dog:\n        self.a = a\n    @property\n";
        let file = text(&format!("{before}        :param a: first\n{code}        :type a: str\n"));
        let (name, fields) = class(&file).unwrap();
        assert_eq!((name.as_str(), fields.len(), fields[0].is_mandatory), ("Cat", 1, false));
        assert_eq!(fields[0].text, "first if x: openapi_types = { } class Dog: self.a = a @property");
    }

    #[test]
    fn no_text_causes_a_panic() {
        for file in &python().files {
            for (end, _) in file.text.char_indices().step_by(17) {
                let cut = Text { name: file.name.clone(), text: file.text[..end].to_owned() };
                drop((class(&cut), calls_of(&cut), regions_of(&cut)));
            }
            for line in 0..file.text.lines().count() {
                let lines = file.text.lines().enumerate().filter(|(number, _)| *number != line);
                let text = lines.map(|(_, line)| format!("{line}\n")).collect();
                let cut = Text { name: file.name.clone(), text };
                drop((class(&cut), calls_of(&cut), regions_of(&cut)));
            }
        }
    }

    #[test]
    fn reads_regions() {
        let file = text(
            "    A = Region(\"xx-1\",\n      \"https://a.example.com\")\n    B = Region(\"xx-2\", \"https://b.example.com\")\n",
        );
        let regions: Vec<_> = regions_of(&file).unwrap().into_iter().collect();
        let pair = |name: &str, url: &str| (name.to_owned(), url.to_owned());
        assert_eq!(regions, [pair("xx-1", "https://a.example.com"), pair("xx-2", "https://b.example.com")]);
        assert!(regions_of(&text("    A = Region(\"xx-1\",\n    B = 1\n")).is_err());
    }
}
