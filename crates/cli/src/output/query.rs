//! Evaluates the `JMESPath` expression of `--query`.

use std::collections::BTreeMap;

use hss_client::{ErrorKind, count_elements};
use jmespath::{Context, DEFAULT_RUNTIME, JmespathError, Rcvar, Variable, interpret};
use serde::Serialize;
use serde_json::Value;

use super::{MAX_ELEMENTS, json};
use crate::args::describe;
use crate::error::{Error, Result};

/// The document of a query: the rows of a listing, collected in memory.
#[derive(Debug, Default)]
pub(crate) struct Document(Vec<Rcvar>);

impl Document {
    /// Adds rows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`] if they have more values than any real page; [`ErrorKind::Usage`] if they cannot be
    /// represented in JSON.
    pub(crate) fn push(&mut self, rows: &[impl Serialize]) -> Result<()> {
        if count_elements(json::lines(rows)?.as_bytes()) > MAX_ELEMENTS {
            let message = format!("cannot run --query: a page has more than {MAX_ELEMENTS} list members and fields");
            return Err(Error::new(ErrorKind::Protocol, message).hint("Use a smaller --page-size, or omit --query."));
        }
        for row in rows {
            self.0.push(Rcvar::new(Variable::from_serializable(row).map_err(|error| query_error(&error))?));
        }
        Ok(())
    }

    /// Evaluates the query on the rows, as a page in the API's shape.
    ///
    /// # Errors
    ///
    /// The same as [`evaluate`].
    pub(crate) fn evaluate(self, query: &str, total: i64) -> Result<Value> {
        let total = Rcvar::new(Variable::Number(total.into()));
        let rows = Rcvar::new(Variable::Array(self.0));
        let page = [("total_num".to_owned(), total), ("data_list".to_owned(), rows)];
        evaluate_variable(query, &Rcvar::new(Variable::Object(BTreeMap::from(page))))
    }
}

/// Evaluates a query on any document.
///
/// # Errors
///
/// [`ErrorKind::Usage`] if the query is invalid or fails on the document.
pub(crate) fn evaluate(query: &str, document: &Value) -> Result<Value> {
    evaluate_variable(query, &Rcvar::new(Variable::from_serializable(document).map_err(|error| query_error(&error))?))
}

/// Evaluates a query. The `search` function of the crate would first copy the document.
fn evaluate_variable(query: &str, document: &Rcvar) -> Result<Value> {
    let expression = jmespath::compile(query).map_err(|error| query_error(&error))?;
    let mut context = Context::new(query, &DEFAULT_RUNTIME);
    let result = interpret(document, expression.as_ast(), &mut context).map_err(|error| query_error(&error))?;
    json::value(&*result)
}

fn query_error(error: &JmespathError) -> Error {
    Error::usage(format!("invalid query: {}", describe(error))).hint("See https://jmespath.org.")
}
