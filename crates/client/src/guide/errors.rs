//! How to react to failures.
//!
//! Every call returns [`Error`](crate::Error). Its [`kind`](crate::Error::kind) decides how to react; predicates such as
//! [`is_throttled`](crate::Error::is_throttled) ask for one kind. New kinds may be added, so a `match` needs a last arm.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = hss_emulator::Emulator::builder().start().await?;
//! # let client = hss_client::Client::builder()
//! #     .no_environment()
//! #     .endpoint(&emulator.url())
//! #     .credentials(hss_client::Credentials::Token(hss_client::Secret::new("token", "any")?))
//! #     .project_id("0123456789abcdef0123456789abcdef").build().await?;
//! match client.list_vul_scan_task_host("no-such-task").send().await {
//!     Ok(page) => println!("{:?}", page.into_inner()),
//!     Err(error) if error.is_not_found() => println!("no such task: {error}"),
//!     Err(error) if error.is_credentials() => println!("log in again: {error}"),
//!     Err(error) => println!("{error:#}"),
//! }
//! # let error = client.list_vul_scan_task_host("no-such-task").send().await.unwrap_err();
//! # assert!(error.is_not_found(), "{error}");
//! # Ok(())
//! # }
//! ```
//!
//! # What to show
//!
//! - `{}` describes the failure: operation, offset, message, number of attempts, status, code and request id.
//! - `{:#}` adds the innermost cause and the hint. It is the right text for a person. `{:?}` contains the same.
//! - [`hint`](crate::Error::hint) is the advice alone, and [`source`](std::error::Error::source) the cause, for programs that
//!   print chains of errors themselves.
//!
//! None of them contains a secret. The three formats escape control characters. The texts of `message()`, `hint()` and
//! `source()` can contain unescaped text of the service: [`printable`](crate::printable) escapes it.
//! [`body`](crate::Error::body) is the body of the response without secrets, at most 64 KiB.
//!
//! # Whether to repeat a call
//!
//! The client has already retried transient errors; see [`quotas`](super::quotas). A call that starts or changes something is
//! not retried if the service may have carried it out.
//! [`may_have_reached_service`](crate::Error::may_have_reached_service) tells whether that is so. If it is `false`, the call
//! can be repeated safely.
