//! Compares `oneOf`, `anyOf` and `not`. Parts of `allOf` belong to the schema itself: see [`View`].

use std::collections::HashSet;

use super::matching::{Matching, matched};
use super::schemas::Pair;
use super::view::{Union, View};
use super::{Diff, Effect, Scope, Side};
use crate::{Document, Node, Place};

/// Keywords beside the alternatives of a schema that do not restrict values further.
const BESIDE: [&str; 8] = ["allOf", "oneOf", "anyOf", "type", "nullable", "discriminator", "readOnly", "writeOnly"];

/// Pairs of alternatives, and those that only the old or only the new document has.
type PairedUnions<'u, 'd> = (Vec<(&'u Union<'d>, &'u Union<'d>)>, Vec<&'u Union<'d>>, Vec<&'u Union<'d>>);

impl<'d> Diff<'d> {
    /// Compares a schema with one that consists of alternatives, one of which may be the same schema. Returns whether
    /// this is the case.
    pub(super) fn wrapped(&mut self, before: &View<'d>, now: &View<'d>, pair: &Pair<'d>) -> bool {
        let (side, at) = (pair.side, pair.at.as_str());
        let unions = (before.unions.as_slice(), now.unions.as_slice());
        let (single, union) = match (unions.0, unions.1, pair.old.as_slice(), pair.new.as_slice()) {
            ([], [union], [one], _) if !before.parts.is_empty() && !now.restricts(&BESIDE) => (*one, union),
            ([union], [], _, [one]) if !now.parts.is_empty() && !before.restricts(&BESIDE) => (*one, union),
            _ => return false,
        };
        let matching = if before.unions.is_empty() {
            matched(&mut self.equality, (self.old, &[single]), (self.new, &union.parts))
        } else {
            matched(&mut self.equality, (self.old, &union.parts), (self.new, &[single]))
        };
        if matching.pairs.is_empty() {
            return false;
        }
        if before.unions.is_empty() && union.key.name == "oneOf" && self.overlaps(single, union) {
            let message = format!("several alternatives of {at} accept the values that were allowed, but only one may");
            self.composition(Scope::Narrower, side, &union.key.place, message);
        }
        if !pair.is_alternative {
            self.nullable(before, now, side, at);
        }
        self.discriminators(before, now, &matching, side, at);
        self.alternatives(&matching, side, (&union.key.name, at), now.place());
        true
    }

    pub(super) fn unions(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        let mut all = Matching { pairs: Vec::new(), removed: Vec::new(), added: Vec::new() };
        let (pairs, removed, added) = self.paired(&before.unions, &now.unions);
        for (old, new) in pairs {
            let matching = self.union(old, new, side, at);
            // A discriminator selects one of them.
            if side == Side::Request && new.key.name == "oneOf" && now.get("discriminator").is_none() {
                self.added_overlaps(&matching, at);
            }
            all.pairs.extend(matching.pairs);
            all.removed.extend(matching.removed);
            all.added.extend(matching.added);
        }
        for union in added {
            let message = format!("{} of {at} is new", union.key.name);
            self.composition(Scope::Narrower, side, &union.key.place, message);
        }
        for union in removed {
            let message = format!("{} of {at} is removed", union.key.name);
            self.composition(Scope::Wider, side, now.place(), message);
        }
        self.discriminators(before, now, &all, side, at);
    }

    /// Reports new alternatives that accept values for which there was already one.
    fn added_overlaps(&mut self, matching: &Matching<'d>, at: &str) {
        for added in &matching.added {
            if matching.pairs.iter().any(|(_, _, other)| self.accepts_other(added, other)) {
                let message = format!("a new alternative of {at} accepts values of another one, but only one may");
                self.composition(Scope::Narrower, Side::Request, &added.place, message);
            }
        }
    }

    /// Pairs lists of alternatives: first equal ones, then by keyword and by the number of common alternatives. Their
    /// order does not matter. Returns the pairs, and the rest of each document.
    fn paired<'u>(&mut self, olds: &'u [Union<'d>], news: &'u [Union<'d>]) -> PairedUnions<'u, 'd> {
        let (mut olds, mut news): (Vec<_>, Vec<_>) = (olds.iter().collect(), news.iter().collect());
        let mut pairs = Vec::new();
        let mut contents: Vec<_> = olds.iter().map(|old| self.union_contents(old)).collect();
        news.retain(|new| {
            let new_contents = self.union_contents(new);
            let equal = contents.iter().position(|contents| *contents == new_contents);
            pairs.extend(equal.map(|position| {
                contents.remove(position);
                (olds.remove(position), *new)
            }));
            equal.is_none()
        });
        while !olds.is_empty() && !news.is_empty() {
            let mut best = ((false, 0), 0, 0);
            // A single choice needs no comparison.
            if olds.len() > 1 || news.len() > 1 {
                for (position, old) in olds.iter().enumerate() {
                    for (new_position, new) in news.iter().enumerate() {
                        if !self.spend(old.parts.len() + new.parts.len()) {
                            break;
                        }
                        let common = self.matched_parts(old, new).pairs.len();
                        let score = (old.key.name == new.key.name, common);
                        if score > best.0 {
                            best = (score, position, new_position);
                        }
                    }
                }
            }
            pairs.push((olds.remove(best.1), news.remove(best.2)));
        }
        (pairs, olds, news)
    }

    /// Returns the keyword and the contents of alternatives, sorted.
    fn union_contents(&mut self, union: &Union<'d>) -> (&'d str, Vec<u64>) {
        let mut contents: Vec<_> = union.parts.iter().map(|part| self.equality.contents(part)).collect();
        contents.sort_unstable();
        (&union.key.name, contents)
    }

    fn matched_parts(&mut self, old: &Union<'d>, new: &Union<'d>) -> Matching<'d> {
        matched(&mut self.equality, (self.old, &old.parts), (self.new, &new.parts))
    }

    fn union(&mut self, old: &Union<'d>, new: &Union<'d>, side: Side, at: &str) -> Matching<'d> {
        let scope = match (old.key.name.as_str(), new.key.name.as_str()) {
            ("oneOf", "anyOf") => Some(Scope::Wider),
            ("anyOf", "oneOf") => Some(Scope::Narrower),
            _ => None,
        };
        if let Some(scope) = scope {
            let message = format!("{} of {at} was {}", new.key.name, old.key.name);
            self.composition(scope, side, &new.key.place, message);
        }
        let matching = self.matched_parts(old, new);
        self.spend(old.parts.len() + new.parts.len());
        self.alternatives(&matching, side, (&new.key.name, at), &new.key.place);
        matching
    }

    fn alternatives(&mut self, matching: &Matching<'d>, side: Side, (key, at): (&str, &str), place: &'d Place) {
        for (position, old, new) in &matching.pairs {
            self.alternative(old, new, side, format!("{at}.{key}[{position}]"), place);
        }
        let name = |document: &Document, node: &Node| {
            document.schema_name(node).unwrap_or_else(|| crate::excerpt::excerpt(node))
        };
        for part in &matching.added {
            let (id, effect) = match side {
                Side::Request => ("request-alternative-added", Effect::Additive),
                // Readers do not know it.
                Side::Response => ("response-alternative-added", Effect::Breaking),
            };
            self.add(id, effect, &part.place, format!("{at} may be {}", name(self.new, part)));
        }
        for part in &matching.removed {
            let (id, effect) = match side {
                Side::Request => ("request-alternative-removed", Effect::Breaking),
                Side::Response => ("response-alternative-removed", Effect::Additive),
            };
            self.add(id, effect, &part.place, format!("{at} can no longer be {}", name(self.old, part)));
        }
    }

    pub(super) fn negations(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        let (olds, news): (Vec<_>, Vec<_>) = (before.all("not").collect(), now.all("not").collect());
        if let ([old], [new]) = (olds.as_slice(), news.as_slice())
            && let (Ok(before), Ok(now)) = (self.old.resolve(old), self.new.resolve(new))
        {
            // A negated list that has more values allows fewer values of the whole. Whether another negated schema allows
            // more or fewer values is not determined.
            let is_list = |node: &Node| node.get("enum").is_some();
            let mut rest = |node: &'d Node| self.equality.contents_without(node, "enum");
            if rest(before) == rest(now) && is_list(before) == is_list(now) {
                let other = if side == Side::Request { Side::Response } else { Side::Request };
                self.pair(vec![*old], vec![*new], other, format!("{at}.not"), &now.place);
            } else {
                self.composition(Scope::Other, side, &now.place, format!("not of {at} changed"));
            }
            return;
        }
        let mut contents = |nodes: Vec<&'d Node>| -> HashSet<u64> {
            nodes.into_iter().map(|node| self.equality.contents(node)).collect()
        };
        let (olds, news) = (contents(olds), contents(news));
        let (removed, added) = (!olds.is_subset(&news), !news.is_subset(&olds));
        let scope = match (removed, added) {
            (false, false) => return,
            (false, true) => Scope::Narrower,
            (true, false) => Scope::Wider,
            (true, true) => Scope::Other,
        };
        self.composition(scope, side, now.place_of("not"), format!("not of {at} changed"));
    }

    fn composition(&mut self, scope: Scope, side: Side, place: &Place, message: String) {
        let id = match scope {
            Scope::Narrower => "composition-narrowed",
            Scope::Wider => "composition-widened",
            Scope::Other => "composition-changed",
        };
        self.add(id, side.effect(scope), place, message);
    }
}
