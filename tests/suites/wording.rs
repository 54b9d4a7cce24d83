//! Texts use the standard terms of the field: Markdown, comments, doc comments, help and messages avoid the words in
//! `fixtures/wording.toml`. Long sentences are listed, and fail nothing.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use regex::Regex;
use serde::Deserialize;

const WORDS: &str = include_str!("../fixtures/wording.toml");
/// A sentence with more words is listed.
const LONG: usize = 35;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wording {
    avoid: Vec<Avoided>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Avoided {
    words: Vec<String>,
    write: String,
}

/// A piece of text and the line on which it begins.
struct Text {
    line: usize,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// All files of these endings in a folder.
fn files(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && !["target", "node_modules", "fuzz", "notices"].contains(&name.as_str()) {
                files(&path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
}

/// The paragraphs of a Markdown file or of the help of commands, without blocks of code.
fn paragraphs(text: &str) -> Vec<Text> {
    let mut is_code = false;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.map(|(line, text)| Text { line, text: text.to_owned() }).collect()
}

/// The comments, doc comments and string literals of a Rust file.
fn of_rust(text: &str) -> Vec<Text> {
    let comments = (1..).zip(text.lines()).filter_map(|(line, text)| {
        let comment = text.trim_start().strip_prefix("//")?;
        Some(Text { line, text: comment.trim_start_matches(['/', '!']).to_owned() })
    });
    let mut found: Vec<_> = comments.collect();
    // The compiler reports files that are not valid Rust.
    literals(text.parse().unwrap_or_default(), &mut found);
    found
}

fn literals(tokens: TokenStream, found: &mut Vec<Text>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => literals(group.stream(), found),
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                let text = literal.to_string();
                // Doc comments are literals, too, and are there as comments already.
                if text.starts_with('"') && text.contains(' ') {
                    found.push(Text { line, text });
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

#[test]
fn texts_use_standard_terms() {
    let Wording { avoid } = toml::from_str(WORDS).unwrap();
    let avoided: Vec<_> = avoid
        .iter()
        .map(|Avoided { words, write }| {
            let words: Vec<_> = words.iter().map(|word| word.replace('*', r"\w*")).collect();
            (Regex::new(&format!(r"(?i)\b(?:{})\b", words.join("|"))).unwrap(), write)
        })
        .collect();
    let code = Regex::new("`[^`]*`").unwrap();
    let mut paths = Vec::new();
    files(root(), &[".md", ".rs", "surface.snap"], &mut paths);
    assert!(paths.len() > 100, "{}", paths.len());
    let (mut wrong, mut long) = (Vec::new(), 0);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let texts =
            if path.extension().is_some_and(|ending| ending == "rs") { of_rust(&text) } else { paragraphs(&text) };
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        for Text { line, text } in texts {
            let text = code.replace_all(&text, "`code`");
            for (pattern, write) in &avoided {
                if let Some(found) = pattern.find(&text) {
                    wrong.push(format!("{shown}:{line}: {:?}; write: {write}", found.as_str()));
                }
            }
            long += text.split(". ").filter(|sentence| sentence.split_whitespace().count() > LONG).count();
        }
    }
    println!("sentences of more than {LONG} words: {long}");
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
}
