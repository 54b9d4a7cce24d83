//! What goes over a connection in place of an answer that HTTP would send whole.

use std::time::Duration;

use bytes::Bytes;
use hss_client::Runtime;
use hyper::header::{CONNECTION, CONTENT_LENGTH};
use hyper::{HeaderMap, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Cut, Fault, Loaded, Place};

/// For how long a connection stays open that has come to a standstill.
const STANDSTILL: Duration = Duration::from_secs(10 * 60);

/// Bytes to send, and how the connection ends.
#[derive(Debug)]
pub(crate) struct Script {
    head: Vec<u8>,
    body: Bytes,
    /// Bytes of the body a second; without it, all of them at once.
    rate: Option<usize>,
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
    /// What a fault makes of an answer.
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

    /// Sends it, and ends the connection. A client that leaves first has had enough.
    pub(crate) async fn play(self, mut stream: TcpStream, runtime: &dyn Runtime) {
        let Self { head, body, rate, end } = self;
        // A tenth of a second's worth at a time, and a byte at least.
        let (piece, pause) = match rate {
            None => (usize::MAX, Duration::ZERO),
            Some(rate @ 10..) => (rate / 10, Duration::from_millis(100)),
            Some(rate) => (1, Duration::from_secs(1) / u32::try_from(rate.max(1)).unwrap_or(1)),
        };
        let mut sent = stream.write_all(&head).await;
        for bytes in body.chunks(piece) {
            if sent.is_ok() {
                if !pause.is_zero() {
                    runtime.sleep(pause).await;
                }
                sent = stream.write_all(bytes).await;
            }
        }
        // They would take memory for as long as a connection stalls.
        drop((head, body));
        match end {
            // What has been sent is not waited for: closing says so to the other side.
            End::Reset => drop(stream.set_zero_linger()),
            End::Close => drop(stream.shutdown().await),
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
