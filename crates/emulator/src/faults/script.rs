//! Sends bytes over a connection for faults that a regular HTTP response cannot implement.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use hss_client::Runtime;
use hyper::header::{CONNECTION, CONTENT_LENGTH};
use hyper::{HeaderMap, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Cut, Fault, Loaded, Place};
use crate::timeout::TIMEOUT;

/// Duration for which a stalled connection stays open.
const STALL_TIME: Duration = Duration::from_secs(10 * 60);

/// Bytes to send, and how the connection ends.
#[derive(Debug)]
pub(crate) struct Script {
    head: Vec<u8>,
    body: Bytes,
    /// Rate of the body, in bytes per second. `None` sends all of them at once.
    rate: Option<usize>,
    end: End,
}

/// The action after the last byte.
#[derive(Debug, Clone, Copy)]
enum End {
    Close,
    Reset,
    /// Keeps the connection open until the client closes it.
    Stall,
}

impl Script {
    /// Creates the script for a response that the fault changes.
    pub(crate) fn new(loaded: &Loaded, status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Self {
        let fault = &loaded.fault;
        let end = match (fault.reset, fault.stall) {
            (Some(_), _) => End::Reset,
            (None, Some(_)) => End::Stall,
            (None, None) => End::Close,
        };
        if let Some(raw) = loaded.raw.clone() {
            return Self { head: Vec::new(), body: raw, rate: None, end };
        }
        let mut head = head(fault, status, headers, body.len());
        let kept = match (fault.end(), fault.cut) {
            (Some(Place::Request | Place::Head), _) => 0,
            (Some(Place::Body), _) | (None, Some(Cut::Half)) => body.len() / 2,
            (None, None) => body.len(),
            (None, Some(Cut::After(bytes))) => usize::try_from(bytes).unwrap_or(usize::MAX).min(body.len()),
            (None, Some(Cut::Last)) => body.len().saturating_sub(1),
        };
        match fault.end() {
            Some(Place::Request) => head.clear(),
            Some(Place::Head) => head.truncate(head.len() / 2),
            Some(Place::Body) | None => {}
        }
        let rate = fault.slow.map(|rate| usize::try_from(rate).unwrap_or(usize::MAX));
        Self { head, body: body.slice(..kept), rate, end }
    }

    /// Sends the bytes and ends the connection. Errors are ignored: the client may close the connection first.
    pub(crate) async fn play(self, mut stream: TcpStream, runtime: &dyn Runtime) {
        let Self { head, body, rate, end } = self;
        // Sends the bytes of a tenth of a second at a time, and at least one byte.
        let (piece, pause) = match rate {
            None => (usize::MAX, Duration::ZERO),
            Some(rate @ 10..) => (rate / 10, Duration::from_millis(100)),
            Some(rate) => (1, Duration::from_secs(1) / u32::try_from(rate.max(1)).unwrap_or(1)),
        };
        let mut sent = write(&mut stream, &head).await;
        for bytes in body.chunks(piece) {
            if sent.is_ok() {
                if !pause.is_zero() {
                    runtime.sleep(pause).await;
                }
                sent = write(&mut stream, bytes).await;
            }
        }
        if sent.is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            // The system discards the bytes that the client did not read.
            return drop(stream.set_zero_linger());
        }
        // Otherwise, they would use memory for as long as the connection stalls.
        drop((head, body));
        match end {
            // Unsent data is discarded when the stream is closed, and the client receives a reset.
            End::Reset => drop(stream.set_zero_linger()),
            End::Close => drop(stream.shutdown().await),
            // Uses the real time with every `Runtime`: with a test clock that advances immediately, the connection
            // would never stall.
            End::Stall => {
                let left = async { while let Ok(1..) = stream.read(&mut [0; 512]).await {} };
                let _ = timeout(STALL_TIME, left).await;
            }
        }
    }
}

/// Writes bytes. A client that does not read them in time loses the connection.
async fn write(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    timeout(TIMEOUT, stream.write_all(bytes)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Returns the head of the response in wire format.
fn head(fault: &Fault, status: StatusCode, headers: &HeaderMap, length: usize) -> Vec<u8> {
    let reason = status.canonical_reason().unwrap_or("Unknown");
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in headers.iter().filter(|(name, _)| !matches!(**name, CONTENT_LENGTH | CONNECTION)) {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let length = fault.length.unwrap_or(u64::try_from(length).unwrap_or(u64::MAX));
    head.extend(format!("content-length: {length}\r\nconnection: close\r\n\r\n").into_bytes());
    head
}
