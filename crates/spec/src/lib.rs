//! Loads the hand-written OpenAPI document, checks it, and extracts the operation table.
//!
//! [`load`] keeps file, line and column of every node, so that every [`Finding`] of [`check`] says where it is. A
//! document without errors makes the code generator neither fail nor generate code that does not compile.
//! [`operations`] is what everything else reads. Nothing in this crate generates code.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod bundle;
mod diff;
mod document;
mod documentation;
mod example_files;
#[cfg(feature = "examples")]
mod examples;
mod excerpt;
mod finding;
mod grammar;
mod json;
mod json_schema;
mod limits;
pub mod names;
mod node;
mod operation;
mod outline;
mod place;
mod reference;
mod rule_ids;
mod rules;
mod sample;
mod scalar;
mod source;
mod suggestion;
mod table;
mod yaml;

pub use bundle::{Extensions, bundle};
pub use diff::{Change, Effect, diff};
pub use document::{Document, load, parse};
pub use documentation::check_documentation;
#[cfg(feature = "examples")]
pub use examples::check_examples;
pub use finding::{Finding, Severity};
pub use json_schema::json_schema;
pub use node::{Key, Node, Value};
pub use operation::{
    Body, Field, Items, Location, Operation, Pagination, Parameter, ParameterType, RateLimit, Source, Success,
};
pub use place::Place;
pub use reference::BrokenReference;
pub use rule_ids::RULES;
pub use rules::check;
pub use sample::sample;
pub use table::operations;
