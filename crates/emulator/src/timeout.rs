//! The timeout of connections.

use std::time::Duration;

/// Timeout for the head of a request, and for its body.
///
/// After a response, the timeout for the next head begins as soon as the response is ready. It therefore includes the
/// time in which the client reads the response. The timeout exceeds the minute that a throttled client waits. Otherwise,
/// the connection could close just when the client sends its next request.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(75);
