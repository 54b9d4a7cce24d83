//! Documents with a missing part, or with random changes. Each is either refused by a rule, with a position, or gives
//! valid Rust. No document may cause a panic or a hang.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hss_codegen::{Error, generate};
use hss_spec::{Document, Severity, check, diff, parse};
use serde_json::{Map, Value, json};

/// Number of documents, unless the environment variable `MUTANTS` overrides it.
const MUTANTS: u64 = 500;
/// Timeout for a hang. It is long enough for a busy machine.
const LONGEST: Duration = Duration::from_secs(60);

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/books.yaml")
}

/// Collects the pointers to all nodes of a tree except the root.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(name, child)| (name.replace('~', "~0").replace('/', "~1"), child)).collect()
        }
        Value::Array(list) => list.iter().enumerate().map(|(position, child)| (position.to_string(), child)).collect(),
        _ => return,
    };
    for (name, child) in children {
        let at = format!("{at}/{name}");
        pointers(child, &at, found);
        found.push(at);
    }
}

/// Returns the parent of the node at a pointer, and the name of the node in it.
fn parent<'a>(root: &'a mut Value, pointer: &str) -> (&'a mut Value, String) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    (root.pointer_mut(parent).unwrap(), name.replace("~1", "/").replace("~0", "~"))
}

/// Returns a pointer without the names that the document chooses.
fn shape(pointer: &str) -> String {
    let mut chosen = false;
    let segments = pointer.split('/').map(|segment| {
        let was_chosen = std::mem::replace(&mut chosen, false);
        chosen = !was_chosen && ["paths", "schemas", "properties", "parameters", "responses"].contains(&segment);
        if was_chosen || segment.parse::<usize>().is_ok() { "*" } else { segment }
    });
    segments.collect::<Vec<_>>().join("/")
}

fn remove(root: &mut Value, pointer: &str) {
    let (parent, name) = parent(root, pointer);
    match parent {
        Value::Object(map) => drop(map.shift_remove(&name)),
        Value::Array(list) => drop(list.remove(name.parse().unwrap())),
        _ => {}
    }
}

/// Applies a random change and returns its description.
fn mutate(root: &mut Value, random: &mut fastrand::Rng) -> String {
    let mut all = Vec::new();
    pointers(root, "", &mut all);
    let here = random.choice(&all).unwrap().clone();
    let there = random.choice(&all).unwrap().clone();
    let other = root.pointer(&there).unwrap().clone();
    let odd = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!("x y"),
        json!("r#type"),
        json!("self"),
        json!([]),
        json!({}),
        json!([[]]),
        json!({"$ref": "#/components/schemas/Book"}),
        json!({"$ref": "#/nowhere"}),
        json!("object"),
        json!("array"),
        json!("integer"),
        json!("date-time"),
    ];
    match random.u8(..6) {
        0 => {
            remove(root, &here);
            format!("{here} removed")
        }
        1 => {
            let new = there.rsplit('/').next().unwrap().to_owned();
            let (parent, name) = parent(root, &here);
            if let Value::Object(map) = parent {
                let renamed = |key: String| if key == name { new.clone() } else { key };
                *map = std::mem::take(map).into_iter().map(|(key, value)| (renamed(key), value)).collect::<Map<_, _>>();
            }
            format!("{here} called {new}")
        }
        2 => {
            let odd = random.choice(&odd).unwrap().clone();
            let said = format!("{here} made {odd}");
            *root.pointer_mut(&here).unwrap() = odd;
            said
        }
        3 => {
            *root.pointer_mut(&here).unwrap() = other;
            format!("{here} made a copy of {there}")
        }
        4 => {
            let copy = root.pointer(&here).unwrap().clone();
            let (parent, name) = parent(root, &here);
            match parent {
                Value::Object(map) => drop(map.insert(format!("{name}_"), copy)),
                Value::Array(list) => list.push(copy),
                _ => {}
            }
            format!("{here} twice")
        }
        _ => {
            if let Value::Object(map) = root.pointer_mut(&here).unwrap() {
                map.insert(there.rsplit('/').next().unwrap().to_owned(), other);
            }
            format!("{there} added to {here}")
        }
    }
}

/// The results of all mutants.
#[derive(Default)]
struct Outcomes {
    /// Number of refused documents by the first rule that refuses them.
    refused: BTreeMap<&'static str, usize>,
    generated: usize,
}

/// Mutates the original document randomly and checks the result.
fn try_mutant(seed: u64, path: &Path, whole: &Document, outcomes: &mut Outcomes) {
    let mut random = fastrand::Rng::with_seed(seed);
    let original = whole.to_json();
    let mut mutant = original.clone();
    let said: Vec<_> = (0..random.u8(1..=3)).map(|_| mutate(&mut mutant, &mut random)).collect();
    let said = format!("seed {seed}: {}", said.join(", "));
    let began = Instant::now();
    let document = match parse(path, &mutant.to_string()) {
        Ok(document) => document,
        Err(findings) => {
            assert!(findings.iter().all(|finding| finding.place.line > 0), "{said}: {findings:?}");
            *outcomes.refused.entry(findings.first().unwrap().rule).or_default() += 1;
            return;
        }
    };
    // Every difference must be reported.
    assert!(mutant == original || !diff(whole, &document).is_empty(), "{said}: no difference");
    let findings = check(&document);
    match findings.iter().find(|finding| finding.severity == Severity::Error) {
        Some(finding) => {
            assert!(finding.place.line > 0 && finding.place.column > 0, "{said}: {finding}");
            *outcomes.refused.entry(finding.rule).or_default() += 1;
        }
        None => match generate(&document, Some("hss_client")) {
            // The code has already been parsed.
            Ok(_) => outcomes.generated += 1,
            Err(Error::Generator(message)) => panic!("{said}: no rule refuses it: {message}"),
            Err(error) => panic!("{said}: {error}"),
        },
    }
    assert!(began.elapsed() < LONGEST, "{said}: {:?}", began.elapsed());
}

#[test]
fn every_mutant_is_refused_with_a_position_or_gives_rust() {
    let mutants = std::env::var("MUTANTS").map_or(MUTANTS, |number| number.parse().unwrap());
    let path = document();
    let (whole, name) = (hss_spec::load(&path).unwrap(), path.with_extension("json"));
    let mut halves = [Outcomes::default(), Outcomes::default()];
    std::thread::scope(|scope| {
        for (half, outcomes) in (0..).zip(&mut halves) {
            let (whole, name) = (&whole, &name);
            scope.spawn(move || (half..mutants).step_by(2).for_each(|seed| try_mutant(seed, name, whole, outcomes)));
        }
    });
    let generated: usize = halves.iter().map(|half| half.generated).sum();
    let rules: BTreeSet<_> = halves.iter().flat_map(|half| half.refused.keys()).collect();
    // A useful test neither refuses all documents nor accepts all.
    assert!(generated as u64 * 10 > mutants, "{generated} of {mutants} gave Rust");
    assert!(rules.len() > 30, "refused by {rules:?}");
}

/// Returns whether the document without one part gives Rust. If not, it must be refused, with positions and hints.
fn without(whole: &Value, piece: &str) -> Result<bool, String> {
    let mut mutant = whole.clone();
    remove(&mut mutant, piece);
    let text = serde_json::to_string_pretty(&mutant).unwrap();
    let outcome = parse(&document().with_file_name("mutant.json"), &text)
        .map_err(Error::Document)
        .and_then(|document| generate(&document, Some("hss_client")));
    match outcome {
        Ok(_) => Ok(true),
        Err(Error::Document(findings)) => {
            let is_clear = findings.iter().all(|finding| finding.place.line > 0 && !finding.hint.is_empty());
            assert!(is_clear, "without {piece}");
            Ok(false)
        }
        Err(Error::Generator(message)) => Err(format!("without {piece}: {message}")),
    }
}

#[test]
fn a_document_without_any_one_part_is_refused_or_gives_rust() {
    let whole = hss_spec::load(&document()).unwrap().to_json();
    let mut pieces = Vec::new();
    pointers(&whole, "", &mut pieces);
    // Many parts have the same shape. A few of each are sufficient.
    let mut alike = BTreeMap::<_, usize>::new();
    pieces.retain(|piece| {
        let count = alike.entry(shape(piece)).or_default();
        *count += 1;
        *count <= 4
    });
    assert!(pieces.len() > 200, "{}", pieces.len());
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let half = pieces.len().div_ceil(2);
        let threads: Vec<_> = pieces
            .chunks(half)
            .map(|pieces| scope.spawn(|| pieces.iter().map(|piece| without(&whole, piece)).collect()))
            .collect();
        threads.into_iter().flat_map(|thread| -> Vec<_> { thread.join().unwrap() }).collect()
    });
    let count = |outcome| outcomes.iter().filter(|other| **other == outcome).count();
    let (refused, generated) = (count(Ok(false)), count(Ok(true)));
    let failed: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(refused > 50 && generated > 50, "{refused} refused, {generated} generated");
}
