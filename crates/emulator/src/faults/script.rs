//! What goes over a connection in place of an answer that HTTP would send whole.

use std::time::Duration;

use hss_client::World;
use hyper::header::{CONNECTION, CONTENT_LENGTH};
use hyper::{HeaderMap, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Cut, Fault, Place};

/// For how long a connection stays open that has come to a standstill.
const STANDSTILL: Duration = Duration::from_secs(10 * 60);

/// Bytes to send, and how the connection ends.
#[derive(Debug)]
pub(crate) struct Script {
    /// What is sent at once.
    first: Vec<u8>,
    /// What is sent after it, so many bytes a second.
    slowly: Vec<u8>,
    rate: usize,
    end: End,
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy)]
enum End {
    Close,
    Reset,
    /// Nothing, until the client leaves.
    Stall,
}

impl Script {
    /// What `fault` makes of an answer.
    pub(crate) fn new(fault: &Fault, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let end = match (fault.reset, fault.stall) {
            (Some(_), _) => End::Reset,
            (None, Some(_)) => End::Stall,
            (None, None) => End::Close,
        };
        let at_once = |first: Vec<u8>| Self { first, slowly: Vec::new(), rate: 0, end };
        if let Some(bytes) = fault.given_bytes() {
            return at_once(bytes);
        }
        let head = head(fault, status, headers, body.len());
        let kept = match fault.cut {
            None => body.len(),
            Some(Cut::After(bytes)) => usize::try_from(bytes).unwrap_or(usize::MAX).min(body.len()),
            Some(Cut::Half) => body.len() / 2,
            Some(Cut::Last) => body.len().saturating_sub(1),
        };
        let body = body.get(..kept).unwrap_or_default();
        let half = |bytes: &[u8]| bytes.get(..bytes.len() / 2).unwrap_or_default().to_vec();
        match (fault.end(), fault.slow) {
            (Some(Place::Request), _) => at_once(Vec::new()),
            (Some(Place::Head), _) => at_once(half(&head)),
            (Some(Place::Body), _) => at_once([head, half(body)].concat()),
            (None, None) => at_once([head, body.to_vec()].concat()),
            (None, Some(rate)) => {
                let rate = usize::try_from(rate).unwrap_or(usize::MAX);
                Self { first: head, slowly: body.to_vec(), rate, end }
            }
        }
    }

    /// Sends it, and ends the connection. A client that leaves first has had enough.
    pub(crate) async fn play(self, mut stream: TcpStream, world: &dyn World) {
        let mut sent = stream.write_all(&self.first).await;
        // A tenth of a second's worth at a time, and a byte at least.
        let (piece, pause) = match self.rate {
            rate @ 10.. => (rate / 10, Duration::from_millis(100)),
            rate => (1, Duration::from_secs(1) / u32::try_from(rate.max(1)).unwrap_or(1)),
        };
        for bytes in self.slowly.chunks(piece) {
            if sent.is_ok() {
                world.sleep(pause).await;
                sent = stream.write_all(bytes).await;
            }
        }
        match self.end {
            // What has been sent is not waited for: closing says so to the other side.
            End::Reset => drop(stream.set_zero_linger()),
            End::Close => drop(stream.shutdown().await),
            // Real time, whatever the world: a world whose time is not spent has no standstill.
            // Real time, whatever the world: a world whose time is not spent has no standstill.
            End::Stall => {
                let left = async { while let Ok(1..) = stream.read(&mut [0; 512]).await {} };
                let _ = timeout(STANDSTILL, left).await;
            }
        }
    }
}

/// The head of the answer, as on the wire.
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
