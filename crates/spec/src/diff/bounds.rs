//! Compares bounds of numbers, texts, lists and maps, patterns and the like.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Number;

use super::equality::{compare, digits};
use super::view::View;
use super::{Diff, Effect, Scope, Side, changed};
use crate::{Node, Place, Value};

/// The types to which a keyword applies, the keyword, and whether it is a minimum.
const BOUNDS: [(&[&str], &str, bool); 8] = [
    (&["integer", "number"], "minimum", true),
    (&["integer", "number"], "maximum", false),
    (&["string"], "minLength", true),
    (&["string"], "maxLength", false),
    (&["array"], "minItems", true),
    (&["array"], "maxItems", false),
    (&["object"], "minProperties", true),
    (&["object"], "maxProperties", false),
];

/// Patterns that every text matches.
const MATCH_ALL: [&str; 12] =
    ["", "^", "$", "^$|.*", ".*", "^.*", ".*$", "^.*$", "(.*)", "^(.*)$", "[\\s\\S]*", "^[\\s\\S]*$"];

/// A minimum or maximum.
#[derive(Debug, Clone)]
struct Bound<'d> {
    number: Number,
    /// Whether the number itself is not allowed.
    is_exclusive: bool,
    place: &'d Place,
}

impl Bound<'_> {
    fn shown(&self) -> String {
        if self.is_exclusive { format!("{} (exclusive)", self.number) } else { self.number.to_string() }
    }

    /// Compares which bound allows fewer values. The greater one is stricter.
    fn strictness(&self, other: &Self, is_minimum: bool) -> Ordering {
        let numbers = compare(&self.number, &other.number);
        let numbers = if is_minimum { numbers } else { numbers.reverse() };
        numbers.then(self.is_exclusive.cmp(&other.is_exclusive))
    }
}

impl<'d> Diff<'d> {
    pub(super) fn bounds(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        for (kinds, key, is_minimum) in BOUNDS {
            let of = |view: &View<'d>| if applies(view, kinds) { bound(view, key, is_minimum) } else { None };
            let (old, new) = (of(before), of(now));
            let scope = match (&old, &new) {
                (None, None) => continue,
                (None, Some(_)) => Scope::Narrower,
                (Some(_), None) => Scope::Wider,
                (Some(old), Some(new)) => match new.strictness(old, is_minimum) {
                    Ordering::Greater => Scope::Narrower,
                    Ordering::Less => Scope::Wider,
                    Ordering::Equal => continue,
                },
            };
            let place = new.as_ref().map_or(now.place(), |bound| bound.place);
            let shown = |bound: &Option<Bound<'_>>| bound.as_ref().map(Bound::shown);
            let what = changed(shown(&old).as_deref(), shown(&new).as_deref());
            self.bound(scope, side, place, format!("{key} of {at} {what}"));
        }
    }

    /// Compares the other keywords that restrict values.
    pub(super) fn limits(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        self.patterns(before, now, side, at);
        self.multiples(before, now, side, at);
        let unique = |view: &View<'d>| applies(view, &["array"]) && view.flag("uniqueItems");
        let (old, new) = (unique(before), unique(now));
        if old != new {
            let scope = if new { Scope::Narrower } else { Scope::Wider };
            let message = format!("uniqueItems of {at} was {old} and is {new}");
            self.bound(scope, side, now.place_of("uniqueItems"), message);
        }
    }

    /// Compares patterns. Whether one pattern allows more than another cannot be decided in general, and most changes
    /// correct the description of a service that stays as it is. Therefore, a changed pattern is risky, as for oasdiff;
    /// a new one is narrower, and a removed one is wider.
    fn patterns(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        let of = |view: &View<'d>| -> BTreeSet<&'d str> {
            let stated = view.all("pattern").filter_map(Node::as_str).filter(|_| applies(view, &["string"]));
            stated.filter(|pattern| !MATCH_ALL.contains(pattern)).collect()
        };
        let (old, new) = (of(before), of(now));
        if old == new {
            return;
        }
        let shown = |patterns: &BTreeSet<&str>| {
            let quoted: Vec<_> = patterns.iter().map(|pattern| format!("{pattern:?}")).collect();
            (!quoted.is_empty()).then(|| crate::excerpt::shorten(&quoted.join(" and ")))
        };
        let message = format!("pattern of {at} {}", changed(shown(&old).as_deref(), shown(&new).as_deref()));
        let place = now.place_of("pattern");
        if old.is_subset(&new) {
            self.bound(Scope::Narrower, side, place, message);
        } else if new.is_subset(&old) {
            self.bound(Scope::Wider, side, place, message);
        } else {
            self.add("pattern-changed", Effect::Risky, place, message);
        }
    }

    fn multiples(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        let of = |view: &View<'d>| -> BTreeMap<String, &'d Number> {
            let stated = view.all("multipleOf").filter_map(number).filter(|_| applies(view, &["integer", "number"]));
            let numbers = stated.map(|number| (digits(number), number));
            numbers.filter(|(digits, _)| view.kind() != Some("integer") || digits != "1").collect()
        };
        let (mut olds, mut news) = (of(before), of(now));
        let common: Vec<_> = olds.keys().filter(|digits| news.contains_key(*digits)).cloned().collect();
        olds.retain(|digits, _| !common.contains(digits));
        news.retain(|digits, _| !common.contains(digits));
        let (old, new) = (olds.values().next().copied(), news.values().next().copied());
        let is_multiple = |of: i128, number: i128| number != 0 && of.checked_rem(number) == Some(0);
        let scope = match (old, new) {
            (None, None) => return,
            (None, Some(_)) => Scope::Narrower,
            (Some(_), None) => Scope::Wider,
            (Some(_), Some(_)) if olds.len() + news.len() > 2 => Scope::Other,
            (Some(old), Some(new)) => match (old.as_i128(), new.as_i128()) {
                (Some(old), Some(new)) if is_multiple(new, old) => Scope::Narrower,
                (Some(old), Some(new)) if is_multiple(old, new) => Scope::Wider,
                _ => Scope::Other,
            },
        };
        let shown = |number: Option<&Number>| number.map(ToString::to_string);
        let message = format!("multipleOf of {at} {}", changed(shown(old).as_deref(), shown(new).as_deref()));
        self.bound(scope, side, now.place_of("multipleOf"), message);
    }

    fn bound(&mut self, scope: Scope, side: Side, place: &Place, message: String) {
        let (id, effect) = match (side, scope) {
            (Side::Request, Scope::Wider) => ("request-bound-widened", Effect::Additive),
            (Side::Request, _) => ("request-bound-narrowed", Effect::Breaking),
            (Side::Response, Scope::Narrower) => ("response-bound-narrowed", Effect::Additive),
            // Programs that rely on the documented limits may receive larger values.
            (Side::Response, _) => ("response-bound-widened", Effect::Risky),
        };
        self.add(id, effect, place, message);
    }
}

/// Returns whether keywords for these types apply. Others have no effect: `maxItems` of a text.
fn applies(view: &View<'_>, kinds: &[&str]) -> bool {
    view.kind().is_none_or(|kind| kinds.contains(&kind))
}

/// Returns the strictest bound of all parts.
fn bound<'d>(view: &View<'d>, key: &str, is_minimum: bool) -> Option<Bound<'d>> {
    let exclusive = match key {
        "minimum" => "exclusiveMinimum",
        "maximum" => "exclusiveMaximum",
        _ => "",
    };
    let is_whole = exclusive.is_empty() || view.kind() == Some("integer");
    let stated = view.parts.iter().filter_map(|part| {
        let node = part.get(key)?;
        let bound = Bound { number: number(node)?.clone(), is_exclusive: part.flag(exclusive), place: &node.place };
        Some(if is_whole { whole(bound, is_minimum) } else { bound })
    });
    let strictest = stated.max_by(|one, other| one.strictness(other, is_minimum))?;
    // A length is never negative.
    let is_default = exclusive.is_empty() && is_minimum && compare(&strictest.number, &0.into()) != Ordering::Greater;
    (!is_default).then_some(strictest)
}

/// Returns the same bound of integers as an integer that is allowed: an integer above 0 is at least 1.
fn whole(bound: Bound<'_>, is_minimum: bool) -> Bound<'_> {
    let float = bound.number.as_f64().unwrap_or_default();
    let is_integer = bound.number.as_i128().is_some();
    // Larger floats are integers, and stay what they are.
    if !is_integer && float.abs() > 9e15 {
        return bound;
    }
    #[allow(clippy::cast_possible_truncation, reason = "the float is in the range of integers")]
    let nearest = match bound.number.as_i128() {
        Some(whole) => whole,
        None if is_minimum => float.ceil() as i128,
        None => float.floor() as i128,
    };
    let step = match (bound.is_exclusive && (is_integer || float.fract() == 0.0), is_minimum) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => -1,
    };
    match Number::from_i128(nearest.saturating_add(step)) {
        Some(number) => Bound { number, is_exclusive: false, place: bound.place },
        None => bound,
    }
}

fn number(node: &Node) -> Option<&Number> {
    match &node.value {
        Value::Number(number) => Some(number),
        _ => None,
    }
}
