//! Compares schemas. Each pair is compared once, and its changes belong to every operation that reaches it.

use std::collections::HashMap;

use super::view::View;
use super::{Diff, Effect, Side};
use crate::{Node, Place, limits};

/// The steps of the smallest comparison of two schemas.
const STEPS: usize = 8;

/// A pair of schemas that is still to be compared. Each is a list of schemas that apply together.
pub(super) struct Pair<'d> {
    id: usize,
    pub(super) old: Vec<&'d Node>,
    pub(super) new: Vec<&'d Node>,
    pub(super) side: Side,
    /// Name of the schema in messages.
    pub(super) at: String,
    place: &'d Place,
    /// Whether the schema is one of several alternatives. Whether it may be null is compared for all of them together.
    pub(super) is_alternative: bool,
}

type Identity = (Vec<*const Node>, Vec<*const Node>, Side, bool);

/// All pairs of schemas that have occurred.
#[derive(Default)]
pub(super) struct Pairs<'d> {
    /// This ends the comparison of recursive schemas.
    ids: HashMap<Identity, usize>,
    results: Vec<Compared>,
    /// A list instead of recursion: a chain of references can be as long as the document.
    open: Vec<Pair<'d>>,
    current: Option<usize>,
    /// The pairs that an operation uses directly.
    roots: Vec<(String, usize)>,
}

/// The result of one pair.
#[derive(Default)]
struct Compared {
    /// Indices of changes.
    changes: Vec<usize>,
    /// The pairs of parts.
    parts: Vec<usize>,
}

impl Pairs<'_> {
    /// Records a change of the pair that is being compared. Returns false if there is none.
    pub(super) fn record(&mut self, change: usize) -> bool {
        match self.current.and_then(|current| self.results.get_mut(current)) {
            Some(compared) => {
                compared.changes.push(change);
                true
            }
            None => false,
        }
    }
}

impl<'d> Diff<'d> {
    /// Schedules the comparison of two schemas. No schema allows every value.
    pub(super) fn schemas(
        &mut self,
        old: Option<&'d Node>,
        new: Option<&'d Node>,
        side: Side,
        at: String,
        place: &'d Place,
    ) {
        self.pair(old.into_iter().collect(), new.into_iter().collect(), side, at, place);
    }

    /// Schedules the comparison of schemas that apply together. A named schema is reported by its name instead of the
    /// path to it. Broken references are not compared.
    pub(super) fn pair(&mut self, old: Vec<&'d Node>, new: Vec<&'d Node>, side: Side, at: String, place: &'d Place) {
        self.schedule(Pair { id: 0, old, new, side, at, place, is_alternative: false });
    }

    /// Schedules the comparison of two corresponding alternatives.
    pub(super) fn alternative(&mut self, old: &'d Node, new: &'d Node, side: Side, at: String, place: &'d Place) {
        self.schedule(Pair { id: 0, old: vec![old], new: vec![new], side, at, place, is_alternative: true });
    }

    fn schedule(&mut self, pair: Pair<'d>) {
        let Pair { old, new, side, at, place, is_alternative, .. } = pair;
        let at = match new.as_slice() {
            [one] => self.new.schema_name(one).unwrap_or(at),
            _ => at,
        };
        let at = shortened(at);
        self.spend(old.len() + new.len());
        let old: Result<Vec<_>, _> = old.into_iter().map(|node| self.old.resolve(node)).collect();
        let new: Result<Vec<_>, _> = new.into_iter().map(|node| self.new.resolve(node)).collect();
        let (Ok(old), Ok(new)) = (old, new) else { return };
        if old.is_empty() && new.is_empty() {
            return;
        }
        let addresses = |nodes: &[&'d Node]| nodes.iter().map(|node| std::ptr::from_ref(*node)).collect();
        let next = self.pairs.results.len();
        let id = *self.pairs.ids.entry((addresses(&old), addresses(&new), side, is_alternative)).or_insert(next);
        if id == next {
            self.pairs.results.push(Compared::default());
            self.pairs.open.push(Pair { id, old, new, side, at, place, is_alternative });
        }
        match (self.pairs.current.and_then(|current| self.pairs.results.get_mut(current)), &self.operation) {
            (Some(compared), _) => compared.parts.push(id),
            (None, Some(operation)) => self.pairs.roots.push((operation.clone(), id)),
            (None, None) => {}
        }
    }

    /// Compares all scheduled schemas.
    pub(super) fn compare_scheduled(&mut self) {
        while let Some(pair) = self.pairs.open.pop() {
            let waiting = self.pairs.open.len();
            self.pairs.current = Some(pair.id);
            if self.spend(1) {
                self.schema(&pair);
            }
            // Reversed, so that the first part is compared first.
            if let Some(parts) = self.pairs.open.get_mut(waiting..) {
                parts.reverse();
            }
        }
        self.pairs.current = None;
    }

    fn schema(&mut self, pair: &Pair<'d>) {
        let Pair { side, at, place, .. } = pair;
        let (side, at) = (*side, at.as_str());
        let mut before = View::new(self.old, &pair.old, place);
        let mut now = View::new(self.new, &pair.new, place);
        // A list of one alternative that gets a second one stays a list.
        if before.singles > 0 && now.unions.len() > before.unions.len() {
            before = before.with_lists(self.old, &pair.old, &now);
        } else if now.singles > 0 && before.unions.len() > now.unions.len() {
            now = now.with_lists(self.new, &pair.new, &before);
        }
        if !self.spend(STEPS + before.size() + now.size()) {
            return;
        }
        self.annotations(&before, &now, at);
        if self.wrapped(&before, &now, pair) || !self.types(&before, &now, side, at) {
            return;
        }
        if !pair.is_alternative {
            self.nullable(&before, &now, side, at);
        }
        self.bounds(&before, &now, side, at);
        self.limits(&before, &now, side, at);
        self.lists(&before, &now, side, at);
        self.default_value(&before, &now, side, at);
        self.unions(&before, &now, side, at);
        self.negations(&before, &now, side, at);
        let applies = |kind: &str| [before.kind(), now.kind()].iter().all(|of| of.is_none_or(|of| of == kind));
        if applies("array") {
            let (old, new) = (before.all("items").collect(), now.all("items").collect());
            self.pair(old, new, side, format!("{at}[]"), now.place());
        }
        if applies("object") {
            self.properties(&before, &now, side, at);
            self.additional_properties(&before, &now, side, at);
        }
    }

    pub(super) fn annotations(&mut self, before: &View<'d>, now: &View<'d>, at: &str) {
        let kinds = [
            ("title", "words-changed", Effect::Docs),
            ("description", "words-changed", Effect::Docs),
            ("externalDocs", "words-changed", Effect::Docs),
            ("example", "examples-changed", Effect::Docs),
            ("xml", "serialization-changed", Effect::Docs),
        ];
        for kind in kinds {
            self.key(before.get(kind.0), now.get(kind.0), now.place(), kind, at);
        }
        // If the property leaves or enters the message by this, its owner reports that.
        for key in ["readOnly", "writeOnly"] {
            let (old, new) = (before.flag(key), now.flag(key));
            if old != new {
                let message = format!("{key} of {at} was {old} and is {new}");
                self.add("access-changed", Effect::Docs, now.place_of(key), message);
            }
        }
        self.deprecated(before.flag("deprecated"), now.flag("deprecated"), now.place_of("deprecated"), at);
    }

    /// Adds the operations to the changes of the schemas that they reach.
    pub(super) fn attribute(&mut self) {
        let results = &self.pairs.results;
        let reaches = reaching(results);
        let mut visited = vec![usize::MAX; results.len()];
        let mut steps = limits::DIFF_OPERATIONS;
        let mut number = 0;
        let mut last: Option<&String> = None;
        for (operation, root) in &self.pairs.roots {
            // The pairs of an operation follow each other.
            if last != Some(operation) {
                number += 1;
                last = Some(operation);
            }
            let mut open = vec![*root];
            while let Some(id) = open.pop() {
                let (Some(visited), Some(compared)) = (visited.get_mut(id), results.get(id)) else { continue };
                if !reaches.get(id).is_some_and(|reaches| *reaches) || *visited == number || steps == 0 {
                    continue;
                }
                *visited = number;
                let size = compared.changes.len() * (1 + operation.len() / 64) + compared.parts.len();
                steps = steps.saturating_sub(1 + size);
                for change in &compared.changes {
                    if let Some(change) = self.changes.get_mut(*change)
                        && change.operations.last() != Some(operation)
                    {
                        change.operations.push(operation.clone());
                    }
                }
                open.extend(&compared.parts);
            }
        }
    }
}

/// Returns the end of a path, which can be as long as the document.
fn shortened(at: String) -> String {
    match at.char_indices().rev().nth(200) {
        Some((start, _)) => format!("…{}", at.get(start..).unwrap_or_default()),
        None => at,
    }
}

/// Returns for each pair whether it has a change or leads to one.
fn reaching(results: &[Compared]) -> Vec<bool> {
    let mut owners = vec![Vec::new(); results.len()];
    for (id, compared) in results.iter().enumerate() {
        for part in &compared.parts {
            if let Some(owners) = owners.get_mut(*part) {
                owners.push(id);
            }
        }
    }
    let mut reaches = vec![false; results.len()];
    let changed = results.iter().enumerate().filter(|(_, compared)| !compared.changes.is_empty());
    let mut open: Vec<usize> = changed.map(|(id, _)| id).collect();
    while let Some(id) = open.pop() {
        if let Some(reached) = reaches.get_mut(id)
            && !std::mem::replace(reached, true)
            && let Some(owners) = owners.get(id)
        {
            open.extend(owners);
        }
    }
    reaches
}
