//! Defines the response that is bytes, such as a file.

use std::fmt;
use std::io;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::Transport;
use super::deadline::Deadline;
use super::file_name::file_name;
use super::response::cut_off;
use crate::task::runtime;
use crate::{Error, ErrorKind, Operation, Response, Result};

/// A response that is bytes, such as a file. The caller reads it while it arrives, so that its size is not limited by the
/// memory.
///
/// The wait for the next bytes is limited by the [timeout of an attempt](crate::TransportBuilder::attempt_timeout), and
/// the whole download by the timeout of the [call](crate::CallOptions::timeout), if it has one. A connection that breaks
/// is an error, and so is a body that is shorter than announced: only after [`chunk`](Self::chunk) has returned `None`,
/// the bytes are complete. The call is not repeated after it has returned a download.
///
/// Dropping it closes the connection, unless all bytes were read.
///
/// ```no_run
/// # async fn example(mut download: huaweicloud_core::Download) -> Result<(), Box<dyn std::error::Error>> {
/// use std::io::Write as _;
///
/// println!("{:?}: {:?} bytes", download.file_name(), download.size());
/// let mut file = std::fs::File::create("export.zip")?;
/// while let Some(bytes) = download.chunk().await? {
///     file.write_all(&bytes)?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct Download {
    transport: Transport,
    operation: &'static Operation,
    deadline: Deadline,
    status: u16,
    request_id: Option<String>,
    headers: HeaderMap,
    size: Option<u64>,
    received: u64,
    /// Bytes that the transport has read to recognize errors.
    start: Bytes,
    state: State,
}

enum State {
    Reading(Box<reqwest::Response>),
    Complete,
    Failed(Error),
}

impl Download {
    /// Creates the download of a response: `start` was already read of its body, and `rest` follows.
    pub(super) fn new(
        transport: Transport,
        operation: &'static Operation,
        deadline: Deadline,
        response: &Response<()>,
        start: Bytes,
        rest: Box<reqwest::Response>,
    ) -> Self {
        // What was already read is not part of the length that the body still has.
        let length = rest.content_length();
        let read = u64::try_from(start.len()).unwrap_or(u64::MAX);
        Self {
            transport,
            operation,
            deadline,
            status: response.status(),
            request_id: response.request_id().map(str::to_owned),
            headers: response.headers().clone(),
            size: length.map(|length| length.saturating_add(read)),
            received: 0,
            start,
            state: State::Reading(rest),
        }
    }

    /// Returns the media type that the service states, such as `application/zip`.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// Returns the size in bytes, if the service states it.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// Returns the number of bytes that the caller has received so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Returns the name of the file, if the service states one.
    ///
    /// The name is safe to use in a directory of the caller's choice: it has no directories, no hidden or control
    /// characters, no characters or names that Windows reserves, no dot at its beginning, and at most 200 bytes. It may be
    /// the name of an existing file.
    #[must_use]
    pub fn file_name(&self) -> Option<String> {
        file_name(self.headers.get(CONTENT_DISPOSITION)?.as_bytes())
    }

    /// Returns the next bytes, or `None` after the last ones.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Timeout`] if no bytes arrive in time, and [`ErrorKind::Connection`] if the body ends early.
    /// Further calls return the same error.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no bytes.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        match self.next().await {
            Ok(Some(chunk)) => Ok(Some(chunk)),
            Ok(None) => {
                if matches!(self.state, State::Reading(_)) {
                    tracing::debug!(operation = self.operation.id, bytes = self.received, "download complete");
                    self.state = State::Complete;
                }
                Ok(None)
            }
            Err(error) => {
                if matches!(self.state, State::Reading(_)) {
                    self.state = State::Failed(error.clone());
                }
                Err(error)
            }
        }
    }

    /// Writes all bytes that were not read yet, and returns their number.
    ///
    /// # Errors
    ///
    /// Returns the error of the writer, or an error that contains the [`Error`] of [`chunk`](Self::chunk). Some bytes may
    /// have been written before.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, bytes that were read but not written are lost.
    ///
    /// ```no_run
    /// # async fn example(mut download: huaweicloud_core::Download) -> std::io::Result<()> {
    /// let mut bytes = Vec::new();
    /// download.write_to(&mut bytes).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn write_to(&mut self, writer: &mut (impl AsyncWrite + Unpin + ?Sized)) -> io::Result<u64> {
        let before = self.received;
        while let Some(chunk) = self.chunk().await.map_err(into_io)? {
            writer.write_all(&chunk).await?;
        }
        writer.flush().await?;
        Ok(self.received.saturating_sub(before))
    }

    /// Returns the bytes that were not read yet as a stream. It ends after the last bytes, or after the first error.
    #[must_use]
    pub fn into_stream(self) -> BoxStream<'static, Result<Bytes>> {
        stream::try_unfold(
            self,
            |mut download| async move { Ok(download.chunk().await?.map(|chunk| (chunk, download))) },
        )
        .boxed()
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        let chunk = match &mut self.state {
            _ if !self.start.is_empty() => Some(std::mem::take(&mut self.start)),
            State::Complete => return Ok(None),
            State::Failed(error) => return Err(error.clone()),
            State::Reading(response) => {
                // Timers panic outside of a runtime.
                runtime()?;
                let (limit, received) = (self.transport.shared.attempt_timeout, self.received);
                let reading = async {
                    match tokio::time::timeout(limit, response.chunk()).await {
                        Ok(chunk) => chunk.map_err(|error| cut_off(error, received)),
                        Err(_) => Err(Error::new(
                            ErrorKind::Timeout,
                            format!("the download has stalled: no data for {limit:?} after {received} bytes"),
                        )),
                    }
                };
                let read = self.deadline.within(&**self.transport.runtime(), reading).await;
                read.map_err(|error| self.failed(error))?
            }
        };
        let received = self.received.saturating_add(chunk.as_ref().map_or(0, |chunk| chunk.len() as u64));
        match self.size {
            Some(size) if received > size || (chunk.is_none() && received < size) => {
                let message = format!("the response is incomplete: it has {received} bytes instead of {size}");
                Err(self.failed(Error::new(ErrorKind::Connection, message)))
            }
            _ => {
                self.received = received;
                Ok(chunk)
            }
        }
    }

    /// Returns the error for a download that has more than `limit` bytes.
    pub(super) fn too_large(&self, limit: usize) -> Error {
        let message = format!("the response is larger than the limit of {limit} bytes");
        self.failed(Error::new(ErrorKind::Protocol, message))
    }

    /// Completes an error with the data of the response, and removes secrets.
    fn failed(&self, error: Error) -> Error {
        let error = error.with_response(self.status, None, self.request_id.clone(), &Bytes::new());
        self.transport.redacted(error.with_operation(self.operation.id), &self.headers)
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, size, received, .. } = self;
        f.debug_struct("Download")
            .field("operation", &operation.id)
            .field("size", size)
            .field("received", received)
            .finish_non_exhaustive()
    }
}

fn into_io(error: Error) -> io::Error {
    match error.kind() {
        ErrorKind::Timeout => io::Error::new(io::ErrorKind::TimedOut, error),
        _ => io::Error::other(error),
    }
}
