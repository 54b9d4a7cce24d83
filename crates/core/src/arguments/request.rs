//! Converts arguments to a request, and a request to arguments.

use percent_encoding::percent_decode_str;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};

use super::{Arguments, check_one, required};
use crate::operation::{Location, Operation};
use crate::{Endpoint, Error, Result};

impl Arguments {
    /// Creates a request with the method, URL, query and headers of these arguments. The transport checks them before
    /// it sends the request.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) for problems that cannot be detected in a request:
    ///
    /// - a name that the operation does not have;
    /// - a path value that is missing, given twice or would change the path;
    /// - a value that no header can carry.
    pub(crate) fn to_request(&self, operation: &'static Operation, endpoint: &Endpoint) -> Result<Request> {
        self.check_names(operation)?;
        for parameter in operation.parameters.iter().filter(|parameter| parameter.location == Location::Path) {
            check_one(parameter, &self.get_all(parameter.name).collect::<Vec<_>>())
                .map_err(|error| error.with_operation(operation.id))?;
        }
        let mut url: Url = endpoint.url().clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear();
            for segment in operation.path.split('/').skip(1) {
                // `push` encodes characters that would end or split the segment.
                segments.push(match placeholder(segment) {
                    Some(name) => required(operation, name, self.get(name))?,
                    None => segment,
                });
            }
        }
        for (name, value) in self.placed(operation, Location::Query) {
            url.query_pairs_mut().append_pair(name, value);
        }
        let method = Method::from_bytes(operation.method.as_bytes())
            .map_err(|error| Error::usage("invalid method of the operation").with_cause(error))?;
        let mut request = Request::new(method, url);
        for (name, value) in self.placed(operation, Location::Header) {
            let unsendable = || {
                Error::usage(format!("invalid {name}: it contains a character that HTTP headers cannot contain"))
                    .with_operation(operation.id)
            };
            let value = HeaderValue::from_str(value).map_err(|_| unsendable())?;
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable())?;
            request.headers_mut().append(name, value);
        }
        Ok(request)
    }

    /// Reads the arguments for the parameters of an operation from a request.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the path is not that of the operation.
    pub(crate) fn of_request(operation: &'static Operation, request: &Request) -> Result<Self> {
        let mut arguments = Self::new();
        let (mut template, mut given) = (operation.path.split('/'), request.url().path().split('/'));
        loop {
            let (segment, value) = match (template.next(), given.next()) {
                (Some(segment), Some(value)) => (segment, percent_decode_str(value).decode_utf8_lossy()),
                (None, None) => break,
                _ => return Err(other_path(operation)),
            };
            match placeholder(segment) {
                Some(name) => arguments.push(name, value),
                None if value == segment => {}
                None => return Err(other_path(operation)),
            }
        }
        for (name, value) in request.url().query_pairs() {
            arguments.push(name, value);
        }
        for parameter in operation.parameters.iter().filter(|parameter| parameter.location == Location::Header) {
            for value in request.headers().get_all(parameter.name) {
                arguments.push(parameter.name, String::from_utf8_lossy(value.as_bytes()));
            }
        }
        Ok(arguments)
    }

    fn placed(&self, operation: &'static Operation, location: Location) -> impl Iterator<Item = (&'static str, &str)> {
        operation
            .parameters
            .iter()
            .filter(move |parameter| parameter.location == location)
            .flat_map(|parameter| self.get_all(parameter.name).map(move |value| (parameter.name, value)))
    }
}

/// Returns `task_id` for `{task_id}`.
fn placeholder(segment: &str) -> Option<&str> {
    segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
}

fn other_path(operation: &'static Operation) -> Error {
    Error::usage(format!("invalid path of the request: expected {}", operation.path)).with_operation(operation.id)
}
