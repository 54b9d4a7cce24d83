//! Loads the hand-written OpenAPI document, checks it, and extracts the operation table.
//!
//! [`load`] keeps the file, line and column of every node, so that every [`Finding`] of [`check`] has a position. Each has
//! the [`Class`] of its [`Rule`]. For a document without errors, the code generator does not fail, and the generated code
//! compiles. Other components read [`operations`]. This crate does not generate code.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod bundle;
mod catalogue;
mod chapters;
mod comparable;
mod defaults;
mod deprecation;
mod diff;
mod document;
mod documentation;
mod example_files;
#[cfg(feature = "examples")]
mod examples;
mod excerpt;
mod finding;
mod grammar;
mod inline;
mod json;
mod json_schema;
mod limits;
pub mod names;
mod node;
mod operation;
mod outline;
mod place;
mod reference;
mod rules;
mod sample;
mod scalar;
mod severity;
mod source;
mod suggestion;
mod table;
mod yaml;

pub use bundle::{Extensions, bundle};
pub use catalogue::{Class, Example, Rule, rule, rules};
pub use comparable::check_comparable;
pub use deprecation::described;
pub use diff::{Change, Effect, diff};
pub use document::{Document, load, parse};
pub use documentation::check_documentation;
#[cfg(feature = "examples")]
pub use examples::check_examples;
pub use finding::Finding;
pub use grammar::METHODS;
pub use inline::{Inline, inline_schemas};
pub use json_schema::json_schema;
pub use node::{Key, Node, Value};
pub use operation::{
    Body, Field, Items, Location, Operation, Origin, Pagination, Parameter, ParameterType, RateLimit, Source, Success,
};
pub use place::Place;
pub use reference::BrokenReference;
pub use rules::check;
pub use sample::sample;
pub use severity::Severity;
pub use table::operations;
