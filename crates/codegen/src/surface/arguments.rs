//! Arguments of functions in a surface. Callers do not see their names, but pass values by position.

use std::collections::{HashMap, HashSet};

use syn::{FnArg, Pat, Signature};

/// Returns the lines that differ only in names of arguments, none of which moved to another position.
pub(super) fn renamed<'a>(
    gone: impl Iterator<Item = &'a String>,
    come: impl Iterator<Item = &'a String>,
) -> HashSet<&'a String> {
    let mut before: HashMap<String, (&String, Vec<String>)> = HashMap::new();
    for line in gone {
        if let Some((shape, names)) = shape(line) {
            before.insert(shape, (line, names));
        }
    }
    let mut renamed = HashSet::new();
    for line in come {
        let Some((shape, names)) = shape(line) else { continue };
        let Some((old_line, old_names)) = before.get(&shape) else { continue };
        let is_moved = |(position, name): (usize, &String)| {
            old_names.iter().position(|old| old == name).is_some_and(|before| before != position)
        };
        if !names.iter().enumerate().any(is_moved) {
            renamed.extend([*old_line, line]);
        }
    }
    renamed
}

/// Returns the line of a function without the names of its arguments, and the names.
fn shape(line: &str) -> Option<(String, Vec<String>)> {
    let text = line.strip_prefix("fn ")?.trim_start();
    let (head, _) = text.split_once('(')?;
    let (owner, name) = head.rsplit_once("::")?;
    let rest = text.get(head.len()..)?;
    let (rest, is_async) = rest.strip_suffix(" (async)").map_or((rest, false), |rest| (rest, true));
    let mut signature: Signature = syn::parse_str(&format!("fn {name}{rest}")).ok()?;
    let mut names = Vec::new();
    for argument in &mut signature.inputs {
        if let FnArg::Typed(argument) = argument
            && let Pat::Ident(pattern) = argument.pat.as_mut()
        {
            names.push(pattern.ident.to_string());
            pattern.ident = quote::format_ident!("_value");
        }
    }
    Some((format!("{owner} {} {is_async}", super::spelled(&signature)), names))
}
