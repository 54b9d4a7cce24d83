//! Checks the documentation in a document: descriptions, examples, tags and security requirements.
//!
//! Generated code does not depend on it. Therefore, these checks apply to the project's own documents and do not stop a
//! build.

use std::collections::HashMap;

use crate::deprecation::note;
use crate::excerpt::shorten;
use crate::finding::Report;
use crate::grammar::Kind;
use crate::outline::Outline;
use crate::table::is_octet_stream;
use crate::{Document, Finding, Key, Node, Place};

/// Checks that everything has a description that is not `TODO`, that examples exist and contain no real credentials, and that operations
/// have tags and security requirements. The findings are sorted by position.
///
/// Each missing part is a finding, so that the documented part cannot shrink.
#[must_use]
pub fn check_documentation(document: &Document) -> Vec<Finding> {
    let outline = Outline::new(document);
    let mut report = Report::default();
    descriptions(&outline, &mut report);
    deprecations(&outline, &mut report);
    todos(&outline, &mut report);
    tags(&outline, &mut report);
    security(&outline, &mut report);
    examples(&outline, &mut report);
    credentials(&outline, &mut report);
    let mut findings = report.into_findings();
    // Parts that several operations share are visited repeatedly.
    findings.dedup();
    findings
}

fn descriptions(outline: &Outline<'_>, report: &mut Report) {
    let look = |node: &Node, place: &Place, what: &str, report: &mut Report| {
        if node.text("description").is_none_or(|text| text.trim().is_empty()) {
            let message = format!("{what} has no description");
            report.add("description-missing", place, message, "add a description in your own words");
        }
    };
    for site in outline.sites.iter().filter(|site| !site.is_reference()) {
        let named = site.key.map_or(&site.node.place, |key| &key.place);
        let name = site.key.map(|key| key.name.as_str()).unwrap_or_default();
        match site.kind {
            Kind::Parameter => {
                let name = site.node.text("name").unwrap_or_default();
                look(site.node, &site.node.place, &format!("the parameter `{name}`"), report);
            }
            Kind::Tag => {
                let name = site.node.text("name").unwrap_or_default();
                look(site.node, &site.node.place, &format!("the tag `{name}`"), report);
            }
            Kind::Header | Kind::SecurityScheme => look(site.node, named, &format!("`{name}`"), report),
            Kind::Server => look(site.node, &site.node.place, "the server", report),
            Kind::Info => look(site.node, named, "the document", report),
            Kind::RequestBody => look(site.node, named, "the request body", report),
            Kind::Schema => {
                if site.component.is_some() {
                    look(site.node, named, &format!("the schema `{name}`"), report);
                }
                for (Key { name, place, .. }, property) in
                    site.node.get("properties").map(Node::entries).unwrap_or_default()
                {
                    // A reference must not have a description next to it. Its target is described instead.
                    if property.get("$ref").is_none() {
                        look(property, place, &format!("the property `{name}`"), report);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Checks that the description of each deprecated part states what to use instead.
fn deprecations(outline: &Outline<'_>, report: &mut Report) {
    for part in outline.sites.iter().filter(|site| !site.is_reference()).map(|site| site.node) {
        let flag = part.get("deprecated").filter(|_| part.flag("deprecated") && note(part).is_none());
        if let Some(flag) = flag {
            let hint = "add a paragraph `Deprecated: use … instead` to the description";
            report.add("deprecation-note", &flag.place, "the note on the deprecation is missing", hint);
        }
    }
}

/// Checks that each text of a draft has been written.
fn todos(outline: &Outline<'_>, report: &mut Report) {
    let mut look = |node: &Node| {
        if node.as_str().is_some_and(|text| text.trim_start().starts_with("TODO")) {
            report.add("todo", &node.place, "`TODO` is left of a draft", "write the text");
        }
    };
    for part in outline.sites.iter().filter(|site| !site.is_reference()).map(|site| site.node) {
        ["summary", "description"].into_iter().filter_map(|key| part.get(key)).for_each(&mut look);
    }
    for endpoint in &outline.endpoints {
        endpoint.node.get("tags").map(Node::items).unwrap_or_default().iter().for_each(&mut look);
    }
}

fn tags(outline: &Outline<'_>, report: &mut Report) {
    let declared = outline.document.root().get("tags").map(Node::items).unwrap_or_default();
    let declared = declared.iter().filter_map(|tag| tag.get("name"));
    let mut first: HashMap<&str, &Place> = HashMap::new();
    for (name, text) in declared.filter_map(|name| Some((name, name.as_str()?))) {
        if let Some(earlier) = first.get(text) {
            let message = format!("the tag `{}` is already declared at {earlier}", shorten(text));
            report.add("tag-duplicate", &name.place, message, "keep one of the two");
        } else {
            first.insert(text, &name.place);
        }
    }
    for endpoint in &outline.endpoints {
        let tags = endpoint.node.get("tags").map(Node::items).unwrap_or_default();
        if tags.is_empty() {
            let message = format!("{} has no tag", endpoint.title());
            report.add("tag-missing", &endpoint.method.place, message, "add `tags` with the chapter of the manual");
        }
        for tag in tags.iter().filter(|tag| tag.as_str().is_some_and(|name| !first.contains_key(name))) {
            let message = format!("the tag `{}` is not declared", tag.as_str().unwrap_or_default());
            report.add("tag-undeclared", &tag.place, message, "declare it under `tags`, with a description");
        }
    }
}

fn security(outline: &Outline<'_>, report: &mut Report) {
    let of_all = outline.document.root().get("security");
    for endpoint in outline.endpoints.iter().filter(|endpoint| endpoint.node.get("security").or(of_all).is_none()) {
        let message = format!("{} has no `security`", endpoint.title());
        report.add(
            "security-missing",
            &endpoint.method.place,
            message,
            "add `security`, or `security: []` for anonymous access",
        );
    }
}

/// Checks that every JSON body has an example. Models, mocks and the emulator are tested against the examples.
fn examples(outline: &Outline<'_>, report: &mut Report) {
    for endpoint in &outline.endpoints {
        let answers = endpoint.responses(outline.document).into_iter().map(|(_, response)| response);
        for body in endpoint.body(outline.document).into_iter().chain(answers) {
            let content = body.get("content").map(Node::entries).unwrap_or_default().iter();
            for (media, node) in content.filter(|(media, _)| !is_octet_stream(&media.name)) {
                if node.get("example").is_none() && node.get("examples").is_none() {
                    let message = format!("the body of type {} has no example", media.name);
                    report.add("example-missing", &media.place, message, "add the documented one by `externalValue`");
                }
            }
        }
    }
}

fn credentials(outline: &Outline<'_>, report: &mut Report) {
    for site in outline.sites.iter().filter(|site| !site.is_reference()) {
        let key = site.key.map(|key| key.name.as_str());
        let name = match site.kind {
            Kind::Parameter => site.node.text("name"),
            Kind::Schema | Kind::Header => key,
            _ => None,
        };
        let listed = site.node.get("examples").map(Node::entries).unwrap_or_default();
        let listed = listed.iter().filter_map(|(_, example)| outline.document.example_value(example));
        for example in site.node.get("example").into_iter().chain(listed) {
            credential(name, example, report);
        }
    }
}

/// The recursion follows the example, whose depth the loader limits. A value in a list has the name of the list.
fn credential(name: Option<&str>, node: &Node, report: &mut Report) {
    if node.as_str().is_some_and(|text| is_credential(name.unwrap_or_default(), text)) {
        let within = name.map(|name| format!(" in `{}`", shorten(name))).unwrap_or_default();
        let message = format!("the example seems to contain a credential{within}");
        let hint = "use a value that is clearly not real, such as `not-a-real-password` or `AKEXAMPLE`";
        report.add("example-credential", &node.place, message, hint);
    }
    for item in node.items() {
        credential(name, item, report);
    }
    for (key, value) in node.entries() {
        credential(Some(&key.name), value, report);
    }
}

fn is_credential(name: &str, text: &str) -> bool {
    const SECRET: [&str; 9] = [
        "password",
        "passwd",
        "secret",
        "secretkey",
        "token",
        "credential",
        "accesskey",
        "privatekey",
        "authorization",
    ];
    const PLACEHOLDER: [&str; 6] = ["example", "not-a-real", "xxx", "***", "...", "<"];
    let lower = text.to_ascii_lowercase();
    if PLACEHOLDER.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let name: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let is_named = SECRET.iter().any(|word| name.ends_with(word)) && !text.contains(' ') && text.len() >= 8;
    // An access key id of the cloud has twenty capital letters and digits.
    let is_key = text.len() == 20
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_uppercase());
    let is_web_token = text.starts_with("eyJ") && text.matches('.').count() == 2;
    let is_encoded = text.starts_with("MII") && text.len() > 60;
    is_named || is_key || is_web_token || is_encoded || text.contains("-----BEGIN ")
}

#[cfg(test)]
mod tests {
    use super::is_credential;

    #[test]
    fn distinguishes_real_credentials_from_placeholders() {
        for (name, text) in [
            ("password", "Hunter22!"),
            ("secret_key", "wJalrXUtnFEMIbPxRfiCYzzzz"),
            ("X-Auth-Token", "0123456789abcdef"),
            ("id", "HPUA0QX9R7TZ2K4M8B1C"),
            ("note", "eyJhbGciOiJI.eyJzdWIi.c2lnbmF0"),
            ("note", "-----BEGIN PRIVATE KEY-----"),
        ] {
            assert!(is_credential(name, text), "{name}: {text}");
        }
        for (name, text) in [
            ("password", "not-a-real-password"),
            ("access", "AKEXAMPLE0000000TEST"),
            ("token", "MIIxxx"),
            ("methods", "password"),
            ("message", "The username or password is wrong."),
            ("host_id", "0123456789abcdef0123456789abcdef"),
            ("time", "20241125080000000000"),
            ("password_expires_at", ""),
        ] {
            assert!(!is_credential(name, text), "{name}: {text}");
        }
    }
}
