//! Checks how clients report calls that the gateway refused.

use std::process::Output;

use serde_json::Value;

/// The exit status of a program whose SDK reported an error of the service.
const REFUSED: i32 = 3;

/// An error that an SDK must report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServiceError {
    pub(crate) status: u16,
    code: &'static str,
    /// Part of the message.
    message_part: &'static str,
    has_request_id: bool,
}

impl ServiceError {
    /// The error of the Python SDK for status 429 to a GET. Its HTTP library treats the response as retryable, has no
    /// retries left, and discards it. If a later version fixes this, the case fails, and the tables in the READMEs must
    /// be changed.
    pub(crate) const DISCARDED: Self =
        Self { status: 429, code: "429", message_part: "too many 429 error responses", has_request_id: false };

    /// An error that is reported with the message of the gateway.
    pub(crate) const fn new(status: u16, code: &'static str, message_part: &'static str) -> Self {
        Self { status, code, message_part, has_request_id: true }
    }

    /// Checks that a program exited with this error, in one line of JSON.
    pub(crate) fn check(&self, output: &Output) -> Result<(), String> {
        let text = String::from_utf8_lossy(&output.stderr);
        let error: Value = text.lines().rev().find_map(|line| serde_json::from_str(line).ok()).unwrap_or_default();
        let field = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_expected = output.status.code() == Some(REFUSED)
            && error.get("status") == Some(&self.status.into())
            && field("code") == self.code
            && field("message").contains(self.message_part)
            && field("request_id").is_empty() != self.has_request_id;
        if is_expected { Ok(()) } else { Err(format!("not {self:?} but {}", shown(output))) }
    }
}

/// Returns the end of a program's error output, since stack traces are long.
pub(crate) fn shown(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let end = lines.get(lines.len().saturating_sub(3)..).unwrap_or_default();
    format!("{}: {}", output.status, end.join("\n  "))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    fn output(code: i32, stderr: &str) -> Output {
        Output { status: ExitStatus::from_raw(code << 8), stdout: Vec::new(), stderr: stderr.into() }
    }

    #[test]
    fn checks_every_part_of_an_error() {
        const EXPIRED: ServiceError = ServiceError::new(401, "APIGW.0301", "signature expired");
        let line = |status: &str, code: &str, message: &str, id: &str| {
            format!(
                "a log line\n{{\"status\":{status},\"code\":\"{code}\",\"message\":\"{message}\",\"request_id\":{id}}}\n"
            )
        };
        let good = line("401", "APIGW.0301", "the signature expired", "\"r\"");
        assert_eq!(EXPIRED.check(&output(3, &good)), Ok(()));
        assert!(EXPIRED.check(&output(0, &good)).is_err());
        for other in [
            line("403", "APIGW.0301", "the signature expired", "\"r\""),
            line("401", "APIGW.0303", "the signature expired", "\"r\""),
            line("401", "APIGW.0301", "expired", "\"r\""),
            line("401", "APIGW.0301", "the signature expired", "\"\""),
            line("401", "APIGW.0301", "the signature expired", "null"),
            "no JSON".to_owned(),
        ] {
            assert!(EXPIRED.check(&output(3, &other)).is_err(), "{other}");
        }
        let lost = line("429", "429", "too many 429 error responses", "\"\"");
        assert_eq!(ServiceError::DISCARDED.check(&output(3, &lost)), Ok(()));
        assert!(ServiceError::DISCARDED.check(&output(3, &lost.replace("\"\"", "\"r\""))).is_err());
    }

    #[test]
    fn shows_the_end_of_a_stack_trace() {
        assert_eq!(shown(&output(1, "a\nb\n\nc\nd\n")), "exit status: 1: b\n  c\n  d");
        assert_eq!(shown(&output(1, "")), "exit status: 1: ");
    }
}
