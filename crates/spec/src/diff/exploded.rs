//! Compares object parameters with separate parameters. Unless the document states another style, a query contains one
//! parameter for each property of an object, and not the name of the object.

use std::collections::HashSet;

use super::parameters::Slots;
use super::view::{Property, View};
use super::{Diff, Side};
use crate::{Document, Node};

impl<'d> Diff<'d> {
    /// Compares the properties of object parameters that replace separate parameters, or are replaced by them. Removes
    /// these parameters from the lists.
    pub(super) fn exploded(&mut self, olds: &mut Slots<'d>, news: &mut Slots<'d>) {
        let split_news = split(self.new, news, olds);
        self.spend(olds.len() + news.len() + split_news.len() * olds.len());
        for (object, property) in split_news {
            let is_required = property.is_required && object.flag("required");
            match take(olds, &property.key.name) {
                Some(old) => {
                    self.parameter_necessity(
                        old.flag("required"),
                        is_required,
                        &property.key.place,
                        &property.key.name,
                    );
                    let schemas = old.get("schema").into_iter().collect();
                    self.part(schemas, property.schemas.clone(), &property);
                }
                None => self.parameter_added(is_required, &property.key.place, "query", &property.key.name),
            }
        }
        let split_olds = split(self.old, olds, news);
        self.spend(split_olds.len() * news.len());
        for (object, property) in split_olds {
            let is_required = property.is_required && object.flag("required");
            match take(news, &property.key.name) {
                Some(new) => {
                    self.parameter_necessity(is_required, new.flag("required"), &new.place, &property.key.name);
                    let schemas = new.get("schema").into_iter().collect();
                    self.part(property.schemas.clone(), schemas, &property);
                }
                None => self.parameter_removed(&property.key.place, "query", &property.key.name),
            }
        }
    }

    fn part(&mut self, old: Vec<&'d Node>, new: Vec<&'d Node>, property: &Property<'d>) {
        self.pair(old, new, Side::Request, property.key.name.clone(), &property.key.place);
    }
}

/// Removes the objects that have a property with the name of a separate parameter of the other document. Returns their
/// properties.
fn split<'d>(document: &'d Document, own: &mut Slots<'d>, other: &Slots<'d>) -> Vec<(&'d Node, Property<'d>)> {
    let in_query = |slots: &Slots<'d>| -> HashSet<String> {
        slots.iter().filter(|((location, _), _)| *location == "query").map(|((_, name), _)| name.clone()).collect()
    };
    let (own_names, other_names) = (in_query(own), in_query(other));
    let mut found = Vec::new();
    own.retain(|((location, name), node)| {
        if *location != "query" || other_names.contains(name) {
            return true;
        }
        let properties = properties(document, node);
        let replaces = |property: &Property<'d>| {
            let name = &property.key.name;
            other_names.contains(name) && !own_names.contains(name)
        };
        if !properties.iter().any(replaces) {
            return true;
        }
        found.extend(properties.into_iter().map(|property| (*node, property)));
        false
    });
    found
}

/// Returns the properties that a query contains as separate parameters.
fn properties<'d>(document: &'d Document, parameter: &'d Node) -> Vec<Property<'d>> {
    let is_form = parameter.text("style").is_none_or(|style| style == "form");
    let explodes = parameter.get("explode").and_then(Node::as_bool).unwrap_or(true);
    match parameter.get("schema").filter(|_| is_form && explodes) {
        Some(schema) => {
            let view = View::new(document, &[schema], &schema.place);
            if view.kind() == Some("object") { view.properties(document, Side::Request).list } else { Vec::new() }
        }
        None => Vec::new(),
    }
}

/// Removes and returns the query parameter with this name.
fn take<'d>(slots: &mut Slots<'d>, name: &str) -> Option<&'d Node> {
    let position = slots.iter().position(|((location, key), _)| *location == "query" && key == name)?;
    Some(slots.remove(position).1)
}
