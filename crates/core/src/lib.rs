//! What every Huawei Cloud client needs, whichever service it talks to.
//!
//! A generated client hands each call to a [`Transport`] with the [`Operation`] it belongs to. Everything that
//! does not depend on one service lives here: checking [`Arguments`] against the operation table, finding and
//! checking the [`Endpoint`], adding [`Credentials`], reading the answer within a size limit, turning every shape
//! of error body into one [`Error`], and reading all pages of a listing ([`paging`]).
//!
//! Nothing in this crate knows an operation by name.

mod arguments;
pub mod call;
mod credentials;
mod endpoint;
mod error;
mod error_body;
pub mod lenient;
pub mod operation;
pub mod paging;
mod printable;
mod response;
mod secret;
mod tls;
mod transport;
mod world;

pub use arguments::Arguments;
pub use credentials::Credentials;
pub use endpoint::Endpoint;
pub use error::{Error, Kind};
pub use operation::Operation;
pub use printable::printable;
pub use response::Response;
pub use secret::Secret;
pub use transport::{Transport, TransportBuilder};
pub use world::World;

/// The result of everything that can fail in a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;
