//! Calls that change something, and are sent once.

use hss_client::{Kind, Result};

use crate::exit::Ending;
use crate::interrupt::unless;
use crate::session::Session;

/// Waits for the answer to such a call. `unclear` is said where it may have arrived, and nobody knows.
///
/// # Errors
///
/// Those of the call; [`Ending::Interrupted`].
pub(crate) async fn once<T>(
    call: impl Future<Output = Result<T>>,
    session: &Session,
    unclear: &str,
) -> Result<T, Ending> {
    let answer = session.deadline.within(Box::pin(call));
    let answer = unless(answer, || unclear.to_owned()).await?;
    answer.map_err(|error| match error.kind() {
        Kind::Timeout | Kind::Connection | Kind::Protocol | Kind::Service => error.remedy(unclear).into(),
        _ => error.into(),
    })
}
