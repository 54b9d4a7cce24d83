//! Validates the arguments of one call against its operation.

mod request;

use std::fmt::Display;

use crate::operation::{Location, Operation, Parameter, ParameterType};
use crate::{Error, Result};

/// The arguments of one call: values by the names of their parameters in the API, in the order given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments(Vec<(String, String)>);

impl Arguments {
    /// Returns an empty list of arguments.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a value. Earlier values of the same name are kept.
    pub fn push(&mut self, name: impl Into<String>, value: impl Display) {
        self.0.push((name.into(), value.to_string()));
    }

    /// Appends a value, if it is `Some`.
    pub fn push_some(&mut self, name: impl Into<String>, value: Option<impl Display>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    /// Returns all names and values.
    pub(crate) fn into_values(self) -> Vec<(String, String)> {
        self.0
    }

    /// Returns the first value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// Returns all values of a name, in the order given.
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Checks every value against the operation table.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) for the first invalid argument. An argument is invalid if
    /// the operation does not have its name, or if it is missing, given twice, of the wrong type or out of bounds. A
    /// path value is also invalid if it would change the path.
    pub fn check(&self, operation: &'static Operation) -> Result<()> {
        for (name, value) in &self.0 {
            check_sendable(operation, name, value)?;
        }
        self.check_document(operation)
    }

    /// Checks every value against the OpenAPI document only. A server that emulates the service can use it to refuse
    /// requests. [`check`](Self::check) also refuses values that are useless to send.
    ///
    /// # Errors
    ///
    /// The same as for [`check`](Self::check).
    pub fn check_document(&self, operation: &'static Operation) -> Result<()> {
        self.check_names(operation)?;
        for parameter in operation.parameters {
            check_one(parameter, &self.get_all(parameter.name).collect::<Vec<_>>())
                .map_err(|error| error.with_operation(operation.id))?;
        }
        Ok(())
    }

    /// Refuses names that the operation does not have.
    fn check_names(&self, operation: &'static Operation) -> Result<()> {
        for (name, _) in &self.0 {
            if operation.parameter(name).is_none() {
                let known: Vec<_> = operation.parameters.iter().map(|parameter| parameter.name).collect();
                return Err(Error::usage(format!("unknown parameter {name:?}"))
                    .with_operation(operation.id)
                    .with_hint(format!("The parameters are {}.", known.join(", "))));
            }
        }
        Ok(())
    }
}

/// Returns the value of a required text parameter, checked for use in a URL. Path values are checked before a URL is
/// built, since URL parsers resolve `..` and `\`.
///
/// # Errors
///
/// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the value is missing, contains a control character or would
/// change the path.
pub fn required<'v>(operation: &'static Operation, name: &str, value: Option<&'v str>) -> Result<&'v str> {
    let Some(value) = value else {
        let missing = operation.parameter(name).map_or_else(|| Error::usage(format!("missing {name}")), missing);
        return Err(missing.with_operation(operation.id));
    };
    check_sendable(operation, name, value)?;
    Ok(value)
}

/// Refuses values that are useless to send: control characters, and path values that would change the path.
fn check_sendable(operation: &'static Operation, name: &str, value: &str) -> Result<()> {
    let refuse =
        |why: String| Err(Error::usage(format!("invalid {name} {value:?}: {why}")).with_operation(operation.id));
    if let Some(character) = value.chars().find(|character| character.is_control()) {
        return refuse(format!("it contains the control character {}", character.escape_unicode()));
    }
    let is_of_path = operation.parameter(name).is_some_and(|known| known.location == Location::Path);
    if let (true, Err(why)) = (is_of_path, check_segment(value)) {
        return refuse(why.to_owned());
    }
    Ok(())
}

fn missing(parameter: &Parameter) -> Error {
    let error = Error::usage(format!("missing {}", parameter.name));
    match parameter.setting {
        Some(setting) => error.with_hint(format!("Pass it to the call, or set {setting} on the client.")),
        None => error,
    }
}

fn check_one(parameter: &'static Parameter, values: &[&str]) -> Result<()> {
    let name = parameter.name;
    match values {
        [] if parameter.required => return Err(missing(parameter)),
        [_, _, ..] if !parameter.repeated => return Err(Error::usage(format!("{name} is given more than once"))),
        _ => {}
    }
    for value in values {
        let refuse = |why: String| Error::usage(format!("invalid {name} {value:?}: {why}"));
        check_kind(&parameter.kind, value).map_err(refuse)?;
    }
    Ok(())
}

/// Checks that a path value is one segment of the path. Otherwise the request would reach another operation.
fn check_segment(value: &str) -> std::result::Result<(), &'static str> {
    match value {
        "" => Err("it is empty"),
        // Escaping does not help: URL parsers resolve `%2e%2e` like `..`.
        "." | ".." => Err("URLs cannot contain it as a path segment"),
        _ if value.contains(['/', '\\', '?', '#', '%']) => {
            Err("it contains one of / \\ ? # %, which ids cannot contain")
        }
        _ => Ok(()),
    }
}

pub(crate) fn check_kind(kind: &ParameterType, value: &str) -> std::result::Result<(), String> {
    match *kind {
        ParameterType::String { allowed, .. } if !allowed.is_empty() => {
            if allowed.contains(&value) {
                Ok(())
            } else {
                Err(format!("expected one of {}", allowed.join(", ")))
            }
        }
        ParameterType::String { min_length, max_length, .. } => {
            let length = value.chars().count() as u64;
            match (min_length, max_length) {
                (Some(min), _) if length < min => Err(format!("{length} characters; expected at least {min}")),
                (_, Some(max)) if length > max => Err(format!("{length} characters; expected at most {max}")),
                _ => Ok(()),
            }
        }
        ParameterType::Integer { minimum, maximum } => {
            // `+20` parses as a number, but a server decodes its plus in a query string as a space.
            let is_plain = value.strip_prefix('-').unwrap_or(value).bytes().all(|byte| byte.is_ascii_digit());
            match value.parse::<i64>() {
                Ok(number) if is_plain && (minimum..=maximum).contains(&number) => Ok(()),
                _ => Err(format!("expected a whole number from {minimum} to {maximum}")),
            }
        }
        ParameterType::Boolean if matches!(value, "true" | "false") => Ok(()),
        ParameterType::Boolean => Err("expected true or false".to_owned()),
    }
}
